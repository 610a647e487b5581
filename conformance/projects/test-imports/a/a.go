package a

// A is exported.
func A() int { return hidden }

const hidden = 1
