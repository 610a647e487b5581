//! Why the actions of a run were done: the key of each is compared, field by field, with the key
//! that the same action had before, and what other actions gave is followed to where it changed.
//!
//! Nothing is guessed: where the records are not sufficient, the cause is [`Cause::Unknown`].

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use forgo_log::{Key, TextId, Tried, Verdict};

use super::lines::{BUILD_INFO, Change, Field, Fields, Source, differences, fields, settings};
use super::{Book, Entry, Past, Place};

/// So many earlier runs are looked through.
const RUNS: usize = 300;

/// A root cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A source file is another one: its path, and what happened to it.
    File(String, How),
    /// A flag, a tool or a variable that sets up builds has another value.
    Setting {
        /// The name that messages use.
        name: String,
        /// The old value; `None` if it was not there.
        old: Option<String>,
        /// The new value.
        new: Option<String>,
    },
    /// A variable that a test reads has another value, which is secret.
    Variable(String),
    /// A file or directory that a test reads changed.
    Read(String),
    /// The work was asked for: a flag, or a rule about tests.
    Asked(String),
    /// It failed before, and failures are not cached.
    FailedBefore,
    /// The result of the same action is not in the cache any more.
    NotKept(String),
    /// Such an action is always done: why.
    Always(String),
    /// The records are not sufficient: the reason.
    Unknown(String),
}

/// The change of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Its content changed.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::File(path, How::Changed) => write!(f, "{path} changed"),
            Cause::File(path, How::Added) => write!(f, "{path} is new"),
            Cause::File(path, How::Removed) => write!(f, "{path} was removed"),
            Cause::Setting { name, old, new } => {
                write!(f, "{name}: {} → {}", shown(old), shown(new))
            }
            Cause::Variable(name) => write!(f, "{name} changed"),
            Cause::Read(path) => write!(f, "{path}, which a test reads, changed"),
            Cause::Asked(what) | Cause::Always(what) => f.write_str(what),
            Cause::FailedBefore => f.write_str("it failed before; failures are not cached"),
            Cause::NotKept(what) => write!(f, "not in the cache any more: {what}"),
            Cause::Unknown(why) => write!(f, "cause unknown: {why}"),
        }
    }
}

/// A value, which may be long or missing.
pub fn shown(value: &Option<String>) -> String {
    const LONG: usize = 60;
    match value.as_deref() {
        None | Some("") => "none".to_owned(),
        Some(text) if text.chars().count() > LONG => {
            let start: String = text.chars().take(LONG).collect();
            format!("{start}…")
        }
        Some(text) => text.to_owned(),
    }
}

/// The facts about one action.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The run that it was compared with; `None` if there was none.
    pub against: Option<u64>,
    /// The fields in which its key differs from the one that it had there.
    pub changes: Vec<Change>,
    /// The root causes; empty if nothing changed.
    pub causes: BTreeSet<Cause>,
    /// The actions whose results changed, by their places in [`Explanation::entries`].
    pub through: Vec<(Source, usize)>,
}

/// The facts about all actions of a run.
pub struct Explanation {
    /// The actions.
    pub entries: Vec<Entry>,
    /// The facts about each.
    pub explained: Vec<Rc<Explained>>,
}

/// The same action in an earlier run.
#[derive(Clone)]
struct Earlier {
    run: usize,
    key: Option<Key>,
    inputs: Option<Key>,
    failed: bool,
}

struct Explainer<'p> {
    past: &'p Past,
    entries: Vec<Entry>,
    places: HashMap<(String, String), usize>,
    /// Earlier runs, the newest first.
    runs: Vec<Past>,
    earlier: HashMap<TextId, Vec<Earlier>>,
    /// All earlier runs were looked through.
    whole: bool,
    /// By entry and the earlier run that it is compared with.
    known: HashMap<(usize, Option<usize>), Rc<Explained>>,
}

/// Explains a run, whose earlier runs begin at `place` in the book; compares with the run of this
/// number alone, if one is given.
pub fn explain(past: &Past, book: &mut Book, place: Place, against: Option<u64>) -> Explanation {
    let entries: Vec<Entry> = past.entries().collect();
    let places = entries.iter().enumerate();
    let places = places.map(|(at, entry)| ((entry.mode.clone(), entry.package.clone()), at));
    let mut explainer = Explainer {
        past,
        places: places.collect(),
        entries,
        runs: Vec::new(),
        earlier: HashMap::new(),
        whole: false,
        known: HashMap::new(),
    };
    explainer.look_back(book, place, against);
    let all = 0..explainer.entries.len();
    let explained = all
        .map(|at| {
            let against = explainer.choose(at);
            explainer.explain(at, against, 0)
        })
        .collect();
    Explanation {
        entries: explainer.entries,
        explained,
    }
}

impl Explainer<'_> {
    /// Collects the records of actions in earlier runs in the directory.
    fn look_back(&mut self, book: &mut Book, mut place: Place, against: Option<u64>) {
        let dir = &self.past.run().begin.dir;
        while self.runs.len() < RUNS {
            let Some(earlier) = book.next(&mut place) else {
                self.whole = true;
                return;
            };
            let run = earlier.run();
            let wanted = match against {
                Some(number) => run.number == number,
                None => run.begin.dir == *dir && !run.actions.is_empty(),
            };
            if !wanted {
                continue;
            }
            let at = self.runs.len();
            for action in run.actions.iter().filter(|action| action.key.is_some()) {
                let known = self.earlier.entry(action.name).or_default();
                known.push(Earlier {
                    run: at,
                    key: action.key,
                    inputs: action.inputs,
                    failed: action.verdict == Verdict::Failed,
                });
            }
            self.runs.push(earlier);
            if against.is_some() {
                self.whole = true;
                return;
            }
        }
    }

    /// Chooses the earlier run to compare an action with: one in which it had the same key, or else
    /// the last one in which it, or the build that it belongs to, had the same settings, or else
    /// the last one.
    fn choose(&self, at: usize) -> Option<usize> {
        // An action that never had these settings is not looked for in all runs.
        const TRIES: usize = 20;
        let entry = &self.entries[at];
        let all = self.earlier.get(&entry.action.name)?;
        let recent = || all.iter().take(TRIES);
        if let Some(same) = recent().find(|earlier| earlier.key == entry.action.key) {
            return Some(same.run);
        }
        let build = match entry.mode.as_str() {
            "test run" => format!("{}.test", entry.package),
            _ => entry.package.clone(),
        };
        let build = self.places.get(&("build".to_owned(), build));
        if let Some(build) = build.filter(|build| **build != at)
            && let Some(run) = self.choose(*build)
            && all.iter().any(|earlier| earlier.run == run)
        {
            return Some(run);
        }
        let now = self.past.lines(entry.action.key).map(|l| fields(&l));
        let same = |earlier: &&Earlier| {
            let then = self.runs[earlier.run].lines(earlier.key);
            match (&now, then.map(|l| fields(&l))) {
                (Some(now), Some(then)) => settings(now).eq(settings(&then)),
                _ => false,
            }
        };
        let chosen = recent().find(same).or(all.first())?;
        Some(chosen.run)
    }

    /// The record of an action in this earlier run, or the last one before it.
    fn record(&self, at: usize, run: usize) -> Option<&Earlier> {
        let all = self.earlier.get(&self.entries[at].action.name)?;
        all.iter().find(|earlier| earlier.run >= run)
    }

    fn explain(&mut self, at: usize, against: Option<usize>, depth: u32) -> Rc<Explained> {
        if let Some(known) = self.known.get(&(at, against)) {
            return Rc::clone(known);
        }
        let explained = Rc::new(self.make(at, against, depth));
        self.known.insert((at, against), Rc::clone(&explained));
        explained
    }

    fn make(&mut self, at: usize, against: Option<usize>, depth: u32) -> Explained {
        let mut explained = Explained {
            against: None,
            changes: Vec::new(),
            causes: BTreeSet::new(),
            through: Vec::new(),
        };
        let entry = self.entries[at].clone();
        let reused = match &entry.action.verdict {
            Verdict::Reused(_) => true,
            Verdict::Ran { tried, .. } => {
                if let Some(cause) = asked(tried) {
                    explained.causes.insert(cause);
                    return explained;
                }
                false
            }
            Verdict::Failed => false,
            Verdict::Skipped | Verdict::Done => return explained,
        };
        let Some(earlier) = against.and_then(|run| self.record(at, run)).cloned() else {
            if !reused {
                explained.causes.insert(self.no_record());
            }
            return explained;
        };
        let run = earlier.run;
        explained.against = Some(self.runs[run].run().number);
        if earlier.key == entry.action.key {
            if !reused {
                let causes = match self.test_of(&entry) {
                    Some(test) => self.of_test(test, depth, &mut explained),
                    None => self.same_key(&entry, &earlier, &mut explained.changes),
                };
                explained.causes.extend(causes);
            }
            return explained;
        }
        let lines = |past: &Past, key| past.lines(key).map(|lines| fields(&lines));
        let old = lines(&self.runs[run], earlier.key);
        let new = lines(self.past, entry.action.key);
        let (Some(old), Some(new)) = (old, new) else {
            let why = "the lines of its keys are not on record";
            explained.causes.insert(Cause::Unknown(why.to_owned()));
            return explained;
        };
        explained.changes = differences(&old, &new);
        self.follow(&entry, &new, run, depth, &mut explained);
        explained
    }

    /// The test run that a link was done for; `None` if its result was wanted otherwise.
    fn test_of(&self, entry: &Entry) -> Option<usize> {
        let Verdict::Ran { tried, .. } = &entry.action.verdict else {
            return None;
        };
        let for_test = tried.iter().any(|tried| tried.why == "test-runs");
        let package = entry.package.strip_suffix(".test").filter(|_| for_test)?;
        let name = ("test run".to_owned(), package.to_owned());
        self.places.get(&name).copied()
    }

    /// The causes of a link that was done because its test ran.
    fn of_test(&mut self, test: usize, depth: u32, explained: &mut Explained) -> Vec<Cause> {
        let run = self.choose(test);
        explained.through.push((Source::TestRun, test));
        let test = forgo_golang::deep::deep(|| self.explain(test, run, depth + 1));
        match test.causes.is_empty() {
            true => vec![Cause::Unknown(
                "no reason of its test is on record".to_owned(),
            )],
            false => test.causes.iter().cloned().collect(),
        }
    }

    /// Finds the root causes of the changes of a key.
    fn follow(
        &mut self,
        entry: &Entry,
        new: &Fields,
        run: usize,
        depth: u32,
        explained: &mut Explained,
    ) {
        for change in explained.changes.clone() {
            match &change.field {
                Field::Result(source) => {
                    if change.old.is_some() && change.new.is_some() {
                        self.follow_result(entry, source, run, depth, explained);
                    }
                }
                field if is_told_twice(field, &explained.changes) => {}
                field => {
                    explained
                        .causes
                        .insert(self.root(entry, new, field, &change));
                }
            }
        }
        if explained.causes.is_empty() {
            explained.causes.insert(self.without_root(run, explained));
        }
    }

    fn follow_result(
        &mut self,
        entry: &Entry,
        source: &Source,
        run: usize,
        depth: u32,
        explained: &mut Explained,
    ) {
        // Chains of imports are no longer.
        const DEEP: u32 = 10_000;
        let name = of_source(source, &entry.package);
        let place = self
            .place_of(&name, &entry.package)
            .filter(|_| depth < DEEP);
        let Some(place) = place else {
            let (mode, package) = name;
            let why = format!("the {mode} of {package} is not on record");
            explained.causes.insert(Cause::Unknown(why));
            return;
        };
        explained.through.push((source.clone(), place));
        let before = forgo_golang::deep::deep(|| self.explain(place, Some(run), depth + 1));
        if before.causes.is_empty() {
            let (mode, package) = name;
            let why = format!("the {mode} of {package} gave something else under the same key");
            explained.causes.insert(Cause::Unknown(why));
        }
        explained.causes.extend(before.causes.iter().cloned());
    }

    /// The action of this mode on this package, as the action on `user` sees it: a test's packages
    /// are compiled apart where they depend on the package under test.
    fn place_of(&self, name: &(String, String), user: &str) -> Option<usize> {
        let test = match user.split_once(" [") {
            Some((_, test)) => test.trim_end_matches(']'),
            None => user,
        };
        let (mode, package) = name;
        let variant = (mode.clone(), format!("{package} [{test}]"));
        let place = self
            .places
            .get(&variant)
            .filter(|_| test.ends_with(".test"));
        place.or_else(|| self.places.get(name)).copied()
    }

    /// The root cause that a changed field is.
    fn root(&self, entry: &Entry, new: &Fields, field: &Field, change: &Change) -> Cause {
        let how = match (&change.old, &change.new) {
            (None, _) => How::Added,
            (_, None) => How::Removed,
            _ => How::Changed,
        };
        match field {
            Field::File(name) => Cause::File(self.path(entry, new, name), how),
            Field::Setting(name) => Cause::Setting {
                name: name.clone(),
                old: change.old.clone(),
                new: change.new.clone(),
            },
            Field::Variable(name) => Cause::Variable(name.clone()),
            Field::Read(path) => Cause::Read(self.relative(path)),
            Field::Result(_) => Cause::Unknown("a result of another action".to_owned()),
        }
    }

    /// The path of a source file, from the directory that the command ran in.
    fn path(&self, entry: &Entry, new: &Fields, name: &str) -> String {
        match new.get(&Field::Setting("directory".to_owned())) {
            Some(dir) => self.relative(&format!("{dir}/{name}")),
            None => {
                let package = entry.package.split(' ').next().unwrap_or_default();
                format!("{package}/{name}")
            }
        }
    }

    fn relative(&self, path: &str) -> String {
        let dir = &self.past.run().begin.dir;
        let rest = path.strip_prefix(dir.as_str());
        rest.and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(path)
            .to_owned()
    }

    fn no_record(&self) -> Cause {
        Cause::Unknown(match self.whole {
            true => "no earlier run of it is on record".to_owned(),
            false => format!("no earlier run of it is among the last {RUNS}"),
        })
    }

    /// The key changed, and no field of it explains that.
    fn without_root(&self, run: usize, explained: &Explained) -> Cause {
        let (old, new) = (&self.runs[run].run().begin, &self.past.run().begin);
        if old.release != new.release && !old.release.is_empty() && !new.release.is_empty() {
            return Cause::Setting {
                name: "Go release".to_owned(),
                old: Some(old.release.clone()),
                new: Some(new.release.clone()),
            };
        }
        Cause::Unknown(match explained.changes.is_empty() {
            true => "its keys differ in nothing that is on record".to_owned(),
            false => "it depends on other packages, for no reason on record".to_owned(),
        })
    }

    /// Why an action was done although it has the key that it had before.
    fn same_key(&self, entry: &Entry, earlier: &Earlier, changes: &mut Vec<Change>) -> Vec<Cause> {
        if earlier.failed {
            return vec![Cause::FailedBefore];
        }
        let (old, new) = (&self.runs[earlier.run].run().begin, &self.past.run().begin);
        let cache = |begin: &forgo_log::Begin| {
            let set = begin.settings.iter().find(|(name, _)| name == "GOCACHE");
            set.map(|(_, value)| value.clone())
        };
        if cache(old) != cache(new) {
            return vec![Cause::Setting {
                name: "GOCACHE".to_owned(),
                old: cache(old),
                new: cache(new),
            }];
        }
        let Verdict::Ran { tried, .. } = &entry.action.verdict else {
            // Why a failed action was done is not recorded beyond its key.
            return vec![Cause::Unknown(
                "it failed under a key that it had before".to_owned(),
            )];
        };
        let why = |way: &str| {
            let mut tried = tried.iter().filter(|tried| tried.way == way);
            tried.next_back().map(|tried| tried.why.as_str())
        };
        if let Some(test) = tried.iter().find(|tried| tried.way == "cached-test") {
            return self.test(entry, earlier, test, changes);
        }
        match why("kept-executable").or(why("link-record")) {
            Some("asked" | "stock" | "external") => {
                let text = "a link whose inputs are not all known is always done (docs/links.md)";
                return vec![Cause::Always(text.to_owned())];
            }
            Some("absent" | "gone") => {
                let text = "the executable, or the record of the link";
                return vec![Cause::NotKept(text.to_owned())];
            }
            _ => {}
        }
        match why("cache-entry") {
            Some("absent") => vec![Cause::NotKept(
                "the entry was trimmed, or the cache cleaned".to_owned(),
            )],
            Some("gone") => vec![Cause::NotKept(
                "the file that the entry leads to is gone or damaged".to_owned(),
            )],
            _ => vec![Cause::Unknown("no reason is on record".to_owned())],
        }
    }

    /// Why a test ran although its binary and its arguments are those of before.
    fn test(
        &self,
        entry: &Entry,
        earlier: &Earlier,
        stock: &Tried,
        changes: &mut Vec<Change>,
    ) -> Vec<Cause> {
        match stock.why.as_str() {
            "too-new" => {
                let path = self.relative(&stock.detail);
                let text = format!("{path}, which the test reads, was modified within two seconds");
                return vec![Cause::Asked(text)];
            }
            "expired" => return vec![Cause::Asked("go clean -testcache".to_owned())],
            "absent" | "gone" | "malformed" | "no-profile" => {
                return vec![Cause::NotKept("its result".to_owned())];
            }
            "inputs-differ" => {}
            _ => return vec![Cause::Unknown("no reason is on record".to_owned())],
        }
        let lines = |past: &Past, key| past.lines(key).map(|lines| fields(&lines));
        let old = lines(&self.runs[earlier.run], earlier.inputs);
        let new = lines(self.past, entry.action.inputs);
        let (Some(old), Some(new)) = (old, new) else {
            let why = "what the test read is not on record";
            return vec![Cause::Unknown(why.to_owned())];
        };
        *changes = differences(&old, &new);
        let roots = changes.iter().map(|c| self.root(entry, &new, &c.field, c));
        let causes: Vec<Cause> = roots.collect();
        match causes.is_empty() {
            false => causes,
            true => vec![Cause::Unknown("what the test reads is the same".to_owned())],
        }
    }
}

/// Reports whether a field is the build information's copy of a setting that changed itself.
fn is_told_twice(field: &Field, changes: &[Change]) -> bool {
    let Field::Setting(name) = field else {
        return false;
    };
    name.strip_prefix(BUILD_INFO).is_some_and(|name| {
        let setting = Field::Setting(name.to_owned());
        changes.iter().any(|change| change.field == setting)
    })
}

/// The mode and the package of the action that a result is of.
fn of_source(source: &Source, package: &str) -> (String, String) {
    match source {
        Source::Build(path) => ("build".to_owned(), path.clone()),
        Source::OwnBuild => ("build".to_owned(), package.to_owned()),
        Source::Vet(path) => ("vet".to_owned(), path.clone()),
        Source::TestBinary => ("link".to_owned(), format!("{package}.test")),
        // No key holds that.
        Source::TestRun => ("test run".to_owned(), package.to_owned()),
    }
}

/// The cause of an action that was requested independent of its key.
fn asked(tried: &[Tried]) -> Option<Cause> {
    tried.iter().find_map(|tried| {
        let text = match tried.why.as_str() {
            "rebuild" => "-a".to_owned(),
            "argument" => {
                let flag = tried.detail.replacen("-test.", "-", 1);
                format!("{flag} keeps test results from being cached")
            }
            "local-directory" => {
                "tests of the current directory are not cached without a package argument"
                    .to_owned()
            }
            "outside-module" => {
                "tests outside of a module, GOPATH and GOROOT are not cached".to_owned()
            }
            _ => return None,
        };
        Some(Cause::Asked(text))
    })
}
