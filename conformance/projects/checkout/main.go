package main

import "runtime/debug"

var name = "plain"

func main() {
	info, _ := debug.ReadBuildInfo()
	println(name, info.String())
}
