package types

// #cgo CFLAGS: -DX=1
// typedef struct { int x; } st;
// static int f(int x) { return x; }
import "C"

func F(a *C.st) int {
	var s string = a
	return C.f(s)
}
