package c

// #cgo CFLAGS: -fplugin=evil.so
import "C"
