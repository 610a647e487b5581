package goasm

// int x;
import "C"

func F()
