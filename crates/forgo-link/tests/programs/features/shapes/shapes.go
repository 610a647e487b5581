// Package shapes has types that others embed.
package shapes

import (
	"sync"
	_ "unsafe"
)

// Shape has an area.
type Shape interface{ Area() float64 }

// Square is one.
type Square struct{ Side float64 }

// Area is that of the square.
func (s Square) Area() float64 { return s.Side * s.Side }

// String has a long text.
func (s Square) String() string { return "a square whose side is what it is" }

// Circle is not used.
type Circle struct{ Radius float64 }

// Area is that of the circle.
func (c *Circle) Area() float64 { return 3 * c.Radius * c.Radius }

//go:linkname fastrand runtime.rand
func fastrand() uint64

var once sync.Once
var count int

// Count counts.
func Count() int {
	once.Do(func() { count = int(fastrand()>>63) + 1 })
	return count
}

func init() { all = append(all, Square{1}, &Circle{2}) }

func init() { all = all[:1] }

var all []Shape
