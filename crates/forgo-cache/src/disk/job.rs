//! The bundle that the commands of a job use, and the entries that they used, for the bundle that
//! is saved at its end.
//!
//! * `forgo-bundle`: the file that `forgo cache use` named;
//! * `forgo-job`: the job's ID, and the bundle that it uses;
//! * `f2/used-<job>-…-s`: the keys that one process used.
//!
//! A job begins with the first command after `use` or `save`, and ends with `save`.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::facts::KeptFile;
use super::{DiskCache, make_dirs};
use crate::hash::{ActionId, OutputId};

/// Where the keys lie that were used, as the first byte of an ID would have it.
const DIR: &str = "f2";

const USES: &[u8; 8] = b"forgoU1\n";

/// Distinguishes records of one process.
static SEQUENCE: AtomicU64 = AtomicU64::new(0);

/// The commands whose uses are saved together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Letters and digits.
    id: String,
    /// The bundle that it uses: an absolute path.
    pub bundle: String,
}

impl DiskCache {
    fn bundle_file(&self) -> String {
        format!("{}/forgo-bundle", self.dir)
    }

    fn job_file(&self) -> String {
        format!("{}/forgo-job", self.dir)
    }

    /// Makes all commands use a bundle that no variable tells otherwise, and begins a job; `None`
    /// makes them use none.
    pub fn use_bundle(&self, bundle: Option<&str>) -> io::Result<()> {
        let file = self.bundle_file();
        match bundle {
            Some(bundle) => {
                make_dirs(&self.dir).map_err(io::Error::other)?;
                let temporary = format!("{file}.{}.tmp", std::process::id());
                fs::write(&temporary, format!("{bundle}\n"))?;
                fs::rename(&temporary, &file)?;
            }
            None => remove(&file)?,
        }
        self.end_job()
    }

    /// Returns the bundle in use. `set` is FORGO_CACHE: a file, or `off`, or empty.
    pub fn bundle_in_use(&self, set: &str) -> Option<String> {
        match set {
            "" => {
                let text = fs::read_to_string(self.bundle_file()).ok()?;
                Some(text.strip_suffix('\n')?.to_owned())
            }
            "off" => None,
            set => Some(set.to_owned()),
        }
    }

    /// Returns the job that has begun, for any bundle.
    pub fn current_job(&self) -> Option<Job> {
        let text = fs::read_to_string(self.job_file()).ok()?;
        let (id, bundle) = text.strip_suffix('\n')?.split_once(' ')?;
        let job = Job {
            id: id.to_owned(),
            bundle: bundle.to_owned(),
        };
        id.bytes().all(|b| b.is_ascii_alphanumeric()).then_some(job)
    }

    /// Returns the job that uses a bundle; begins it if need be. `None` where the cache can't be
    /// written to, so that there is nothing to save either.
    pub fn job(&self, bundle: &str) -> Option<Job> {
        let same = |job: &Job| job.bundle == bundle;
        if let Some(job) = self.current_job() {
            if same(&job) {
                return Some(job);
            }
            self.end_job().ok()?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = now.unwrap_or_default().as_nanos();
        let id = format!("{nanos:x}p{:x}", std::process::id());
        let file = self.job_file();
        let temporary = format!("{file}.{}.tmp", std::process::id());
        fs::write(&temporary, format!("{id} {bundle}\n")).ok()?;
        // Of several commands that start at once, one begins the job.
        let begun = fs::hard_link(&temporary, &file).or_else(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            // A file system without links.
            _ => fs::rename(&temporary, &file),
        });
        let _ = fs::remove_file(&temporary);
        begun.ok()?;
        self.current_job().filter(same)
    }

    /// Reports whether a record made at `time` belongs to the current job: always true where no
    /// bundle is in use. Answers of earlier jobs do not tell which entries they stand for.
    pub fn is_of_job(&self, set: &str, time: SystemTime) -> bool {
        let in_use = match set {
            "" => fs::metadata(self.bundle_file()).is_ok(),
            set => set != "off",
        };
        let began = || fs::metadata(self.job_file()).and_then(|meta| meta.modified());
        !in_use || began().is_ok_and(|began| began <= time)
    }

    /// Notes keys that this process used. Best effort: keys that are lost here are not saved.
    pub(crate) fn note_uses(&self, job: &Job, keys: &HashSet<ActionId>) {
        if keys.is_empty() {
            return;
        }
        let mut keys: Vec<_> = keys.iter().map(|id| id.0).collect();
        keys.sort_unstable();
        let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = now.unwrap_or_default().as_nanos();
        let name = format!(
            "used-{}-{:x}-{nanos:x}-{sequence}-s",
            job.id,
            std::process::id()
        );
        self.uses_file(job, &name).store(&keys.concat());
    }

    fn uses_file(&self, job: &Job, name: &str) -> KeptFile {
        let path = format!("{}/{DIR}/{name}", self.dir);
        KeptFile::at(path, OutputId::of(job.id.as_bytes()).0, USES)
    }

    fn uses_names(&self, job: &Job) -> Vec<String> {
        let listing = fs::read_dir(format!("{}/{DIR}", self.dir));
        let names = listing.into_iter().flatten().flatten();
        let names = names.filter_map(|item| item.file_name().into_string().ok());
        let begin = format!("used-{}-", job.id);
        names
            .filter(|name| name.starts_with(&begin) && name.ends_with("-s"))
            .collect()
    }

    /// Returns the keys that the commands of a job used.
    pub fn uses(&self, job: &Job) -> HashSet<ActionId> {
        let mut uses = HashSet::new();
        for name in self.uses_names(job) {
            if let Some(content) = self.uses_file(job, &name).read() {
                let (keys, _) = content.as_chunks::<32>();
                uses.extend(keys.iter().map(|id| ActionId(*id)));
            }
        }
        uses
    }

    /// Ends the job that is under way; its uses are forgotten.
    pub fn end_job(&self) -> io::Result<()> {
        if let Some(job) = self.current_job() {
            for name in self.uses_names(&job) {
                remove(&format!("{}/{DIR}/{name}", self.dir))?;
            }
        }
        remove(&self.job_file())
    }
}

/// Removes a file that may not be there.
fn remove(file: &str) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_job_has_the_uses_of_all_its_processes() {
        let dir = tempfile::tempdir().unwrap();
        let disk = DiskCache::at(dir.path().to_str().unwrap());
        assert_eq!(disk.bundle_in_use(""), None);
        assert_eq!(disk.bundle_in_use("/set"), Some("/set".into()));
        assert!(disk.is_of_job("", UNIX_EPOCH) && disk.is_of_job("off", UNIX_EPOCH));
        disk.use_bundle(Some("/a file")).unwrap();
        assert_eq!(disk.bundle_in_use("").unwrap(), "/a file");
        assert_eq!(disk.bundle_in_use("off"), None);
        // Nothing is of a job that has not begun.
        assert!(!disk.is_of_job("", SystemTime::now()));
        let job = disk.job("/a file").unwrap();
        assert_eq!(disk.job("/a file").unwrap(), job);
        assert_eq!(disk.current_job().unwrap(), job);
        let hour = Duration::from_secs(3600);
        assert!(disk.is_of_job("", SystemTime::now() + hour));
        assert!(!disk.is_of_job("", SystemTime::now() - hour));
        assert!(disk.is_of_job("off", SystemTime::now() - hour));
        let id = |n: u8| ActionId([n; 32]);
        for keys in [vec![1, 2], vec![2, 3], vec![]] {
            disk.note_uses(&job, &keys.into_iter().map(id).collect());
        }
        let uses: HashSet<_> = [1, 2, 3].map(id).into();
        assert_eq!(disk.uses(&job), uses);
        // A damaged record counts as none.
        let name = disk.uses_names(&job).pop().unwrap();
        fs::write(disk.uses_file(&job, &name).path(), "damaged").unwrap();
        assert_eq!(disk.uses(&job).len(), 2);
        // Another bundle is another job.
        let other = disk.job("/other").unwrap();
        assert_ne!(other, job);
        assert!(disk.uses(&other).is_empty() && disk.uses(&job).is_empty());
        disk.use_bundle(None).unwrap();
        assert_eq!((disk.bundle_in_use(""), disk.current_job()), (None, None));
        disk.use_bundle(None).unwrap();
    }
}
