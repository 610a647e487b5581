//! Known operating systems and architectures. Answers to internal/syslist.

/// A past, present or future GOOS?
pub fn known_os(_name: &str) -> bool {
    todo!()
}

/// A past, present or future GOARCH?
pub fn known_arch(_name: &str) -> bool {
    todo!()
}

/// A GOOS that the `unix` tag holds for?
pub fn unix_os(_name: &str) -> bool {
    todo!()
}
