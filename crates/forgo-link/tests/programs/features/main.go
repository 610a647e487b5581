// A program with at least one of everything that a pass of a linker treats in its own way.
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"example.com/m/asm"
	"example.com/m/shapes"
)

// Set by -X.
var version = "unset"
var commit string

// Data, bss, and both without pointers; names of the same size and of the same beginning.
var (
	table    = [...]string{"one", "two", "three", "one", "twenty-two"}
	numbers  = [1000]uint16{1: 7, 999: 8}
	zeros    [1 << 16]byte
	pointers [300]*int
	mixed    [70]struct {
		p *int
		n [5]uintptr
		s string
	}
	byName = map[string]func(int) int{"double": func(n int) int { return 2 * n }, "asm": asm.Add3}
	first  = second + 1
	second = compute(3)
	empty  struct{}
	array  [0]int
	f32    = []float32{1.5, 2.5}
	c128   = []complex128{1 + 2i}
)

//go:noinline
func compute(n int) int { return n * shapes.Count() }

type node[K comparable, V any] struct {
	key         K
	value       V
	left, right *node[K, V]
}

type tree[K comparable, V any] struct {
	root *node[K, V]
	less func(a, b K) bool
}

func (t *tree[K, V]) put(key K, value V) {
	at := &t.root
	for *at != nil {
		if t.less(key, (*at).key) {
			at = &(*at).left
		} else {
			at = &(*at).right
		}
	}
	*at = &node[K, V]{key: key, value: value}
}

type named interface{ Name() string }

type both interface {
	named
	fmt.Stringer
}

type thing struct {
	shapes.Square
	*strings.Builder
	tag int `json:"tag,omitempty" other:"é"`
}

func (t thing) Name() string        { return "thing" }
func (t thing) String() string      { return t.Square.String() }
func (t *thing) Unused() int        { return t.tag }
func (t thing) Reflected(n int) int { return n + t.tag }

type recursive map[string][]*recursive

type fault struct{ code int }

func (f *fault) Error() string { return fmt.Sprint("fault ", f.code) }

func deep(n int) (result int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %w", r.(error))
		}
	}()
	var big [512]int
	big[n%512] = n
	if n > 3 {
		panic(&fault{n})
	}
	return big[n%512], nil
}

func main() {
	fmt.Println(version, commit, first, second, len(zeros), len(table), numbers[999])
	t := tree[string, int]{less: func(a, b string) bool { return a < b }}
	for i, name := range table {
		t.put(name, i)
	}
	u := tree[[2]int8, both]{less: func(a, b [2]int8) bool { return a[0] < b[0] }}
	u.put([2]int8{1}, thing{Builder: new(strings.Builder)})
	_, err := deep(len(os.Args) + 8)
	var f *fault
	fmt.Println(errors.As(err, &f), t.root.key, u.root.value.Name())
	results := make(chan func() string, 1)
	go func() {
		total := 0
		for name, f := range byName {
			total += f(len(name))
		}
		results <- func() string { return fmt.Sprintf("%d %v", total, recursive{"x": nil}) }
	}()
	fmt.Println((<-results)())
	v := reflect.ValueOf(thing{tag: 4})
	fmt.Println(v.NumMethod(), v.MethodByName("Reflected").Call([]reflect.Value{reflect.ValueOf(1)})[0])
	var shape shapes.Shape = shapes.Square{Side: 2}
	switch s := shape.(type) {
	case interface{ Grow() }:
		s.Grow()
	case shapes.Square:
		fmt.Printf("%T %v\n", s, s.Area())
	}
	sort.Slice(table[:], func(i, j int) bool { return table[i] < table[j] })
	select {
	case results <- nil:
	default:
	}
	fmt.Println(f32, c128, empty, array, pointers[0], mixed[3].s, struct{ A, b any }{1, "x"})
}
