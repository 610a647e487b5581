//! The projects that are compared: a directory of the user's, or the small projects of
//! `conformance/projects`, each made for a purpose that its `PARITY` file names.
//!
//! ```text
//! # what this project is for
//! packages: ./...            patterns to build (default ./...)
//! variant: -tags extra       one more way to build it: flags and NAME=value settings
//! short: -tags extra         the same, and one that `--short` compares too; without either line there is
//!                            one way, which is both
//! broken: yes                it must not build, and both commands print the same errors
//! git: yes                   it is a git checkout (for -buildvcs)
//! release: go1.27            only for this release
//! needs: gfortran            only where this program is installed
//! cold: yes                  from an empty cache: the standard library is compared as well
//! kill: 8                    kill that many builds, and check the cache that each leaves
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use crate::checkout;
use crate::programs::on_path;
use crate::tree::{self, Take};

/// Something to build with both commands.
pub struct Project {
    /// For the table.
    pub name: String,
    /// Its sources.
    pub dir: PathBuf,
    /// Compared in a copy, since it lies within another repository.
    pub copied: bool,
    /// The caches hold the standard library at first.
    pub seeded: bool,
    /// Patterns to build.
    pub packages: Vec<String>,
    /// The ways to build it.
    pub variants: Vec<Variant>,
    /// It must not build.
    pub broken: bool,
    /// It is a git checkout.
    pub git: bool,
    /// Begin with an empty cache.
    pub cold: bool,
    /// How many builds are killed.
    pub kills: usize,
    release: Option<String>,
}

/// A way to build a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// For the table; empty for the plain one.
    pub name: String,
    /// Build flags.
    pub flags: Vec<String>,
    /// Settings.
    pub environment: Vec<(String, String)>,
    /// Compared by `--short` too.
    pub short: bool,
}

impl Variant {
    /// Of `GOOS=windows -tags x`.
    pub fn parse(text: &str) -> Variant {
        let mut variant = Variant {
            name: text.trim().to_owned(),
            flags: Vec::new(),
            environment: Vec::new(),
            short: false,
        };
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some((name, value))
                    if name
                        .chars()
                        .all(|c| c.is_ascii_uppercase() || "_0123456789".contains(c)) =>
                {
                    variant
                        .environment
                        .push((name.to_owned(), value.to_owned()));
                }
                _ => variant.flags.push(word.to_owned()),
            }
        }
        variant
    }

    /// Compared by `--short` too.
    pub fn shortly(self) -> Variant {
        Variant {
            short: true,
            ..self
        }
    }

    /// The arguments of a command of this variant.
    pub fn command(&self, name: &str, flags: &[&str], packages: &[String]) -> Vec<String> {
        let mut args = vec![name.to_owned()];
        args.extend(flags.iter().map(|flag| (*flag).to_owned()));
        args.extend(self.flags.iter().cloned());
        args.extend(packages.iter().cloned());
        args
    }

    /// With more flags.
    pub fn with_flags(mut self, flags: &str) -> Variant {
        let more = Variant::parse(flags);
        self.name = format!("{} {}", self.name, more.name).trim().to_owned();
        self.flags.extend(more.flags);
        self.environment.extend(more.environment);
        self
    }
}

impl Project {
    /// A project of the user's, built where it is.
    pub fn in_place(dir: &Path) -> Result<Project, String> {
        let dir = fs::canonicalize(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let name = dir
            .file_name()
            .map_or("/".into(), |n| n.to_string_lossy().into_owned());
        Ok(Project {
            name,
            dir,
            copied: false,
            seeded: false,
            packages: vec!["./...".into()],
            variants: vec![Variant::parse("").shortly()],
            broken: false,
            git: false,
            cold: false,
            kills: 0,
            release: None,
        })
    }

    /// Reports whether this project is for a release (`go1.27.3`).
    pub fn is_for(&self, release: &str) -> bool {
        self.release.as_ref().is_none_or(|only| {
            release
                .strip_prefix(only.as_str())
                .is_some_and(|r| r.is_empty() || r.starts_with('.'))
        })
    }

    fn read(dir: &Path) -> Result<Option<Project>, String> {
        let mut project = Project::in_place(dir)?;
        (project.copied, project.seeded) = (true, true);
        project.variants.clear();
        let file = dir.join("PARITY");
        let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let unknown = || format!("{}: {line}?", file.display());
            let (key, value) = line.split_once(':').ok_or_else(unknown)?;
            let value = value.trim();
            match (key, value) {
                ("packages", _) => project.packages = super::words(value),
                ("variant", _) => project.variants.push(Variant::parse(value)),
                ("short", _) => project.variants.push(Variant::parse(value).shortly()),
                ("kill", _) => project.kills = value.parse().map_err(|_| unknown())?,
                ("broken", "yes") => project.broken = true,
                ("git", "yes") => project.git = true,
                ("cold", "yes") => project.cold = true,
                ("release", _) => project.release = Some(value.to_owned()),
                ("needs", _) if on_path(value).is_none() => return Ok(None),
                ("needs", _) => {}
                _ => return Err(unknown()),
            }
        }
        if project.variants.is_empty() {
            project.variants.push(Variant::parse("").shortly());
        }
        Ok(Some(project))
    }

    /// Copies the project to the directory in which it is built, unless it is built where it is.
    pub fn place(&self, scratch: &Path) -> Result<PathBuf, String> {
        if !self.copied {
            return Ok(self.dir.clone());
        }
        let copy = scratch.join(&self.name);
        tree::copy(&self.dir, &copy, &|path| match path.file_name() {
            Some(name) if name == "PARITY" => Take::LeaveOut,
            _ => Take::Copy,
        })?;
        if self.git {
            checkout::make(&copy)?;
        }
        tree::age(&copy).map_err(|e| format!("{}: {e}", copy.display()))?;
        Ok(copy)
    }
}

/// The projects of the repository, by name.
pub fn of_our_own() -> Result<Vec<Project>, String> {
    let dir = crate::places::repository()
        .map_err(|e| format!("{e}: name a project"))?
        .join("conformance/projects");
    let listing = fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut dirs: Vec<PathBuf> = listing.flatten().map(|item| item.path()).collect();
    dirs.sort();
    let mut projects = Vec::new();
    for dir in dirs.iter().filter(|dir| dir.is_dir()) {
        projects.extend(Project::read(dir)?);
    }
    Ok(projects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let v = Variant::parse(" GOOS=windows  -ldflags=-s -tags x=y ");
        assert_eq!(v.environment, [pair("GOOS", "windows")]);
        assert_eq!(v.flags, ["-ldflags=-s", "-tags", "x=y"]);
        let v = v.with_flags("-v GO386=softfloat");
        assert_eq!(
            v.name,
            "GOOS=windows  -ldflags=-s -tags x=y -v GO386=softfloat"
        );
        assert_eq!(v.environment[1], pair("GO386", "softfloat"));
        assert_eq!(Variant::parse("").with_flags("").name, "");
    }

    #[test]
    fn our_own_projects_can_be_read() {
        for project in of_our_own().unwrap() {
            assert!(!project.packages.is_empty(), "{}", project.name);
        }
    }
}
