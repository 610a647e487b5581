// Package list is generic.
package list

import (
	"cmp"
	"slices"

	"example.com/plain/internal/base"
)

// Max gives the greatest element, or the zero value.
func Max[T cmp.Ordered](of ...T) T {
	if len(of) == 0 {
		var zero T
		return zero
	}
	return slices.Max(of)
}

// Twice is inlined into its importers.
func Twice(n int) int { return base.Double(n) }
