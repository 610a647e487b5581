package main

// #include <stdint.h>
// typedef struct { int32_t x, y; } point;
import "C"

//export Sum
func Sum(p C.point) C.int { return C.int(p.x + p.y) }

//export Name
func Name() *C.char { return C.CString("name") }

// Variable is for plugins.
var Variable = 1

func main() {}
