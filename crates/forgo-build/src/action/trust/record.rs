//! What a cache knows of a rule and a tool: which packages' results agreed, or that one differed.
//!
//! ```text
//! forgo: trust 1
//! rule "moved archives" 1                   the rule and its version
//! tool "compile version go1.27.1"           the tool's ID
//! agreed example.com/m/a                    a package whose result was compared
//! ```
//!
//! Two notes of the cache, so that no process that writes down an agreement can overwrite a
//! difference. The one of the difference is never replaced, and counts even when it is damaged. A
//! note of agreements that is damaged, or that another process is just writing, counts as none.

use std::collections::BTreeSet;
use std::time::Duration;

use forgo_cache::disk::{DiskCache, Locked};
use forgo_cache::{ActionId, HashContext};
use forgo_golang::quote::quote;

/// How often is tried to become the one process that writes, and how long apart. An agreement that
/// is not written is proved once more by a later run.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(2);

/// The record that the cache has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The results of these packages agreed; none differed.
    Agreed(BTreeSet<String>),
    /// A result differed.
    Differs,
}

/// The record of a rule and a tool.
#[derive(Debug)]
pub struct Record {
    agreements: ActionId,
    difference: ActionId,
    head: String,
}

impl Record {
    /// That of a rule's version and a tool.
    pub fn of(hashes: &HashContext, rule: &str, version: u32, tool: &str) -> Record {
        let head = format!(
            "forgo: trust 1\nrule {} {version}\ntool {}\n",
            quote(rule),
            quote(tool)
        );
        let id = |what: &str| {
            let mut hash = hashes.new_own_hash(what);
            hash.write(head.as_bytes());
            hash.action_id()
        };
        Record {
            agreements: id("trust"),
            difference: id("distrust"),
            head,
        }
    }

    /// Reads it.
    pub fn read(&self, cache: &DiskCache) -> Kept {
        if cache.has_note(&self.difference) {
            // Its use is marked, so that trimming leaves it.
            let _ = cache.note(&self.difference);
            return Kept::Differs;
        }
        let text = cache.note(&self.agreements);
        Kept::Agreed(text.and_then(|text| self.parse(&text)).unwrap_or_default())
    }

    fn parse(&self, text: &[u8]) -> Option<BTreeSet<String>> {
        let lines = std::str::from_utf8(text).ok()?.strip_prefix(&self.head)?;
        let package = |line: &str| Some(line.strip_prefix("agreed ")?.to_owned());
        lines.lines().map(package).collect()
    }

    /// Adds packages to those that agreed. Returns the record that the cache then has; other
    /// processes may have added some, or found a difference.
    pub fn add(&self, cache: &DiskCache, agreed: &BTreeSet<String>) -> Kept {
        let lock = (0..TRIES).find_map(|attempt| {
            if attempt > 0 {
                std::thread::sleep(PAUSE);
            }
            match cache.try_lock(&self.agreements) {
                Locked::Held(lock) => Some(Some(lock)),
                Locked::Never => Some(None),
                Locked::Elsewhere => None,
            }
        });
        let Kept::Agreed(mut all) = self.read(cache) else {
            return Kept::Differs;
        };
        let known = all.len();
        all.extend(agreed.iter().cloned());
        if lock.is_some() && all.len() > known {
            let lines = all.iter().map(|package| format!("agreed {package}\n"));
            let text = lines.fold(self.head.clone(), |text, line| text + &line);
            // Proved again by a later run where it can't be kept.
            let _ = cache.put_note(&self.agreements, text.as_bytes());
        }
        Kept::Agreed(all)
    }

    /// Writes down that a result differed.
    pub fn differs(&self, cache: &DiskCache, why: &str) {
        if !cache.has_note(&self.difference) {
            let text = format!("{}differs {}\n", self.head, quote(why));
            let _ = cache.put_note(&self.difference, text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forgo_cache::Formulas;

    struct Fixture {
        dir: tempfile::TempDir,
        record: Record,
    }

    impl Fixture {
        fn new() -> Fixture {
            Fixture {
                dir: tempfile::tempdir().unwrap(),
                record: of("compile version go1.27.1", 1),
            }
        }

        /// As each process opens it.
        fn open(&self) -> DiskCache {
            DiskCache::open(self.dir.path().to_str().unwrap(), None).unwrap()
        }

        fn read(&self) -> Kept {
            self.record.read(&self.open())
        }

        fn file(&self, id: &ActionId) -> std::path::PathBuf {
            let id = id.to_string();
            self.dir.path().join(&id[..2]).join(format!("{id}-note-d"))
        }
    }

    fn of(tool: &str, version: u32) -> Record {
        let hashes = HashContext::new("go1.27.1", Formulas::Known, None, false);
        Record::of(&hashes, "moved archives", version, tool)
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn agreements_add_up_and_belong_to_one_rule_and_tool() {
        let f = Fixture::new();
        assert_eq!(f.read(), Kept::Agreed(set(&[])));
        f.record.add(&f.open(), &set(&["a"]));
        let all = f.record.add(&f.open(), &set(&["b", "a"]));
        assert_eq!(all, Kept::Agreed(set(&["a", "b"])));
        assert_eq!(f.read(), all);
        for other in [
            of("compile version go1.27.2", 1),
            of("compile version go1.27.1", 2),
        ] {
            assert_eq!(other.read(&f.open()), Kept::Agreed(set(&[])));
        }
    }

    #[test]
    fn a_difference_outlives_agreements_and_damage() {
        let f = Fixture::new();
        f.record.add(&f.open(), &set(&["a"]));
        f.record.differs(&f.open(), "b");
        assert_eq!(f.read(), Kept::Differs);
        assert_eq!(f.record.add(&f.open(), &set(&["c"])), Kept::Differs);
        std::fs::write(f.file(&f.record.difference), "").unwrap();
        f.record.differs(&f.open(), "d");
        assert_eq!(f.read(), Kept::Differs);
    }

    #[test]
    fn a_damaged_record_proves_nothing() {
        let f = Fixture::new();
        f.record.add(&f.open(), &set(&["a", "b"]));
        let file = f.file(&f.record.agreements);
        let whole = std::fs::read(&file).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&file, &whole[..length]).unwrap();
            assert_eq!(f.read(), Kept::Agreed(set(&[])));
        }
        // Whole, but of another rule.
        let other = of("compile version go1.27.2", 1);
        let cache = f.open();
        cache
            .put_note(&f.record.agreements, other.head.as_bytes())
            .unwrap();
        assert_eq!(f.read(), Kept::Agreed(set(&[])));
        cache
            .put_note(
                &f.record.agreements,
                format!("{}x\n", f.record.head).as_bytes(),
            )
            .unwrap();
        assert_eq!(f.read(), Kept::Agreed(set(&[])));
    }

    #[test]
    fn processes_at_once_lose_nothing_for_long() {
        let f = Fixture::new();
        std::thread::scope(|scope| {
            for process in 0..4 {
                let f = &f;
                scope.spawn(move || {
                    let (cache, mut own) = (f.open(), BTreeSet::new());
                    for package in 0..10 {
                        own.insert(format!("{process}/{package}"));
                        f.record.add(&cache, &own);
                    }
                    // As a run does as long as it goes on.
                    while !matches!(f.record.read(&cache), Kept::Agreed(all) if own.is_subset(&all))
                    {
                        f.record.add(&cache, &own);
                    }
                });
            }
        });
        assert!(matches!(f.read(), Kept::Agreed(all) if all.len() == 40));
        std::thread::scope(|scope| {
            scope.spawn(|| f.record.differs(&f.open(), "x"));
            scope.spawn(|| f.record.add(&f.open(), &set(&["z"])));
        });
        assert_eq!(f.read(), Kept::Differs);
    }
}
