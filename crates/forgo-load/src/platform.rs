//! What Go can do on which platform. Answers to internal/platform, as far as the go command asks;
//! where the supported releases differ, the release decides.

use forgo_golang::release::Release;

/// Reports whether `-race` works there.
pub fn race_detector_supported(goos: &str, goarch: &str) -> bool {
    match goos {
        "linux" => matches!(
            goarch,
            "amd64" | "arm64" | "loong64" | "ppc64le" | "riscv64" | "s390x"
        ),
        "darwin" => matches!(goarch, "amd64" | "arm64"),
        "freebsd" | "netbsd" | "windows" => goarch == "amd64",
        _ => false,
    }
}

/// Reports whether `-msan` works there.
pub fn msan_supported(goos: &str, goarch: &str) -> bool {
    match goos {
        "linux" => matches!(goarch, "amd64" | "arm64" | "loong64"),
        "freebsd" => goarch == "amd64",
        _ => false,
    }
}

/// Reports whether `-asan` works there.
pub fn asan_supported(goos: &str, goarch: &str) -> bool {
    goos == "linux"
        && matches!(
            goarch,
            "arm64" | "amd64" | "loong64" | "riscv64" | "ppc64le"
        )
}

/// Reports whether fuzzing works there.
pub fn fuzz_supported(goos: &str) -> bool {
    matches!(goos, "darwin" | "freebsd" | "linux" | "openbsd" | "windows")
}

/// Reports whether fuzzing can be guided by coverage there.
pub fn fuzz_instrumented(goos: &str, goarch: &str) -> bool {
    matches!(goarch, "amd64" | "arm64" | "loong64") && fuzz_supported(goos)
}

/// Reports whether the C linker must link programs without cgo.
pub fn must_link_external(goos: &str, goarch: &str) -> bool {
    match goos {
        "android" => goarch != "arm64",
        "ios" => goarch == "arm64",
        _ => false,
    }
}

/// Reports whether the C linker must link programs with cgo.
pub fn must_link_external_with_cgo(release: Release, goos: &str, goarch: &str) -> bool {
    match goarch {
        "mips" | "mipsle" | "mips64" | "mips64le" => return true,
        "ppc64" if goos == "aix" || goos == "linux" && !release.linux_ppc64_has_cgo() => {
            return true;
        }
        _ => {}
    }
    matches!(goos, "android" | "dragonfly") || must_link_external(goos, goarch)
}

/// Reports whether Go's own linker can make position-independent executables there.
pub fn internal_link_pie_supported(release: Release, goos: &str, goarch: &str) -> bool {
    match goos {
        "android" => goarch == "arm64",
        "darwin" => matches!(goarch, "amd64" | "arm64"),
        "linux" => match goarch {
            "amd64" | "arm64" | "loong64" | "ppc64le" => true,
            "ppc64" | "s390x" => release.links_pie_on_big_endian(),
            _ => false,
        },
        "windows" => matches!(goarch, "386" | "amd64" | "arm64"),
        _ => false,
    }
}

/// Reports whether executables are position-independent by default.
pub fn default_pie(goos: &str, race: bool) -> bool {
    match goos {
        "android" | "ios" | "darwin" => true,
        "windows" => !race,
        _ => false,
    }
}

/// Reports whether executables carry debug information there.
pub fn executable_has_dwarf(goos: &str) -> bool {
    !matches!(goos, "plan9" | "ios")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_differ_on_ppc64_and_s390x() {
        assert!(must_link_external_with_cgo(
            Release::GO1_26,
            "linux",
            "ppc64"
        ));
        assert!(!must_link_external_with_cgo(
            Release::GO1_27,
            "linux",
            "ppc64"
        ));
        for (release, arch, want) in [
            (Release::GO1_26, "ppc64", false),
            (Release::GO1_27, "ppc64", true),
            (Release::GO1_26, "s390x", false),
            (Release::GO1_27, "s390x", true),
            (Release::GO1_26, "amd64", true),
        ] {
            let got = internal_link_pie_supported(release, "linux", arch);
            assert_eq!(got, want, "{release:?} {arch}");
        }
    }
}
