package main

import (
	"example.com/languages/cpp"
	"example.com/languages/fort"
)

func main() { println(cpp.Twice(3), fort.Answer()) }
