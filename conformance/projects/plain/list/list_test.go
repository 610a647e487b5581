package list_test

import (
	"testing"

	"example.com/plain/list"
)

func TestMax(t *testing.T) {
	if got := list.Max(1, 3, 2); got != 3 {
		t.Fatal(got)
	}
}
