package cpp

// #cgo CXXFLAGS: -std=c++11
// int twice(int);
import "C"

// Twice is C++.
func Twice(n int) int { return int(C.twice(C.int(n))) }
