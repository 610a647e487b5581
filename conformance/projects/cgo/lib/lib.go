package lib

/*
#cgo CFLAGS: -DOFFSET=5
#cgo LDFLAGS: -lm
#include <math.h>
#include "lib.h"

static int inline_add(int a, int b) { return a + b; }
*/
import "C"

// Sum adds in C.
func Sum(a, b int) int { return int(C.inline_add(C.int(a), C.int(b))) + int(C.offset()) }

// Root is the C library's.
func Root(x float64) float64 { return float64(C.sqrt(C.double(x))) }

//export goCallback
func goCallback(n C.int) C.int { return n + 1 }

// Call goes to C and back.
func Call(n int) int { return int(C.call_back(C.int(n))) }
