package pkgflag

// #cgo pkg-config: --nosuchflag x
import "C"
