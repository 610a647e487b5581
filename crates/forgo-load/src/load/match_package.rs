//! Package patterns that are tried on loaded packages: `-coverpkg`, `-gcflags=pattern=`. Answers to
//! cmd/go/internal/load/search.go.

use forgo_golang::path;
use forgo_golang::pattern::{self, Pattern};

use super::modules::ModuleState;
use crate::package::Package;

/// A compiled package pattern, as `-coverpkg` and `-gcflags=pattern=` take them
/// (load.MatchPackage).
#[derive(Debug, Clone)]
pub struct MatchPackage(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// The package in this directory.
    Dir(String),
    /// Packages below this directory whose relative path matches.
    Below(String, Pattern),
    All,
    Std,
    Cmd,
    Tool,
    Work,
    Path(Pattern),
}

impl MatchPackage {
    /// Compiles a pattern; `./` patterns are relative to `cwd`.
    pub fn new(pattern: &str, cwd: &str) -> MatchPackage {
        MatchPackage(match pattern {
            _ if pattern::is_relative_path(pattern) => match pattern.find("...") {
                None => Kind::Dir(path::join2(cwd, pattern)),
                Some(i) => {
                    let slash = pattern[..i].rfind('/').unwrap_or(0);
                    let rest = Pattern::new(&pattern[slash + 1..]);
                    Kind::Below(path::join2(cwd, &pattern[..slash]), rest)
                }
            },
            "all" => Kind::All,
            "std" => Kind::Std,
            "cmd" => Kind::Cmd,
            "tool" => Kind::Tool,
            "work" => Kind::Work,
            _ => Kind::Path(Pattern::new(pattern)),
        })
    }

    /// Reports whether the package matches.
    pub fn matches(&self, modules: &ModuleState, package: &Package) -> bool {
        match &self.0 {
            Kind::Dir(dir) => package.dir == *dir,
            Kind::Below(dir, pattern) => path::rel(dir, &package.dir)
                .is_some_and(|rel| rel != ".." && !rel.starts_with("../") && pattern.matches(&rel)),
            Kind::All => true,
            Kind::Std => package.standard,
            Kind::Cmd => package.standard && package.import_path.starts_with("cmd/"),
            Kind::Tool if modules.enabled => modules.tools.contains(&package.import_path),
            Kind::Work if modules.enabled => package.module.as_ref().is_some_and(|module| {
                modules
                    .main_modules
                    .iter()
                    .any(|main| main.path == module.path)
            }),
            Kind::Tool => package.import_path == "tool",
            Kind::Work => package.import_path == "work",
            Kind::Path(pattern) => pattern.matches(&package.import_path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::modules::MainModule;
    use std::sync::Arc;

    #[test]
    fn patterns_on_packages() {
        let state = ModuleState {
            enabled: true,
            main_modules: vec![MainModule {
                path: "example.com/m".to_owned(),
                ..MainModule::default()
            }],
            tools: ["example.com/m/x".to_owned()].into(),
            ..ModuleState::default()
        };
        let p = Package {
            import_path: "example.com/m/x".to_owned(),
            dir: "/w/m/x".to_owned(),
            module: Some(Arc::new(crate::module::ModulePublic {
                path: "example.com/m".to_owned(),
                ..Default::default()
            })),
            ..Package::default()
        };
        for (pattern, want) in [
            ("./x", true),
            ("./...", true),
            (".", false),
            ("../m/x...", true),
            ("../other/...", false),
            ("all", true),
            ("std", false),
            ("tool", true),
            ("work", true),
            ("example.com/...", true),
            ("example.com/m", false),
        ] {
            let got = MatchPackage::new(pattern, "/w/m").matches(&state, &p);
            assert_eq!(got, want, "{pattern}");
        }
    }
}
