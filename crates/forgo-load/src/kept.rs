//! Answers of programs, kept in [files](forgo_cache::disk::KeptFile) of the cache, as long as all
//! that they depend on is unchanged.

use std::io::Read as _;
use std::sync::LazyLock;

use forgo_cache::disk::{DiskCache, KeyText};
use rustix::process::Resource;

use crate::clock::{self, For};
use crate::config::Config;
use crate::disk::{self, Because};
use crate::footprint::{Notes, Table, is_noise};

/// The cache on disk, for what forgo keeps there for itself; `None` where it keeps nothing.
pub fn local_cache(cfg: &Config) -> Option<DiskCache> {
    let gocache = &cfg.dirs.gocache;
    (cfg.extras && gocache.starts_with('/')).then(|| DiskCache::at(gocache))
}

/// What the process may do, as a part of keys: another one may read or write less, or start fewer
/// processes.
pub fn rights() -> &'static [u8; 32] {
    static RIGHTS: LazyLock<[u8; 32]> = LazyLock::new(find_rights);
    &RIGHTS
}

#[expect(
    clippy::disallowed_methods,
    reason = "the part of the keys is made here"
)]
fn find_rights() -> [u8; 32] {
    let mut text = KeyText::default();
    let ids = [
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
        // git asks for the real one.
        rustix::process::getuid().as_raw(),
    ];
    text.list(ids.map(u32::to_le_bytes).iter().map(|id| &id[..]));
    let groups = rustix::process::getgroups().unwrap_or_default();
    let groups: Vec<_> = groups.iter().map(|id| id.as_raw().to_le_bytes()).collect();
    text.list(groups.iter().map(|id| &id[..]));
    // Capabilities, the mask of permissions, filters of system calls; Linux's alone.
    let mut status = [0; 8 << 10];
    let read = disk::own::open(Because::Process, "/proc/self/status")
        .and_then(|mut file| file.read(&mut status));
    let status = String::from_utf8_lossy(&status[..read.unwrap_or_default()]);
    let counts = |line: &&str| {
        let names = ["Umask:", "CapEff:", "Seccomp:", "NoNewPrivs:"];
        names.iter().any(|name| line.starts_with(name))
    };
    text.list(status.lines().filter(counts).map(str::as_bytes));
    let limits = [
        Resource::As,
        Resource::Core,
        Resource::Cpu,
        Resource::Data,
        Resource::Fsize,
        Resource::Nofile,
        Resource::Nproc,
        Resource::Stack,
    ];
    for limit in limits.map(rustix::process::getrlimit) {
        for value in [limit.current, limit.maximum] {
            text.add(&value.unwrap_or(u64::MAX).to_le_bytes());
        }
    }
    text.sum()
}

const ANSWER: &[u8; 8] = b"forgoA1\n";

/// Returns a program's answer to `words`, in the environment that all children get. `note` notes
/// the inputs that the answer depends on, or returns `None` if it can't; `ask` runs the program,
/// and notes the inputs that the answer itself names. An answer is used again while all noted
/// inputs are unchanged.
pub fn answer(
    cfg: &Config,
    words: &[&str],
    note: impl FnOnce(&Notes) -> Option<()>,
    ask: impl FnOnce(&Notes) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let Some(cache) = local_cache(cfg) else {
        return ask(&Notes::new(&cfg.cwd));
    };
    let file = cache.kept_file(key(cfg, words), ANSWER);
    if let Some(content) = file.read()
        && let Some((inputs, answer)) = Table::parse(&content)
        && inputs.holds()
    {
        return Some(answer.to_vec());
    }
    let start = clock::now(For::Settled);
    let notes = Notes::new(&cfg.cwd);
    let noted = note(&notes);
    let answer = ask(&notes)?;
    let footprint = notes.take();
    if noted.is_some() && footprint.refused.is_none() && footprint.settled(start) {
        let mut content = Vec::new();
        if Table::write(&footprint.inputs, &mut content).is_some()
            && Table::parse(&content).is_some_and(|(inputs, _)| inputs.holds())
        {
            content.extend_from_slice(&answer);
            file.store(&content);
        }
    }
    Some(answer)
}

const LASTING: &[u8; 8] = b"forgoL2\n";

/// Returns an answer kept under a key that covers all that the answer depends on: it never changes.
pub fn lasting(
    cfg: &Config,
    key: &[u8; 32],
    ask: impl FnOnce() -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let Some(cache) = local_cache(cfg) else {
        return ask();
    };
    let file = cache.kept_file(*key, LASTING);
    if let Some(answer) = file.read() {
        return Some(answer.to_vec());
    }
    let answer = ask()?;
    file.store(&answer);
    Some(answer)
}

fn key(cfg: &Config, words: &[&str]) -> [u8; 32] {
    let mut text = KeyText::default();
    text.add(b"answer of a program");
    text.add(rights());
    text.list(words.iter().map(|w| w.as_bytes()));
    let variables = cfg.env.orig.iter().chain(&cfg.env.cmd);
    let variables = variables.filter(|(name, _)| !is_noise(name));
    text.list(variables.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]));
    text.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::footprint::Look;
    use std::time::SystemTime;

    #[test]
    fn answers_hold_as_long_as_what_they_depend_on() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("input").to_str().unwrap().to_owned();
        let mut cfg = Config {
            extras: true,
            ..Config::default()
        };
        cfg.dirs.gocache = dir.path().join("cache").to_str().unwrap().to_owned();
        std::fs::create_dir(&cfg.dirs.gocache).unwrap();
        let settle = || std::thread::sleep(std::time::Duration::from_millis(120));
        let ask = |cfg: &Config, word: &str, said: &str| {
            let note = |notes: &Notes| {
                notes.saw(&file, Look::Whole);
                Some(())
            };
            let said = answer(cfg, &["program", word], note, |_| Some(said.into())).unwrap();
            String::from_utf8(said).unwrap()
        };
        // Not yet relied on; a busy machine may take its time, so the time is set in the future.
        let write = |text: &str, time: SystemTime| {
            std::fs::write(&file, text).unwrap();
            let opened = std::fs::File::options().write(true).open(&file).unwrap();
            opened.set_modified(time).unwrap();
        };
        let now = SystemTime::now();
        let to_come = now + std::time::Duration::from_secs(3600);
        write("1", to_come);
        assert_eq!(ask(&cfg, "a", "too new"), "too new");
        write("1", now);
        settle();
        assert_eq!(ask(&cfg, "a", "first"), "first");
        assert_eq!(ask(&cfg, "a", "again"), "first");
        assert_eq!(ask(&cfg, "b", "other question"), "other question");
        write("2", to_come);
        assert_eq!(ask(&cfg, "a", "second"), "second");
        write("2", now);
        settle();
        assert_eq!(ask(&cfg, "a", "third"), "third");
        assert_eq!(ask(&cfg, "a", "fourth"), "third");
        cfg.env.orig.push(("TERM".into(), "x".into()));
        assert_eq!(ask(&cfg, "a", "fifth"), "third");
        cfg.env.orig.push(("LANG".into(), "x".into()));
        assert_eq!(ask(&cfg, "a", "sixth"), "sixth");
        cfg.extras = false;
        assert_eq!(ask(&cfg, "a", "seventh"), "seventh");
    }
}
