package main

import (
	"fmt"

	"example.com/cgo/lib"
)

func main() { fmt.Println(lib.Sum(1, 2), lib.Root(9), lib.Call(1)) }
