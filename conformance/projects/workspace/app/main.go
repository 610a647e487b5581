package main

import (
	"example.com/lib"
	"example.com/third"
)

func main() { println(lib.Name, third.Name) }
