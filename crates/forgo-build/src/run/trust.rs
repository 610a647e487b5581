//! Proof before trust: a result that forgo derives without running a tool is used only where the
//! derivation is proven for that tool.
//!
//! Each [`Rule`] rests on something that no format promises: that the compiler's archives of two
//! directories differ in names alone, for one. It holds for a tool, named by its ID as keys have
//! it. The tools of listed releases ([`release`]) were compared. Of any other tool the first
//! results are made twice, by the rule and by the tool; the tool's is used. When the results of
//! [enough](Terms::enough) different packages agreed, the rule is trusted for this tool in this
//! cache. One that differs disables it there, listed or not. `FORGO_VERIFY=N%` goes on comparing a
//! share of the results afterwards.
//!
//! What is known is kept in the cache ([`record`]) and read once in a run. docs/trust.md explains
//! it to users.

mod record;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use forgo_cache::ActionId;
use forgo_golang::quote::quote;
use forgo_golang::release;

use crate::actions::{ActionCx, ActionError};
use crate::event::Event;
use crate::run::reuse::Known;
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
struct Terms {
    /// Its name in records and messages. Never changed.
    name: &'static str,
    /// Raised by each change of what the rule derives, so that it is proven again.
    version: u32,
    /// The tool whose work is skipped.
    tool: &'static str,
    /// How many different packages' results must agree.
    enough: usize,
    /// The tools of listed releases need no proof.
    listed: bool,
}

impl Rule {
    const COUNT: usize = 6;

    const fn terms(self) -> Terms {
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
enum Standing {
    /// Its results are used.
    Trusted,
    /// The results of these packages agreed, which are not enough.
    Proving(BTreeSet<String>),
    /// A result differed.
    Distrusted,
}

impl Standing {
    fn of(kept: Kept, listed: bool, enough: usize) -> Standing {
        match kept {
            Kept::Differs => Standing::Distrusted,
            Kept::Agreed(all) if listed || all.len() >= enough => Standing::Trusted,
            Kept::Agreed(all) => Standing::Proving(all),
        }
    }
}

/// What a run knows of a rule.
#[derive(Debug)]
struct Subject {
    tool: String,
    record: Record,
    standing: Mutex<Standing>,
}

impl Subject {
    fn read(cx: &ActionCx<'_>, rule: Rule) -> Result<Subject, ActionError> {
        let terms = rule.terms();
        let tool = cx.tool_id(terms.tool)?;
        let job = &cx.run.job;
        let record = Record::of(job.hashes, terms.name, terms.version, &tool);
        let kept = record.read(job.cache.local_part());
        let listed = terms.listed && release::is_compared(&tool);
        let standing = Standing::of(kept, listed, terms.enough);
        Ok(Subject {
            tool,
            record,
            standing: Mutex::new(standing),
        })
    }

    /// A panic elsewhere can't leave it half changed.
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where all rules stand, each looked up when it is first asked for.
#[derive(Debug, Default)]
pub struct Trust {
    subjects: [OnceLock<Subject>; Rule::COUNT],
}

impl Trust {
    fn subject(&self, cx: &ActionCx<'_>, rule: Rule) -> Result<&Subject, ActionError> {
        let subject = &self.subjects[rule as usize];
        if let Some(known) = subject.get() {
            return Ok(known);
        }
        let read = Subject::read(cx, rule)?;
        Ok(subject.get_or_init(|| read))
    }
}

/// What is to be done with a derived result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Use it.
    Use,
    /// Run the tool, use its result, and report whether the two agree.
    Compare,
    /// Run the tool.
    Leave,
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

/// A derived archive.
pub enum Derived {
    /// It is stored and used.
    Known(Known),
    /// It is to be compiled for comparison.
    Claim(Claim),
}

/// Reports whether one of the rules is disabled: then nothing need be looked up for it.
pub fn is_disabled(cx: &ActionCx<'_>, rules: &[Rule]) -> Result<bool, ActionError> {
    for &rule in rules {
        let subject = cx.run.trust.subject(cx, rule)?;
        if *subject.standing() == Standing::Distrusted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Decides on a result with this key that all of these rules had a part in.
pub fn ask(cx: &ActionCx<'_>, rules: &[Rule], key: &ActionId) -> Result<Ask, ActionError> {
    let mut proving = false;
    for &rule in rules {
        match *cx.run.trust.subject(cx, rule)?.standing() {
            Standing::Trusted => {}
            Standing::Proving(_) => proving = true,
            Standing::Distrusted => return Ok(Ask::Leave),
        }
    }
    let compare = proving || is_sampled(key, cx.config().verify_percent);
    Ok(if compare { Ask::Compare } else { Ask::Use })
}

/// Reports whether a key is of the share that `FORGO_VERIFY` compares. The same one always is: what
/// is wrong can be looked at again.
fn is_sampled(key: &ActionId, percent: u8) -> bool {
    let number = u16::from_le_bytes([key.0[0], key.0[1]]);
    u32::from(number) * 100 < u32::from(percent) << 16
}

/// Compares the compiler's archive with a derived one.
pub fn judge(
    cx: &ActionCx<'_>,
    claim: &Claim,
    build_id: &str,
    said: &str,
) -> Result<(), ActionError> {
    let difference = if claim.build_id != build_id {
        Some(format!("derived {}, made {build_id}", claim.build_id))
    } else {
        (claim.said != said).then(|| "in the compiler's messages".to_owned())
    };
    settle(cx, claim.rules, difference)
}

/// Takes note of a comparison of a derived result with a tool's: how the two differ, or that they
/// agree.
pub fn settle(
    cx: &ActionCx<'_>,
    rules: &[Rule],
    difference: Option<String>,
) -> Result<(), ActionError> {
    match difference {
        None => {
            // A package, its tests' variants and its main are one package.
            let path = &cx.package().import_path;
            let package = path.split(' ').next().unwrap_or(path);
            for &rule in rules {
                agree(cx, rule, package)?;
            }
        }
        Some(how) => distrust(cx, rules, &how)?,
    }
    Ok(())
}

fn agree(cx: &ActionCx<'_>, rule: Rule, package: &str) -> Result<(), ActionError> {
    let subject = cx.run.trust.subject(cx, rule)?;
    let mut standing = subject.standing();
    if let Standing::Proving(agreed) = &mut *standing
        && agreed.insert(package.to_owned())
    {
        let kept = subject.record.add(cx.run.job.cache.local_part(), agreed);
        *standing = Standing::of(kept, false, rule.terms().enough);
    }
    Ok(())
}

fn distrust(cx: &ActionCx<'_>, rules: &[Rule], how: &str) -> Result<(), ActionError> {
    let package = cx.package().desc();
    let what = format!("{package}: {how}");
    let mut disabled = Vec::new();
    for &rule in rules {
        let subject = cx.run.trust.subject(cx, rule)?;
        if std::mem::replace(&mut *subject.standing(), Standing::Distrusted) == Standing::Distrusted
        {
            continue;
        }
        subject.record.differs(cx.run.job.cache.local_part(), &what);
        disabled.push(format!("{} of {}", rule.terms().name, quote(&subject.tool)));
    }
    // Several results may have been compared at once.
    if disabled.is_empty() {
        return Ok(());
    }
    let disabled = disabled.join(", ");
    let text = format!(
        "forgo: {package}: a derived result differs from the tool's, which is used ({how}); \
         from now on this cache uses no {disabled}; please report this line as a bug of forgo\n"
    );
    cx.run.job.reporter.event(Event::Stderr(text));
    Ok(())
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

    #[test]
    fn the_share_that_is_compared() {
        let key = |a, b| {
            let mut key = ActionId::default();
            (key.0[0], key.0[1]) = (a, b);
            key
        };
        assert!(!is_sampled(&key(0, 0), 0));
        assert!(is_sampled(&key(0, 0), 1) && !is_sampled(&key(0xff, 0xff), 99));
        assert!(is_sampled(&key(0xff, 0xff), 100));
        let half = (0..=u8::MAX)
            .filter(|&high| is_sampled(&key(0, high), 50))
            .count();
        assert_eq!(half, 128);
    }
}
