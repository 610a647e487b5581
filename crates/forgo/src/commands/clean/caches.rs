//! `go clean -cache`, `-testcache`, `-modcache`, `-fuzzcache`.
//!
//! Answers to runClean in cmd/go/internal/clean/clean.go and modfetch.RemoveAll.

use forgo_load::disk::{self, Because};
use std::os::unix::fs::PermissionsExt;

use forgo_cache::disk::DiskCache;
use forgo_load::config::Config;
use forgo_load::process::errno_text;
use forgo_load::remove::remove_all;

use crate::exit::{Outcome, Stop};
use crate::report::Console;
use crate::session::Store;

/// The directory of the build cache, `None` when it is off.
fn cache_dir(cfg: &Config) -> Outcome<Option<&str>> {
    match &cfg.dirs.gocache_error {
        Some(error) => Err(Stop::fatal(format!("go: {error}"))),
        None if cfg.dirs.gocache == "off" => Ok(None),
        None => Ok(Some(&cfg.dirs.gocache)),
    }
}

/// Shows `rm -rf` of the directories that exist; then removes them. Returns the first error.
fn remove_shown(cfg: &Config, console: &Console, paths: &[String]) -> Result<(), String> {
    let there = |p: &String| match disk::own::metadata(Because::Handed, p) {
        Ok(_) => true,
        Err(e) => e.kind() != std::io::ErrorKind::NotFound,
    };
    if cfg.flags.shows_commands() && paths.iter().any(there) {
        console.print(format!("rm -rf {}\n", paths.join(" ")));
    }
    if cfg.flags.n {
        return Ok(());
    }
    let mut first = Ok(());
    for path in paths {
        first = first.and(remove_all(path));
    }
    first
}

/// Everything in the build cache but its own directory, tests' fuzz corpora and notes.
pub fn build_cache(cfg: &Config, console: &Console) -> Outcome {
    let Some(dir) = cache_dir(cfg)? else {
        return Ok(());
    };
    let is_shard = |name: &str| {
        name.len() == 2 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut shards: Vec<String> = disk::own::read_dir(Because::Handed, dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|name| is_shard(name))
        .map(|name| format!("{dir}/{name}"))
        .collect();
    shards.sort();
    let mut result = Ok(());
    if !shards.is_empty() {
        result = remove_shown(cfg, console, &shards);
    }
    let log = remove_shown(cfg, console, &[format!("{dir}/log.txt")]);
    if let Err(why) = result.and(log) {
        console.error(&format!("go: {why}"));
    }
    Ok(())
}

/// Notes that test results from before now do not count.
pub fn test_results(cfg: &Config, console: &Console) -> Outcome {
    let Some(dir) = cache_dir(cfg)? else {
        return Ok(());
    };
    let cache = DiskCache::at(dir);
    if let Err(e) = cache.expire_tests()
        && disk::own::metadata(Because::Handed, dir).is_ok()
    {
        let file = cache.expiry_file();
        console.error(&format!("go: open {file}: {}", errno_text(&e)));
    }
    Ok(())
}

/// The module cache. Its directories are read-only.
pub fn module_cache(cfg: &Config, console: &Console) -> Outcome {
    let dir = &cfg.dirs.gomodcache;
    if dir.is_empty() {
        return Err(Stop::fatal(
            "go: cannot clean -modcache without a module cache",
        ));
    }
    if cfg.flags.shows_commands() {
        console.print(format!("rm -rf {dir}\n"));
    }
    if !cfg.flags.n {
        make_writable(std::path::Path::new(dir));
        if let Err(why) = remove_all(dir) {
            console.error(&format!("go: {why}"));
        }
    }
    Ok(())
}

/// A directory that can't be made writable fails again when it is removed.
fn make_writable(dir: &std::path::Path) {
    #[expect(clippy::disallowed_methods, reason = "answers of clean are not kept")]
    let _ = std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o777));
    for entry in disk::own::read_dir(Because::Handed, dir)
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            make_writable(&entry.path());
        }
    }
}

/// Inputs that fuzzing found.
pub fn fuzz_cache(cfg: &Config, console: &Console) -> Outcome {
    let dir = Store::open(cfg, console)?.cache.local_part().fuzz_dir();
    if let Err(why) = remove_shown(cfg, console, &[dir]) {
        console.error(&format!("go: {why}"));
    }
    Ok(())
}
