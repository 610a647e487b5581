//! Runs a test, or tells its cached result. Answers to runTestActor, builderCleanTest and
//! builderPrintTest in cmd/go/internal/test/test.go.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use forgo_golang::{path, raw};
use forgo_load::clock::{self, For};
use forgo_load::disk;
use forgo_load::event::Event;
use forgo_load::footprint;
use forgo_load::package::Package;
use forgo_load::process::os;
use forgo_load::verdict;

use crate::action::{ActionCx, ActionError, Actor, Actors, Outcome, Provider};
use crate::actions::test_cache::{Run, TestCache};
use crate::actions::test_output::{Sink, Verdict};
use crate::actions::test_settings::{CoverProfile, TestSettings};
use crate::actions::{cover_data, test_process};
use crate::plan::{Kind, NodeId, Plan, TestStep};

impl CoverProfile {
    /// Adds the profile in a file; a test need not have made one.
    pub fn merge(&self, cx: &ActionCx<'_>, file: &str) {
        let Ok(bytes) = disk::read(file) else {
            return;
        };
        if bytes.is_empty() {
            return;
        }
        let complain = |text: String| {
            let reporter = cx.run.job.reporter;
            reporter.event(Event::Stderr(text + "\n"));
            reporter.event(Event::ExitStatus(1));
        };
        let Some(body) = bytes.strip_prefix(self.header.as_bytes()) else {
            let mut head = bytes[..bytes.len().min(self.header.len())].to_vec();
            let short = head.len() < self.header.len();
            head.resize(self.header.len(), 0);
            let quote = forgo_golang::quote::quote_bytes;
            let (got, want) = (quote(&head), quote(self.header.as_bytes()));
            let why = if short { "unexpected EOF" } else { "<nil>" };
            return complain(format!(
                "test wrote malformed coverage profile {file}: header {got}, expected {want}: {why}"
            ));
        };
        let mut out = lock(&self.file);
        if let Err(e) = std::io::Write::write_all(&mut *out, body) {
            complain(format!(
                "saving coverage profile: {}",
                forgo_load::process::errno_text(&e)
            ));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// Lets tests start one after another: each has a turn, and gives it on.
#[derive(Debug, Default)]
struct Turn {
    here: Mutex<bool>,
    changed: Condvar,
}

impl Turn {
    /// It is this one's turn.
    fn give(&self) {
        *lock(&self.here) = true;
        self.changed.notify_all();
    }

    /// Waits for the turn; false after Ctrl-C.
    fn wait(&self, cx: &ActionCx<'_>) -> bool {
        let mut here = lock(&self.here);
        while !*here {
            if cx.run.shells.children.interrupted() {
                return false;
            }
            let pause = Duration::from_millis(50);
            here = self
                .changed
                .wait_timeout(here, pause)
                .map_or_else(|e| e.into_inner().0, |g| g.0);
        }
        true
    }
}

/// Returns the actors of a plan: one for each test run, and for the root the one that remembers
/// that all other nodes are over. Tests start in the order of their nodes.
pub fn actors(plan: &Plan, settings: &Arc<TestSettings>, all: Arc<AllTests>) -> Actors {
    let mut actors = Actors::one(plan.root, all);
    let mut turn = Arc::new(Turn::default());
    turn.give();
    for (number, node) in (0..).zip(&plan.nodes) {
        let Kind::Test(TestStep::Run { cover_meta }) = node.kind else {
            continue;
        };
        let next = Arc::new(Turn::default());
        let test = RunTest {
            settings: Arc::clone(settings),
            turn,
            next: Arc::clone(&next),
            cover_meta,
            cache: Mutex::default(),
        };
        actors.set(NodeId(number), Arc::new(test));
        turn = next;
    }
    actors
}

/// The actor of a `test run` node.
#[derive(Debug)]
struct RunTest {
    /// The settings that all tests share.
    settings: Arc<TestSettings>,
    /// To be waited for.
    turn: Arc<Turn>,
    /// To be given on.
    next: Arc<Turn>,
    /// The node that lists coverage meta-data of all packages; its object directory has the list.
    cover_meta: Option<NodeId>,
    cache: Mutex<TestCache>,
}

/// What `go test` prints of a package that could not even be loaded. `cause` is the package with
/// the error.
pub fn setup_failed(
    config: &forgo_load::config::Config,
    settings: &TestSettings,
    import_path: &str,
    cause: &str,
) -> Vec<u8> {
    let line = format!("FAIL\t{import_path} [setup failed]\n");
    if !settings.json {
        return raw::bytes(&line).into_owned();
    }
    crate::actions::test_output::failed_events(config, settings, import_path, cause, &line)
}

impl Actor for RunTest {
    fn act(&self, cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
        let settings = &*self.settings;
        if !self.turn.wait(cx) {
            // Ctrl-C: there is nothing to report about this test.
            cx.run.job.reporter.event(Event::ExitStatus(1));
            return Ok(skipped());
        }
        if settings.failed.load(Ordering::Relaxed) {
            self.next.give();
            return Ok(skipped());
        }
        let p = cx.package();
        let mut sink = Sink::open(cx, settings, &p.import_path);
        self.next.give();
        let verdict = self.go(cx, &mut sink, p);
        let passed = matches!(verdict, Ok(Verdict::Passed));
        let printed = sink.close(passed);
        verdict?;
        let cache = lock(&self.cache);
        let verdict = match passed {
            _ if cx.failed.is_some() => verdict::Verdict::Skipped,
            false => verdict::Verdict::Failed,
            true if has_tests(p) => cache.verdict(),
            true => verdict::Verdict::Done,
        };
        Ok(Outcome {
            provider: Provider::Printed(printed),
            verdict,
            reported_key: cache.key(),
            inputs_key: cache.inputs(),
            // A test that did not build, or failed, does not fail its action.
            forgive: true,
            ..Outcome::default()
        })
    }

    fn try_cache(&self, cx: &ActionCx<'_>, run: NodeId, build_id: &str) -> bool {
        let key = build_id.split('/').next().unwrap_or_default();
        lock(&self.cache).look_up(cx, run, &self.settings, key)
    }
}

impl RunTest {
    fn go(
        &self,
        cx: &ActionCx<'_>,
        sink: &mut Sink<'_>,
        p: &Package,
    ) -> Result<Verdict, ActionError> {
        let path = &p.import_path;
        if let Some(cause) = cx.failed {
            if let Some(failed) = cx.package_of(cause) {
                sink.failed_build(&failed.desc());
            }
            sink.write(format!("FAIL\t{path} [build failed]\n").as_bytes());
            cx.run.job.reporter.event(Event::ExitStatus(1));
            return Ok(Verdict::Failed);
        }
        if !has_tests(p) {
            self.no_tests(cx, sink, p)?;
            return Ok(Verdict::Passed);
        }
        let build = cx.node_of(cx.node().deps[0]).deps[0];
        let mut cache = lock(&self.cache);
        if cache.output.is_none() {
            // The link's key led to no cached result; the binary is there now, and its content may
            // lead to one.
            let content = cx
                .outcome(build)
                .build_id
                .rsplit('/')
                .next()
                .unwrap_or_default();
            cache.look_up(cx, cx.id, &self.settings, content);
        }
        if let Some(output) = cache.output.take() {
            sink.cached(output);
            return Ok(Verdict::Passed);
        }
        self.run(cx, sink, p, build, &mut cache)
    }

    /// A package without tests; its coverage is still reported.
    fn no_tests(
        &self,
        cx: &ActionCx<'_>,
        sink: &mut Sink<'_>,
        p: &Package,
    ) -> Result<(), ActionError> {
        if cx.config().flags.cover && p.internal.cover.gen_meta {
            cx.shell.mkdir(&cx.node().objdir)?;
            if let Some(meta) = cover_data::meta_file(cx)? {
                sink.write(&cover_data::percent(cx, &meta)?);
                if let Some(profile) = &self.settings.cover_profile {
                    let file = profile_file(cx);
                    sink.write(&cover_data::profile(cx, &meta, &file)?);
                    profile.merge(cx, &file);
                }
                return Ok(());
            }
        }
        sink.write(format!("?   \t{}\t[no test files]\n", p.import_path).as_bytes());
        Ok(())
    }

    fn run(
        &self,
        cx: &ActionCx<'_>,
        sink: &mut Sink<'_>,
        p: &Package,
        build: NodeId,
        cache: &mut TestCache,
    ) -> Result<Verdict, ActionError> {
        let (settings, dir) = (&*self.settings, &cx.node().objdir);
        let coverage = self.coverage_directory(cx)?;
        let words = self.words(cx, p, build, cache, coverage.as_deref());
        if cx.shell.shows_commands() {
            cx.shell.show_cmd("", &words.join(" "));
            if cx.config().flags.n {
                return Ok(Verdict::Passed);
            }
        }
        footprint::refuse("a test ran");
        let before = cache.before(cx, settings);
        let (start, began) = (clock::instant(For::Answer), clock::now(For::Answer));
        let command = || self.command(cx, p, &words, coverage.as_deref());
        let ended = test_process::run(cx, settings, sink, &words[0], command);
        let time = format!("{:.3}s", start.elapsed().as_secs_f64());
        let profile = profile_file(cx);
        if let Some(merged) = &settings.cover_profile {
            merged.merge(cx, &profile);
        }
        if ended.error.is_none() {
            sink.passed(&p.import_path, &time, cx.config().flags.cover);
            let run = Run { began, before };
            cache.save(cx, settings, dir, &profile, sink.kept(), &run);
            return Ok(Verdict::Passed);
        }
        if settings.fail_fast {
            settings.failed.store(true, Ordering::Relaxed);
        }
        cx.run.job.reporter.event(Event::ExitStatus(1));
        sink.failed(&p.import_path, &time, &ended);
        Ok(Verdict::Failed)
    }

    /// Where the test leaves coverage data, with the list of other packages' meta-data.
    fn coverage_directory(&self, cx: &ActionCx<'_>) -> Result<Option<String>, ActionError> {
        if !cx.config().flags.cover {
            return Ok(None);
        }
        let dir = path::join2(&cx.node().objdir, "gocoverdir");
        cx.shell
            .mkdir(&dir)
            .map_err(|e| ActionError::fatal(format!("failed to create temporary dir: {e}")))?;
        if let Some(meta) = self.cover_meta {
            let list = format!("{}metafiles.txt", cx.node_of(meta).objdir);
            let copy = path::join2(&dir, "metafiles.txt");
            cx.shell.copy_file(&copy, &list, 0o666, false)?;
        }
        Ok(Some(dir))
    }

    /// The command line of the test.
    fn words(
        &self,
        cx: &ActionCx<'_>,
        p: &Package,
        build: NodeId,
        cache: &TestCache,
        coverage: Option<&str>,
    ) -> Vec<String> {
        let settings = &*self.settings;
        let mut words = settings.exec.clone();
        let built = cx.outcome(build).built.path();
        words.push(built.unwrap_or(&cx.node_of(build).target).to_owned());
        if !cache.disabled && settings.exec.is_empty() {
            words.push(format!("-test.testlogfile={}testlog.txt", cx.node().objdir));
        }
        words.push("-test.paniconexit0".to_owned());
        if settings.fuzz {
            let dir = path::join2(&cx.run.job.cache.local_part().fuzz_dir(), &p.import_path);
            words.push(format!("-test.fuzzcachedir={dir}"));
        }
        words.extend(coverage.map(|dir| format!("-test.gocoverdir={dir}")));
        for arg in &settings.args {
            // Each test writes a separate profile; they are merged later.
            let profile =
                settings.cover_profile.is_some() && arg.starts_with("-test.coverprofile=");
            words.push(if profile {
                format!("-test.coverprofile={}", profile_file(cx))
            } else {
                arg.clone()
            });
        }
        words
    }

    /// The test gets the user's environment, not the go command's own.
    fn command(
        &self,
        cx: &ActionCx<'_>,
        p: &Package,
        words: &[String],
        coverage: Option<&str>,
    ) -> Command {
        let config = cx.config();
        let bin = path::join2(&config.dist.goroot, "bin");
        let path = match config.env.os("PATH") {
            "" => bin,
            path => format!("{bin}:{path}"),
        };
        let program = forgo_load::process::look_path(config, &words[0]);
        let mut command = forgo_load::process::bare(program.as_ref().unwrap_or(&words[0]));
        std::os::unix::process::CommandExt::arg0(&mut command, os(&words[0]))
            .args(words[1..].iter().map(|word| os(word)))
            .current_dir(os(&p.dir))
            .env_clear()
            .envs(config.env.orig.iter().map(|(k, v)| (os(k), os(v))))
            .env("PATH", os(&path))
            .env("PWD", os(&p.dir))
            .envs(coverage.map(|dir| ("GOCOVERDIR", os(dir))))
            .stdin(Stdio::null());
        forgo_load::process::start::program_like_go(&mut command);
        command
    }
}

/// Whether there is something to run.
fn has_tests(p: &Package) -> bool {
    !p.test_go_files.is_empty() || !p.xtest_go_files.is_empty()
}

/// Of a test that is not to be run any more.
fn skipped() -> Outcome {
    Outcome {
        verdict: verdict::Verdict::Skipped,
        ..Outcome::default()
    }
}

/// The coverage profile of one test.
fn profile_file(cx: &ActionCx<'_>) -> String {
    format!("{}_cover_.out", cx.node().objdir)
}

/// The work of a `test clean` node: removes what the test left.
pub fn clean(cx: &ActionCx<'_>) -> Outcome {
    if !cx.config().flags.work {
        // Files left in the work directory are removed with it.
        let _ = cx.shell.remove_all(&cx.node().objdir);
    }
    Outcome::default()
}

/// The work of a `test print` node: shows what the test `run` printed.
pub fn print(cx: &ActionCx<'_>, run: NodeId) -> Outcome {
    if let Provider::Printed(text) = &cx.outcome(run).provider
        && !text.is_empty()
    {
        let _ = cx.run.job.reporter.stdout(text);
    }
    Outcome::default()
}

/// The actor of the root of all tests: remembers that everything else is over.
#[derive(Debug, Default)]
pub struct AllTests {
    /// It is.
    pub reached: AtomicBool,
}

impl Actor for AllTests {
    fn act(&self, _cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
        self.reached.store(true, Ordering::Relaxed);
        Ok(Outcome::default())
    }
}
