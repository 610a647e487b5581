package ldflag

// #cgo LDFLAGS: -Wl,-foo -lm
import "C"
