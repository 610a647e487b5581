package d

// #cgo STRANGE: -x
import "C"
