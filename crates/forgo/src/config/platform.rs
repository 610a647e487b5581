//! The features of each operating system and architecture, by release.
//!
//! Answers to internal/platform.

use forgo_golang::release::Release;

/// A port of Go.
#[derive(Debug, Clone, Copy)]
pub struct Port {
    /// GOOS.
    pub goos: &'static str,
    /// GOARCH.
    pub goarch: &'static str,
    /// Whether cgo can be used.
    pub cgo: bool,
    /// Whether its failures hold back releases.
    pub first_class: bool,
    /// Whether it is marked as broken.
    pub broken: bool,
}

/// The facts about a port.
#[derive(Clone, Copy, PartialEq)]
enum Is {
    /// Supported, without cgo.
    NoCgo,
    /// Supported, with cgo.
    Cgo,
    /// First class.
    First,
    /// Broken; with cgo.
    Broken,
}

/// Ports of 1.26, sorted.
const PORTS: &[(&str, &str, Is)] = &[
    ("aix", "ppc64", Is::Cgo),
    ("android", "386", Is::Cgo),
    ("android", "amd64", Is::Cgo),
    ("android", "arm", Is::Cgo),
    ("android", "arm64", Is::Cgo),
    ("darwin", "amd64", Is::First),
    ("darwin", "arm64", Is::First),
    ("dragonfly", "amd64", Is::Cgo),
    ("freebsd", "386", Is::Cgo),
    ("freebsd", "amd64", Is::Cgo),
    ("freebsd", "arm", Is::Cgo),
    ("freebsd", "arm64", Is::Cgo),
    ("freebsd", "riscv64", Is::Broken),
    ("illumos", "amd64", Is::Cgo),
    ("ios", "amd64", Is::Cgo),
    ("ios", "arm64", Is::Cgo),
    ("js", "wasm", Is::NoCgo),
    ("linux", "386", Is::First),
    ("linux", "amd64", Is::First),
    ("linux", "arm", Is::First),
    ("linux", "arm64", Is::First),
    ("linux", "loong64", Is::Cgo),
    ("linux", "mips", Is::Cgo),
    ("linux", "mips64", Is::Cgo),
    ("linux", "mips64le", Is::Cgo),
    ("linux", "mipsle", Is::Cgo),
    ("linux", "ppc64", Is::NoCgo),
    ("linux", "ppc64le", Is::Cgo),
    ("linux", "riscv64", Is::Cgo),
    ("linux", "s390x", Is::Cgo),
    ("linux", "sparc64", Is::Broken),
    ("netbsd", "386", Is::Cgo),
    ("netbsd", "amd64", Is::Cgo),
    ("netbsd", "arm", Is::Cgo),
    ("netbsd", "arm64", Is::Cgo),
    ("openbsd", "386", Is::Cgo),
    ("openbsd", "amd64", Is::Cgo),
    ("openbsd", "arm", Is::Cgo),
    ("openbsd", "arm64", Is::Cgo),
    ("openbsd", "mips64", Is::Broken),
    ("openbsd", "ppc64", Is::NoCgo),
    ("openbsd", "riscv64", Is::Cgo),
    ("plan9", "386", Is::NoCgo),
    ("plan9", "amd64", Is::NoCgo),
    ("plan9", "arm", Is::NoCgo),
    ("solaris", "amd64", Is::Cgo),
    ("wasip1", "wasm", Is::NoCgo),
    ("windows", "386", Is::First),
    ("windows", "amd64", Is::First),
    ("windows", "arm64", Is::Cgo),
];

/// All ports of a release, sorted.
pub fn ports(release: Release) -> impl Iterator<Item = Port> {
    PORTS.iter().filter_map(move |&(goos, goarch, is)| {
        let is = match (goos, goarch) {
            ("openbsd", "mips64") if release.is_without_openbsd_mips64() => return None,
            ("linux", "ppc64") if release.linux_ppc64_has_cgo() => Is::Cgo,
            _ => is,
        };
        Some(Port {
            goos,
            goarch,
            cgo: is != Is::NoCgo,
            first_class: is == Is::First,
            broken: is == Is::Broken,
        })
    })
}

/// A target of a release of Go.
#[derive(Debug, Clone, Copy)]
pub struct Platform<'a> {
    /// GOOS.
    pub goos: &'a str,
    /// GOARCH.
    pub goarch: &'a str,
    /// Minor release of the distribution.
    pub release: Release,
}

impl Platform<'_> {
    /// Reports whether it is a port of this release at all.
    pub fn exists(self) -> bool {
        self.cgo().is_some()
    }

    /// Reports whether cgo can be used on it.
    pub fn cgo_supported(self) -> bool {
        self.cgo().unwrap_or(false)
    }

    fn cgo(self) -> Option<bool> {
        ports(self.release)
            .find(|p| p.goos == self.goos && p.goarch == self.goarch)
            .map(|p| p.cgo)
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
        let ppc64 =
            self.release.linux_ppc64_has_cgo() && (self.goos, self.goarch) == ("linux", "ppc64");
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
        let at = |goos, goarch, release| Platform {
            goos,
            goarch,
            release,
        };
        assert!(!at("linux", "ppc64", Release::GO1_26).cgo_supported());
        assert!(at("linux", "ppc64", Release::GO1_27).cgo_supported());
        assert!(!at("linux", "ppc64", Release::GO1_26).build_mode_supported("pie"));
        assert!(at("linux", "ppc64", Release::GO1_27).build_mode_supported("plugin"));
        assert!(at("openbsd", "mips64", Release::GO1_26).exists());
        assert!(!at("openbsd", "mips64", Release::GO1_27).exists());
        assert!(!at("foo", "amd64", Release::GO1_27).build_mode_supported("default"));
    }
}
