package embed

import (
	"embed"
	_ "embed"
)

//go:embed hello.txt
var Hello string

//go:embed hello.txt
var Raw []byte

//go:embed tree *.md
var Tree embed.FS

//go:embed all:tree "sp ace.txt"
var All embed.FS
