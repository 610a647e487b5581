//! `-vet` of `go test`: which analyzers run before the tests. Answers to vetFlag in
//! cmd/go/internal/test/testflag.go and defaultVetFlags in test.go.

use forgo_golang::quote::quote;
use forgo_golang::release::Release;

/// The checks that vet is to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VetFlag {
    /// The flag was given.
    pub explicit: bool,
    /// No vet at all.
    pub off: bool,
    /// Flags of the tool.
    pub flags: Vec<String>,
}

/// The analyzers that `-vet` may name.
pub const ANALYZERS: [&str; 39] = [
    "appends",
    "asmdecl",
    "assign",
    "atomic",
    "bool",
    "bools",
    "buildtag",
    "buildtags",
    "cgocall",
    "composites",
    "copylocks",
    "defers",
    "directive",
    "errorsas",
    "framepointer",
    "hostport",
    "httpresponse",
    "ifaceassert",
    "loopclosure",
    "lostcancel",
    "methods",
    "nilfunc",
    "printf",
    "rangeloops",
    "shift",
    "sigchanyzer",
    "slog",
    "stdmethods",
    "stdversion",
    "stringintconv",
    "structtag",
    "testinggoroutine",
    "tests",
    "timeformat",
    "unmarshal",
    "unreachable",
    "unsafeptr",
    "unusedresult",
    "waitgroup",
];

impl VetFlag {
    /// From the flag's last value, which was checked, or the flags of `release`.
    pub fn new(value: Option<&str>, release: Release) -> VetFlag {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let Some(value) = value.filter(|v| !v.is_empty()) else {
            let flags = own(release.test_vet_flags());
            return VetFlag {
                flags,
                ..VetFlag::default()
            };
        };
        let mut vet = VetFlag {
            explicit: true,
            ..VetFlag::default()
        };
        for word in value.split(',') {
            match word {
                "all" => {
                    vet = VetFlag {
                        explicit: true,
                        ..VetFlag::default()
                    }
                }
                "off" => {
                    vet = VetFlag {
                        explicit: true,
                        off: true,
                        ..VetFlag::default()
                    }
                }
                analyzer => vet.flags.push(format!("-{analyzer}")),
            }
        }
        vet
    }
}

/// Returns the error of a value of the flag.
pub fn check(value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(());
    }
    if value.contains('=') {
        return Err("-vet argument cannot contain equal signs".into());
    }
    if value.contains(' ') {
        return Err("-vet argument is comma-separated list, cannot contain spaces".into());
    }
    let (mut single, mut analyzers) = ("", 0);
    for word in value.split(',') {
        match word {
            "" => return Err("-vet argument contains empty list element".into()),
            "all" | "off" => (single, analyzers) = (word, 0),
            _ if ANALYZERS.contains(&word) => analyzers += 1,
            _ => {
                return Err(format!(
                    "-vet argument must be a supported analyzer or a distinguished value; found {word}"
                ));
            }
        }
    }
    if analyzers > 1 && !single.is_empty() {
        return Err(format!(
            "-vet does not accept {} in a list with other analyzers",
            quote(single)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (value, want) in [
            ("", Ok(())),
            ("off", Ok(())),
            ("printf,atomic", Ok(())),
            ("a=b", Err("-vet argument cannot contain equal signs")),
            (
                "printf atomic",
                Err("-vet argument is comma-separated list, cannot contain spaces"),
            ),
            ("printf,", Err("-vet argument contains empty list element")),
            (
                "nope",
                Err(
                    "-vet argument must be a supported analyzer or a distinguished value; found nope",
                ),
            ),
            (
                "all,printf,atomic",
                Err("-vet does not accept \"all\" in a list with other analyzers"),
            ),
        ] {
            assert_eq!(check(value), want.map_err(str::to_owned), "{value}");
        }
    }

    #[test]
    fn analyzers_chosen() {
        assert_eq!(VetFlag::new(None, Release::GO1_26).flags.len(), 11);
        assert_eq!(
            VetFlag::new(Some(""), Release::GO1_27)
                .flags
                .last()
                .map(String::as_str),
            Some("-tests")
        );
        assert!(VetFlag::new(Some("off"), Release::GO1_27).off);
        assert_eq!(
            VetFlag::new(Some("all"), Release::GO1_27),
            VetFlag {
                explicit: true,
                ..VetFlag::default()
            }
        );
        assert_eq!(
            VetFlag::new(Some("printf"), Release::GO1_27).flags,
            ["-printf"]
        );
    }
}
