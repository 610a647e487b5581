//! What all test runs of an invocation share.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

/// The settings that all test runs of an invocation share.
#[derive(Debug, Default)]
pub struct TestSettings {
    /// No package was named: the current directory is tested, and nothing is cached.
    pub local_directory: bool,
    /// Arguments of every test binary.
    pub args: Vec<String>,
    /// `-exec`, split.
    pub exec: Vec<String>,
    /// `-json`.
    pub json: bool,
    /// The last event of a test that did not build names what failed to build.
    pub names_failed_build: bool,
    /// Output of tests that pass is shown: -v, -list, -args -h.
    pub show_pass: bool,
    /// Output goes straight to standard output: -bench, -fuzz, local directory.
    pub stream: bool,
    /// Output is shown as it comes, and kept.
    pub stream_and_keep: bool,
    /// Framing lines are marked (`-v=test2json`).
    pub marked: bool,
    /// `-failfast`.
    pub fail_fast: bool,
    /// `-fuzz` was given.
    pub fuzz: bool,
    /// `-coverprofile`.
    pub cover_profile: Option<CoverProfile>,
    /// -coverpkg chose packages.
    pub covers_packages: bool,
    /// When a test that does not end is ended.
    pub kill_after: Option<Duration>,
    /// How long to wait for the rest of the output when a test has ended; without end if none.
    pub wait_delay: Option<Duration>,
    /// Older results are not used (`clean -testcache`).
    pub cache_expire: Option<SystemTime>,
    /// A test failed under -failfast.
    pub failed: AtomicBool,
}

/// The coverage profile that those of all tests are merged into.
#[derive(Debug)]
pub struct CoverProfile {
    /// What every profile begins with.
    pub header: String,
    /// Open for writing, behind the header.
    pub file: Mutex<std::fs::File>,
}
