package main

// int undefined_function(void);
import "C"

func main() { C.undefined_function() }
