//! vendor/modules.txt. Answers to readVendorList in cmd/go/internal/modload/vendor.go.

use std::collections::HashMap;

use crate::gover;
use crate::module::{Version, check_import_path};
use crate::semver;

/// The contents of vendor/modules.txt.
#[derive(Debug, Clone, Default)]
pub struct ModulesTxt {
    /// Modules that have packages in vendor, in file order (vendorList).
    pub modules: Vec<Version>,
    /// Module of each vendored package (vendorPkgModule).
    pub package_module: HashMap<String, Version>,
    /// Selected version by module path, of modules with packages (vendorVersion).
    pub version: HashMap<String, String>,
    /// Annotations by module (vendorMeta).
    pub meta: HashMap<Version, VendorMetadata>,
    /// All replaced modules, in file order (vendorReplaced).
    pub replaced: Vec<Version>,
    /// The `## go` annotations in file order: the first that is too new is an error.
    pub go_versions: Vec<(Version, String)>,
    /// Begins with `## workspace`: made by `go work vendor`.
    pub workspace: bool,
}

/// Annotations of a module in modules.txt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorMetadata {
    /// `## explicit`
    pub explicit: bool,
    /// Replacement after `=>`.
    pub replacement: Option<Version>,
    /// `## go 1.20`
    pub go_version: String,
}

/// Parses the text. Malformed lines are ignored, as the stock command ignores them.
pub fn parse(text: &str) -> ModulesTxt {
    let mut out = ModulesTxt {
        workspace: is_workspace(text),
        ..ModulesTxt::default()
    };
    // The module whose lines follow; one without a path takes none.
    let mut current = Version::default();
    for line in text.split('\n') {
        if line.starts_with("# ") {
            out.module_line(line, &mut current);
        } else if current.path.is_empty() {
            continue;
        } else if let Some(annotations) = line.strip_prefix("## ") {
            out.annotate(&current, annotations);
        } else {
            out.package_line(line, &current);
        }
    }
    out
}

/// Made by `go work vendor`, not by `go mod vendor`?
fn is_workspace(text: &str) -> bool {
    text.split('\n')
        .next()
        .and_then(|line| line.strip_prefix("## "))
        .is_some_and(|annotations| {
            annotations
                .split(';')
                .any(|entry| entry.trim() == "workspace")
        })
}

impl ModulesTxt {
    /// `# path version [=> replacement]` or `# path => replacement`.
    fn module_line(&mut self, line: &str, current: &mut Version) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.len() < 3 {
            return;
        }
        let rest = if semver::is_valid(words[2]) {
            *current = Version::new(words[1], words[2]);
            &words[3..]
        } else if words[2] == "=>" {
            *current = Version::new(words[1], "");
            &words[2..]
        } else {
            *current = Version::default();
            return;
        };
        let ["=>", new @ ..] = rest else { return };
        let replacement = match new {
            [] => return,
            [dir] => Some(Version::new(*dir, "")),
            [path, version] if semver::is_valid(version) => Some(Version::new(*path, *version)),
            _ => None,
        };
        let meta = self.meta.entry(current.clone()).or_default();
        if replacement.is_some() {
            meta.replacement = replacement;
            self.replaced.push(current.clone());
        }
    }

    fn annotate(&mut self, current: &Version, annotations: &str) {
        let meta = self.meta.entry(current.clone()).or_default();
        for entry in annotations.split(';').map(str::trim) {
            if entry == "explicit" {
                meta.explicit = true;
            }
            if let Some(version) = entry.strip_prefix("go ") {
                version.clone_into(&mut meta.go_version);
                self.go_versions.push((current.clone(), version.to_owned()));
            }
        }
    }

    fn package_line(&mut self, line: &str, current: &Version) {
        let mut words = line.split_whitespace();
        let (Some(package), None) = (words.next(), words.next()) else {
            return;
        };
        if check_import_path(package).is_err() {
            return;
        }
        self.package_module
            .insert(package.to_owned(), current.clone());
        let newer = match self.version.get(&current.path) {
            None => true,
            Some(known) => gover::mod_compare(&current.path, known, &current.version).is_lt(),
        };
        if newer {
            self.modules.push(current.clone());
            self.version
                .insert(current.path.clone(), current.version.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# example.com/a v1.2.3
## explicit; go 1.20
example.com/a
example.com/a/b
not a package
# example.com/c v1.0.0 => ../c
## explicit
example.com/c
# example.com/d v1.0.0 => example.com/e v2.0.0
# example.com/f => example.com/g v1.0.0
# example.com/h => ./h
# example.com/i v1.0.0 => a b c
## go 1.21
# junk line here
## explicit
example.com/junk
# short
example.com/still/junk
";

    #[test]
    fn parses() {
        let v = Version::new;
        let m = parse(TEXT);
        assert_eq!(
            m.modules,
            [v("example.com/a", "v1.2.3"), v("example.com/c", "v1.0.0")]
        );
        assert_eq!(m.package_module.len(), 3);
        assert_eq!(
            m.package_module["example.com/a/b"],
            v("example.com/a", "v1.2.3")
        );
        assert_eq!(m.version["example.com/c"], "v1.0.0");
        let a = &m.meta[&v("example.com/a", "v1.2.3")];
        assert!(a.explicit && a.go_version == "1.20" && a.replacement.is_none());
        let replacement = |path, version| m.meta[&v(path, version)].replacement.clone();
        assert_eq!(replacement("example.com/c", "v1.0.0"), Some(v("../c", "")));
        assert_eq!(
            replacement("example.com/d", "v1.0.0"),
            Some(v("example.com/e", "v2.0.0"))
        );
        assert_eq!(
            replacement("example.com/f", ""),
            Some(v("example.com/g", "v1.0.0"))
        );
        assert_eq!(replacement("example.com/h", ""), Some(v("./h", "")));
        assert_eq!(replacement("example.com/i", "v1.0.0"), None);
        assert_eq!(m.replaced.len(), 4);
        let go: Vec<_> = m
            .go_versions
            .iter()
            .map(|(m, v)| (&*m.path, &**v))
            .collect();
        assert_eq!(go, [("example.com/a", "1.20"), ("example.com/i", "1.21")]);
        assert!(!m.workspace);
    }

    #[test]
    fn workspace_header() {
        assert!(parse("## workspace\n# a v1.0.0\n").workspace);
        assert!(!parse("# a v1.0.0\n## workspace\n").workspace);
    }
}
