//! `//go:embed` patterns to lists of files. Answers to resolveEmbed in cmd/go/internal/load/pkg.go.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use forgo_golang::embed::{is_bad_embed_name, valid_embed_pattern};
use forgo_golang::path;

use super::locate::godebug_setting;
use super::modules::FileKind;
use crate::config::Config;
use crate::fsys::{Overlay, Visit, Walk};

/// Files that patterns match: slash paths relative to the package's directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Embeds {
    /// All, sorted, each once.
    pub files: Vec<String>,
    /// By pattern, sorted.
    pub by_pattern: BTreeMap<String, Vec<String>>,
}

/// A pattern that can't be embedded, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EmbedError {
    /// The pattern.
    pub pattern: String,
    text: String,
}

impl fmt::Display for EmbedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pattern {}: {}", self.pattern, self.text)
    }
}

/// Finds the files that the patterns of a package mean.
pub(super) fn resolve_embed(
    cfg: &Config,
    overlay: &Overlay,
    dir: &str,
    patterns: &[String],
) -> Result<Embeds, EmbedError> {
    let mut resolver = Resolver {
        overlay,
        dir,
        follow_links: godebug_setting(cfg, "embedfollowsymlinks") == "1",
        dirs_ok: HashSet::new(),
    };
    let mut files = BTreeSet::new();
    let mut by_pattern = BTreeMap::new();
    for pattern in patterns {
        let list = resolver.pattern(pattern).map_err(|text| EmbedError {
            pattern: pattern.clone(),
            text,
        })?;
        files.extend(list.iter().cloned());
        by_pattern.insert(pattern.clone(), list.into_iter().collect());
    }
    Ok(Embeds {
        files: files.into_iter().collect(),
        by_pattern,
    })
}

struct Resolver<'r> {
    overlay: &'r Overlay,
    dir: &'r str,
    follow_links: bool,
    /// Paths known to have no go.mod and a name that may be embedded.
    dirs_ok: HashSet<String>,
}

impl Resolver<'_> {
    fn pattern(&mut self, pattern: &str) -> Result<BTreeSet<String>, String> {
        let (glob, all) = match pattern.strip_prefix("all:") {
            Some(glob) => (glob, true),
            None => (pattern, false),
        };
        if path::match_(glob, "").is_err() || !valid_embed_pattern(glob) {
            return Err("invalid pattern syntax".to_owned());
        }
        let base = path::quote_glob(&path::with_file_path_separator(self.dir));
        let matches = self
            .overlay
            .glob(&format!("{base}{glob}"))
            .ok_or("syntax error in pattern")?;
        let mut list = BTreeSet::new();
        for file in matches {
            self.matched(&file, all, &mut list)?;
        }
        if list.is_empty() {
            return Err("no matching files found".to_owned());
        }
        Ok(list)
    }

    fn relative<'f>(&self, file: &'f str) -> &'f str {
        path::trim_file_path_prefix(file, self.dir)
    }

    /// Adds what one match of a pattern stands for.
    fn matched(
        &mut self,
        file: &str,
        all: bool,
        list: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        let rel = self.relative(file);
        let kind = self.overlay.lstat(file).map_err(|e| e.to_string())?;
        let what = if kind == FileKind::Dir {
            "directory"
        } else {
            "file"
        };
        self.check_way(file, what, rel)?;
        let irregular = || format!("cannot embed irregular file {rel}");
        match kind {
            FileKind::Regular => {
                list.insert(rel.to_owned());
            }
            FileKind::Symlink if self.follow_links => {
                if self.overlay.stat(file).map_err(|e| e.to_string())? != FileKind::Regular {
                    return Err(irregular());
                }
                list.insert(rel.to_owned());
            }
            FileKind::Dir => {
                if !self.directory(file, all, list)? {
                    return Err(format!(
                        "cannot embed directory {rel}: contains no embeddable files"
                    ));
                }
            }
            FileKind::Symlink | FileKind::Other => return Err(irregular()),
        }
        Ok(())
    }

    /// Checks that a module would contain the file: no other module begins on the way to it, and
    /// no name is one that modules leave out.
    fn check_way(&mut self, file: &str, what: &str, rel: &str) -> Result<(), String> {
        let mut dir = file.to_owned();
        while dir.len() > self.dir.len() + 1 && !self.dirs_ok.contains(&dir) {
            if self.overlay.stat(&path::join2(&dir, "go.mod")).is_ok() {
                return Err(format!("cannot embed {what} {rel}: in different module"));
            }
            let above = dir != file;
            if above
                && self
                    .overlay
                    .lstat(&dir)
                    .is_ok_and(|kind| kind != FileKind::Dir)
            {
                let bad = &dir[self.dir.len() + 1..];
                return Err(format!("cannot embed {what} {rel}: in non-directory {bad}"));
            }
            let elem = path::base(&dir);
            if is_bad_embed_name(elem) {
                let kind = if above {
                    "in invalid directory"
                } else {
                    "invalid name"
                };
                return Err(format!("cannot embed {what} {rel}: {kind} {elem}"));
            }
            let parent = path::dir(&dir);
            self.dirs_ok.insert(std::mem::replace(&mut dir, parent));
        }
        Ok(())
    }

    /// Adds the files of a directory, hidden ones only under `all:`. Returns whether there were
    /// any.
    fn directory(
        &self,
        root: &str,
        all: bool,
        list: &mut BTreeSet<String>,
    ) -> Result<bool, String> {
        let mut any = false;
        self.overlay.walk(root, &mut |file, visit| {
            let kind = match visit {
                Visit::Unreadable(e) => return Err(e.to_string()),
                Visit::Entry(kind) => kind,
            };
            let is_dir = kind == FileKind::Dir;
            let rel = self.relative(file);
            let name = path::base(file);
            let hidden = name.starts_with(['.', '_']);
            let bad = is_bad_embed_name(name);
            if file != root && (bad || hidden && !all) {
                if is_dir {
                    return Ok(Walk::Skip);
                }
                if !hidden && bad {
                    return Err(format!("cannot embed file {rel}: invalid name {name}"));
                }
                return Ok(Walk::On);
            }
            if is_dir {
                let module = self.overlay.stat(&path::join2(file, "go.mod")).is_ok();
                return Ok(if module { Walk::Skip } else { Walk::On });
            }
            if kind == FileKind::Regular {
                any = true;
                list.insert(rel.to_owned());
            }
            Ok(Walk::On)
        })?;
        Ok(any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_their_errors() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().to_str().unwrap();
        for file in [
            "a.txt", "b.txt", "d/x", "d/.hid", "d/_u", "m/go.mod", "m/f", "e/.git/x",
        ] {
            let full = format!("{dir}/{file}");
            std::fs::create_dir_all(path::dir(&full)).unwrap();
            std::fs::write(full, "").unwrap();
        }
        std::os::unix::fs::symlink("a.txt", format!("{dir}/link")).unwrap();
        let overlay = Overlay::default();
        let cfg = Config::default();
        let resolve = |pattern: &str| {
            resolve_embed(&cfg, &overlay, dir, &[pattern.to_owned()])
                .map(|e| e.files)
                .map_err(|e| e.to_string())
        };
        let ok = |files: &[&str]| Ok(files.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>());
        let err = |text: &str| Err(text.to_owned());
        for (pattern, want) in [
            ("*.txt", ok(&["a.txt", "b.txt"])),
            ("d", ok(&["d/x"])),
            ("all:d", ok(&["d/.hid", "d/_u", "d/x"])),
            ("d/_u", ok(&["d/_u"])),
            (
                "m",
                err("pattern m: cannot embed directory m: in different module"),
            ),
            (
                "m/f",
                err("pattern m/f: cannot embed file m/f: in different module"),
            ),
            (
                "link",
                err("pattern link: cannot embed irregular file link"),
            ),
            ("none", err("pattern none: no matching files found")),
            ("../x", err("pattern ../x: invalid pattern syntax")),
            ("[", err("pattern [: invalid pattern syntax")),
            (
                "e",
                err("pattern e: cannot embed directory e: contains no embeddable files"),
            ),
            (
                "e/.git/x",
                err("pattern e/.git/x: cannot embed file e/.git/x: in invalid directory .git"),
            ),
        ] {
            assert_eq!(resolve(pattern), want, "{pattern}");
        }
    }
}
