//! The settings of every test run: flags, time limits, the coverage profile, the day before which
//! cached results do not count. Answers to the middle of runTest in cmd/go/internal/test/test.go
//! and to initCoverProfile in cover.go.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use forgo_build::actions::test_settings::{CoverProfile, TestSettings};
use forgo_cache::disk::{DiskCache, parse_expiry};
use forgo_golang::path;
use forgo_load::config::Config;
use forgo_load::process::errno_text;
use forgo_load::{disk, footprint};

use super::flags::{self, TestFlags};
use crate::commands::Invocation;
use crate::exit::{Outcome, Stop};

/// A test that ignores its own alarm gets this much more.
const BACKUP: Duration = Duration::from_secs(60);
const LEAST_WAIT: Duration = Duration::from_secs(5);

/// From the flags; `packages` is how many are tested.
pub fn resolve(
    invocation: &Invocation<'_>,
    given: &TestFlags,
    exec: Vec<String>,
    packages: usize,
) -> Outcome<TestSettings> {
    let (set, cfg) = (&invocation.flags, invocation.cfg());
    let has = |name: &str| flags::value(set, name).is_some_and(|v| !v.is_empty());
    let (bench, fuzz) = (has("bench"), has("fuzz"));
    let local_directory = given.packages.is_empty();
    let show_pass = given.verbose || has("list") || given.help;
    let mut settings = TestSettings {
        local_directory,
        args: given.args.clone(),
        exec,
        json: given.json,
        names_failed_build: given.json_builds,
        show_pass,
        stream: local_directory || bench || fuzz,
        stream_and_keep: show_pass && (packages == 1 || cfg.flags.p == 1) || given.json,
        marked: given.marked,
        fail_fast: flags::on(set, "failfast"),
        fuzz,
        cover_profile: cover_profile(cfg, set.text("coverprofile"), given, set.on("c"))?,
        cache_expire: cache_expire(cfg),
        ..TestSettings::default()
    };
    if given.timeout > 0 && !fuzz && !bench {
        let timeout = Duration::from_nanos(given.timeout.unsigned_abs());
        let wait = LEAST_WAIT.max(timeout / 10);
        settings.wait_delay = Some(wait);
        settings.kill_after = Some(timeout + wait.max(BACKUP));
    }
    Ok(settings)
}

/// Begins the profile, in place of an older one.
fn cover_profile(
    cfg: &Config,
    name: &str,
    given: &TestFlags,
    compile_only: bool,
) -> Outcome<Option<CoverProfile>> {
    if name.is_empty() || compile_only {
        return Ok(None);
    }
    let file = if name.starts_with('/') {
        name.to_owned()
    } else {
        path::join2(&given.output_dir, name)
    };
    footprint::refuse("a coverage profile is written");
    let failed = |e: std::io::Error| Stop::fatal(format!("open {file}: {}", errno_text(&e)));
    let header = format!("mode: {}\n", cfg.flags.cover_mode);
    #[expect(
        clippy::disallowed_methods,
        reason = "no answer is kept: refused just now"
    )]
    let mut out = std::fs::File::create(&file).map_err(failed)?;
    out.write_all(header.as_bytes()).map_err(failed)?;
    Ok(Some(CoverProfile {
        header,
        file: Mutex::new(out),
    }))
}

/// When `clean -testcache` was last run.
fn cache_expire(cfg: &Config) -> Option<SystemTime> {
    if cfg.dirs.gocache.is_empty() || cfg.dirs.gocache == "off" {
        return None;
    }
    let file = DiskCache::at(&cfg.dirs.gocache).expiry_file();
    parse_expiry(&disk::read_to_string(file).ok()?)
}
