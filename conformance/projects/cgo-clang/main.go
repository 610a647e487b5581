package main

/*
#cgo linux,amd64 CPPFLAGS: -DPLACE=1
#cgo !linux CPPFLAGS: -DPLACE=2
#cgo CPPFLAGS: -I${SRCDIR}/include
#include "value.h"
int seven(void);
int objective(void);
static int place(void) { return PLACE + VALUE; }
*/
import "C"

import "fmt"

func main() { fmt.Println(C.place(), C.seven(), C.objective()) }
