package a_test

import (
	"testing"

	"example.com/tested/a"
	"example.com/tested/b"
)

func TestA(t *testing.T) {
	if b.B()+a.Hidden != 3 {
		t.Fail()
	}
}

func ExampleA() {
	println(a.A())
	// Output:
}

func BenchmarkA(b *testing.B) {}

func FuzzA(f *testing.F) { f.Fuzz(func(*testing.T, int) {}) }
