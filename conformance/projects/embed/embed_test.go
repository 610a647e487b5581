package embed

import (
	_ "embed"
	"testing"
)

//go:embed test.dat
var data string

func TestData(t *testing.T) { t.Log(data) }
