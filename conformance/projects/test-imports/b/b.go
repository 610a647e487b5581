package b

import "example.com/tested/a"

// B is one more.
func B() int { return a.A() + 1 }
