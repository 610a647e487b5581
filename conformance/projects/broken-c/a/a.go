package a

// #include "a.h"
import "C"

func F() { C.missing() }
