//! `forgo doctor`: its findings in installations that work and in those that do not.
#![allow(
    clippy::disallowed_methods,
    reason = "tests make the installations that they examine"
)]

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::Value;
use support::{World, each};

const MODULE: &[(&str, &str)] = &[("go.mod", "module m\n\ngo 1.26\n"), ("m.go", "package m\n")];

/// Runs it, and checks that the exit status reflects errors.
#[track_caller]
fn findings(w: &World) -> Vec<Value> {
    let said = w.forgo(&["doctor", "--json"]);
    assert_eq!(said.stderr, "");
    let all: Value = serde_json::from_str(&said.stdout).unwrap();
    let findings = all["findings"].as_array().unwrap().clone();
    let errors = findings.iter().filter(|f| f["level"] == "error").count();
    assert_eq!(all["ok"], errors == 0);
    assert_eq!(said.code, Some(i32::from(errors > 0)), "{all:#}");
    for finding in &findings {
        let bad = matches!(finding["level"].as_str(), Some("warning" | "error"));
        assert!(!bad || finding["remedy"].is_string(), "{finding}");
    }
    findings
}

#[track_caller]
fn find<'f>(findings: &'f [Value], topic: &str) -> &'f Value {
    let found = findings.iter().find(|f| f["topic"] == topic);
    found.unwrap_or_else(|| panic!("{topic}: {findings:#?}"))
}

#[test]
fn an_installation_that_works() {
    each(MODULE, |w| {
        w.set("GOCACHE", "$W/cache");
        w.set("PATH", "$W/bin");
        std::fs::create_dir_all(w.path("cache")).unwrap();
        std::fs::create_dir_all(w.path("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_forgo"), w.path("bin/go")).unwrap();
        let found = findings(w);
        let go = w.goroot.join("bin/go").to_string_lossy().into_owned();
        assert_eq!(find(&found, "go")["facts"]["file"], go.as_str());
        assert_eq!(find(&found, "go")["facts"]["found"], "set by FORGO_GO");
        let version = std::fs::read_to_string(w.goroot.join("VERSION")).unwrap();
        let release = &find(&found, "release")["facts"];
        assert_eq!(release["version"], version.lines().next().unwrap());
        assert_eq!(release["supported"], true);
        assert_eq!(find(&found, "toolchain")["facts"]["local"], true);
        assert_eq!(find(&found, "go on PATH")["level"], "ok");
        assert!(find(&found, "file clock")["facts"]["step_ns"].is_u64());
        let cache = &find(&found, "cache")["facts"];
        assert_eq!(cache["directory"], w.path("cache").to_str().unwrap());
        // Nothing is left in the cache.
        assert_eq!(std::fs::read_dir(w.path("cache")).unwrap().count(), 0);
        let text = w.forgo(&["doctor"]).stdout;
        assert!(text.trim_end().ends_with("0 errors, 0 warnings"), "{text}");
    });
}

#[test]
fn go_commands_that_cannot_be_driven() {
    each(MODULE, |w| {
        for (key, value) in [
            ("FORGO_GO", "/no/such/go"),
            ("FORGO_GO", env!("CARGO_BIN_EXE_forgo")),
        ] {
            w.set(key, value);
            let found = findings(w);
            assert_eq!(find(&found, "go")["level"], "error");
        }
        w.set("FORGO_GO", "");
        w.set("PATH", "/no/such/dir");
        let found = findings(w);
        assert_eq!(find(&found, "go")["level"], "error");
        assert_eq!(find(&found, "go on PATH")["level"], "note");
        // Of another release.
        for dir in ["go/bin", "go/pkg/tool", "go/src"] {
            std::fs::create_dir_all(w.path(dir)).unwrap();
        }
        std::fs::write(w.path("go/VERSION"), "go1.25.1\n").unwrap();
        std::fs::write(w.path("go/bin/go"), "#!/bin/sh\n").unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(w.path("go/bin/go"), mode).unwrap();
        w.set("FORGO_GO", "$W/go/bin/go");
        let release = findings(w);
        let release = find(&release, "release");
        assert_eq!(
            (&release["level"], &release["facts"]["supported"]),
            (&"error".into(), &false.into())
        );
    });
}

#[test]
fn toolchains_that_go_mod_asks_for() {
    each(MODULE, |w| {
        w.set("GOTOOLCHAIN", "auto");
        w.write("go.mod", "module m\n\ngo 1.26\n\ntoolchain go1.99.1\n");
        let found = findings(w);
        let toolchain = find(&found, "toolchain");
        assert_eq!(
            (&toolchain["level"], &toolchain["facts"]["name"]),
            (&"note".into(), &"go1.99.1".into())
        );
        // It downloads nothing.
        assert!(!w.path("gopath/pkg").exists());
        let dir = "gopath/pkg/mod/golang.org/toolchain@v0.0.1-go1.99.1.linux-amd64";
        for sub in ["bin", "src"] {
            std::fs::create_dir_all(w.path(&format!("{dir}/{sub}"))).unwrap();
        }
        for file in ["bin/go", "src/go.mod", "src/_go.mod"] {
            std::fs::write(w.path(&format!("{dir}/{file}")), "").unwrap();
        }
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(w.path(&format!("{dir}/bin/go")), mode).unwrap();
        let found = findings(w);
        assert_eq!(find(&found, "toolchain")["level"], "warning");
        w.set("GOTOOLCHAIN", "path");
        assert_eq!(find(&findings(w), "toolchain")["level"], "error");
    });
}

#[test]
fn settings_that_are_not_valid() {
    each(MODULE, |w| {
        for (key, value, topic) in [
            ("FORGO_VERIFY", "much", "variables"),
            ("GOEXPERIMENT", "nosuch", "settings"),
            ("GOFLAGS", "x", "settings"),
            ("GOPATH", "relative", "settings"),
            ("GOROOT", "$W/none", "settings"),
            ("GOCACHE", "relative", "cache"),
            ("GOTMPDIR", "$W/none", "temporary"),
        ] {
            w.unset_all();
            w.set(key, value);
            let found = findings(w);
            let bad = |f: &&Value| f["topic"] == topic && f["level"] == "error";
            assert!(found.iter().any(|f| bad(&f)), "{key}: {found:#?}");
        }
        w.unset_all();
        w.set("FORGO_EXTRA", "off");
        let warns = |f: &Value| f["topic"] == "variables" && f["level"] == "warning";
        assert!(findings(w).iter().any(warns));
    });
}
