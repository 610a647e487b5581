//! The version of a main module, derived from the tags of the repository it lies in. Answers to the
//! part of cmd/go/internal/modfetch that setBuildInfo uses: LookupLocal and codeRepo.Stat, for git
//! without network.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::process::Stdio;

use forgo_golang::{modfile, module, path, raw, semver};

use super::calendar::Time;
use super::vcs::{Status, Vcs, VcsCx};
use super::vcs_footprint;
use super::vcs_info::{self, Info};
use crate::clock::{self, For};
use crate::event::Event;
use crate::process;

/// A module in a repository, as codeRepo sees it.
struct CodeRepo<'r> {
    cx: VcsCx<'r>,
    /// The repository.
    root: &'r str,
    /// The commit in full.
    revision: &'r str,
    /// Import path of the repository's root, without major version.
    code_root: &'r str,
    mod_path: &'r str,
    /// Directory of the module inside the repository, or empty.
    code_dir: String,
    /// `/v2`, `.v2` or empty.
    path_major: &'r str,
    /// Commits by the revision asked for.
    commits: RefCell<HashMap<String, Option<Commit>>>,
    /// Which files the commit lacks.
    missing: RefCell<HashMap<String, bool>>,
}

/// Returns the version of the module at the revision; `None` where there is none. `root_module` is
/// the module path in the go.mod of the repository's root.
pub(super) fn module_version(
    cx: VcsCx<'_>,
    vcs: Vcs,
    root: &str,
    status: &Status,
    root_module: &str,
    mod_path: &str,
) -> Option<String> {
    if vcs != Vcs::Git || status.revision.is_empty() {
        return None;
    }
    let (code_root, _) = module::split_path_version(root_module)?;
    if !path::has_path_prefix(mod_path, code_root) {
        return None;
    }
    let (mut prefix, path_major) = module::split_path_version(mod_path)?;
    if code_root == mod_path {
        prefix = mod_path;
    }
    let mut code_dir = String::new();
    if code_root != mod_path {
        if !path::has_path_prefix(prefix, code_root) {
            return None;
        }
        prefix[code_root.len()..]
            .trim_matches('/')
            .clone_into(&mut code_dir);
    }
    let repo = CodeRepo {
        cx,
        root,
        revision: &status.revision,
        code_root,
        mod_path,
        code_dir,
        path_major,
        commits: RefCell::default(),
        missing: RefCell::default(),
    };
    if !vcs_info::may_be_kept(cx.cfg) {
        return repo.told_version();
    }
    let told = match vcs_info::kept_so_far(cx.cfg, mod_path, &status.revision) {
        Some(_) => None,
        None => repo.told_version(),
    };
    // Looked for once more, after the directory got its file: then the directory's noted state
    // holds for the next time too.
    match vcs_info::kept(cx.cfg, mod_path, &status.revision) {
        None if told.is_none() => repo.told_version(),
        kept => kept.or(told),
    }
}

/// A commit.
#[derive(Debug, Clone)]
struct Commit {
    hash: String,
    secs: i64,
    tags: Vec<String>,
}

impl CodeRepo<'_> {
    /// Runs git in the repository. Under -x the command is shown, and how long it took.
    fn git(&self, args: &[&str]) -> Option<String> {
        self.git_kept(args, false)
    }

    /// As [`CodeRepo::git`]. With `tags`, the output may lack references that are not tags.
    fn git_kept(&self, args: &[&str], tags: bool) -> Option<String> {
        let cfg = self.cx.cfg;
        let program = process::look_path(cfg, "git").ok()?;
        let shown = shown_command(self.root, args);
        let say = |text: String| {
            if cfg.flags.x {
                self.cx.reporter.event(Event::Stderr(text));
            }
        };
        say(format!("{shown}\n"));
        let start = clock::instant(For::Display);
        let ask = || {
            let mut command = process::command(cfg, self.root, &program, &[]);
            command.args(process::os_all(args)).stdin(Stdio::null());
            let output = process::output(&mut command, vcs_footprint::LEARNS);
            let output = output.ok().filter(|out| out.status.success())?;
            Some(output.stdout)
        };
        let output = if cfg.flags.x {
            ask()
        } else if tags {
            vcs_footprint::tags_merged(cfg, self.root, args, ask)
        } else {
            vcs_footprint::answer(cfg, self.root, args, ask)
        };
        say(format!("{:.3}s # {shown}\n", start.elapsed().as_secs_f64()));
        Some(raw::borrow(&output?).into_owned())
    }

    /// The commit that a hash, the beginning of one, or a tag means.
    fn stat(&self, rev: &str) -> Option<Commit> {
        if let Some(known) = self.commits.borrow().get(rev) {
            return known.clone();
        }
        let is_hash = rev.len() >= 7 && rev.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        let commit = if is_hash {
            self.log(rev)
        } else {
            let tags = self.git(&["tag", "-l"])?;
            let there = tags.lines().any(|tag| tag == rev);
            there
                .then(|| self.log(&format!("refs/tags/{rev}")))
                .flatten()
        };
        self.commits
            .borrow_mut()
            .insert(rev.to_owned(), commit.clone());
        commit
    }

    fn log(&self, rev: &str) -> Option<Commit> {
        let log = self.git(&[
            "-c",
            "log.showsignature=false",
            "log",
            "--no-decorate",
            "-n1",
            "--format=format:%H %ct %D",
            "--end-of-options",
            rev,
            "--",
        ])?;
        let fields: Vec<&str> = log.split_whitespace().collect();
        let mut tags: Vec<String> = fields
            .windows(2)
            .filter(|pair| pair[0] == "tag:")
            .map(|pair| pair[1].strip_suffix(',').unwrap_or(pair[1]).to_owned())
            .collect();
        tags.sort_unstable();
        Some(Commit {
            hash: (*fields.first()?).to_owned(),
            secs: fields.get(1)?.parse().ok()?,
            tags,
        })
    }

    /// A file at a revision.
    fn read(&self, rev: &str, file: &str) -> Option<String> {
        let object = format!("{}:{file}", self.stat(rev)?.hash);
        self.git(&["cat-file", "--end-of-options", "blob", &object])
    }

    /// The version by the repository, which is noted in the module cache.
    fn told_version(&self) -> Option<String> {
        let version = self.version()?;
        let commit = self.stat(self.revision)?;
        let info = Info::new(&version, commit.secs, &self.code_dir, &commit.hash);
        if let Err(line) = vcs_info::keep(self.cx.cfg, self.mod_path, &info) {
            self.cx.reporter.event(Event::Stderr(line));
        }
        Some(version)
    }

    fn version(&self) -> Option<String> {
        // The stock command asks which hash the repository uses before anything else. It matters to
        // no answer here, so it is asked where it shows.
        if self.cx.cfg.flags.x {
            self.git(&["config", "extensions.objectformat"]);
        }
        let commit = self.stat(self.revision)?;
        let mut highest = String::new();
        for tag in &commit.tags {
            let Some((v, true)) = self.tag_version(tag) else {
                continue;
            };
            if semver::compare(&highest, &v) == Ordering::Less && self.allows(&v) {
                highest = v;
            }
        }
        if !highest.is_empty() {
            return self.canonical(highest);
        }
        let base = self.recent_tag(&commit.hash)?;
        let time = Time {
            secs: commit.secs,
            nanos: 0,
        }
        .compact();
        let short = commit.hash.get(..12).unwrap_or(&commit.hash);
        let major = module::path_major_prefix(self.path_major);
        self.canonical(module::pseudo_version(major, &base, &time, short))
    }

    /// Returns the version in a tag, and whether the tag consists of it alone.
    fn tag_version(&self, tag: &str) -> Option<(String, bool)> {
        let trimmed = match self.code_dir.as_str() {
            "" => tag,
            dir => tag.strip_prefix(dir)?.strip_prefix('/')?,
        };
        if module::is_pseudo_version(tag) {
            return None;
        }
        let v = semver::canonical(trimmed);
        if v.is_empty() || !trimmed.starts_with(&v) {
            return None;
        }
        let whole = v == trimmed;
        Some((v, whole))
    }

    fn allows(&self, v: &str) -> bool {
        module::match_path_major(v, self.path_major) || self.can_be_incompatible(v)
    }

    /// Reports whether a version v2 or later may be used though the module path does not end in it:
    /// only where no go.mod demands otherwise.
    fn can_be_incompatible(&self, v: &str) -> bool {
        if !self.code_dir.is_empty() || !self.path_major.is_empty() {
            return false;
        }
        let missing = |file: String| {
            let mut known = self.missing.borrow_mut();
            *known
                .entry(file)
                .or_insert_with_key(|file| self.read(self.revision, file).is_none())
        };
        missing("go.mod".to_owned())
            && (v.is_empty() || missing(format!("{}/go.mod", semver::major(v))))
    }

    /// The highest version tagged in the history of the commit; `None` where git fails.
    fn recent_tag(&self, hash: &str) -> Option<String> {
        let merged = format!("--merged={hash}");
        let refs = self.git_kept(&["for-each-ref", "--format=%(refname)", &merged], true)?;
        let mut highest = String::new();
        for line in refs.lines() {
            let Some(tag) = line.trim().strip_prefix("refs/tags/") else {
                continue;
            };
            let Some((v, _)) = self.tag_version(tag).filter(|(v, _)| self.allows(v)) else {
                continue;
            };
            if semver::compare(&v, &highest) == Ordering::Greater {
                highest = v;
            }
        }
        Some(highest)
    }

    /// The version as the module path allows it.
    fn canonical(&self, v: String) -> Option<String> {
        if !self.has_module(&v) {
            return None;
        }
        let base = v.strip_suffix("+incompatible").unwrap_or(&v);
        if module::match_path_major(base, self.path_major) {
            // A suffix would be out of place then.
            return (base.len() == v.len()).then_some(v);
        }
        self.can_be_incompatible(base)
            .then(|| format!("{base}+incompatible"))
    }

    /// Whether the commit has a go.mod that declares the module's major version, in the module's
    /// directory or in its `vN` subdirectory (codeRepo.findDir).
    fn has_module(&self, version: &str) -> bool {
        let rev = match module::pseudo_version_rev(version) {
            Some(rev) => rev.to_owned(),
            None => {
                let tag = version.strip_suffix("+incompatible").unwrap_or(version);
                path::join2(&self.code_dir, tag)
            }
        };
        let in_dir = |dir: &str| self.read(&rev, &path::join2(dir, "go.mod"));
        let declared = |text: &str| modfile::module_path(text);
        let outer = in_dir(&self.code_dir);
        let outer_fits = outer
            .as_deref()
            .is_some_and(|text| is_major(&declared(text), self.path_major));
        if let Some(major) = self.path_major.strip_prefix('/')
            && self.code_root != self.mod_path
        {
            let inner = in_dir(&path::join2(&self.code_dir, major));
            if let Some(text) = inner {
                return !outer_fits && is_major(&declared(&text), self.path_major);
            }
        }
        let implicit =
            outer.is_none() && self.code_dir.is_empty() && !self.path_major.starts_with('/');
        outer_fits || implicit
    }
}

/// Whether the versions of module path `mpath` are those that a path's major suffix means.
fn is_major(mpath: &str, path_major: &str) -> bool {
    if mpath.is_empty() {
        return false;
    }
    let Some((_, major)) = module::split_path_version(mpath) else {
        return false;
    };
    if path_major.is_empty() {
        return matches!(module::path_major_prefix(major), "" | "v0" | "v1");
    }
    // `/v2` in one place may be `.v2` in the other.
    major
        .get(1..)
        .is_some_and(|v| path_major.get(1..) == Some(v))
}

/// A command as -x shows it: quoted where a shell would need it.
fn shown_command(dir: &str, args: &[&str]) -> String {
    let mut text = format!("cd {dir}; git");
    for arg in args {
        text.push(' ');
        if arg.contains('\'') {
            text.push('"');
            for c in arg.chars() {
                if matches!(c, '"' | '$' | '`' | '\\') {
                    text.push('\\');
                }
                text.push(c);
            }
            text.push('"');
        } else if arg
            .contains(|c: char| "$`\\*?[\"\u{85}\u{a0}".contains(c) || c.is_ascii_whitespace())
        {
            text.push('\'');
            text.push_str(arg);
            text.push('\'');
        } else {
            text.push_str(arg);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_quoted() {
        let shown = shown_command("/r", &["log", "--format=format:%H %ct", "a'b$", "x"]);
        assert_eq!(
            shown,
            "cd /r; git log '--format=format:%H %ct' \"a'b\\$\" x"
        );
    }

    #[test]
    fn module_paths_and_major_versions() {
        for (mpath, major, want) in [
            ("a.b/c", "", true),
            ("a.b/c/v2", "", false),
            ("a.b/c/v2", "/v2", true),
            ("a.b/c", "/v2", false),
            ("", "", false),
            ("gopkg.in/x.v1", "", true),
        ] {
            assert_eq!(is_major(mpath, major), want, "{mpath} {major}");
        }
    }
}
