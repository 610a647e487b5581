//! GOCACHEPROG: the helper gets the same requests from forgo as from the stock command.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::time::{Duration, SystemTime};

use support::{World, each};

const HELPER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../forgo-cache/tests/support/helper.py"
);

/// Nothing is imported from the standard library, of which so much would have to be stored.
const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "a/a.go",
        "package a\n\nimport \"example.com/m/b\"\n\nfunc A() int { return b.B() }\n",
    ),
    ("b/b.go", "package b\n\nfunc B() int { return 1 }\n"),
    ("c/c.go", "package c\n\nfunc C() int { return \"\" }\n"),
];

/// Makes a helper, which stores its items in a directory of this name, the cache of both commands.
fn use_helper(world: &mut World, name: &str) {
    let dir = world.path(name);
    std::fs::create_dir_all(&dir).unwrap();
    let prog = format!("python3 {HELPER} {}", dir.display());
    world.set("GOCACHEPROG", &prog);
}

/// Returns the text that the helper received last.
fn heard(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.path(name).join("transcript")).unwrap()
}

#[test]
fn without_extras_every_request_is_the_stock_command_s_in_its_order() {
    each(FILES, |world| {
        world.set("FORGO_EXTRAS", "off");
        // The stock command asks for its index of a directory, too, which forgo has no use for;
        // there is none of files that look new.
        let later = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
        for (name, _) in FILES {
            let file = std::fs::File::options()
                .write(true)
                .open(world.path("w").join(name));
            file.unwrap().set_modified(later).unwrap();
        }
        let commands: [&[&str]; 4] = [
            &["build", "-p=1", "./a"],
            // All of it is found.
            &["build", "-p=1", "./a", "./b"],
            // A failure.
            &["build", "-p=1", "./..."],
            &["list", "-export", "-p=1", "-f", "{{.Export}}", "./b"],
        ];
        for args in commands {
            use_helper(world, "stock-helper");
            let stock = world.stock(args);
            use_helper(world, "forgo-helper");
            let forgo = world.forgo(args);
            assert_eq!(forgo.code, stock.code, "{args:?}");
            assert_eq!(forgo.stderr, stock.stderr, "{args:?}");
            let stock_list = stock.stdout.replace("stock-helper", "forgo-helper");
            assert_eq!(forgo.stdout, stock_list, "{args:?}");
            let (ours, theirs) = (heard(world, "forgo-helper"), heard(world, "stock-helper"));
            assert!(
                theirs.matches("\"Command\":\"get\"").count() > 1,
                "{theirs}"
            );
            assert_eq!(ours, theirs, "{args:?}");
        }
    });
}

#[test]
fn each_command_finds_what_the_other_one_stored() {
    each(FILES, |world| {
        let compiles = |stderr: &str| stderr.matches("/compile -o ").count();
        world.set("GOCACHE", "$W/cache");
        use_helper(world, "helper-1");
        let made = world.forgo(&["build", "-x", "./a"]);
        assert_eq!((made.code, compiles(&made.stderr)), (Some(0), 2));
        let found = world.stock(&["build", "-x", "./a"]);
        assert_eq!((found.code, compiles(&found.stderr)), (Some(0), 0));
        use_helper(world, "helper-2");
        let made = world.stock(&["build", "-x", "./a"]);
        assert_eq!((made.code, compiles(&made.stderr)), (Some(0), 2));
        let found = world.forgo(&["build", "-x", "./a"]);
        assert_eq!((found.code, compiles(&found.stderr)), (Some(0), 0));
        // GOCACHE has no entries then, only what forgo keeps for itself.
        let shards = std::fs::read_dir(world.path("cache")).unwrap().flatten();
        let files = shards.flat_map(|shard| std::fs::read_dir(shard.path()).into_iter().flatten());
        let names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        let own = |name: &str| {
            name.ends_with("-s") || name.ends_with("-note-d") || name.starts_with("slot-")
        };
        assert!(
            !names.is_empty() && names.iter().all(|name| own(name)),
            "{names:?}"
        );
    });
}
