// Package asm has functions and data in assembly.
package asm

// Add3 is in assembly, and calls Go.
func Add3(n int) int

var base = 1

// Table is in assembly.
var table [4]uint32

func plus(n int) int { return n + base + int(table[1]) }

func init() { base++ }
