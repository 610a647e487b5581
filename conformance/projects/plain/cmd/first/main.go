package main

import (
	"fmt"

	"example.com/plain/internal/base"
	"example.com/plain/list"
)

func main() { fmt.Println(list.Max(1, 2), list.Twice(4), list.Extra, base.OS) }
