//go:debug http2client=0

package main

import "example.com/old"

func main() { println(old.Each()[0](), old.Range()) }
