package main

import (
	"fmt"

	"example.com/swig/fact"
	"example.com/swig/twice"
)

func main() { fmt.Println(fact.Factorial(5), twice.Twice(21)) }
