package header

// #include "nosuch.h"
import "C"

func F() { C.f() }
