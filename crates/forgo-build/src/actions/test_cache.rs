//! Results of tests in the cache. A result is found in two steps: the binary and its arguments lead
//! to the log of what the last such run read; the binary, its arguments and what those inputs are
//! now lead to the output.
//!
//! The binary is known by the key of its link, so that it need not be linked to know its result,
//! and by its content, so that other inputs which give the same binary do not make it run again.
//!
//! Answers to tryCacheWithID and saveOutput in cmd/go/internal/test/test.go.

use std::time::SystemTime;

use forgo_cache::{ActionId, Entry, Verify, get_bytes, get_file, put_bytes};
use forgo_golang::quote::quote_slice;
use forgo_load::disk;
use forgo_load::footprint::{self, Look};
use forgo_load::package::Package;
use forgo_load::verdict::{Miss, TestRule, Verdict, Way, Why};

use crate::action::{ActionCx, Facts, Outcome};
use crate::actions::test_contents::{self, Before, Test};
use crate::actions::test_inputs::{self, LOG_MAGIC, trace};
use crate::actions::test_settings::TestSettings;
use crate::plan::{Mode, NodeId};
use forgo_load::disk::Because;

/// Arguments of a test that its result depends on and that do not keep it from being cached.
const CACHEABLE: [&str; 11] = [
    "-test.benchtime",
    "-test.cpu",
    "-test.list",
    "-test.parallel",
    "-test.run",
    "-test.short",
    "-test.skip",
    "-test.timeout",
    "-test.failfast",
    "-test.v",
    "-test.fullpath",
];

/// Arguments that only set where results go.
const HARMLESS: [&str; 2] = ["-test.coverprofile", "-test.outputdir"];

/// What a test's result depends on, beside what the test reads while it runs: its log names that
/// ([`test_inputs`]). A test with arguments that are neither in here nor [`HARMLESS`] has no key.
pub(super) struct Inputs<'r> {
    /// The binary: the key of its link, or the hash of its content.
    pub binary: &'r str,
    /// The arguments that the result depends on.
    pub args: Vec<&'r String>,
    /// `-exec`, split.
    pub exec: &'r [String],
}

impl Inputs<'_> {
    /// Returns the key.
    pub fn key(&self, facts: &dyn Facts) -> ActionId {
        let Inputs { binary, args, exec } = self;
        let mut hash = facts.hashes().new_hash("testResult");
        let (args, exec) = (quote_slice(args), quote_slice(exec));
        write!(hash, "test binary {binary} args {args} execcmd {exec}");
        hash.action_id()
    }
}

/// A run of a test, and the state in which it begins.
pub(super) struct Run {
    /// When it began.
    pub began: SystemTime,
    /// The state that it began in, where its result may be known by content.
    pub before: Option<Before>,
}

/// State of the lookup of one test's cached result.
#[derive(Debug, Default)]
pub(super) struct TestCache {
    /// This run can't be cached.
    pub disabled: bool,
    /// The output found.
    pub output: Option<Vec<u8>>,
    /// How it was found.
    way: Option<Way>,
    /// Why it was not.
    miss: Miss,
    /// The stock key of what the test read, as it is now.
    inputs: Option<ActionId>,
    /// Keys of the binary with its arguments: by the link's key, by content.
    ids: Vec<ActionId>,
    /// What the binary was known by last.
    binary: String,
    /// State of the packages that -coverpkg adds.
    cover_meta: Option<ActionId>,
}

impl TestCache {
    /// Looks for the result of the binary known as `id`. `run` is the test's node.
    pub fn look_up(
        &mut self,
        cx: &ActionCx<'_>,
        run: NodeId,
        settings: &TestSettings,
        id: &str,
    ) -> bool {
        let Some(p) = cx.package_of(run) else {
            return false;
        };
        self.miss = Miss::default();
        let args = match self.obstacle(p, settings) {
            Ok(args) => args,
            Err(rule) => {
                trace(cx, || disabled_text(&rule, &p.import_path));
                self.disabled = true;
                self.miss.note(Way::CachedTest, Why::Uncacheable(rule));
                return false;
            }
        };
        self.note_cover_meta(cx, run, settings);
        let inputs = Inputs {
            binary: id,
            args,
            exec: &settings.exec,
        };
        let test = inputs.key(cx);
        if links_libraries(cx, run) {
            test_contents::withhold(cx, &test);
        }
        // First the link's key, then the content.
        self.ids.truncate(1);
        self.ids.push(test);
        id.clone_into(&mut self.binary);
        let path = &p.import_path;
        trace(cx, || format!("{path}: test ID {} => {test}", hex(id)));
        let expire = settings.cache_expire;
        let usable =
            |(output, made): (Vec<u8>, SystemTime)| usable(cx, path, &output, made, expire);
        let log = input_log(cx, path, &test);
        let known = log.and_then(|log| self.fetch(cx, p, settings, &test, &log));
        match known.and_then(usable) {
            Ok(output) => self.found(output, Way::CachedTest),
            Err(why) => self.miss.note(Way::CachedTest, why),
        }
        if self.output.is_none() {
            // Not stored under the stock key: the stock command would have run the test.
            let known = match self.covers(settings) {
                true => Err(Why::Coverage),
                false => test_contents::fetch(cx, self.test(p, run), &test),
            };
            match known.and_then(|found| usable((found.output, found.made))) {
                Ok(output) => self.found(output, Way::TestByContent),
                Err(why) => self.miss.note(Way::TestByContent, why),
            }
        }
        self.output.is_some()
    }

    fn found(&mut self, output: Vec<u8>, way: Way) {
        (self.output, self.way) = (Some(output), Some(way));
    }

    /// How the result was found, or why it was not.
    pub fn verdict(&self) -> Verdict {
        match self.way {
            Some(way) => Verdict::Reused(way),
            None => Verdict::Ran(self.miss.clone()),
        }
    }

    /// The key of the binary, known by the key of its link, with its arguments.
    pub fn key(&self) -> Option<ActionId> {
        self.ids.first().copied()
    }

    /// Returns the key of the inputs that the test read; `None` where no log of them exists.
    pub fn inputs(&self) -> Option<ActionId> {
        self.inputs
    }

    fn test<'t>(&'t self, package: &'t Package, run: NodeId) -> Test<'t> {
        let binary = &self.binary;
        Test {
            package,
            run,
            binary,
        }
    }

    /// Notes the state that the test is about to run in.
    pub fn before(&self, cx: &ActionCx<'_>, settings: &TestSettings) -> Option<Before> {
        if self.ids.is_empty() || self.covers(settings) || !settings.exec.is_empty() {
            return None;
        }
        test_contents::before(cx, self.test(cx.package(), cx.id), &self.ids)
    }

    /// A result is more than output.
    fn covers(&self, settings: &TestSettings) -> bool {
        settings.cover_profile.is_some() || self.cover_meta.is_some()
    }

    /// Why the result can't be cached, or else the arguments it depends on.
    fn obstacle<'s>(
        &self,
        p: &Package,
        settings: &'s TestSettings,
    ) -> Result<Vec<&'s String>, TestRule> {
        if settings.local_directory {
            return Err(TestRule::LocalDirectory);
        }
        if p.root.is_empty() {
            return Err(TestRule::OutsideModule);
        }
        let mut args = Vec::new();
        for arg in &settings.args {
            let name = arg.split_once('=').map_or("", |(name, _)| name);
            if CACHEABLE.contains(&name) {
                args.push(arg);
            } else if !HARMLESS.contains(&name) {
                return Err(TestRule::Argument(arg.clone()));
            }
        }
        Ok(args)
    }

    fn note_cover_meta(&mut self, cx: &ActionCx<'_>, run: NodeId, settings: &TestSettings) {
        if !settings.covers_packages {
            return;
        }
        let plan = cx.run.job.plan;
        let deps = plan[run]
            .deps
            .iter()
            .flat_map(|d| plan[*d].deps.iter().chain([d]));
        let Some(meta) = deps.copied().find(|d| plan[*d].mode == Mode::CoverMeta) else {
            return;
        };
        let mut hash = cx.run.job.hashes.new_hash("covermeta");
        for dep in &plan[meta].deps {
            let key = cx.done(*dep).map_or("", Outcome::build_action_id);
            if !key.is_empty() {
                writeln!(hash, "dep {key}");
            }
        }
        self.cover_meta = Some(hash.action_id());
    }

    /// The output stored for the inputs as they are, and when it was; or why there is none.
    fn fetch(
        &mut self,
        cx: &ActionCx<'_>,
        p: &Package,
        settings: &TestSettings,
        test: &ActionId,
        log: &[u8],
    ) -> Result<(Vec<u8>, SystemTime), Why> {
        let path = &p.import_path;
        let inputs = test_inputs::id(cx, p, log)?;
        self.inputs = Some(inputs);
        let key = output_key(cx, test, &inputs);
        trace(cx, || {
            let shown = output_key(cx, test, &inputs);
            format!("{path}: test ID {test} => input ID {inputs} => {shown}")
        });
        let found = read_result(cx, &key);
        let profile = self.check_profile(cx, path, settings, test, &inputs);
        profile.ok_or(Why::NoProfile)?;
        match found {
            Ok((output, entry)) if output.ends_with(b"\n") => Ok((output, entry.time)),
            Ok(_) => {
                trace(cx, || format!("{path}: test output malformed"));
                Err(Why::Malformed)
            }
            Err(e) => {
                trace(cx, || format!("{path}: test output not found: {e}"));
                Err(match e {
                    forgo_cache::Error::Gone(_) => Why::Gone,
                    _ => Why::InputsDiffer,
                })
            }
        }
    }

    /// The coverage profile must be there too, where one is wanted; it is merged.
    fn check_profile(
        &self,
        cx: &ActionCx<'_>,
        path: &str,
        settings: &TestSettings,
        test: &ActionId,
        inputs: &ActionId,
    ) -> Option<()> {
        if !self.covers(settings) {
            return Some(());
        }
        let key = self.profile_key(cx, test, inputs);
        match (get_file(cx.run.job.cache, &key), &settings.cover_profile) {
            (Ok((file, _)), Some(profile)) => profile.merge(cx, &file),
            (Ok(_), None) => {}
            (Err(e), Some(_)) => {
                trace(cx, || format!("{path}: cached cover profile missing: {e}"));
                return None;
            }
            (Err(e), None) => {
                let what = "coverage metadata changed, re-running test";
                trace(cx, || format!("{path}: {what}: {e}"));
                return None;
            }
        }
        Some(())
    }

    fn profile_key(&self, cx: &ActionCx<'_>, test: &ActionId, inputs: &ActionId) -> ActionId {
        let hashes = cx.run.job.hashes;
        let mut key = output_key(cx, test, inputs);
        if let Some(meta) = self.cover_meta {
            key = hashes.subkey(&key, &format!("coverdeps:{meta}"));
        }
        hashes.subkey(&key, "coverprofile")
    }

    /// Keeps the output of a run that went well. `dir` is where the log is, `profile` the coverage
    /// profile.
    pub fn save(
        &mut self,
        cx: &ActionCx<'_>,
        settings: &TestSettings,
        dir: &str,
        profile: &str,
        output: &[u8],
        run: &Run,
    ) {
        if self.ids.is_empty() {
            return;
        }
        let p = cx.package();
        let path = &p.import_path;
        let file = format!("{dir}testlog.txt");
        let log = match disk::own::read(Because::Made, &file) {
            Ok(log) if log.starts_with(LOG_MAGIC) && log.ends_with(b"\n") => log,
            Ok(_) => return trace(cx, || format!("{path}: reading testlog: malformed")),
            Err(e) => {
                let why = forgo_load::process::errno_text(&e);
                return trace(cx, || {
                    format!("{path}: reading testlog: open {file}: {why}")
                });
            }
        };
        if let Some(before) = &run.before {
            // Also where files are too new for the stock key.
            test_contents::save(cx, p, &self.ids, &log, output, before, run.began);
        }
        self.inputs = None;
        let Ok(inputs) = test_inputs::id(cx, p, &log) else {
            return;
        };
        self.inputs = Some(inputs);
        let mut kept = self.cover_meta.map(|_| Vec::new());
        if settings.cover_profile.is_some() {
            match disk::own::read(Because::Made, profile) {
                Ok(bytes) => kept = Some(bytes),
                Err(e) => {
                    let why = forgo_load::process::errno_text(&e);
                    return trace(cx, || {
                        format!("{path}: reading cover profile: open {profile}: {why}")
                    });
                }
            }
        }
        for test in &self.ids {
            trace(cx, || {
                let key = output_key(cx, test, &inputs);
                format!("{path}: save test ID {test} => input ID {inputs} => {key}")
            });
            let put = |key: &ActionId, bytes: &[u8]| {
                // A failure to store it in the cache does not fail the test.
                let _ = put_bytes(cx.run.job.cache, key, bytes, Verify::Lax);
            };
            put(test, &log);
            put(&output_key(cx, test, &inputs), output);
            if let Some(profile) = &kept {
                put(&self.profile_key(cx, test, &inputs), profile);
            }
        }
    }
}

/// Reads the entry that the cache has under a key of a test. Unlike a compile's, such an entry may
/// change: a run for other inputs, or in another checkout with the same binary, replaces it. So an
/// answer that it led to may be given again only if the entry is found as it was, or still missing.
pub(super) fn read_result(
    cx: &ActionCx<'_>,
    key: &ActionId,
) -> forgo_cache::Result<(Vec<u8>, Entry)> {
    if footprint::is_on() {
        let entry = cx.run.job.cache.local_part().entry_file(key);
        footprint::saw(entry, Look::Whole);
    }
    get_bytes(cx.run.job.cache, key)
}

/// Reports whether C code from outside of the standard library is linked into a test: then shared
/// libraries of this machine may take part, which no key holds.
fn links_libraries(cx: &ActionCx<'_>, run: NodeId) -> bool {
    let (plan, graph) = (cx.run.job.plan, cx.run.job.graph);
    let barrier = plan[run].deps.first();
    let Some(link) = barrier.and_then(|barrier| plan[*barrier].deps.first()) else {
        return true;
    };
    let mut packages = plan[*link].deps.iter().filter_map(|dep| plan[*dep].package);
    packages.any(|id| !graph[id].standard && graph[id].reads_headers())
}

/// Why nothing is cached, as `GODEBUG=gocachetest=1` shows it.
fn disabled_text(rule: &TestRule, path: &str) -> String {
    match rule {
        TestRule::LocalDirectory => "caching disabled in local directory mode".to_owned(),
        TestRule::OutsideModule => format!(
            "caching disabled for package outside of module root, GOPATH, or GOROOT: {path}"
        ),
        TestRule::Argument(arg) => format!("caching disabled for test argument: {arg}"),
    }
}

/// The log of what the last run of a binary with its arguments read.
fn input_log(cx: &ActionCx<'_>, path: &str, test: &ActionId) -> Result<Vec<u8>, Why> {
    let log = match read_result(cx, test) {
        Ok((log, _)) => log,
        Err(e) => {
            trace(cx, || format!("{path}: input list not found: {e}"));
            return Err(Why::from(&e));
        }
    };
    if !log.starts_with(LOG_MAGIC) || !log.ends_with(b"\n") {
        trace(cx, || format!("{path}: input list malformed"));
        return Err(Why::Malformed);
    }
    Ok(log)
}

/// Where the output is, of a binary with its arguments and of inputs.
fn output_key(cx: &ActionCx<'_>, test: &ActionId, inputs: &ActionId) -> ActionId {
    cx.run.job.hashes.subkey(test, &format!("inputs:{inputs}"))
}

/// `%x` of a text.
fn hex(text: &str) -> String {
    forgo_golang::quote::hex(text.as_bytes())
}

/// The output with `(cached)` in place of the time. Fails if it is not the output of a test that
/// passed, or older than the last `clean -testcache`.
fn usable(
    cx: &ActionCx<'_>,
    path: &str,
    output: &[u8],
    made: SystemTime,
    expire: Option<SystemTime>,
) -> Result<Vec<u8>, Why> {
    if expire.is_some_and(|expire| made < expire) {
        trace(cx, || {
            format!("{path}: test output expired due to go clean -testcache")
        });
        return Err(Why::Expired);
    }
    let marked = with_cached_mark(output);
    if marked.is_none() {
        trace(cx, || format!("{path}: test output malformed"));
    }
    marked.ok_or(Why::Malformed)
}

fn with_cached_mark(output: &[u8]) -> Option<Vec<u8>> {
    let body = output.strip_suffix(b"\n")?;
    let last = body.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
    let rest = body[last..].strip_prefix(b"ok  \t")?;
    let name = rest.iter().position(|&b| b == b'\t')?;
    let time = last + b"ok  \t".len() + name + 1;
    let is_time = |b: &&u8| b.is_ascii_digit() || matches!(b, b'.' | b's');
    let after = time + output[time..].iter().take_while(is_time).count();
    Some([&output[..time], b"(cached)", &output[after..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_cached() {
        for (output, want) in [
            ("ok  \tp\t0.012s\n", Some("ok  \tp\t(cached)\n")),
            (
                "PASS\nok  \ta/b\t1.5s\tcoverage: 50.0% of statements\n",
                Some("PASS\nok  \ta/b\t(cached)\tcoverage: 50.0% of statements\n"),
            ),
            ("ok  \tp\t0.012s", None),
            ("FAIL\tp\t0.012s\n", None),
            ("ok  \tp\n", None),
            ("", None),
        ] {
            let got = with_cached_mark(output.as_bytes());
            assert_eq!(got.as_deref(), want.map(str::as_bytes), "{output:?}");
        }
    }
}
