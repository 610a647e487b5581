package main

import "example.com/asm"

func main() { println(asm.Add(1, 2)) }
