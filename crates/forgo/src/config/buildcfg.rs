//! Checks of GOAMD64 and its kin, and the build tags they imply. Only the process's own environment
//! counts here, not the go/env file: the stock command computes these before it reads that file.
//!
//! Answers to internal/buildcfg.

use super::goroot::Defaults;
use super::process::Variables;

/// The settings of the process's environment for the architecture.
pub struct BuildCfg {
    /// `amd64.v1`, … for the process's own GOARCH.
    pub tool_tags: Vec<String>,
    /// The error of buildcfg.Check, except those about GOEXPERIMENT.
    pub error: Option<String>,
}

/// Reads the settings (package initialization of internal/buildcfg).
pub fn read(variables: &Variables, defaults: &Defaults, host: (&str, &str)) -> BuildCfg {
    let or = |key: &str, default: &str| match variables.get(key) {
        "" => default.to_owned(),
        value => value.to_owned(),
    };
    let goarch = or("GOARCH", host.1);
    let android_arm = or("GOOS", host.0) == "android" && goarch == "arm";
    let setting = |key: &str| or(key, defaults.constant(key));
    let level = |key: &str, known: &[&str]| one_of(key, setting(key), known);

    // The stock package keeps one error: each finding replaces the one before it, and GOARM64's
    // being right takes back those of GOAMD64 and GOARM.
    let amd64 = level("GOAMD64", &["v1", "v2", "v3", "v4"]).unwrap_or_else(|_| "v1".into());
    let arm_default = if android_arm {
        "7"
    } else {
        defaults.constant("GOARM")
    };
    let arm = arm_version(&or("GOARM", arm_default))
        .unwrap_or_else(|| arm_version(arm_default).unwrap_or(7));
    let arm64 = Arm64::parse(&setting("GOARM64"));
    let mut error = arm64.as_ref().err().cloned();
    let mut take = |result: Result<String, String>, default: &str| match result {
        Ok(value) => value,
        Err(e) => {
            error = Some(e);
            default.to_owned()
        }
    };
    let float = ["hardfloat", "softfloat"];
    let mips = take(level("GOMIPS", &float), "hardfloat");
    let mips64 = take(level("GOMIPS64", &float), "hardfloat");
    let ppc64 = take(level("GOPPC64", &["power8", "power9", "power10"]), "power8");
    let riscv64 = take(
        level("GORISCV64", &["rva20u64", "rva22u64", "rva23u64"]),
        "rva20u64",
    );
    take(check_wasm(variables.get("GOWASM")), "");
    take(check_fips140(&setting("GOFIPS140")), "");

    let tagged = |list: &[&str]| list.iter().map(|t| format!("{goarch}.{t}")).collect();
    let tool_tags = match goarch.as_str() {
        "386" => tagged(&[&setting("GO386")]),
        "amd64" => up_to(&goarch, &["v1", "v2", "v3", "v4"], &amd64),
        "arm" => (5..=arm).map(|v| format!("{goarch}.{v}")).collect(),
        "arm64" => arm64.unwrap_or_default().tags(&goarch),
        "mips" | "mipsle" => tagged(&[&mips]),
        "mips64" | "mips64le" => tagged(&[&mips64]),
        "ppc64" | "ppc64le" => up_to(&goarch, &["power8", "power9", "power10"], &ppc64),
        "riscv64" => up_to(&goarch, &["rva20u64", "rva22u64", "rva23u64"], &riscv64),
        "wasm" => tagged(&["satconv", "signext"]),
        _ => Vec::new(),
    };
    BuildCfg { tool_tags, error }
}

fn one_of(key: &str, value: String, known: &[&str]) -> Result<String, String> {
    if known.contains(&value.as_str()) {
        return Ok(value);
    }
    Err(format!("invalid {key}: must be {}", known.join(", ")))
}

/// Tags of all levels up to this one.
fn up_to(goarch: &str, levels: &[&str], level: &str) -> Vec<String> {
    let last = levels.iter().position(|l| *l == level).unwrap_or(0);
    levels[..=last]
        .iter()
        .map(|l| format!("{goarch}.{l}"))
        .collect()
}

fn arm_version(value: &str) -> Option<u32> {
    let value = value.strip_suffix(",softfloat").unwrap_or(value);
    let value = value.strip_suffix(",hardfloat").unwrap_or(value);
    match value {
        "5" => Some(5),
        "6" => Some(6),
        "7" => Some(7),
        _ => None,
    }
}

/// GOARM64: `v8.0` … `v9.5`.
struct Arm64 {
    major: u8,
    minor: u8,
}

impl Default for Arm64 {
    fn default() -> Self {
        Arm64 { major: 8, minor: 0 }
    }
}

impl Arm64 {
    fn parse(value: &str) -> Result<Arm64, String> {
        let mut version = value;
        while let Some(rest) = version
            .strip_suffix(",lse")
            .or_else(|| version.strip_suffix(",crypto"))
        {
            version = rest;
        }
        match version.as_bytes() {
            [b'v', b'8', b'.', minor @ b'0'..=b'9'] => Ok(Arm64 {
                major: 8,
                minor: minor - b'0',
            }),
            [b'v', b'9', b'.', minor @ b'0'..=b'5'] => Ok(Arm64 {
                major: 9,
                minor: minor - b'0',
            }),
            _ => Err(
                "invalid GOARM64: must start with v8.{0-9} or v9.{0-5} and may optionally \
                      end in \",lse\" and/or \",crypto\""
                    .into(),
            ),
        }
    }

    /// v9.x includes v8.(x+5).
    fn tags(&self, goarch: &str) -> Vec<String> {
        let level = |major: u8| move |minor: u8| format!("{goarch}.v{major}.{minor}");
        let mut tags: Vec<_> = (0..=self.minor).map(level(self.major)).collect();
        if self.major == 9 {
            tags.extend((0..=(self.minor + 5).min(9)).map(level(8)));
        }
        tags
    }
}

fn check_wasm(value: &str) -> Result<String, String> {
    let unknown = value
        .split(',')
        .rfind(|o| !matches!(*o, "satconv" | "signext" | ""));
    match unknown {
        None => Ok(String::new()),
        Some(option) => Err(format!(
            "invalid GOWASM: no such feature {}",
            forgo_golang::quote::quote(option)
        )),
    }
}

fn check_fips140(value: &str) -> Result<String, String> {
    if matches!(value, "off" | "latest" | "inprocess" | "certified") || is_fips_version(value) {
        return Ok(String::new());
    }
    Err("invalid GOFIPS140: must be off, latest, inprocess, certified, or v1.Y.Z".into())
}

/// `v1.Y.Z`, `v1.Y.Z-hhhhhhhh`, `v1.Y.Z-rcN`.
fn is_fips_version(value: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some((minor, rest)) = value.strip_prefix("v1.").and_then(|v| v.split_once('.')) else {
        return false;
    };
    let (patch, suffix) = match rest.find('-') {
        Some(dash) => (&rest[..dash], Some(&rest[dash + 1..])),
        None => (rest, None),
    };
    let suffix_fits = suffix.is_none_or(|s| match s.strip_prefix("rc") {
        Some(n) => number(n),
        None => s.len() == 8,
    });
    number(minor) && number(patch) && suffix_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(list: &[(&str, &str)]) -> Option<String> {
        let list = list
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        read(
            &Variables::from_list(list),
            &Defaults::default(),
            ("linux", "amd64"),
        )
        .error
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(error(&[]), None);
        // Taken back when GOARM64 is found right.
        assert_eq!(error(&[("GOAMD64", "v9")]), None);
        assert_eq!(error(&[("GOARM", "3")]), None);
        assert!(
            error(&[("GOARM64", "v7")])
                .unwrap()
                .starts_with("invalid GOARM64: ")
        );
        let mips = error(&[("GOMIPS", "x"), ("GOARM64", "v7")]);
        assert_eq!(
            mips.unwrap(),
            "invalid GOMIPS: must be hardfloat, softfloat"
        );
        assert_eq!(
            error(&[("GOWASM", "signext,a,b")]).unwrap(),
            "invalid GOWASM: no such feature \"b\""
        );
    }

    #[test]
    fn fips_versions() {
        for good in ["v1.0.0", "v1.2.3-rc1", "v1.0.0-c2097c7c"] {
            assert!(is_fips_version(good), "{good}");
        }
        for bad in [
            "v2.0.0",
            "v1.0",
            "v1.0.0-rc",
            "v1.0.0-short",
            "v1..0",
            "1.0.0",
        ] {
            assert!(!is_fips_version(bad), "{bad}");
        }
    }

    #[test]
    fn tags() {
        let tags = |list: &[(&str, &str)]| {
            let list = list
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect();
            read(
                &Variables::from_list(list),
                &Defaults::default(),
                ("linux", "amd64"),
            )
            .tool_tags
        };
        assert_eq!(tags(&[]), ["amd64.v1"]);
        assert_eq!(tags(&[("GOAMD64", "v2")]), ["amd64.v1", "amd64.v2"]);
        assert_eq!(tags(&[("GOARCH", "arm")]), ["arm.5", "arm.6", "arm.7"]);
        assert_eq!(
            tags(&[("GOARCH", "arm64"), ("GOARM64", "v9.0,lse")]),
            [
                "arm64.v9.0",
                "arm64.v8.0",
                "arm64.v8.1",
                "arm64.v8.2",
                "arm64.v8.3",
                "arm64.v8.4",
                "arm64.v8.5"
            ]
        );
        assert!(tags(&[("GOARCH", "loong64")]).is_empty());
    }
}
