package main

import "example.com/pgo/lib"

func main() { println(lib.Hot(20)) }
