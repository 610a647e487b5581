//! What else a test's result may depend on, besides what its log names: the time zone, the user,
//! the variables that Go's runtime reads by itself. For the stock command these are the same as at
//! the last run, because it only repeats a result where nothing else changed; or the text of a
//! modification time has the zone in it. A result by content ([`super::test_contents`]) may be of
//! another day, session or checkout.

use std::path::Path;

use forgo_golang::raw;
use forgo_load::disk;
use forgo_load::footprint;
use forgo_load::local_time::DIRS;
use sha2::{Digest, Sha256};

use crate::action::ActionCx;
use crate::actions::test_files::{Reader, Sum, line};
use crate::actions::test_inputs;
use crate::actions::test_powers::Powers;
use forgo_load::disk::Because;

/// Variables that the runtime, package time, package net and the dynamic loader read without a line
/// in the log.
const VARIABLES: [&str; 15] = [
    "GODEBUG",
    "GOGC",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "GORACE",
    "GOROOT",
    "GOTRACEBACK",
    "HOSTALIASES",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LOCALDOMAIN",
    "MALLOC_ARENA_MAX",
    "RES_OPTIONS",
    "TZ",
    "ZONEINFO",
];

/// Lines of /proc/self/status that decide which files may be read and which modes new ones have.
const STATUS: [&str; 7] = [
    "Umask:",
    "Uid:",
    "Gid:",
    "Groups:",
    "CapEff:",
    "NoNewPrivs:",
    "Seccomp:",
];

/// The digest of all that.
pub(super) fn sum(cx: &ActionCx<'_>, powers: Powers, reader: &mut Reader) -> Option<Sum> {
    let mut sum = Sha256::new();
    for name in VARIABLES {
        line(&mut sum, name, &test_inputs::variable(cx, name));
    }
    let env = &cx.config().env;
    if powers.environment {
        footprint::refuse("a test may read all variables");
        let mut all: Vec<_> = env.orig.iter().collect();
        all.sort_unstable();
        for (name, value) in all {
            line(&mut sum, "variable", &raw::bytes(name));
            line(&mut sum, "is", &raw::bytes(value));
        }
    }
    let status = disk::own::read_to_string(Because::Process, "/proc/self/status").ok()?;
    for text in status.lines() {
        if STATUS.iter().any(|name| text.starts_with(name)) {
            line(&mut sum, "status", text.as_bytes());
        }
    }
    if powers.host {
        let name = disk::own::read(Because::Process, "/proc/sys/kernel/hostname").ok()?;
        line(&mut sum, "host", &name);
    }
    zone(cx, reader, &mut sum)?;
    if powers.zones {
        for dir in DIRS {
            line(&mut sum, dir, &reader.listings(Path::new(dir))?);
        }
        for name in [env.os("ZONEINFO"), &zip(cx)] {
            if name.starts_with('/') {
                line(&mut sum, "zoneinfo", &reader.path(Path::new(name))?);
            }
        }
    }
    Some(sum.finalize().into())
}

/// Adds the file that defines the local time zone, found as package time finds it (initLocal).
fn zone(cx: &ActionCx<'_>, reader: &mut Reader, sum: &mut Sha256) -> Option<()> {
    let vars = &cx.config().env.vars;
    let name = match vars.get("TZ") {
        None => "/etc/localtime",
        Some(name) => name.strip_prefix(':').unwrap_or(name),
    };
    if matches!(name, "" | "UTC") {
        return Some(());
    }
    if name.starts_with('/') {
        line(sum, "zone", &reader.path(Path::new(name))?);
        return Some(());
    }
    for dir in DIRS {
        let file = Path::new(dir).join(name);
        line(sum, "zone", &reader.path(&file)?);
        if disk::whole_metadata(&file).is_ok_and(|meta| meta.is_file()) {
            return Some(());
        }
    }
    line(sum, "zone", &reader.path(Path::new(&zip(cx)))?);
    Some(())
}

/// The zones of the distribution.
fn zip(cx: &ActionCx<'_>) -> String {
    format!("{}/lib/time/zoneinfo.zip", cx.config().dist.goroot)
}
