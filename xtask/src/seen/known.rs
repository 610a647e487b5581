//! The facts of the file system that a kept answer holds, and the calls of a command that it does
//! not cover.
//!
//! Each call must be covered by the answer's inputs, outputs and writable directories, or by a rule
//! that states why no answer can depend on it ([`RULES`], [`ASKED`]).

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use forgo_load::footprint::snapshot::{MAGIC, View};
use forgo_load::footprint::{Look, Seen};
use regex::Regex;

use super::trace::{Access, What};

/// Bytes of a kept file before its content: magic, checksum, key.
const HEAD: usize = 8 + 4 + 32;

/// A kept answer.
#[derive(Debug, Clone, Default)]
pub struct Known {
    inputs: HashMap<String, Seen>,
    outputs: Vec<String>,
    writable: Vec<String>,
}

/// The answers that lie in a cache: the bytes of each file, by its path.
pub fn answers(cache: &Path) -> HashMap<String, Vec<u8>> {
    let shards = fs::read_dir(cache).into_iter().flatten().flatten();
    let files = shards.filter_map(|shard| fs::read_dir(shard.path()).ok());
    let files = files.flatten().flatten().map(|file| file.path());
    files
        .filter(|file| file.to_string_lossy().ends_with("-s"))
        .filter_map(|file| {
            let bytes = fs::read(&file).ok()?;
            let path = file.to_string_lossy().into_owned();
            bytes.starts_with(MAGIC).then_some((path, bytes))
        })
        .collect()
}

impl Known {
    /// Parses a file of [`answers`]; `None` if it is malformed.
    pub fn parse(file: &[u8]) -> Option<Known> {
        let view = View::parse(file.get(HEAD..)?)?;
        let inputs = view.inputs.inputs();
        Some(Known {
            inputs: inputs
                .map(|i| (i.path.replace("/./", "/"), i.seen))
                .collect(),
            outputs: view.outputs.iter().map(|o| o.path.to_owned()).collect(),
            writable: view.writable.iter().map(|&dir| dir.to_owned()).collect(),
        })
    }

    /// How many inputs there are.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Without this path; `None` where it has none.
    pub fn without(&self, path: &str) -> Option<Known> {
        let mut rest = self.clone();
        rest.inputs.remove(path).map(|_| rest)
    }

    /// Reports whether the path is a file that was read and is an input.
    pub fn has_file(&self, path: &str) -> bool {
        matches!(self.inputs.get(path), Some(Seen::Present(stat, _)) if stat.is_regular())
    }

    /// Whether a change of what the call saw would be noticed.
    fn covers(&self, access: &Access) -> bool {
        let (what, path) = (access.what, access.path.as_str());
        if self
            .outputs
            .iter()
            .any(|output| is_about(path, output, what))
        {
            return true;
        }
        let stat = what == What::Stat || what == What::Link;
        if stat && self.writable.iter().any(|dir| dir == path) {
            return true;
        }
        match self.inputs.get(path) {
            Some(_) if what == What::Write => false,
            Some(Seen::Present(stat, look)) => {
                what != What::List || !stat.is_dir() || *look == Look::Whole
            }
            Some(Seen::Failed(_)) => true,
            None => access.error.is_some() && self.implies_absence(path),
        }
    }

    /// Whether something above the path is absent or not a directory, or is a directory whose list
    /// of names is an input and does not have the next name.
    fn implies_absence(&self, path: &str) -> bool {
        let mut below = path;
        while let Some((dir, _)) = below.rsplit_once('/') {
            match self.inputs.get(if dir.is_empty() { "/" } else { dir }) {
                Some(Seen::Failed(_)) => return true,
                Some(Seen::Present(stat, look)) if stat.is_dir() => {
                    return *look == Look::Whole && fs::symlink_metadata(below).is_err();
                }
                Some(Seen::Present(stat, _)) => return !stat.is_link(),
                None => {}
            }
            below = dir;
        }
        false
    }
}

/// Whether a call is about an output, a temporary file beside it, or that the directories above it
/// are there, which they are as long as the output is in its place.
fn is_about(path: &str, output: &str, what: What) -> bool {
    let after = |path: &str, start: &str| path.strip_prefix(start).map(str::to_owned);
    match after(path, output) {
        Some(rest) => rest.is_empty() || rest.starts_with("-go-tmp-"),
        None => {
            let is_above = after(output, path).is_some_and(|rest| rest.starts_with('/'));
            is_above && matches!(what, What::Stat | What::Write)
        }
    }
}

/// Programs that call; an expression for their name.
type Programs = &'static str;

const ANY: Programs = ".*";
const FORGO: Programs = "forgo|go";
const GIT: Programs = "git";
/// The C compilers and the programs that they start.
const CC: Programs = "cc|c\\+\\+|.*g(cc|\\+\\+)(-[0-9]+)?|cc1|cc1plus|as|.*-as|collect2|ld|.*-ld(\\.bfd)?|lto-wrapper";

/// Calls that no input covers and on which no answer depends: programs, an expression for the path
/// with the names of [`Places`] in it and perhaps `: ERROR`, the operations (all if empty), and the
/// reason.
const RULES: &[(Programs, &str, &[What], &str)] = &[
    (
        ANY,
        r"\$TMP/.*",
        &[],
        "files that the invocation makes for itself; the directory is among the writable ones",
    ),
    (
        ANY,
        r"\$GOCACHE(/([0-9a-f]{2}(/.*)?|README|trim\.txt|forgo\.lock))?",
        &[],
        "entries are known by their content; that the cache can be used is checked otherwise",
    ),
    (
        FORGO,
        r"\$GOCACHE/forgo-bundle",
        &[What::Open, What::Stat],
        "the bundle of a job: what comes from it is known by its hash, and an answer is given \
         again only to the job that it was found for",
    ),
    (
        FORGO,
        r"\$HOME|\$PROJECTS/githome",
        &[What::Stat],
        "its owner decides whether the log of runs is written",
    ),
    (
        FORGO,
        r"(\$HOME|\$PROJECTS/githome)/\.local(/state(/forgo(/log(/[0-9]+\.log|/\.tmp\w+)?)?)?)?",
        &[],
        "the log of runs, which no answer depends on",
    ),
    (
        ANY,
        r"/proc/(self|[0-9]+|thread-self)/.*",
        &[],
        "the process itself: what it may do is in the key",
    ),
    (
        ANY,
        r"/dev/(null|zero|full|u?random|tty)",
        &[],
        "never another file",
    ),
    (
        ANY,
        r"/etc/ld\.so\.(cache|preload)|(/usr)?/lib(32|64)?/(.*/)?[^/]*\.so(\.[0-9.]+)?",
        &[What::Open, What::Stat, What::Link],
        "the dynamic loader: a program is known by its own file",
    ),
    (
        ANY,
        r"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size|/proc/sys/vm/overcommit_memory",
        &[What::Open],
        "how a process manages its memory",
    ),
    (
        ANY,
        r"/sys/fs/cgroup(/.*)?|/sys/devices/system/cpu/.*",
        &[What::Open, What::Stat],
        "the number of processors: how many threads run and how many tools at once",
    ),
    (
        ANY,
        r"/usr/(lib|share)/locale(/.*)?|/usr/lib/.*/gconv/.*|/usr/share/locale-langpack/.*",
        &[What::Open, What::Stat],
        "translations: forgo reads no translated output",
    ),
    (
        ANY,
        r"\$START",
        &[What::Stat],
        "a process compares $PWD with its directory; the directory is in the key",
    ),
    (
        FORGO,
        r"\$START",
        &[What::Open],
        "the way back from -C, for a command that is handed to the stock one",
    ),
    (
        FORGO,
        r"/proc/(meminfo|stat|cpuinfo|locks|sys/kernel/random/boot_id)",
        &[What::Open, What::Stat],
        "how many tools run at once, and which process works on what",
    ),
    (
        FORGO,
        r"\$FORGO",
        &[What::Stat, What::Run],
        "the program is in the key",
    ),
    (
        GIT,
        r".*/\.git(/worktrees/[^/]+)?/index(\.lock)?",
        &[What::Write],
        "git status refreshes the times in its index",
    ),
    (
        GIT,
        r".*/\.git(/worktrees/[^/]+)?/((MERGE|REVERT|CHERRY_PICK)_HEAD|BISECT_LOG|rebase-(merge|apply)(/.*)?|sequencer/todo): ENOENT",
        &[What::Open, What::Stat],
        "an unfinished merge or rebase: only the long form of git status prints it",
    ),
    (
        GIT,
        r".*/\.git/objects/[0-9a-f]{2}(/[0-9a-f]+)?",
        &[What::Open, What::Stat, What::List],
        "objects are named by their content; that the commit and its tree are there is checked",
    ),
    (
        GIT,
        r".*/ignored/\.git(/HEAD)?: ENOENT",
        &[What::Stat],
        "a repository in a directory that a rule ignores is ignored as well",
    ),
    (
        CC,
        r"(/usr|/lib|/lib64|/etc)(/.*)?|.*: ENOENT",
        &[],
        "the key of a C compile and of an external link holds the compiler's ID and the package's \
         files, and not what it finds elsewhere: the stock command ignores that as well",
    ),
];

/// Calls of forgo's that are not about a path, and why no answer depends on them; an expression.
const ASKED: &[(&str, &str)] = &[
    (r"get(e?uid|egid|groups)\(.*", "in the key"),
    (
        r"prlimit64\(0, RLIMIT_(AS|CORE|CPU|DATA|FSIZE|NOFILE|NPROC|STACK), NULL, .*",
        "in the key",
    ),
    (
        r"prlimit64\(0, RLIMIT_\w+, \{.*\}, (NULL|\{.*\})\)",
        "set for a child, as a Go program does",
    ),
    (
        r"(sched_getaffinity|sysinfo)\(.*",
        "how many tools run at once",
    ),
    (
        r"ioctl\(.*, (TCGETS|FIOCLEX|FIONBIO|FICLONE).*",
        "whether to show progress; descriptors of its own",
    ),
    (r"getcwd\(.*", "in the key"),
];

/// Names for directories.
#[derive(Debug, Clone)]
pub struct Places(pub Vec<(&'static str, String)>);

impl Places {
    /// The path with a name for the directory it lies in.
    pub fn named(&self, path: &str) -> String {
        for (name, dir) in &self.0 {
            if let Some(rest) = path.strip_prefix(dir.as_str())
                && (rest.is_empty() || rest.starts_with('/'))
            {
                return format!("{name}{rest}");
            }
        }
        path.to_owned()
    }
}

/// Finds the calls on which the answer may depend without knowing.
#[derive(Debug)]
pub struct Judge {
    places: Places,
    rules: Vec<(Regex, Regex, &'static [What])>,
    asked: Vec<Regex>,
    forgo: Regex,
}

impl Judge {
    /// For runs with these directories.
    pub fn new(places: Places) -> Result<Judge, String> {
        let whole = |text: &str| Regex::new(&format!("^({text})$")).map_err(|e| e.to_string());
        let mut rules = Vec::new();
        for (programs, path, what, _) in RULES {
            let path = format!("({path})(: E[A-Z]+)?");
            rules.push((whole(programs)?, whole(&path)?, *what));
        }
        let mut asked = Vec::new();
        for (call, _) in ASKED {
            asked.push(whole(call)?);
        }
        Ok(Judge {
            places,
            rules,
            asked,
            forgo: whole(FORGO)?,
        })
    }

    /// The calls that neither the answer nor a rule covers, of a command that was started in the
    /// directory `start`.
    pub fn unknown<'a>(&self, calls: &'a [Access], known: &Known, start: &str) -> Vec<&'a Access> {
        let is_known = |call: &&Access| self.is_known(call, known, start);
        calls.iter().filter(|call| !is_known(call)).collect()
    }

    fn is_known(&self, access: &Access, known: &Known, start: &str) -> bool {
        if access.what == What::Ask {
            // Others answer by the rules for programs, or run in an action with a key.
            return !self.forgo.is_match(&access.program)
                || self.asked.iter().any(|rule| rule.is_match(&access.path));
        }
        // The program that strace starts.
        if access.program.is_empty() {
            return true;
        }
        let mut spelled = access.clone();
        if known.covers(access) {
            return true;
        }
        if let Some(real) = real(&access.path) {
            spelled.path = real;
            if known.covers(&spelled) {
                return true;
            }
        }
        let mut path = match spelled.path == start {
            true => "$START".to_owned(),
            false => self.places.named(&spelled.path),
        };
        if let Some(error) = &access.error {
            path = format!("{path}: {error}");
        }
        self.rules.iter().any(|(program, rule, what)| {
            program.is_match(&access.program)
                && (what.is_empty() || what.contains(&access.what))
                && rule.is_match(&path)
        })
    }

    /// A call for a reader.
    pub fn text(&self, access: &Access) -> String {
        let verb = match access.what {
            What::Open => "opens",
            What::Stat => "stats",
            What::List => "lists",
            What::Link => "reads the link",
            What::Run => "runs",
            What::Write => "writes",
            What::Ask => "calls",
        };
        let path = self.places.named(&access.path);
        let error = access.error.as_ref().map(|e| format!(": {e}"));
        let error = error.unwrap_or_default();
        format!("{} {verb} {path}{error}", access.program)
    }
}

/// The path without `..`, and without links on the way to its last element.
fn real(path: &str) -> Option<String> {
    let (dir, name) = path.rsplit_once('/')?;
    if name == ".." || name.is_empty() {
        return fs::canonicalize(path).ok()?.to_str().map(str::to_owned);
    }
    let dir = fs::canonicalize(if dir.is_empty() { "/" } else { dir }).ok()?;
    dir.join(name).to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use forgo_load::footprint::Stat;

    fn call(program: &str, what: What, path: &str) -> Access {
        Access {
            program: program.into(),
            what,
            path: path.into(),
            error: None,
        }
    }

    fn failed(program: &str, what: What, path: &str) -> Access {
        Access {
            error: Some("ENOENT".into()),
            ..call(program, what, path)
        }
    }

    /// A deliberately forgotten read of each kind is found, and nothing else.
    #[test]
    fn what_no_input_covers_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let at = |name: &str| format!("{}/{name}", base.display());
        for name in ["listed/sub", "kind", "work"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["file", "forgotten", "listed/forgotten"] {
            fs::write(at(name), "").unwrap();
        }
        std::os::unix::fs::symlink("listed", at("link")).unwrap();
        let seen = |name: &str, look: Look| match Stat::of(&at(name)) {
            Ok(stat) => (at(name), Seen::Present(stat, look)),
            Err(errno) => (at(name), Seen::Failed(errno)),
        };
        let known = Known {
            inputs: [
                seen("file", Look::Whole),
                seen("listed", Look::Whole),
                seen("kind", Look::Kind),
                seen("absent", Look::Kind),
            ]
            .into(),
            outputs: vec![at("out/program")],
            writable: vec![at("work")],
        };
        let places = Places(vec![("$TMP", at("tmp")), ("$GOCACHE", at("cache"))]);
        let judge = Judge::new(places).unwrap();
        let covered = [
            call("forgo", What::Open, &at("file")),
            call("git", What::Stat, &at("kind/../file")),
            call("forgo", What::List, &at("listed")),
            call("forgo", What::Stat, &at("kind")),
            call("forgo", What::Stat, &at("work")),
            failed("forgo", What::Open, &at("absent")),
            failed("forgo", What::Open, &at("absent/below")),
            failed("forgo", What::Open, &at("listed/none")),
            failed("forgo", What::Stat, &at("listed/none/below")),
            failed("forgo", What::Stat, &at("link/none")),
            call("forgo", What::Write, &at("out/program-go-tmp-umask")),
            call("forgo", What::Stat, &at("out")),
            call("compile", What::Write, &at("tmp/go-build1/b001/x.a")),
            call("forgo", What::Open, &at("cache/0a/0a-d")),
            call("cc1", What::Open, "/usr/include/stdio.h"),
            call("forgo", What::Stat, &at("start")),
            call("forgo", What::Ask, "getuid()"),
            call("gcc", What::Ask, "uname({...})"),
        ];
        let found = judge.unknown(&covered, &known, &at("start"));
        assert_eq!(found, Vec::<&Access>::new());
        let forgotten = [
            call("forgo", What::Open, &at("forgotten")),
            call("compile", What::Open, &at("listed/forgotten")),
            call("forgo", What::Stat, &at("listed/forgotten")),
            call("forgo", What::List, &at("kind")),
            call("forgo", What::Link, &at("link")),
            call("git", What::Run, &at("forgotten")),
            failed("forgo", What::Stat, &at("none")),
            failed("forgo", What::Stat, &at("kind/none")),
            failed("forgo", What::Open, &at("listed/sub/none")),
            call("forgo", What::Write, &at("file")),
            call("forgo", What::Write, &at("out/other")),
            call("forgo", What::Open, &at("cache/testexpire.txt")),
            call("forgo", What::Open, "/usr/include/stdio.h"),
            call("forgo", What::Ask, "uname({...})"),
            call("forgo", What::Ask, "getgid()"),
            call(
                "forgo",
                What::Ask,
                "prlimit64(0, RLIMIT_MEMLOCK, NULL, {...})",
            ),
            call("forgo", What::Ask, "connect(3<socket:[1]>, ...)"),
        ];
        let found = judge.unknown(&forgotten, &known, &at("start"));
        assert_eq!(found, forgotten.iter().collect::<Vec<_>>());
    }

    /// The expressions are whole: a name that begins alike is another one.
    #[test]
    fn directories_have_names() {
        let places = Places(vec![("$TMP", "/a/tmp".into())]);
        for (path, name) in [
            ("/a/tmp/x", "$TMP/x"),
            ("/a/tmp", "$TMP"),
            ("/a/tmpx", "/a/tmpx"),
        ] {
            assert_eq!(places.named(path), name);
        }
    }
}
