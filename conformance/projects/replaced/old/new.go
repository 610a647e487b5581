//go:build go1.22

package old

// Range is for a later language.
func Range() (n int) {
	for range 3 {
		n++
	}
	return
}
