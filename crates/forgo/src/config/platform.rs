//! What each operating system and architecture supports, by release.
//!
//! Answers to internal/platform.

/// Ports with their cgo support; 1.26's. Sorted.
const PORTS: &[(&str, &str, bool)] = &[
    ("aix", "ppc64", true),
    ("android", "386", true),
    ("android", "amd64", true),
    ("android", "arm", true),
    ("android", "arm64", true),
    ("darwin", "amd64", true),
    ("darwin", "arm64", true),
    ("dragonfly", "amd64", true),
    ("freebsd", "386", true),
    ("freebsd", "amd64", true),
    ("freebsd", "arm", true),
    ("freebsd", "arm64", true),
    ("freebsd", "riscv64", true),
    ("illumos", "amd64", true),
    ("ios", "amd64", true),
    ("ios", "arm64", true),
    ("js", "wasm", false),
    ("linux", "386", true),
    ("linux", "amd64", true),
    ("linux", "arm", true),
    ("linux", "arm64", true),
    ("linux", "loong64", true),
    ("linux", "mips", true),
    ("linux", "mips64", true),
    ("linux", "mips64le", true),
    ("linux", "mipsle", true),
    ("linux", "ppc64", false),
    ("linux", "ppc64le", true),
    ("linux", "riscv64", true),
    ("linux", "s390x", true),
    ("linux", "sparc64", true),
    ("netbsd", "386", true),
    ("netbsd", "amd64", true),
    ("netbsd", "arm", true),
    ("netbsd", "arm64", true),
    ("openbsd", "386", true),
    ("openbsd", "amd64", true),
    ("openbsd", "arm", true),
    ("openbsd", "arm64", true),
    ("openbsd", "mips64", true),
    ("openbsd", "ppc64", false),
    ("openbsd", "riscv64", true),
    ("plan9", "386", false),
    ("plan9", "amd64", false),
    ("plan9", "arm", false),
    ("solaris", "amd64", true),
    ("wasip1", "wasm", false),
    ("windows", "386", true),
    ("windows", "amd64", true),
    ("windows", "arm64", true),
];

/// A target of a release of Go.
#[derive(Debug, Clone, Copy)]
pub struct Platform<'a> {
    /// GOOS.
    pub goos: &'a str,
    /// GOARCH.
    pub goarch: &'a str,
    /// Minor release of the distribution.
    pub minor: u32,
}

impl Platform<'_> {
    /// Is it a port of this release at all?
    pub fn exists(self) -> bool {
        self.cgo().is_some()
    }

    /// Can cgo be used on it?
    pub fn cgo_supported(self) -> bool {
        self.cgo().unwrap_or(false)
    }

    fn cgo(self) -> Option<bool> {
        match (self.goos, self.goarch) {
            ("openbsd", "mips64") if self.minor >= 27 => None,
            ("linux", "ppc64") if self.minor >= 27 => Some(true),
            (os, arch) => PORTS.iter().find(|p| p.0 == os && p.1 == arch).map(|p| p.2),
        }
    }

    /// platform.RaceDetectorSupported.
    pub fn race_supported(self) -> bool {
        match self.goos {
            "linux" => {
                matches!(
                    self.goarch,
                    "amd64" | "arm64" | "loong64" | "ppc64le" | "riscv64" | "s390x"
                )
            }
            "darwin" => matches!(self.goarch, "amd64" | "arm64"),
            "freebsd" | "netbsd" | "windows" => self.goarch == "amd64",
            _ => false,
        }
    }

    /// platform.MSanSupported.
    pub fn msan_supported(self) -> bool {
        match self.goos {
            "linux" => matches!(self.goarch, "amd64" | "arm64" | "loong64"),
            "freebsd" => self.goarch == "amd64",
            _ => false,
        }
    }

    /// platform.ASanSupported.
    pub fn asan_supported(self) -> bool {
        self.goos == "linux"
            && matches!(
                self.goarch,
                "arm64" | "amd64" | "loong64" | "riscv64" | "ppc64le"
            )
    }

    /// platform.DefaultPIE.
    pub fn default_pie(self, race: bool) -> bool {
        match self.goos {
            "android" | "ios" | "darwin" => true,
            "windows" => !race,
            _ => false,
        }
    }

    /// platform.BuildModeSupported for the gc compiler.
    pub fn build_mode_supported(self, mode: &str) -> bool {
        if !self.exists() {
            return false;
        }
        // linux/ppc64 learned to link externally in 1.27.
        let ppc64 = self.minor >= 27 && (self.goos, self.goarch) == ("linux", "ppc64");
        match mode {
            "archive" | "default" | "exe" => true,
            "c-archive" => ppc64 || self.c_archive(),
            "c-shared" => ppc64 || self.c_shared(),
            "pie" => ppc64 || self.pie(),
            "shared" => {
                ppc64
                    || self.goos == "linux"
                        && matches!(
                            self.goarch,
                            "386" | "amd64" | "arm" | "arm64" | "ppc64le" | "s390x"
                        )
            }
            "plugin" => ppc64 || self.plugin(),
            _ => false,
        }
    }

    fn c_archive(self) -> bool {
        match self.goos {
            "aix" | "darwin" | "ios" | "windows" => true,
            "linux" => matches!(
                self.goarch,
                "386"
                    | "amd64"
                    | "arm"
                    | "armbe"
                    | "arm64"
                    | "arm64be"
                    | "loong64"
                    | "ppc64le"
                    | "riscv64"
                    | "s390x"
            ),
            "freebsd" => self.goarch == "amd64",
            _ => false,
        }
    }

    fn c_shared(self) -> bool {
        match self.goos {
            "linux" => matches!(
                self.goarch,
                "amd64" | "arm" | "arm64" | "loong64" | "386" | "ppc64le" | "riscv64" | "s390x"
            ),
            "android" => matches!(self.goarch, "amd64" | "arm" | "arm64" | "386"),
            "freebsd" => self.goarch == "amd64",
            "darwin" => matches!(self.goarch, "amd64" | "arm64"),
            "windows" => matches!(self.goarch, "amd64" | "386" | "arm64"),
            "wasip1" => self.goarch == "wasm",
            _ => false,
        }
    }

    fn pie(self) -> bool {
        match self.goos {
            "linux" => matches!(
                self.goarch,
                "386" | "amd64" | "arm" | "arm64" | "loong64" | "ppc64le" | "riscv64" | "s390x"
            ),
            "android" => matches!(self.goarch, "amd64" | "arm" | "arm64" | "386"),
            "freebsd" => self.goarch == "amd64",
            "darwin" | "ios" => matches!(self.goarch, "amd64" | "arm64"),
            "aix" => self.goarch == "ppc64",
            "openbsd" => self.goarch == "arm64",
            "windows" => matches!(self.goarch, "386" | "amd64" | "arm64"),
            _ => false,
        }
    }

    fn plugin(self) -> bool {
        match self.goos {
            "linux" => matches!(
                self.goarch,
                "amd64" | "arm" | "arm64" | "386" | "loong64" | "riscv64" | "s390x" | "ppc64le"
            ),
            "android" => matches!(self.goarch, "amd64" | "386"),
            "darwin" => matches!(self.goarch, "amd64" | "arm64"),
            "freebsd" => self.goarch == "amd64",
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_differ() {
        let at = |goos, goarch, minor| Platform {
            goos,
            goarch,
            minor,
        };
        assert!(!at("linux", "ppc64", 26).cgo_supported());
        assert!(at("linux", "ppc64", 27).cgo_supported());
        assert!(!at("linux", "ppc64", 26).build_mode_supported("pie"));
        assert!(at("linux", "ppc64", 27).build_mode_supported("plugin"));
        assert!(at("openbsd", "mips64", 26).exists());
        assert!(!at("openbsd", "mips64", 27).exists());
        assert!(!at("foo", "amd64", 27).build_mode_supported("default"));
    }
}
