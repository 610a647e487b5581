package b

import "example.com/b/a"

var Y string = a.X
