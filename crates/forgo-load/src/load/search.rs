//! GOPATH mode: what patterns match. Answers to cmd/go/internal/search.

use std::collections::HashSet;

use forgo_golang::pattern::{self, Pattern};
use forgo_golang::{path, quote};

use super::Loader;
use super::modules::{FileKind, Match, MatchError};
use super::scan::Problem;
use crate::fsys::{Visit, Walk};

impl Loader<'_> {
    /// The packages that patterns match, with warnings for those that match none
    /// (search.ImportPaths).
    pub(super) fn gopath_matches(&self, patterns: &[String]) -> Vec<Match> {
        let mut matches = Vec::new();
        for pattern in pattern::clean_patterns(patterns) {
            let mut m = Match {
                pattern,
                ..Match::default()
            };
            if pattern::is_local(&m.pattern) {
                self.modules.match_dirs(&mut m);
                m.packages = m.dirs.iter().map(|dir| self.import_path_of(dir)).collect();
            } else {
                self.match_packages(&mut m);
            }
            if m.packages.is_empty() && m.errors.is_empty() {
                let pattern = quote::quote(&m.pattern);
                self.warn(&format!("go: warning: {pattern} matched no packages\n"));
            }
            matches.push(m);
        }
        matches
    }

    /// The import path of a directory in GOROOT or GOPATH; others stay directories.
    fn import_path_of(&self, dir: &str) -> String {
        let abs = self.absolute(dir);
        let (place, _) = self.data_loader().locator().in_dir(&abs, false);
        match place.import_path.as_str() {
            "" | "." => dir.to_owned(),
            _ => place.import_path,
        }
    }

    fn absolute(&self, p: &str) -> String {
        if p.starts_with('/') {
            path::clean(p)
        } else {
            path::join2(&self.cfg.cwd, p)
        }
    }

    /// Reports whether a directory is not a package at all: it has no Go files that take part.
    fn is_no_package(&self, dir: &str) -> bool {
        self.scanner
            .facts(&self.absolute(dir))
            .is_ok_and(|facts| facts.problem == Some(Problem::NoGo))
    }

    /// The packages that an import path pattern matches (MatchPackages).
    fn match_packages(&self, m: &mut Match) {
        if pattern::is_literal(&m.pattern) {
            m.packages = vec![m.pattern.clone()];
            return;
        }
        let goroot_src = path::join2(&self.cfg.dist.goroot, "src");
        let gopath = self
            .cfg
            .dirs
            .gopath
            .iter()
            .map(|root| path::join2(root, "src"));
        let mut have: HashSet<String> = HashSet::from(["builtin".to_owned()]);
        if !self.cfg.context.cgo_enabled {
            have.insert("runtime/cgo".to_owned());
        }
        let sources = std::iter::once(goroot_src.clone())
            .chain(gopath)
            .filter(|src| self.scanner.overlay.is_dir(src));
        for src in sources {
            if matches!(m.pattern.as_str(), "std" | "cmd") && src != goroot_src {
                continue;
            }
            if let Err(e) = self.match_below(&src, &m.pattern, &mut have, &mut m.packages) {
                m.errors.push(match_error(e));
            }
        }
    }

    fn match_below(
        &self,
        src: &str,
        pattern: &str,
        have: &mut HashSet<String>,
        found: &mut Vec<String>,
    ) -> Result<(), String> {
        let meta = pattern::is_meta_package(pattern);
        let matcher = Pattern::new(pattern);
        let src = path::with_file_path_separator(src);
        let root = match pattern {
            "cmd" => format!("{src}cmd/"),
            _ => src.clone(),
        };
        self.scanner.overlay.walk(&root, &mut |file, visit| {
            let kind = match visit {
                Visit::Unreadable(e) => return Err(e.to_string()),
                Visit::Entry(kind) => kind,
            };
            if file == src {
                return Ok(Walk::On);
            }
            let (_, elem) = path::split(file);
            let name = file.strip_prefix(src.as_str()).unwrap_or(file);
            let std_only = !pattern::is_standard_import_path(name) || name == "cmd";
            let wanted = !hidden(elem)
                && (pattern != "std" || !std_only)
                && (meta || pattern::tree_can_match(pattern, name));
            if kind != FileKind::Dir {
                if kind == FileKind::Symlink
                    && wanted
                    && pattern.contains("...")
                    && self.scanner.overlay.is_dir(file)
                {
                    self.warn(&format!("warning: ignoring symlink {file}\n"));
                }
                return Ok(Walk::On);
            }
            if !wanted {
                return Ok(Walk::Skip);
            }
            let name = name.trim_end_matches('/');
            if !have.insert(name.to_owned()) || !(meta || matcher.matches(name)) {
                return Ok(Walk::On);
            }
            if self.is_no_package(file) {
                return Ok(Walk::On);
            }
            // What cmd vendors includes commands that are not the distribution's.
            let vendored_main = pattern == "cmd"
                && name.starts_with("cmd/vendor")
                && self
                    .scanner
                    .facts(file)
                    .is_ok_and(|facts| facts.name == "main");
            if !vendored_main {
                found.push(name.to_owned());
            }
            Ok(Walk::On)
        })
    }
}

fn hidden(elem: &str) -> bool {
    elem.starts_with(['.', '_']) || elem == "testdata"
}

fn match_error(text: String) -> MatchError {
    MatchError {
        text,
        import_path: String::new(),
        import_error: None,
        no_go_dir: None,
    }
}
