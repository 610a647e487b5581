//! go.sum: reading, look-up, comparison. Answers to the go.sum part of
//! cmd/go/internal/modfetch/fetch.go. Writing is the stock command's.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::atomic::Ordering;

use forgo_golang::gosum;
use forgo_golang::module::Version;
use forgo_golang::path;
use forgo_golang::raw;

use super::api::Modules;
use super::errors::Error;
use super::modfile::io_text;
use super::pool;

/// Old versions wrote this hash of an empty go.mod for modules without one; it is ignored.
const EMPTY_GO_MOD: &str = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";

const MISMATCH: &str = "

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum.
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
";

/// Checksums by module; a version may end in `/go.mod`.
type Table = HashMap<Version, Vec<String>>;

/// All checksum files in force.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// go.sum, or go.work.sum in a workspace.
    main: Table,
    /// The go.sum files of a workspace's modules.
    others: Vec<(String, Table)>,
}

impl Sums {
    /// Reports whether there is a checksum (of a known kind) for it (HaveSum).
    pub fn have(&self, m: &Version) -> bool {
        self.hashes(m).next().is_some()
    }

    /// The checksum, unless several disagree (RecordedSum).
    pub fn recorded(&self, m: &Version) -> Option<&str> {
        let mut found = None;
        for h in self.hashes(m) {
            if found.is_some_and(|f| f != h) {
                return None;
            }
            found = Some(h);
        }
        found
    }

    fn hashes(&self, m: &Version) -> impl Iterator<Item = &str> {
        let others = self.others.iter().map(|(_, t)| t);
        others
            .chain([&self.main])
            .filter_map(move |t| t.get(m))
            .flatten()
            .map(String::as_str)
            .filter(|h| h.starts_with("h1:"))
    }
}

impl Modules<'_> {
    /// Files in force: the workspace modules' and the main one; none outside of modules.
    fn sum_files(&self) -> (Vec<String>, Option<String>) {
        if self.in_workspace() {
            let others = self
                .mod_roots
                .iter()
                .map(|root| sum_file(&self.mod_file_path(root)));
            return (others.collect(), Some(format!("{}.sum", self.work_file)));
        }
        let main = self.mod_roots.first();
        (Vec::new(), main.map(|r| sum_file(&self.mod_file_path(r))))
    }

    /// All files in force.
    pub(super) fn all_sum_files(&self) -> Vec<String> {
        let (mut files, main) = self.sum_files();
        files.extend(main);
        files
    }

    /// Is there a go.sum at all?
    pub(super) fn uses_sums(&self) -> bool {
        self.in_workspace() || !self.mod_roots.is_empty()
    }

    /// The checksums, read when first asked for.
    pub(super) fn sums(&self) -> Result<&Sums, Error> {
        self.sums
            .get_or_init(|| {
                let files = self.all_sum_files();
                let others = files.len().saturating_sub(1);
                let mut tables = Vec::with_capacity(files.len());
                for table in pool::map(&files, |f| self.read_sums(f)) {
                    tables.push(table?);
                }
                let main = tables.drain(others..).next().unwrap_or_default();
                Ok(Sums {
                    main,
                    others: files.into_iter().zip(tables).collect(),
                })
            })
            .as_ref()
            .map_err(Error::clone)
    }

    /// Is there a checksum for it? A file that can't be read has none, as the stock command sees
    /// it.
    pub(super) fn have_sum(&self, m: &Version) -> Result<bool, Error> {
        match self.sums() {
            Ok(sums) => Ok(sums.have(m)),
            Err(e @ Error::Fatal(_)) => Err(e),
            Err(_) => Ok(false),
        }
    }

    fn read_sums(&self, file: &str) -> Result<Table, Error> {
        let data = match self.tree.read_file(file) {
            Ok(data) => data,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Table::new()),
            Err(e) => return Err(Error::text(io_text("open", file, &e))),
        };
        let lines = gosum::parse(file, &raw::borrow(&data)).map_err(Error::fatal)?;
        let mut table = Table::with_capacity(lines.len());
        for (m, hash) in lines {
            if hash != EMPTY_GO_MOD {
                table.entry(m).or_default().push(hash);
            }
        }
        Ok(table)
    }

    /// Compares a hash with the recorded one (checkModSum). One that is recorded nowhere is noted:
    /// the stock command may have to add it.
    pub(super) fn check_sum(&self, m: &Version, hash: &str) -> Result<(), Error> {
        if !self.uses_sums() {
            return Ok(());
        }
        let sums = self.sums()?;
        let mut found = false;
        let main_name = if self.in_workspace() {
            "go.work.sum"
        } else {
            "go.sum"
        };
        if let Some(known) = sums.main.get(m) {
            for h in known {
                if h == hash {
                    return Ok(());
                }
                if h.starts_with("h1:") {
                    return Err(mismatch(m, hash, main_name, h));
                }
            }
        }
        for (file, table) in &sums.others {
            for h in table.get(m).into_iter().flatten() {
                if h == hash {
                    found = true;
                } else if h.starts_with("h1:") {
                    return Err(mismatch(m, hash, file, h));
                }
            }
        }
        if !found {
            self.memo.unrecorded.lock_set().insert(m.clone());
            self.memo.has_unrecorded.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn mismatch(m: &Version, downloaded: &str, file: &str, recorded: &str) -> Error {
    Error::fatal(format!(
        "verifying {m}: checksum mismatch\n\tdownloaded: {downloaded}\n\t{file}:     {recorded}{MISMATCH}"
    ))
}

/// The go.sum beside a go.mod.
fn sum_file(go_mod: &str) -> String {
    let base = go_mod.strip_suffix(".mod").unwrap_or(go_mod);
    path::clean(&format!("{base}.sum"))
}
