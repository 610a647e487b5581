package main

import "testing"

func TestCompute(t *testing.T) {
	if compute(2) == 0 {
		t.Fatal("nothing")
	}
}

func BenchmarkDeep(b *testing.B) {
	for range b.N {
		deep(2)
	}
}

func FuzzDeep(f *testing.F) {
	f.Fuzz(func(t *testing.T, n uint8) { deep(int(n)) })
}
