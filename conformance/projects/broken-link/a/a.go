package main

import _ "unsafe"

//go:linkname missing example.com/b.missing
func missing()

func main() { missing() }
