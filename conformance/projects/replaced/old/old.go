package old

// Each uses the loop variable of Go 1.20.
func Each() (fs []func() int) {
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { return i })
	}
	return
}
