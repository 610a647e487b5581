//! Known operating systems and architectures. Answers to internal/syslist.

/// A past, present or future GOOS?
pub fn known_os(name: &str) -> bool {
    unix_os(name) || matches!(name, "js" | "nacl" | "plan9" | "wasip1" | "windows" | "zos")
}

/// A past, present or future GOARCH?
#[rustfmt::skip]
pub fn known_arch(name: &str) -> bool {
    matches!(
        name,
        "386" | "amd64" | "amd64p32" | "arm" | "armbe" | "arm64" | "arm64be" | "loong64"
            | "mips" | "mipsle" | "mips64" | "mips64le" | "mips64p32" | "mips64p32le"
            | "ppc" | "ppc64" | "ppc64le" | "riscv" | "riscv64" | "s390" | "s390x"
            | "sparc" | "sparc64" | "wasm"
    )
}

/// A GOOS that the `unix` tag holds for?
#[rustfmt::skip]
pub fn unix_os(name: &str) -> bool {
    matches!(
        name,
        "aix" | "android" | "darwin" | "dragonfly" | "freebsd" | "hurd" | "illumos" | "ios"
            | "linux" | "netbsd" | "openbsd" | "solaris"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        for (name, os, arch, unix) in [
            ("linux", true, false, true),
            ("zos", true, false, false),
            ("windows", true, false, false),
            ("hurd", true, false, true),
            ("amd64", false, true, false),
            ("sparc64", false, true, false),
            ("unix", false, false, false),
            ("", false, false, false),
            ("test", false, false, false),
        ] {
            assert_eq!(known_os(name), os, "{name}");
            assert_eq!(known_arch(name), arch, "{name}");
            assert_eq!(unix_os(name), unix, "{name}");
        }
    }
}
