//! The rules by which forgo derives results, and what a run knows of them. `reuse::trust` decides
//! by it whether a derived result is used.

pub(crate) mod record;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use record::{Kept, Record};

/// A way in which forgo derives a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// An archive is the one of other inputs that the compiler reads the same of, but for its build
    /// ID.
    Restamp,
    /// An archive is that of another directory, but for the names in it.
    Move,
    /// So are the objects that the assembler made in it.
    Assembly,
    /// The Go part of a cgo package depends on nothing but the Go files and what cgo wrote.
    GoPart,
    /// What vet found in another directory holds here.
    Vet,
    /// forgo's linker writes the bytes of cmd/link.
    Link,
}

/// What a rule is held to.
pub(crate) struct Terms {
    /// Its name in records and messages. Never changed.
    pub(crate) name: &'static str,
    /// Raised by each change of what the rule derives, so that it is proven again.
    pub(crate) version: u32,
    /// The tool whose work is skipped.
    pub(crate) tool: &'static str,
    /// How many different packages' results must agree.
    pub(crate) enough: usize,
    /// The tools of listed releases need no proof.
    pub(crate) listed: bool,
}

impl Rule {
    /// How many there are.
    pub(crate) const COUNT: usize = 6;

    /// Returns the conditions that the rule has to meet.
    pub(crate) const fn terms(self) -> Terms {
        let (name, version, tool, enough) = match self {
            Rule::Restamp => ("restamped archives", 1, "compile", 20),
            Rule::Move => ("moved archives", 1, "compile", 20),
            // Fewer packages have assembly or cgo. Each is held to the rules above as well.
            Rule::Assembly => ("moved archives with assembly", 1, "asm", 5),
            Rule::GoPart => ("Go parts of cgo packages", 1, "compile", 5),
            Rule::Vet => ("moved results of vet", 1, "vet", 20),
            Rule::Link => ("links by forgo", 1, "link", 20),
        };
        Terms {
            name,
            version,
            tool,
            enough,
            // Programs differ more than archives: each cache sees its own proof.
            listed: !matches!(self, Rule::Link),
        }
    }
}

/// Where a rule stands with a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its results are used.
    Trusted,
    /// The results of these packages agreed, which are not enough.
    Proving(BTreeSet<String>),
    /// A result differed.
    Distrusted,
}

impl Standing {
    /// Decides by the record in the cache, and whether the tool is [listed](forgo_golang::release).
    pub(crate) fn of(kept: Kept, listed: bool, enough: usize) -> Standing {
        match kept {
            Kept::Differs => Standing::Distrusted,
            Kept::Agreed(all) if listed || all.len() >= enough => Standing::Trusted,
            Kept::Agreed(all) => Standing::Proving(all),
        }
    }
}

/// What a run knows of a rule.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) tool: String,
    pub(crate) record: Record,
    pub(crate) standing: Mutex<Standing>,
}

impl Subject {
    /// Where it stands. A panic elsewhere can't leave that half changed.
    pub(crate) fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where all rules stand, each looked up when it is first asked for.
#[derive(Debug, Default)]
pub struct Trust {
    pub(crate) subjects: [OnceLock<Subject>; Rule::COUNT],
}

/// A derived archive that is compared with the compiler's.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The rules it was derived by.
    pub rules: &'static [Rule],
    /// The build ID that the compiler's archive should come to have. It holds a hash of all the
    /// other bytes.
    pub build_id: String,
    /// What the compiler should print.
    pub said: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_beats_the_list_and_any_number() {
        let agreed = |n: usize| Kept::Agreed((0..n).map(|i| i.to_string()).collect());
        assert_eq!(Standing::of(Kept::Differs, true, 0), Standing::Distrusted);
        assert_eq!(Standing::of(agreed(0), true, 20), Standing::Trusted);
        assert_eq!(Standing::of(agreed(20), false, 20), Standing::Trusted);
        let proving = Standing::of(agreed(19), false, 20);
        assert!(matches!(proving, Standing::Proving(all) if all.len() == 19));
    }

    #[test]
    fn rules_are_told_apart() {
        let rules = [
            Rule::Restamp,
            Rule::Move,
            Rule::Assembly,
            Rule::GoPart,
            Rule::Vet,
            Rule::Link,
        ];
        let names: BTreeSet<_> = rules.iter().map(|rule| rule.terms().name).collect();
        assert_eq!(names.len(), Rule::COUNT);
        assert!(rules.iter().all(|rule| (*rule as usize) < Rule::COUNT));
        assert!(rules.iter().all(|rule| rule.terms().enough > 1));
    }
}
