//! How each action ended and why its result was not reused, as `FORGO_EVENTS` has it, in the
//! situations that users meet.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::World;

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport \"example.com/m/leaf\"\n\nfunc main() { println(leaf.F()) }\n",
    ),
    ("leaf/leaf.go", LEAF),
    ("leaf/data.txt", "data\n"),
    (
        "leaf/leaf_test.go",
        "package leaf\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\n\
         func TestF(t *testing.T) {\n\tif F() == \"\" || os.Getenv(\"LEAF\") == \"x\" {\n\
         \t\tt.Fail()\n\t}\n\
         \tif _, err := os.ReadFile(\"data.txt\"); err != nil {\n\t\tt.Fatal(err)\n\t}\n}\n",
    ),
];

const LEAF: &str = "package leaf\n\nfunc F() string { return g() }\n\n\
                    //go:noinline\nfunc g() string { return \"one\" }\n";

/// A world whose packages were never compiled before: the cache outlives it, and archives move.
fn each(check: impl Fn(&mut World)) {
    support::each(FILES, |world| {
        world.make_new(&[("leaf/", "leaf"), ("", "main")]);
        // Otherwise the whole answer may be cached.
        world.set("FORGO_EVENTS", "$W/events");
        check(world);
    });
}

/// The outcome of one action.
#[derive(Debug)]
struct Action(Value);

impl Action {
    fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// `reused moved`, or `ran` and why each way did not apply.
    fn verdict(&self) -> String {
        let mut words = vec![self.text("verdict").to_owned()];
        if let Some(way) = self.0["way"].as_str() {
            words.push(way.to_owned());
        }
        for tried in self.0["tried"].as_array().into_iter().flatten() {
            let word = |field: &str| tried[field].as_str().unwrap_or_default();
            words.push(format!("{}:{}", word("way"), word("why")));
        }
        words.join(" ")
    }

    fn list(&self, field: &str) -> Vec<&str> {
        let list = self.0[field].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).collect()
    }
}

/// Runs forgo and gives the actions on the module's own packages, by mode and package.
#[track_caller]
fn run(world: &World, args: &[&str]) -> BTreeMap<String, Action> {
    run_in(world, "w", args)
}

#[track_caller]
fn run_in(world: &World, dir: &str, args: &[&str]) -> BTreeMap<String, Action> {
    let file = world.path("events");
    let _ = std::fs::remove_file(&file);
    let mut command = world.forgo_command();
    command
        .current_dir(world.path(dir))
        .env("PWD", world.path(dir));
    let output = command.args(args).output().expect("forgo runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {stderr}");
    let text = std::fs::read_to_string(file).expect("events");
    let mut actions = BTreeMap::new();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let action = Action(event);
        let name = match action.text("event") {
            "answered" => "answered".to_owned(),
            _ if !action.text("package").starts_with("example.com/m") => continue,
            _ => {
                let package = action.text("package").trim_start_matches("example.com/");
                format!("{} {package}", action.text("mode"))
            }
        };
        actions.insert(name, action);
    }
    actions
}

#[track_caller]
fn verdict_of(actions: &BTreeMap<String, Action>, name: &str) -> String {
    let action = actions.get(name);
    let names = || actions.keys().cloned().collect::<Vec<_>>();
    action
        .unwrap_or_else(|| panic!("no {name} in {:?}", names()))
        .verdict()
}

/// Removes the files of the cache that a predicate on their names chooses.
fn remove_from_cache(world: &World, key: &str, ending: &str) {
    let file = world.path(&format!("cache/{}/{key}{ending}", &key[..2]));
    std::fs::remove_file(file).expect("an entry");
}

#[test]
fn builds() {
    each(|world| {
        let build = ["build", "-o", "out", "."];
        let cold = run(world, &build);
        let new = "ran cache-entry:absent moved:absent";
        assert_eq!(verdict_of(&cold, "build m/leaf"), new);
        assert_eq!(
            verdict_of(&cold, "build m"),
            "ran installed-target:absent installed-executable:absent cache-entry:absent \
             moved:absent"
        );
        assert_eq!(
            verdict_of(&cold, "link m"),
            "ran installed-target:absent cache-entry:absent kept-executable:absent"
        );
        // Of the standard library too, if it was never compiled before.
        assert!(
            cold["build m"]
                .text("stale")
                .starts_with("stale dependency: ")
        );
        assert_eq!(cold["build m/leaf"].text("stale"), "build ID mismatch");
        assert_eq!(verdict_of(&cold, "build check cache m"), "done");

        let action = &cold["build m/leaf"];
        let number = |field: &str| action.0[field].as_u64().expect("a number");
        assert!(number("start") > 1_500_000_000_000_000 && number("end") > number("start"));
        assert!(number("user") + number("sys") > 0 && number("peak") > 1 << 20);
        let lines = action.list("lines");
        assert_eq!(lines[0], "compile");
        assert!(
            lines.iter().any(|l| l.starts_with("file leaf.go ")),
            "{lines:?}"
        );
        assert!(
            lines.iter().any(|l| l.starts_with("file new.go ")),
            "{lines:?}"
        );

        // The executable and the main package in it are up to date.
        let warm = run(world, &build);
        if !warm.contains_key("answered") {
            assert_eq!(verdict_of(&warm, "build m"), "reused installed-executable");
            assert_eq!(verdict_of(&warm, "link m"), "reused installed-target");
            assert_eq!(verdict_of(&warm, "build m/leaf"), "reused cache-entry");
            assert!(warm["build m/leaf"].list("lines").is_empty());
        }

        // A change that importers do not see.
        world.write("leaf/leaf.go", &LEAF.replace("one", "two"));
        let edited = run(world, &build);
        assert_eq!(verdict_of(&edited, "build m/leaf"), new);
        assert_eq!(verdict_of(&edited, "build m"), "reused moved");
        assert!(verdict_of(&edited, "link m").starts_with("ran installed-target:other-key "));
        let differing = |name: &str| {
            let lines = |run: &BTreeMap<String, Action>| {
                let lines = run[name].list("lines");
                lines.into_iter().map(str::to_owned).collect::<Vec<_>>()
            };
            let (old, new) = (lines(&cold), lines(&edited));
            let changed = old.iter().filter(|line| !new.contains(line));
            changed.cloned().collect::<Vec<_>>()
        };
        let changed = differing("build m/leaf");
        assert!(
            changed.len() == 1 && changed[0].starts_with("file leaf.go "),
            "{changed:?}"
        );

        // Without touching a file: everything is cached, for every kind of output.
        let again = run(world, &["build", "-o", "other", "."]);
        assert_eq!(verdict_of(&again, "build m"), "reused cache-entry");
        assert_eq!(verdict_of(&again, "link m"), "reused kept-executable");
        let discarded = run(world, &["build", "./..."]);
        if !discarded.contains_key("answered") {
            assert_eq!(verdict_of(&discarded, "link m"), "reused link-record");
        }
    });
}

#[test]
fn answers_of_whole_invocations() {
    each(|world| {
        let list = ["list", "-deps", "."];
        run(world, &list);
        // Files that were just written are not relied on.
        for _ in 0..100 {
            std::thread::sleep(std::time::Duration::from_millis(50));
            let actions = run(world, &list);
            if actions.contains_key("answered") {
                assert_eq!(actions.len(), 1);
                return;
            }
        }
        panic!("no answer was kept");
    });
}

#[test]
fn flags_and_a_rebuild() {
    each(|world| {
        run(world, &["build", "./leaf"]);
        let all = run(world, &["build", "-a", "./leaf"]);
        assert_eq!(
            verdict_of(&all, "build m/leaf"),
            "ran cache-entry:rebuild moved:asked export-data:asked"
        );
        assert_eq!(all["build m/leaf"].text("stale"), "build -a flag in use");
        let flag = run(world, &["build", "-gcflags=-N", "./leaf"]);
        assert_eq!(
            verdict_of(&flag, "build m/leaf"),
            "ran cache-entry:absent moved:absent"
        );
        let dump = run(world, &["build", "-gcflags=-S", "./leaf"]);
        assert_eq!(
            verdict_of(&dump, "build m/leaf"),
            "ran cache-entry:absent moved:flags export-data:flags"
        );
        world.set("FORGO_EXTRAS", "off");
        world.write("leaf/leaf.go", &LEAF.replace("one", "three"));
        let stock = run(world, &["build", "."]);
        let off = " cache-entry:absent moved:asked export-data:asked";
        assert!(verdict_of(&stock, "build m").ends_with(off), "{stock:?}");
    });
}

#[test]
fn the_reason_is_the_one_of_list() {
    each(|world| {
        let stale = |world: &World, flags: &[&str]| {
            let format = ["list", "-f", "{{.ImportPath}} {{.StaleReason}}"];
            let said = world.forgo(&[&format, flags, &["./..."]].concat());
            let mut stock = world.stock_command();
            stock.env("GOCACHE", world.cache("cache-forgo"));
            stock.args([&format, flags, &["./..."]].concat());
            let stock = stock.output().expect("the stock command runs");
            assert_eq!(said.code, Some(0), "{}", said.stderr);
            assert_eq!(said.stdout, String::from_utf8_lossy(&stock.stdout));
            let lines = said.stdout.lines().filter_map(|l| l.split_once(' '));
            lines
                .map(|(path, why)| (path.to_owned(), why.to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        for flags in [&[][..], &["-a"]] {
            let listed = stale(world, flags);
            let built = run(world, &[&["build"], flags, &["./..."]].concat());
            for (mode, path) in [
                ("build m", "example.com/m"),
                ("build m/leaf", "example.com/m/leaf"),
            ] {
                assert_eq!(built[mode].text("stale"), listed[path], "{flags:?} {mode}");
            }
        }
    });
}

/// A package with tests is vetted together with them.
const VET: &str = "vet m/leaf [example.com/m/leaf.test]";

#[test]
fn another_checkout() {
    each(|world| {
        for (name, _) in FILES.iter().chain(&[("new.go", ""), ("leaf/new.go", "")]) {
            let to = world.path("second").join(name);
            std::fs::create_dir_all(to.parent().expect("a parent")).expect("directories");
            std::fs::copy(world.path("w").join(name), to).expect("a copy");
        }
        let vet = ["vet", "./leaf"];
        run(world, &["build", "."]);
        run(world, &vet);
        let moved = run_in(world, "second", &["build", "."]);
        assert_eq!(verdict_of(&moved, "build m/leaf"), "reused moved");
        assert_eq!(verdict_of(&moved, "build m"), "reused moved");
        let vetted = run_in(world, "second", &vet);
        assert_eq!(verdict_of(&vetted, VET), "reused moved-vet");
        let again = run_in(world, "second", &vet);
        if !again.contains_key("answered") {
            assert_eq!(verdict_of(&again, VET), "reused cache-entry");
        }
        world.write("leaf/leaf.go", &LEAF.replace("one", "four"));
        let vetted = run(world, &vet);
        assert_eq!(
            verdict_of(&vetted, VET),
            "ran cache-entry:absent moved-vet:absent"
        );
    });
}

#[test]
fn gone_entries() {
    each(|world| {
        // The package imports nothing.
        world.set("GOCACHE", "$W/cache");
        world.set("FORGO_EXTRAS", "off");
        let build = ["build", "./leaf"];
        let cold = run(world, &build);
        let key = cold["build m/leaf"].text("key").to_owned();
        assert_eq!(key.len(), 64);
        assert_eq!(
            verdict_of(&run(world, &build), "build m/leaf"),
            "reused cache-entry"
        );

        // The file that the entry leads to was removed.
        let entry = world.path(&format!("cache/{}/{key}-a", &key[..2]));
        let text = std::fs::read_to_string(&entry).expect("an entry");
        let output = text.split(' ').nth(2).expect("an output").to_owned();
        remove_from_cache(world, &output, "-d");
        let gone = run(world, &build);
        assert!(
            verdict_of(&gone, "build m/leaf").starts_with("ran cache-entry:gone "),
            "{gone:?}"
        );
        // It was cut off.
        let file = world.path(&format!("cache/{}/{output}-d", &output[..2]));
        std::fs::write(&file, "!<arch>\n").expect("a file");
        let cut = run(world, &build);
        assert!(verdict_of(&cut, "build m/leaf").starts_with("ran cache-entry:gone "));
        // The entry itself was trimmed.
        remove_from_cache(world, &key, "-a");
        let trimmed = run(world, &build);
        assert!(verdict_of(&trimmed, "build m/leaf").starts_with("ran cache-entry:absent "));
        assert_eq!(trimmed["build m/leaf"].text("key"), key);
    });
}

/// The arguments of a test of the package.
fn test<'a>(flags: &[&'a str]) -> Vec<&'a str> {
    [&["test"], flags, &["./leaf"]].concat()
}

#[test]
fn tests() {
    each(|world| {
        let name = "test run m/leaf";
        let cold = run(world, &test(&[]));
        let first = "ran cached-test:absent test-by-content:absent";
        assert_eq!(verdict_of(&cold, name), first);
        assert!(cold[name].0["peak"].as_u64() > Some(1 << 20));
        let warm = run(world, &test(&[]));
        // A file that was just written is not part of the stock key yet.
        let by_content = "reused test-by-content";
        assert!(
            ["reused cached-test", by_content].contains(&&*verdict_of(&warm, name)),
            "{warm:?}"
        );
        assert_eq!(verdict_of(&warm, "link m/leaf.test"), "reused test-result");

        let counted = run(world, &test(&["-count=1"]));
        assert_eq!(verdict_of(&counted, name), "ran cached-test:argument");
        let tried = &counted[name].0["tried"][0];
        assert_eq!(tried["detail"], "-test.count=1");
        // Other arguments: no run with these is cached.
        assert_eq!(verdict_of(&run(world, &test(&["-run=F"])), name), first);

        // Files that are old enough for the stock key.
        let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
        let data = world.path("w/leaf/data.txt");
        let age = |file: &std::path::Path, time| {
            let file = std::fs::File::options()
                .write(true)
                .open(file)
                .expect("a file");
            file.set_modified(time).expect("a time");
        };
        age(&data, old);
        world.set("FORGO_EXTRAS", "off");
        let short = ["-short"];
        assert!(verdict_of(&run(world, &test(&short)), name).starts_with("ran cached-test:absent"));
        assert_eq!(
            verdict_of(&run(world, &test(&short)), name),
            "reused cached-test"
        );
        let ran = "ran cached-test:inputs-differ test-by-content:stock";
        // A variable that it reads.
        let before = run(world, &test(&["-short", "-count=1"]));
        assert!(before[name].list("inputs").is_empty());
        world.set("LEAF", "y");
        let variable = run(world, &test(&short));
        assert_eq!(verdict_of(&variable, name), ran);
        let has = |action: &Action, start: &str| {
            let inputs = action.list("inputs");
            let line = inputs.iter().find(|line| line.starts_with(start));
            line.unwrap_or_else(|| panic!("{inputs:?}")).to_string()
        };
        let first_value = has(&variable[name], "env LEAF ");
        assert!(!first_value.contains(" y"), "{first_value}");
        world.set("LEAF", "z");
        let other = run(world, &test(&short));
        assert_eq!(verdict_of(&other, name), ran);
        assert_ne!(has(&other[name], "env LEAF "), first_value);
        assert_eq!(has(&other[name], "open "), has(&variable[name], "open "));
        // A file that it reads, written before, and just now.
        age(&data, old - std::time::Duration::from_secs(60));
        let file = run(world, &test(&short));
        assert_eq!(verdict_of(&file, name), ran);
        assert_ne!(has(&file[name], "open "), has(&other[name], "open "));
        // However long it takes until the test is looked at.
        age(
            &data,
            std::time::SystemTime::now() + std::time::Duration::from_secs(3600),
        );
        let new = run(world, &test(&short));
        assert!(verdict_of(&new, name).starts_with("ran cached-test:too-new "));
        let detail = new[name].0["tried"][0]["detail"].as_str().expect("a file");
        assert!(detail.ends_with("/leaf/data.txt"), "{detail}");
    });
}

#[test]
fn failures() {
    each(|world| {
        world.write("leaf/leaf.go", &LEAF.replace("return g()", "return h()"));
        let file = world.path("events");
        assert_eq!(world.forgo(&["build", "."]).code, Some(1));
        let text = std::fs::read_to_string(file).expect("events");
        let verdict = |mode: &str, package: &str| {
            let lines = text
                .lines()
                .map(|l| serde_json::from_str::<Value>(l).expect("JSON"));
            let mut found = lines.filter(|v| v["mode"] == mode && v["package"] == package);
            found.next().map(|v| v["verdict"].clone())
        };
        assert_eq!(
            verdict("build", "example.com/m/leaf"),
            Some("failed".into())
        );
        assert_eq!(
            verdict("build check cache", "example.com/m"),
            Some("skipped".into())
        );
        assert_eq!(verdict("link", "example.com/m"), Some("skipped".into()));
    });
}
