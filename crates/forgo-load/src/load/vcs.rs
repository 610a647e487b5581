//! Version control of the directory that is built: which system, which revision, anything
//! uncommitted. Answers to cmd/go/internal/vcs, as far as stamping goes.

use std::process::{Child, Stdio};

use forgo_golang::release::Release;
use forgo_golang::{path, quote, raw};

use super::calendar::Time;
use super::locate::godebug_setting;
use super::vcs_footprint::{self, Told};
use crate::config::Config;
use crate::disk;
use crate::event::{Event, Reporter};
use crate::footprint;
use crate::process::{self, Learns};

/// A version control system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vcs {
    Hg,
    Git,
    Svn,
    /// Until 1.26.
    Bzr,
    Fossil,
}

/// State of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// Revision, or empty.
    pub revision: String,
    /// When it was committed.
    pub time: Option<Time>,
    /// There are changes that are not committed.
    pub uncommitted: bool,
}

/// Why a directory's repository is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoRepo {
    /// It is in none.
    NotFound(String),
    /// Several systems claim it.
    Several(String),
}

impl NoRepo {
    /// The text of the error.
    pub fn text(&self) -> &str {
        match self {
            NoRepo::NotFound(text) | NoRepo::Several(text) => text,
        }
    }
}

/// What finding and asking repositories takes.
#[derive(Clone, Copy)]
pub(super) struct VcsCx<'v> {
    /// The settings.
    pub cfg: &'v Config,
    /// Hears of commands under -x and of failures under -v.
    pub reporter: &'v dyn Reporter,
}

impl Vcs {
    fn list(release: Release) -> &'static [Vcs] {
        const WITH_BZR: &[Vcs] = &[Vcs::Hg, Vcs::Git, Vcs::Svn, Vcs::Bzr, Vcs::Fossil];
        const WITHOUT: &[Vcs] = &[Vcs::Hg, Vcs::Git, Vcs::Svn, Vcs::Fossil];
        if release.is_without_bazaar() {
            WITHOUT
        } else {
            WITH_BZR
        }
    }

    /// Its command.
    pub fn command(self) -> &'static str {
        match self {
            Vcs::Hg => "hg",
            Vcs::Git => "git",
            Vcs::Svn => "svn",
            Vcs::Bzr => "bzr",
            Vcs::Fossil => "fossil",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Vcs::Hg => "Mercurial",
            Vcs::Git => "Git",
            Vcs::Svn => "Subversion",
            Vcs::Bzr => "Bazaar",
            Vcs::Fossil => "Fossil",
        }
    }

    /// Whether a directory is the root of a repository.
    fn is_root(self, dir: &str, release: Release) -> bool {
        let meta = |name: &str| disk::metadata(path::join2(dir, name));
        let is_dir = |name: &str| meta(name).is_ok_and(|m| m.is_dir());
        let is_file = |name: &str| {
            meta(name).is_ok_and(|m| {
                if release.vcs_markers_are_regular() {
                    m.is_file()
                } else {
                    !m.is_dir()
                }
            })
        };
        match self {
            Vcs::Hg => is_dir(".hg"),
            Vcs::Git => is_dir(".git") || release.knows_git_worktrees() && is_git_worktree(dir),
            Vcs::Svn => is_dir(".svn"),
            Vcs::Bzr => is_dir(".bzr"),
            Vcs::Fossil => is_file(".fslckout") || is_file("_FOSSIL_"),
        }
    }

    /// The state of the repository in `root`; the error is the text that the stock command prints.
    /// `early` is what [`EarlyStatus::begin`] gave for it.
    pub fn status(
        self,
        cx: VcsCx<'_>,
        root: &str,
        early: Option<EarlyStatus>,
    ) -> Result<Status, String> {
        match self {
            Vcs::Hg => self.hg_status(cx, root),
            Vcs::Git => self.git_status(cx, root, early),
            Vcs::Svn => self.svn_status(cx, root),
            Vcs::Bzr => self.bzr_status(cx, root),
            Vcs::Fossil => self.fossil_status(cx, root),
        }
    }

    fn git_status(
        self,
        cx: VcsCx<'_>,
        root: &str,
        early: Option<EarlyStatus>,
    ) -> Result<Status, String> {
        let (uncommitted, told) = match early.and_then(EarlyStatus::finish) {
            Some(answer) => answer,
            None => (!self.run(cx, root, &GIT_STATUS)?.is_empty(), None),
        };
        vcs_footprint::note(cx.cfg, root, told);
        let log = [
            "-c",
            "log.showsignature=false",
            "log",
            "-1",
            "--format=%H:%ct",
        ];
        // Before the first commit the log is empty.
        match self.run(cx, root, &log) {
            Err(e) if !uncommitted => Err(e),
            Err(_) => Ok(Status {
                uncommitted,
                ..Status::default()
            }),
            Ok(out) => with_rev_time(&out, uncommitted),
        }
    }

    fn hg_status(self, cx: VcsCx<'_>, root: &str) -> Result<Status, String> {
        let out = self.run(cx, root, &["log", "-r.", "-T", "{node}:{date|hgdate}"])?;
        let mut status = Status::default();
        if !out.is_empty() {
            // A time zone follows.
            let end = out.find(' ').filter(|&i| i > 0).unwrap_or(out.len());
            status = with_rev_time(&out[..end], false)?;
        }
        status.uncommitted = !self.run(cx, root, &["status", "-S"])?.is_empty();
        Ok(status)
    }

    fn svn_status(self, cx: VcsCx<'_>, root: &str) -> Result<Status, String> {
        let item = |what| self.run(cx, root, &["info", "--show-item", what]);
        let revision = item("last-changed-revision")?.trim().to_owned();
        let date = item("last-changed-date")?;
        let time = Time::parse_rfc3339(date.trim()).ok_or_else(|| {
            let date = quote::quote(date.trim());
            format!("unable to parse output of svn info: parsing time {date} as \"2006-01-02T15:04:05Z07:00\": cannot parse {date} as \"2006\"")
        })?;
        Ok(Status {
            revision,
            time: Some(time),
            uncommitted: !self.run(cx, root, &["status"])?.is_empty(),
        })
    }

    fn bzr_status(self, cx: VcsCx<'_>, root: &str) -> Result<Status, String> {
        let out = self.run(cx, root, &["version-info"])?;
        let mut status = Status::default();
        for (key, value) in out.lines().filter_map(|line| line.split_once(':')) {
            match (key, value.trim()) {
                ("revision-id", id) => id.clone_into(&mut status.revision),
                ("date", date) => {
                    let time = Time::parse_with_zone(date)
                        .ok_or("unable to parse output of bzr version-info")?;
                    status.time = Some(time);
                }
                _ => {}
            }
        }
        let changes = self.run(cx, root, &["status"])?;
        // The stock command keeps the warning and drops the rest here.
        status.uncommitted = !changes.is_empty();
        Ok(status)
    }

    fn fossil_status(self, cx: VcsCx<'_>, root: &str) -> Result<Status, String> {
        let bad = "unable to parse output of fossil info";
        let out = self.run(cx, root, &["info"])?;
        let (_, rest) = out.split_once("\ncheckout:").ok_or(bad)?;
        let (checkout, _) = rest.split_once(" UTC").ok_or(bad)?;
        let (revision, date) = checkout.trim().split_once(' ').ok_or(bad)?;
        let time = Time::parse_date_time(date).ok_or_else(|| {
            let date = quote::quote(date);
            format!("{bad}: parsing time {date} as \"2006-01-02 15:04:05\": cannot parse {date} as \"2006\"")
        })?;
        Ok(Status {
            revision: revision.to_owned(),
            time: Some(time),
            uncommitted: !self.run(cx, root, &["changes", "--differ"])?.is_empty(),
        })
    }

    /// Runs the system's command in a directory and returns its output.
    pub fn run(self, cx: VcsCx<'_>, dir: &str, args: &[&str]) -> Result<String, String> {
        let say = |text: String| cx.reporter.event(Event::Stderr(text));
        let program = process::look_path(cx.cfg, self.command()).inspect_err(|_| {
            let site = cx.cfg.dist.release.vcs_site();
            let name = self.name();
            say(format!(
                "go: missing {name} command. See https://{site}/s/gogetcmd\n"
            ));
        })?;
        let line = format!("{} {}", self.command(), args.join(" "));
        if cx.cfg.flags.x {
            say(format!("cd {dir}\n{line}\n"));
        }
        let env: &[String] = match self {
            Vcs::Hg => &["HGPLAIN=+strictflags".to_owned()],
            _ => &[],
        };
        let mut command = process::command(cx.cfg, dir, &program, env);
        command.args(process::os_all(args)).stdin(Stdio::null());
        let learns = match self {
            Vcs::Git => vcs_footprint::LEARNS,
            _ => Learns::Refuse("version control other than git was asked"),
        };
        let (text, errors, status) = match process::output(&mut command, learns) {
            Ok(out) => (out.stdout, out.stderr, Ok(out.status)),
            Err(e) => (Vec::new(), Vec::new(), Err(e)),
        };
        match process::exit_text(status, &program) {
            None => Ok(raw::borrow(&text).into_owned()),
            Some(e) => {
                if cx.cfg.flags.v {
                    let shown = if errors.is_empty() {
                        format!("{e}\n")
                    } else {
                        raw::borrow(&errors).into_owned()
                    };
                    say(format!("# cd {dir}; {line}\n{shown}"));
                }
                Err(e)
            }
        }
    }
}

const GIT_STATUS: [&str; 2] = ["status", "--porcelain"];

/// A `git status` begun before it is known whether it will be needed: it takes longer than anything
/// else about loading, so it runs beside it.
#[derive(Debug)]
pub(super) struct EarlyStatus {
    /// Left alone where it turns out not to be needed: git must not be killed while it holds a
    /// lock.
    child: Child,
    /// Ignored files are listed as well.
    detailed: bool,
}

impl EarlyStatus {
    /// Begins. `None` where the command's output would show it (-x, -v), or where it can't.
    pub fn begin(cfg: &Config, root: &str) -> Option<EarlyStatus> {
        if cfg.flags.x || cfg.flags.v {
            return None;
        }
        let program = process::look_path(cfg, Vcs::Git.command()).ok()?;
        let mut command = process::command(cfg, root, &program, &[]);
        let detailed = footprint::is_on();
        let args: &[&str] = if detailed {
            &vcs_footprint::STATUS
        } else {
            &GIT_STATUS
        };
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let child = process::spawn(&mut command, vcs_footprint::LEARNS).ok()?;
        Some(EarlyStatus { child, detailed })
    }

    /// Returns whether there are changes, and the rest of the output. `None` where git has to be
    /// asked again: it refuses to list ignored files under `status.showUntrackedFiles=no`, and the
    /// reason of a failure is reported once.
    fn finish(self) -> Option<(bool, Option<Told>)> {
        let out = self.child.wait_with_output().ok()?;
        if !out.status.success() {
            return None;
        }
        if !self.detailed {
            return Some((!out.stdout.is_empty(), None));
        }
        let told = Told::parse(&out.stdout);
        Some((told.changed, Some(told)))
    }
}

/// `.git` as the file that a worktree has: `gitdir: DIR`.
fn is_git_worktree(dir: &str) -> bool {
    let file = path::join2(dir, ".git");
    let fits = disk::metadata(&file).is_ok_and(|m| m.is_file() && (1..=4096).contains(&m.len()));
    if !fits {
        return false;
    }
    let Ok(text) = disk::read_to_string(&file) else {
        return false;
    };
    let Some(git_dir) = text.strip_prefix("gitdir:").map(str::trim) else {
        return false;
    };
    let git_dir = match git_dir {
        "" => return false,
        d if d.starts_with('/') => d.to_owned(),
        d => path::join2(dir, d),
    };
    disk::metadata(git_dir).is_ok_and(|m| m.is_dir())
}

/// Revision and time of `REVISION:SECONDS`.
fn with_rev_time(out: &str, uncommitted: bool) -> Result<Status, String> {
    let bad = "unrecognized VCS tool output";
    let (revision, secs) = match out.trim().split_once(':') {
        Some((revision, secs)) if !revision.is_empty() => (revision, secs),
        _ => return Err(bad.to_owned()),
    };
    let secs = secs.parse::<i64>().map_err(|_| {
        let secs = quote::quote(secs);
        format!("{bad}: strconv.ParseInt: parsing {secs}: invalid syntax")
    })?;
    Ok(Status {
        revision: revision.to_owned(),
        time: Some(Time { secs, nanos: 0 }),
        uncommitted,
    })
}

/// The repository that a directory is in (vcs.FromDir).
pub(super) fn from_dir(cfg: &Config, dir: &str) -> Result<(String, Vcs), NoRepo> {
    let release = cfg.dist.release;
    let several_allowed = godebug_setting(cfg, "allowmultiplevcs") == "1";
    let start = path::clean(dir);
    let mut found: Option<(String, Vcs)> = None;
    let mut dir = start.clone();
    loop {
        for &vcs in Vcs::list(release) {
            if !vcs.is_root(&dir, release) {
                continue;
            }
            match &found {
                None if several_allowed => return Ok((dir, vcs)),
                None => found = Some((dir.clone(), vcs)),
                // Submodules are repositories inside repositories.
                Some((_, Vcs::Git)) if vcs == Vcs::Git => {}
                Some((first_dir, first)) => {
                    return Err(NoRepo::Several(format!(
                        "multiple VCS detected: {} in {}, and {} in {}",
                        first.command(),
                        quote::quote(first_dir),
                        vcs.command(),
                        quote::quote(&dir)
                    )));
                }
            }
        }
        let parent = path::dir(&dir);
        if parent.len() >= dir.len() {
            break;
        }
        dir = parent;
    }
    let missing = || {
        let dir = quote::quote(&start);
        NoRepo::NotFound(format!(
            "directory {dir} is not using a known version control system"
        ))
    };
    found.ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revision_and_time() {
        let status = with_rev_time("abc:1700000000\n", true).unwrap();
        assert_eq!(status.revision, "abc");
        assert_eq!(status.time.unwrap().rfc3339(), "2023-11-14T22:13:20Z");
        assert!(status.uncommitted);
        assert_eq!(
            with_rev_time(":1", false).unwrap_err(),
            "unrecognized VCS tool output"
        );
        assert_eq!(
            with_rev_time("a:x", false).unwrap_err(),
            "unrecognized VCS tool output: strconv.ParseInt: parsing \"x\": invalid syntax"
        );
    }

    #[test]
    fn repositories_are_found_from_within() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().to_str().unwrap();
        let dir = format!("{root}/a/b");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::create_dir(format!("{root}/.git")).unwrap();
        let mut cfg = Config::default();
        cfg.dist.release = Release::GO1_27;
        assert_eq!(from_dir(&cfg, &dir), Ok((root.to_owned(), Vcs::Git)));
        std::fs::create_dir(format!("{root}/a/.hg")).unwrap();
        let error = from_dir(&cfg, &dir).unwrap_err();
        let want = format!("multiple VCS detected: hg in \"{root}/a\", and git in \"{root}\"");
        assert_eq!(error, NoRepo::Several(want));
    }

    #[test]
    fn worktrees_count_since_1_27() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().to_str().unwrap();
        std::fs::create_dir(format!("{root}/real")).unwrap();
        std::fs::write(format!("{root}/.git"), "gitdir: real\n").unwrap();
        assert!(Vcs::Git.is_root(root, Release::GO1_27));
        assert!(!Vcs::Git.is_root(root, Release::GO1_26));
    }
}
