//! Test results by content: a second key beside the stock one, in which the files and directories
//! that a test read count by their contents, and not by when they were written. So a fresh clone at
//! the same place, or a checkout that touched everything, runs no test again (golang/go#58571).
//!
//! The invariant: a result is reused by content only if the stock command, in a fresh clone of this
//! state, would pass for the same reasons. docs/test-results.md has the rules that follow from it.
//!
//! The key holds the binary and its arguments, what the log of inputs names ([`test_files`]), all
//! below the package's directory, and the test's surroundings ([`test_surroundings`]). A test that
//! may do what the log does not show ([`test_powers`]) has no such key. Results by content stay
//! under keys that only forgo has, and only what forgo ran itself gets one: all that the key holds
//! is read before the run and again behind it.
//!
//! Files are named by their way from the module's root: a binary that is the same in two checkouts
//! (`-trimpath`) gives the same result in both. `FORGO_EXTRAS=off` brings the stock rule back.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use forgo_cache::{ActionId, Verify, get_bytes, put_bytes};
use forgo_golang::path;
use forgo_load::disk;
use forgo_load::package::Package;
use forgo_load::verdict::Why;

use crate::action::ActionCx;
use crate::actions::test_cache::read_result;
use crate::actions::test_files::{Reader, Sum, is_of_vcs};
use crate::actions::test_inputs::{self, Input};
use crate::actions::test_powers::{self, Powers};
use crate::actions::test_surroundings;
use crate::plan::NodeId;

/// One test: a binary with its arguments, run for a package.
#[derive(Clone, Copy)]
pub(super) struct Test<'t> {
    /// The package.
    pub package: &'t Package,
    /// The node that runs it.
    pub run: NodeId,
    /// An identity of the binary.
    pub binary: &'t str,
}

/// A result found.
pub(super) struct Found {
    /// The test's output.
    pub output: Vec<u8>,
    /// When it was stored.
    pub made: SystemTime,
}

/// The state that a test is about to run in.
pub(super) struct Before {
    powers: Powers,
    /// `None` where it can't be known by content.
    state: Option<State>,
}

/// Returns the result of `test`, the identity of a binary with its arguments, for the state of now;
/// or why it is not known.
pub(super) fn fetch(cx: &ActionCx<'_>, of: Test<'_>, test: &ActionId) -> Result<Found, Why> {
    if !may_be_known(cx, of.package) {
        return Err(Why::Stock);
    }
    let log = read_result(cx, &log_key(cx, test));
    let log = log.map_err(|e| Why::from(&e))?.0;
    let powers = test_powers::of(cx, of.run, of.binary);
    if powers.unknown {
        return Err(Why::Unlogged);
    }
    let inputs = test_inputs::parse(cx, of.package, &log).ok_or(Why::Malformed)?;
    let state = State::read(cx, of.package, powers, &inputs, None).ok_or(Why::Unreadable)?;
    let found = read_result(cx, &state.key(cx, of.package, test));
    let (output, entry) = found.map_err(|_| Why::InputsDiffer)?;
    let made = entry.time;
    match output.ends_with(b"\n") {
        true => Ok(Found { output, made }),
        false => Err(Why::Malformed),
    }
}

/// Reads all that the result of a run may depend on: everything below the package's directory, and
/// what the last runs read. `None` where no result by content can come of it.
pub(super) fn before(cx: &ActionCx<'_>, of: Test<'_>, tests: &[ActionId]) -> Option<Before> {
    if !may_be_known(cx, of.package) {
        return None;
    }
    let powers = test_powers::of(cx, of.run, of.binary);
    if powers.unknown {
        return None;
    }
    let mut logs: Vec<ActionId> = tests.iter().map(|test| log_key(cx, test)).collect();
    logs.push(last_log_key(cx, of.package));
    let mut inputs = Vec::new();
    for key in logs {
        if let Ok((log, _)) = get_bytes(cx.run.job.cache, &key) {
            for input in test_inputs::parse(cx, of.package, &log)? {
                if !inputs.contains(&input) {
                    inputs.push(input);
                }
            }
        }
    }
    let state = State::read(cx, of.package, powers, &inputs, None);
    Some(Before { powers, state })
}

/// Stores the result of a test that ran, if its inputs are now as they were before.
pub(super) fn save(
    cx: &ActionCx<'_>,
    p: &Package,
    tests: &[ActionId],
    log: &[u8],
    output: &[u8],
    before: &Before,
    began: SystemTime,
) {
    // The next run knows what to read beforehand.
    put(cx, &last_log_key(cx, p), log);
    let Some(was) = &before.state else {
        return;
    };
    let Some(inputs) = test_inputs::parse(cx, p, log) else {
        return;
    };
    let Some(state) = State::read(cx, p, before.powers, &inputs, Some(began)) else {
        return;
    };
    if !state.was_whole_before(was, p) {
        return;
    }
    for test in tests {
        put(cx, &log_key(cx, test), log);
        put(cx, &state.key(cx, p, test), output);
    }
}

/// The sources of the standard library, most of whose tests start programs, are not searched for
/// their effects.
fn may_be_known(cx: &ActionCx<'_>, p: &Package) -> bool {
    cx.config().extras && !p.standard
}

fn put(cx: &ActionCx<'_>, key: &ActionId, bytes: &[u8]) {
    // A failure to store it in the cache does not fail the test.
    let _ = put_bytes(cx.run.job.cache, key, bytes, Verify::Lax);
}

/// Marks the results of a test as valid on this machine alone. They are not found without the logs
/// of the inputs that were read.
pub(super) fn withhold(cx: &ActionCx<'_>, test: &ActionId) {
    for log in [*test, log_key(cx, test)] {
        cx.run.job.cache.withhold(&log);
    }
}

/// The log is kept apart from the stock one: for that, results with files that were just written do
/// not exist.
fn log_key(cx: &ActionCx<'_>, test: &ActionId) -> ActionId {
    let mut hash = cx.run.job.hashes.new_own_hash("test log by content");
    hash.write(&test.0);
    hash.action_id()
}

/// What the last run of any binary for the package read.
fn last_log_key(cx: &ActionCx<'_>, p: &Package) -> ActionId {
    let mut hash = cx.run.job.hashes.new_own_hash("last test log");
    writeln!(hash, "{} {} {}", p.dir.len(), p.dir, p.import_path);
    hash.action_id()
}

/// All that the result of a test depends on, as it is at one time.
struct State {
    /// Hashes of variables.
    variables: BTreeMap<String, Sum>,
    /// Digests of the paths that the log names.
    paths: BTreeMap<String, Sum>,
    /// Those of them that lie outside of the module.
    outside: BTreeSet<String>,
    /// All below the package's directory, or the module's.
    tree: Sum,
    /// That directory.
    top: String,
    surroundings: Sum,
    /// The test may know where it is.
    alone: bool,
}

impl State {
    /// The state of now. `None` where something can't be known by content, or changed since the
    /// time given.
    fn read(
        cx: &ActionCx<'_>,
        p: &Package,
        powers: Powers,
        inputs: &[Input],
        unchanged_since: Option<SystemTime>,
    ) -> Option<State> {
        let mut reader = Reader::new(&p.root, unchanged_since);
        let top = if powers.unlogged { &p.root } else { &p.dir };
        let mut state = State {
            variables: BTreeMap::new(),
            paths: BTreeMap::new(),
            outside: BTreeSet::new(),
            tree: reader.tree(Path::new(top))?,
            top: top.clone(),
            surroundings: test_surroundings::sum(cx, powers, &mut reader)?,
            alone: powers.unlogged,
        };
        for input in inputs {
            let name = input.name();
            match input {
                Input::Variable(_) => {
                    let value = test_inputs::variable(cx, name);
                    state.variables.insert(name.to_owned(), value);
                    continue;
                }
                Input::Directory(_) | Input::Stat(_) | Input::Open(_) => {}
                Input::Beside(_) | Input::Common(_) => {
                    state.alone |= matches!(input, Input::Beside(_));
                    state.outside.insert(name.to_owned());
                    match kernel_file(name) {
                        KernelFile::Not => {}
                        KernelFile::OfMachine => continue,
                        KernelFile::OfProcess => return None,
                    }
                }
            }
            if !state.paths.contains_key(name) {
                let sum = reader.path(Path::new(name))?;
                state.paths.insert(name.to_owned(), sum);
            }
        }
        Some(state)
    }

    /// The key of the output of `test` in this state.
    fn key(&self, cx: &ActionCx<'_>, p: &Package, test: &ActionId) -> ActionId {
        let State {
            variables,
            paths,
            outside,
            tree,
            top,
            surroundings,
            alone,
        } = self;
        let mut hash = cx.run.job.hashes.new_own_hash("test result by content, 2");
        hash.write(&test.0);
        hash.write(tree);
        hash.write(surroundings);
        let place = if *alone { &*p.root } else { "" };
        writeln!(hash, "of {} {place}", place.len());
        let top = anywhere(&p.root, top);
        writeln!(hash, "top {} {top}", top.len());
        for (name, sum) in variables {
            writeln!(hash, "variable {} {name}", name.len());
            hash.write(sum);
        }
        for (name, sum) in paths {
            let name = anywhere(&p.root, name);
            writeln!(hash, "path {} {name}", name.len());
            hash.write(sum);
        }
        for name in outside {
            writeln!(hash, "outside {} {name}", name.len());
        }
        hash.action_id()
    }

    /// Whether all of this state had been read before the run, and was the same. What lies outside
    /// of the module need not have been: neither key looks at it, and it did not change during the
    /// run.
    fn was_whole_before(&self, before: &State, p: &Package) -> bool {
        let known = |(name, sum): (&String, &Sum)| match before.paths.get(name) {
            Some(was) => was == sum,
            None => self.outside.contains(name) || is_below(Path::new(name), &self.top),
        };
        self.tree == before.tree
            && self.surroundings == before.surroundings
            && self.top == before.top
            && !p.root.is_empty()
            && self.paths.iter().all(known)
    }
}

/// Reports whether the digest of all below `top` covers a path, whether or not a file exists there.
fn is_below(path: &Path, top: &str) -> bool {
    let Ok(real_top) = disk::canonicalize(top) else {
        return false;
    };
    // For a path that does not exist, the existing directory from which it is missing decides.
    let real = path
        .ancestors()
        .find_map(|part| disk::canonicalize(part).ok());
    let is_in = real.is_some_and(|real| {
        real.strip_prefix(&real_top)
            .is_ok_and(|rest| !is_of_vcs(rest))
    });
    is_in
        && !path.components().any(|part| part.as_os_str() == "..")
        && !is_of_vcs(path.strip_prefix(top).unwrap_or(path))
}

/// The name of a path, without the directory of the module: in another checkout the same binary
/// reads the same files. One that has asked where it is has done so through `PWD`, whose value is
/// in the key; one that looks beside the module is of its directory alone.
fn anywhere<'i>(root: &str, name: &'i str) -> Cow<'i, str> {
    match name.strip_prefix(root) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("<root>{rest}").into(),
        _ => name.into(),
    }
}

/// A file that the kernel makes up.
enum KernelFile {
    /// It is none.
    Not,
    /// It describes the machine: it is no more part of a checkout than the machine is.
    OfMachine,
    /// It leads to files of the process that asks, or describes that process.
    OfProcess,
}

fn kernel_file(name: &str) -> KernelFile {
    const OF_ONE: [&str; 9] = [
        "cmdline",
        "cwd",
        "environ",
        "exe",
        "fd",
        "map_files",
        "root",
        "task",
        "stat",
    ];
    let name = path::clean(name);
    if path::has_file_path_prefix(&name, "/dev/fd")
        || ["/dev/stdin", "/dev/stdout", "/dev/stderr"].contains(&&*name)
    {
        return KernelFile::OfProcess;
    }
    if path::has_file_path_prefix(&name, "/sys") {
        return KernelFile::OfMachine;
    }
    let Some(rest) = name.strip_prefix("/proc/") else {
        return match &*name {
            "/proc" => KernelFile::OfMachine,
            _ => KernelFile::Not,
        };
    };
    let mut parts = rest.split('/');
    let process = parts.next().is_some_and(|first| {
        matches!(first, "self" | "thread-self") || first.bytes().all(|b| b.is_ascii_digit())
    });
    match process && parts.any(|part| OF_ONE.contains(&part)) {
        true => KernelFile::OfProcess,
        false => KernelFile::OfMachine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tree_covers() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("top/d/.git")).expect("directories");
        std::fs::create_dir_all(at("other")).expect("directories");
        std::fs::write(at("other/f"), "").expect("a file");
        std::os::unix::fs::symlink("../other", at("top/out")).expect("a link");
        std::os::unix::fs::symlink("d", at("top/in")).expect("a link");
        let top = at("top");
        let top = top.to_str().expect("UTF-8");
        for (name, want) in [
            ("top", true),
            ("top/d", true),
            ("top/missing/file", true),
            ("top/in/missing", true),
            ("top/out/f", false),
            ("top/out/missing", false),
            ("top/d/.git/HEAD", false),
            ("top/../other", false),
            ("other", false),
        ] {
            assert_eq!(is_below(&at(name), top), want, "{name}");
        }
    }
}
