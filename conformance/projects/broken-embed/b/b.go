package b

import "embed"

//go:embed ../a
var FS embed.FS
