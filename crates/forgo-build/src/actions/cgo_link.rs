//! Links a cgo package's objects once, to find the symbols and libraries that they import
//! dynamically: what the Go linker must know to link without the C linker.
//!
//! Answers to dynimport and gccld in cmd/go/internal/work/exec.go.
