//! GOCACHEPROG: a cache that is a program, spoken to in JSON over its standard input and output.
//! Answers to cmd/go/internal/cache/prog.go and cmd/go/internal/cacheprog.
