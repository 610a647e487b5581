//! Lets tools use free memory instead of collecting garbage: a compile is over soon, and the memory
//! that it would have collected is returned at once. Its output is the same.
//!
//! Nothing of the kind is in cmd/go.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use forgo_load::config::Config;
use forgo_load::disk;

use crate::shell::free_memory;
use forgo_load::clock::{self, For};
use forgo_load::disk::Because;

/// For how long an answer about free memory serves all compiles that begin: there may be many, and
/// each question takes three files.
const FRESH: Duration = Duration::from_millis(100);

/// What one compile may be given at most.
const MOST: u64 = 1 << 30;

/// What a compile that collects nothing needs beyond its sources. Measured, rounded up.
const START: u64 = 64 << 20;

/// Bytes allocated for each byte of source. Measured: 250 to 300 for packages of more than 1 MB.
const PER_BYTE: u64 = 350;

/// Variables for a compile or a vet of these source files: `GOGC=off` with a limit, where no
/// collection is likely to be needed below the limit, and the limit is free. A tool that came near
/// the limit would be slower than one that collects from the beginning. The user's own settings
/// stand.
pub fn for_sources<F: AsRef<str>>(
    config: &Config,
    sources: impl IntoIterator<Item = F>,
) -> Vec<String> {
    if !is_ours(config) {
        return Vec::new();
    }
    let Some(free) = free_lately() else {
        return Vec::new();
    };
    // They are inputs already.
    let size =
        |file: F| disk::own::metadata(Because::Noted, file.as_ref()).map_or(0, |meta| meta.len());
    let sizes = sources.into_iter().map(size).sum();
    match limit(free, config.flags.p, sizes) {
        Some(limit) => vec!["GOGC=off".to_owned(), format!("GOMEMLIMIT={limit}")],
        None => Vec::new(),
    }
}

/// Returns variables for a link. Most of the memory that it uses holds files, and the rest is
/// large: it collects half as often, for which it needs hardly more. A linker that may start the C
/// compiler, which inherits its environment, gets nothing.
pub fn for_link(config: &Config, may_link_externally: bool) -> Vec<String> {
    match is_ours(config) && !may_link_externally {
        true => vec!["GOGC=200".to_owned()],
        false => Vec::new(),
    }
}

/// Whether it is left to us how tools collect garbage.
fn is_ours(config: &Config) -> bool {
    let set = |name: &str| config.env.vars.contains_key(name);
    let set_by_user = ["GOGC", "GOMEMLIMIT", "GODEBUG"].into_iter().any(set);
    config.extras && config.flags.toolexec.is_empty() && !set_by_user
}

/// Returns the limit for one of `p` compiles at once. Half of the free memory stays free, for links
/// and for other processes that make the same calculation.
fn limit(free: u64, p: usize, sources: u64) -> Option<u64> {
    let limit = (free / 2 / p.max(1) as u64).min(MOST);
    let needed = START.saturating_add(sources.saturating_mul(PER_BYTE));
    (needed <= limit).then_some(limit)
}

/// [`free_memory`], a short while ago.
fn free_lately() -> Option<u64> {
    static LAST: Mutex<Option<(Instant, Option<u64>)>> = Mutex::new(None);
    let mut last = LAST.lock().ok()?;
    match *last {
        Some((then, free)) if then.elapsed() < FRESH => free,
        _ => {
            let now = free_memory();
            *last = Some((clock::instant(For::Schedule), now));
            now
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_free() {
        const GIB: u64 = 1 << 30;
        assert_eq!(limit(16 * GIB, 2, 500_000), Some(GIB));
        assert_eq!(limit(16 * GIB, 16, 500_000), Some(GIB / 2));
        // Too large for a limit, too little free.
        assert_eq!(limit(16 * GIB, 2, 5_000_000), None);
        assert_eq!(limit(GIB / 4, 2, 1000), None);
        assert_eq!(limit(GIB, 0, u64::MAX), None);
    }

    #[test]
    fn the_users_settings_stand() {
        let mut config = Config {
            extras: true,
            ..Config::default()
        };
        config.flags.p = 1;
        config.env.vars.insert("GOGC".into(), "50".into());
        assert!(for_sources(&config, ["x.go"]).is_empty());
    }
}
