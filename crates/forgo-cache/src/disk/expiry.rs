//! `testexpire.txt`: results of tests from before the time in it do not count. Answers to
//! `clean -testcache`, and to what cmd/go/internal/test reads of it.

use std::fs::OpenOptions;
use std::io::{self, Read, Seek, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::DiskCache;

impl DiskCache {
    /// Returns the file that states which test results have expired. Its content is for
    /// [`parse_expiry`]. The caller reads it, because it is an input of the invocation.
    pub fn expiry_file(&self) -> String {
        format!("{}/testexpire.txt", self.dir)
    }

    /// Makes all results of tests expire that were stored until now.
    pub fn expire_tests(&self) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.expiry_file())?;
        file.lock()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let before: u128 = text.trim().parse().unwrap_or(0);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_nanos());
        if now > before {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{now}")?;
        }
        Ok(())
    }
}

/// Returns the time in the text of [`DiskCache::expiry_file`]; `None` where it is damaged.
pub fn parse_expiry(text: &str) -> Option<SystemTime> {
    let nanos: i64 = text.strip_suffix('\n')?.parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::from_nanos(u64::try_from(nanos).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_only_moves_forward() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::at(dir.path().to_str().unwrap());
        let read = || std::fs::read_to_string(cache.expiry_file()).unwrap();
        cache.expire_tests().unwrap();
        let first = parse_expiry(&read()).unwrap();
        let since = first.duration_since(UNIX_EPOCH).unwrap();
        assert!(since > Duration::from_secs(1_600_000_000) && first <= SystemTime::now());
        let later = u128::MAX.to_string();
        std::fs::write(cache.expiry_file(), &later).unwrap();
        cache.expire_tests().unwrap();
        assert_eq!(read(), later);
        for damaged in ["", "\n", "12", "x\n", "-1\n", "99999999999999999999\n"] {
            assert_eq!(parse_expiry(damaged), None, "{damaged:?}");
        }
    }
}
