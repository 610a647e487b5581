package pkgconfig

// #cgo pkg-config: nosuchpackage
import "C"
