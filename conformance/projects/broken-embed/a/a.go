package a

import _ "embed"

//go:embed missing.txt
var S string
