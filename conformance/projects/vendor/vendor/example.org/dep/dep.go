package dep

import "example.org/dep/sub"

// Name is the sub package's.
func Name() string { return sub.Name }
