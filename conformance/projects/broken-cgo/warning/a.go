package warning

// #cgo CFLAGS: -Wall
// static int f(void) { int unused; return 0; }
import "C"

func F() { C.f() }
