package b

// int f(void);
import "C"

func F() { C.f() }
