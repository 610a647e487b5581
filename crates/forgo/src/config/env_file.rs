//! The go/env file of the user and GOROOT/go.env: where they are, and their settings.
//!
//! Answers to EnvFile, readEnvFile and CanGetenv in cmd/go/internal/cfg/cfg.go, and to
//! internal/cfg.

use std::collections::BTreeMap;

use forgo_golang::raw;
use forgo_load::disk;

use super::dirs;
use super::process::Variables;

/// Variables that may be set in the user's file, beyond those that are in it already.
const KNOWN: &[&str] = &[
    "AR",
    "CC",
    "CGO_CFLAGS",
    "CGO_CFLAGS_ALLOW",
    "CGO_CFLAGS_DISALLOW",
    "CGO_CPPFLAGS",
    "CGO_CPPFLAGS_ALLOW",
    "CGO_CPPFLAGS_DISALLOW",
    "CGO_CXXFLAGS",
    "CGO_CXXFLAGS_ALLOW",
    "CGO_CXXFLAGS_DISALLOW",
    "CGO_ENABLED",
    "CGO_FFLAGS",
    "CGO_FFLAGS_ALLOW",
    "CGO_FFLAGS_DISALLOW",
    "CGO_LDFLAGS",
    "CGO_LDFLAGS_ALLOW",
    "CGO_LDFLAGS_DISALLOW",
    "CXX",
    "FC",
    "GCCGO",
    "GO111MODULE",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GOAUTH",
    "GOBIN",
    "GOCACHE",
    "GOCACHEPROG",
    "GOENV",
    "GOEXE",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOFLAGS",
    "GOGCCFLAGS",
    "GOHOSTARCH",
    "GOHOSTOS",
    "GOINSECURE",
    "GOMIPS",
    "GOMIPS64",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOOS",
    "GOPATH",
    "GOPPC64",
    "GOPRIVATE",
    "GOPROXY",
    "GORISCV64",
    "GOROOT",
    "GOSUMDB",
    "GOTMPDIR",
    "GOTOOLCHAIN",
    "GOTOOLDIR",
    "GOVCS",
    "GOWASM",
    "GOWORK",
    "GO_EXTLINK_ENABLED",
    "PKG_CONFIG",
];

/// Reports whether this is a variable of the go command (cfg.CanGetenv). `file` holds the settings
/// of the files.
pub fn is_known(key: &str, file: &BTreeMap<String, String>) -> bool {
    file.contains_key(key) || KNOWN.binary_search(&key).is_ok()
}

/// The user's file, and whether GOENV named it (cfg.EnvFile). The error is the reason why there is
/// none.
pub fn location(variables: &Variables) -> Result<(String, bool), String> {
    match variables.get("GOENV") {
        "" => Ok((dirs::user_config(variables)? + "/go/env", false)),
        "off" => Err("GOENV=off".into()),
        file => Ok((file.to_owned(), true)),
    }
}

/// The file that `-w` and `-u` write. By then the stock command has put its own settings into its
/// environment: GOENV=off is GOENV= there, and stands for the user's own file.
pub fn written(variables: &Variables) -> Result<String, String> {
    match variables.get("GOENV") {
        "" | "off" => Ok(dirs::user_config(variables)? + "/go/env"),
        file => Ok(file.to_owned()),
    }
}

/// Settings of a file; nothing when it can't be read.
pub fn read(file: &str) -> BTreeMap<String, String> {
    match disk::read(file) {
        Ok(bytes) => parse(&raw::into_text(bytes)),
        Err(_) => BTreeMap::new(),
    }
}

/// `KEY=value` lines; others are comments. The last setting of a key counts.
fn parse(text: &str) -> BTreeMap<String, String> {
    text.split('\n')
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| key.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let map = parse("# GOX=1\nGOPROXY=a=b\n\n=x\ngo=1\nGOFLAGS=\nGOPROXY=c\n");
        let got: Vec<_> = map.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(got, [("GOFLAGS", ""), ("GOPROXY", "c")]);
    }

    #[test]
    fn known_variables_are_sorted() {
        assert!(KNOWN.is_sorted());
        assert!(is_known("GOFLAGS", &BTreeMap::new()));
        assert!(!is_known("GODEBUG", &BTreeMap::new()));
        assert!(is_known("GOX", &parse("GOX=1")));
    }
}
