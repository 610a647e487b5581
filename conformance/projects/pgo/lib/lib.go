package lib

// Hot is hot.
func Hot(n int) int {
	sum := 0
	for i := range n {
		sum += i * i
	}
	return sum
}
