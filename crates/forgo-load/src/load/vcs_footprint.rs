//! What git's answers depend on, noted one by one, so that a later process need not ask git.
//!
//! `git status` looks at every tracked file and, for files that are not tracked, into every
//! directory that is not ignored; it and `git log` and `git tag` depend on the index, the
//! references, the ignore rules and the configuration. Asked again for a tree of 13,000 files git
//! needs 70 ms of processor time; its inputs take a fifth of that to stat, and most are inputs of
//! the build anyway.
//!
//! This is done after git was asked. A change in between is not missed: it would make an input
//! newer than the invocation's beginning, and such are not relied on
//! ([`crate::footprint::Footprint::settled`]).

use std::collections::HashSet;
use std::process::Stdio;

use forgo_cache::disk::KeyText;
use forgo_golang::path;

use crate::config::Config;
use crate::disk::{self, Because};
use crate::footprint::{self, Look, Notes, saw};
use crate::kept;
use crate::plain_tool;
use crate::process::{self, Learns};

/// Variables of git's that change no answer. Any other may send it elsewhere.
const HARMLESS: [&str; 15] = [
    "GIT_ASKPASS",
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_CURL_",
    "GIT_EDITOR",
    "GIT_HTTP_",
    "GIT_MERGE_AUTOEDIT",
    "GIT_OPTIONAL_LOCKS",
    "GIT_PAGER",
    "GIT_PROXY_",
    "GIT_PS1_",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSL_",
    "GIT_TERMINAL_PROMPT",
];

/// The form of `git status` that lists ignored files as well.
pub(super) const STATUS: [&str; 4] = ["status", "--porcelain", "-z", "--ignored=matching"];

/// The inputs of git's answers: [`note`], with which every use of git ends, notes all of them.
pub(super) const LEARNS: Learns<'static> = Learns::NotedBy("vcs_footprint::note");

const UNKNOWN: &str = "it is not known where git looks";

/// Object stores that borrow from each other: git follows five one after the other.
const MAX_STORES: usize = 32;

/// The output of [`STATUS`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Something is not committed.
    pub changed: bool,
    /// Directories that a rule ignores: relative, with a final slash.
    ignored: HashSet<String>,
}

impl Told {
    /// Reads it.
    pub fn parse(output: &[u8]) -> Told {
        let mut told = Told::default();
        let mut fields = output.split(|&b| b == 0).filter(|f| !f.is_empty());
        while let Some(field) = fields.next() {
            if let Some(name) = field.strip_prefix(b"!! ") {
                if name.ends_with(b"/") {
                    told.ignored
                        .insert(String::from_utf8_lossy(name).into_owned());
                }
                continue;
            }
            told.changed = true;
            // The old name follows.
            if field.iter().take(2).any(|c| matches!(c, b'R' | b'C')) {
                fields.next();
            }
        }
        told
    }
}

/// Notes the inputs of git in the repository at `root`, concurrently with the caller's work. `told`
/// is git's output, if it was asked in the form of [`STATUS`].
pub(super) fn note(cfg: &Config, root: &str, told: Option<Told>) {
    if !footprint::is_on() {
        return;
    }
    let Some(repository) = Repository::new(cfg, root) else {
        return footprint::refuse(UNKNOWN);
    };
    footprint::in_background(move || {
        if repository.note(told).is_none() {
            footprint::refuse("a repository of an uncommon kind");
        }
    });
}

/// Runs git with these arguments and returns its output.
type RunGit = Box<dyn Fn(&[&str]) -> Option<Vec<u8>> + Send>;

struct Repository {
    command: RunGit,
    program: String,
    root: String,
    home: String,
    xdg: String,
}

/// What git answers to a question about commits and references, none about the checkout's state:
/// kept as long as references and settings are the same. `ask` runs git.
pub(super) fn answer(
    cfg: &Config,
    root: &str,
    args: &[&str],
    ask: impl FnOnce() -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let Some(repository) = Repository::new(cfg, root) else {
        footprint::refuse(UNKNOWN);
        return ask();
    };
    let mut words = vec!["git", &repository.program, root];
    words.extend(args);
    kept::answer(
        cfg,
        &words,
        |notes| {
            notes.saw(&repository.program, Look::Whole);
            repository.note_references(notes)
        },
        |_| ask(),
    )
}

/// The names of the tags in the history of a commit, line by line, and perhaps those of other
/// references. `args` ask for them; `ask` runs git. It is the longest of all questions where no tag
/// is near, and its answer is the same in all checkouts and copies of a repository: it is kept by
/// the tags there are and the objects they lead to.
pub(super) fn tags_merged(
    cfg: &Config,
    root: &str,
    args: &[&str],
    ask: impl FnOnce() -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    answer(cfg, root, args, || {
        let key = Repository::new(cfg, root).and_then(|repository| repository.key_of_tags(args));
        match key {
            Some(key) => kept::lasting(cfg, &key, || ask().map(|refs| only_tags(&refs))),
            None => ask(),
        }
    })
}

fn only_tags(refs: &[u8]) -> Vec<u8> {
    let lines = refs.split_inclusive(|&b| b == b'\n');
    lines
        .filter(|line| line.starts_with(b"refs/tags/"))
        .flatten()
        .copied()
        .collect()
}

impl Repository {
    /// Returns a key made of the commits behind tags, and of all that may let git see another
    /// history: commits that stand for others, that are cut off, settings.
    fn key_of_tags(&self, args: &[&str]) -> Option<[u8; 32]> {
        let format = "--format=%(refname) %(objectname)";
        let refs = (self.command)(&["for-each-ref", format, "refs/tags", "refs/replace"])?;
        let settings = (self.command)(&["config", "--list", "-z"])?;
        let (_, common) = self.git_dirs(&Notes::new(&self.root))?;
        let mut key = KeyText::default();
        key.add(b"tags merged");
        key.add(self.program.as_bytes());
        key.list(args.iter().map(|arg| arg.as_bytes()));
        key.add(&refs);
        // Every branch has its own settings, which do not affect commits.
        let of_branch = |s: &&[u8]| s.starts_with(b"branch.") || s.starts_with(b"remote.");
        key.list(settings.split(|&b| b == 0).filter(|s| !of_branch(s)));
        for name in ["shallow", "info/grafts"] {
            key.add(
                &disk::own::read(Because::Noted, format!("{common}/{name}")).unwrap_or_default(),
            );
        }
        Some(key.sum())
    }

    /// `None` where the environment sends git elsewhere, or the program may be another one.
    fn new(cfg: &Config, root: &str) -> Option<Repository> {
        let program = process::look_path(cfg, "git").ok()?;
        if !plain_tool::is_git(cfg, &program) {
            return None;
        }
        let matters = |name: &String| {
            name.starts_with("GIT_") && !HARMLESS.iter().any(|h| name.starts_with(h))
        };
        if cfg.env.vars.keys().any(matters) {
            return None;
        }
        let home = cfg.env.os("HOME").to_owned();
        let xdg = match cfg.env.os("XDG_CONFIG_HOME") {
            "" => format!("{home}/.config"),
            dir => dir.to_owned(),
        };
        let (settings, dir, git) = (cfg.clone(), root.to_owned(), program.clone());
        let command = move |args: &[&str]| {
            let mut command = process::command(&settings, &dir, &git, &[]);
            command
                .args(process::os_all(args))
                .stdin(Stdio::null())
                .stderr(Stdio::null());
            let output = process::output(&mut command, LEARNS);
            let output = output.ok().filter(|o| o.status.success())?;
            Some(output.stdout)
        };
        Some(Repository {
            command: Box::new(command),
            root: root.to_owned(),
            home,
            xdg,
            program,
        })
    }

    /// `None` where something is not understood.
    fn note(&self, told: Option<Told>) -> Option<()> {
        let told = match told {
            Some(told) => told,
            None => Told::parse(&(self.command)(&STATUS)?),
        };
        let notes = footprint::notes()?;
        self.note_work_state(notes)?;
        self.note_references(notes)?;
        self.note_tracked()?;
        self.walk("", &told.ignored)
    }

    /// The directory of the checkout and that of the repository, which are two in a worktree.
    fn git_dirs(&self, notes: &Notes) -> Option<(String, String)> {
        let dot_git = path::join2(&self.root, ".git");
        let dot_git_file = dot_git.clone();
        let dir = if disk::own::metadata(Because::Noted, &dot_git).ok()?.is_dir() {
            dot_git
        } else {
            let text = disk::own::read_to_string(Because::Noted, &dot_git).ok()?;
            absolute(&self.root, text.strip_prefix("gitdir:")?.trim())
        };
        let common = match disk::own::read_to_string(Because::Noted, format!("{dir}/commondir")) {
            Ok(text) => absolute(&dir, text.trim()),
            Err(_) => dir.clone(),
        };
        // Not their entries: every command of git's makes some for a moment. Their owners count:
        // git refuses to work in another user's directory.
        for place in [&self.root, &dot_git_file, &dir, &common] {
            notes.saw_way_to(place);
        }
        for name in ["commondir", "config.worktree"] {
            notes.saw(format!("{dir}/{name}"), Look::Whole);
        }
        // Without a HEAD git would look for a repository above.
        disk::own::metadata(Because::Noted, format!("{dir}/HEAD")).ok()?;
        Some((dir, common))
    }

    /// What only the state of the checkout depends on.
    fn note_work_state(&self, notes: &Notes) -> Option<()> {
        let (dir, common) = self.git_dirs(notes)?;
        for name in ["HEAD", "index", "info/sparse-checkout"] {
            notes.saw(format!("{dir}/{name}"), Look::Whole);
        }
        for name in ["info/exclude", "info/attributes"] {
            notes.saw(format!("{common}/{name}"), Look::Whole);
        }
        Some(())
    }

    /// What every question depends on: references and settings.
    fn note_references(&self, notes: &Notes) -> Option<()> {
        let (dir, common) = self.git_dirs(notes)?;
        for name in ["config", "packed-refs", "shallow", "info/grafts"] {
            notes.saw(format!("{common}/{name}"), Look::Whole);
        }
        for tree in ["refs", "reftable"] {
            note_tree(notes, &format!("{dir}/{tree}"));
            note_tree(notes, &format!("{common}/{tree}"));
        }
        self.note_objects(notes, &common)?;
        let prefix = path::dir(&path::dir(&self.program));
        for file in [
            "/etc/gitconfig".to_owned(),
            "/etc/gitattributes".to_owned(),
            path::join2(&prefix, "etc/gitconfig"),
            path::join2(&prefix, "etc/gitattributes"),
            format!("{}/.gitconfig", self.home),
            format!("{}/git/config", self.xdg),
            format!("{}/git/ignore", self.xdg),
            format!("{}/git/attributes", self.xdg),
        ] {
            notes.saw(file, Look::Whole);
        }
        let list = (self.command)(&["config", "--list", "--show-origin", "-z"])?;
        let list = String::from_utf8(list).ok()?;
        let mut fields = list.split('\0').filter(|f| !f.is_empty());
        while let (Some(origin), Some(setting)) = (fields.next(), fields.next()) {
            let origin = absolute(&self.root, origin.strip_prefix("file:")?);
            notes.saw(&origin, Look::Whole);
            let (key, value) = setting.split_once('\n').unwrap_or((setting, ""));
            let key = key.to_ascii_lowercase();
            match key.as_str() {
                "core.worktree" => return None,
                // A program of the user's decides which files changed.
                "core.fsmonitor" if !is_bool(value) => return None,
                _ if runs_filter(&key) => return None,
                // Relative to the file with the setting.
                "include.path" => self.saw_named(notes, &path::dir(&origin), value)?,
                _ if key.starts_with("includeif.") && key.ends_with(".path") => {
                    self.saw_named(notes, &path::dir(&origin), value)?;
                }
                "core.excludesfile" | "core.attributesfile" => {
                    self.saw_named(notes, &self.root, value)?
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Notes that the objects are there which git reads of the commit that is checked out: each
    /// lies in a separate file or in a pack.
    fn note_objects(&self, notes: &Notes, common: &str) -> Option<()> {
        let ids = (self.command)(&["rev-parse", "-q", "--verify", "HEAD"]).unwrap_or_default();
        let trees = (self.command)(&["rev-parse", "-q", "--verify", "HEAD^{tree}"]);
        let ids = [ids, trees.unwrap_or_default()].concat();
        let ids = String::from_utf8(ids).ok()?;
        let mut stores = vec![format!("{common}/objects")];
        let mut next = 0;
        while let Some(store) = stores.get(next).cloned() {
            next += 1;
            notes.saw_way_to(&store);
            notes.saw(format!("{store}/pack"), Look::Whole);
            note_tree_files(notes, &format!("{store}/pack"));
            // Where git finds times and parents of commits before it looks at their objects.
            notes.saw(format!("{store}/info/commit-graph"), Look::Whole);
            note_tree(notes, &format!("{store}/info/commit-graphs"));
            for id in ids.lines() {
                let (first, rest) = id.split_at_checked(2)?;
                notes.saw(format!("{store}/{first}/{rest}"), Look::Whole);
            }
            let alternates = format!("{store}/info/alternates");
            notes.saw(&alternates, Look::Whole);
            let list = disk::own::read_to_string(Because::Noted, alternates).unwrap_or_default();
            for other in list.lines().filter(|line| !line.starts_with('#')) {
                let other = absolute(&store, other);
                // They may name each other.
                if !stores.contains(&other) && stores.len() < MAX_STORES {
                    stores.push(other);
                }
            }
        }
        Some(())
    }

    /// Notes a file that a setting names.
    fn saw_named(&self, notes: &Notes, dir: &str, name: &str) -> Option<()> {
        if let Some(name) = name.strip_prefix("~/") {
            notes.saw(path::join2(&self.home, name), Look::Whole);
        } else if name.starts_with(['~', '%']) {
            return None;
        } else if !name.is_empty() {
            notes.saw(absolute(dir, name), Look::Whole);
        }
        Some(())
    }

    fn note_tracked(&self) -> Option<()> {
        let list = (self.command)(&["ls-files", "-s", "-z"])?;
        for line in list.split(|&b| b == 0).filter(|line| !line.is_empty()) {
            let line = std::str::from_utf8(line).ok()?;
            let (mode, name) = (line.get(..6)?, line.split_once('\t')?.1);
            if mode == "160000" {
                return None; // A submodule: a separate repository.
            }
            footprint::saw_itself(format!("{}/{name}", self.root));
        }
        Some(())
    }

    /// Notes a directory and those below it; `dir` is relative, with a final slash.
    fn walk(&self, dir: &str, ignored: &HashSet<String>) -> Option<()> {
        for entry in disk::read_dir(format!("{}/{dir}", self.root)).ok()? {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let kind = entry.file_type().ok()?;
            match name.as_str() {
                ".git" if dir.is_empty() => continue,
                ".git" => return None, // A repository inside of the repository.
                ".gitignore" | ".gitattributes" => {
                    saw(format!("{}/{dir}{name}", self.root), Look::Whole);
                }
                _ => {}
            }
            if kind.is_dir() {
                let below = format!("{dir}{name}/");
                if !ignored.contains(&below) {
                    self.walk(&below, ignored)?;
                }
            }
        }
        Some(())
    }
}

/// Reports whether a setting is a truth value, and so the name of no program.
fn is_bool(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["", "true", "false", "yes", "no", "on", "off", "1", "0"].contains(&&*value)
}

/// Reports whether a setting names a program that git runs on files before it compares them. Git
/// LFS gives the same answer for the same file.
fn runs_filter(key: &str) -> bool {
    let Some(filter) = key.strip_prefix("filter.") else {
        return false;
    };
    match filter.rsplit_once('.') {
        Some((name, "clean" | "process")) => name != "lfs",
        _ => false,
    }
}

fn absolute(dir: &str, name: &str) -> String {
    if name.starts_with('/') {
        name.to_owned()
    } else {
        path::join2(dir, name)
    }
}

/// Notes the files in a directory.
fn note_tree_files(notes: &Notes, dir: &str) {
    for entry in disk::own::read_dir(Because::Noted, dir)
        .into_iter()
        .flatten()
        .flatten()
    {
        notes.saw(
            format!("{dir}/{}", entry.file_name().to_string_lossy()),
            Look::Whole,
        );
    }
}

/// Notes a directory with all that is below it.
fn note_tree(notes: &Notes, dir: &str) {
    notes.saw(dir, Look::Whole);
    let Ok(entries) = disk::own::read_dir(Because::Noted, dir) else {
        return;
    };
    for entry in entries.flatten() {
        let file = format!("{dir}/{}", disk::text_of(entry.file_name()));
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            note_tree(notes, &file);
        } else {
            notes.saw(file, Look::Whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_git_runs() {
        assert!(runs_filter("filter.x.clean") && runs_filter("filter.a.b.process"));
        for key in [
            "filter.lfs.clean",
            "filter.x.smudge",
            "filter.x.required",
            "core.pager",
        ] {
            assert!(!runs_filter(key), "{key}");
        }
        assert!(is_bool("True") && is_bool("off") && !is_bool(".git/hooks/query-watchman"));
    }

    #[test]
    fn tags_of_references() {
        let refs =
            b"refs/heads/main\nrefs/tags/v1.0.0\nrefs/tags/a/v2\nrefs/remotes/o/refs/tags/x\n";
        assert_eq!(only_tags(refs), b"refs/tags/v1.0.0\nrefs/tags/a/v2\n");
        assert_eq!(only_tags(b""), b"");
    }

    #[test]
    fn what_status_tells() {
        let told = |text: &str| Told::parse(text.as_bytes());
        let ignored = |told: &Told| {
            let mut list: Vec<_> = told.ignored.iter().cloned().collect();
            list.sort();
            list.join(" ")
        };
        for (text, changed, dirs) in [
            ("", false, ""),
            ("!! a/\0!! b.o\0!! c/d/\0", false, "a/ c/d/"),
            (" M a\0!! a/\0", true, "a/"),
            ("R  new\0!! old/\0!! x/\0", true, "x/"),
            ("?? dir/\0", true, ""),
        ] {
            let told = told(text);
            assert_eq!(
                (told.changed, ignored(&told).as_str()),
                (changed, dirs),
                "{text:?}"
            );
        }
    }
}
