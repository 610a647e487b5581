//! The archives that the Go compiler writes: Unix `ar` files whose first member `__.PKGDEF` holds
//! export data, followed by object files. The only place that knows the format.
//!
//! Answers to cmd/internal/archive, and to packInternal in cmd/go/internal/work/gc.go.

/// Appends files as members, as `go tool pack r` does. Text of the error as the stock command's.
pub fn append(archive: &str, files: &[String]) -> Result<(), String> {
    let _ = (archive, files);
    todo!()
}
