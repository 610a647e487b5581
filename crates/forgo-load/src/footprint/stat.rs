//! The result of lstat for a file, as far as it tells whether the file is still the same.

#![expect(
    clippy::disallowed_methods,
    reason = "inputs are recorded and compared here"
)]

use std::ffi::CStr;
use std::os::fd::AsFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, FileType};

use crate::disk::Place;

/// The number of a system error.
pub type Errno = i32;

/// Bytes of a stat in a table.
pub(crate) const SIZE: usize = 52;

/// How far apart two modifications must be to differ in their time for certain. Linux takes the
/// time from the last tick of its clock, which may be some milliseconds ago.
pub const GRANULARITY: Duration = Duration::from_millis(50);
/// The same for file systems that keep whole seconds, or every other one.
pub const COARSE: Duration = Duration::from_millis(2100);

/// The state of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stat {
    /// Device.
    pub dev: u64,
    /// Inode.
    pub ino: u64,
    /// Size.
    pub size: u64,
    /// Nanoseconds since 1970 when it was last written, or a value that a program set.
    pub mtime: i64,
    /// Nanoseconds since 1970 when anything about it last changed; no program can set it.
    pub ctime: i64,
    /// Kind and permissions.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

impl Stat {
    /// Returns the part that counts of a directory whose entries do not: its kind, owner and
    /// permissions.
    pub(super) fn of_dir_itself(&self) -> Stat {
        Stat {
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            ..Stat::default()
        }
    }

    /// Of a path; links are not followed.
    pub fn of(path: &str) -> Result<Stat, Errno> {
        match rustix::fs::statat(CWD, &*path.place(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Stat::from(stat)),
            Err(e) => Err(e.raw_os_error()),
        }
    }

    /// Of what a path leads to; links are followed.
    pub fn of_target(path: &str) -> Result<Stat, Errno> {
        match rustix::fs::stat(path) {
            Ok(stat) => Ok(Stat::from(stat)),
            Err(e) => Err(e.raw_os_error()),
        }
    }

    /// Of a name in a directory; links are not followed.
    pub(super) fn at(dir: impl AsFd, name: &CStr) -> Result<Stat, Errno> {
        match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Stat::from(stat)),
            Err(e) => Err(e.raw_os_error()),
        }
    }

    /// Reports whether it is a directory.
    pub fn is_dir(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Directory
    }

    /// Reports whether it is a regular file.
    pub fn is_regular(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::RegularFile
    }

    /// Reports whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Symlink
    }

    /// Whether it was last changed before `time`, by more than the clock's granularity.
    pub(crate) fn older_than(&self, time: SystemTime) -> bool {
        const SECOND: i64 = 1_000_000_000;
        let whole_seconds = self.mtime % SECOND == 0 && self.ctime % SECOND == 0;
        let margin = if whole_seconds { COARSE } else { GRANULARITY };
        let last = u64::try_from(self.mtime.max(self.ctime)).unwrap_or_default();
        UNIX_EPOCH + Duration::from_nanos(last) + margin < time
    }

    pub(crate) fn to_bytes(self) -> [u8; SIZE] {
        let Stat {
            dev,
            ino,
            size,
            mtime,
            ctime,
            mode,
            uid,
            gid,
        } = self;
        let mut bytes = [0; SIZE];
        bytes[..8].copy_from_slice(&dev.to_le_bytes());
        bytes[8..16].copy_from_slice(&ino.to_le_bytes());
        bytes[16..24].copy_from_slice(&size.to_le_bytes());
        bytes[24..32].copy_from_slice(&mtime.to_le_bytes());
        bytes[32..40].copy_from_slice(&ctime.to_le_bytes());
        bytes[40..44].copy_from_slice(&mode.to_le_bytes());
        bytes[44..48].copy_from_slice(&uid.to_le_bytes());
        bytes[48..].copy_from_slice(&gid.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Stat> {
        let long = |at: usize| -> Option<[u8; 8]> { bytes.get(at..at + 8)?.try_into().ok() };
        let short = |at: usize| -> Option<u32> {
            Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
        };
        Some(Stat {
            dev: u64::from_le_bytes(long(0)?),
            ino: u64::from_le_bytes(long(8)?),
            size: u64::from_le_bytes(long(16)?),
            mtime: i64::from_le_bytes(long(24)?),
            ctime: i64::from_le_bytes(long(32)?),
            mode: short(40)?,
            uid: short(44)?,
            gid: short(48)?,
        })
    }
}

impl From<rustix::fs::Stat> for Stat {
    #[allow(
        clippy::unnecessary_cast,
        reason = "the widths differ from system to system"
    )]
    fn from(stat: rustix::fs::Stat) -> Stat {
        // Years from 1677 to 2262; others are as good as any.
        let nanos = |secs: i64, nanos: i64| secs.wrapping_mul(1_000_000_000).wrapping_add(nanos);
        Stat {
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
            size: stat.st_size as u64,
            mtime: nanos(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            ctime: nanos(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            mode: stat.st_mode as u32,
            uid: stat.st_uid as u32,
            gid: stat.st_gid as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(mtime: i64, ctime: i64) -> Stat {
        Stat {
            dev: 1,
            ino: 2,
            size: 3,
            mtime,
            ctime,
            mode: 0o100_644,
            uid: 0,
            gid: 0,
        }
    }

    #[test]
    fn what_was_just_changed_is_not_old() {
        let at = |nanos: i64| UNIX_EPOCH + Duration::from_nanos(nanos as u64);
        const MS: i64 = 1_000_000;
        for (mtime, ctime, now, old) in [
            (1000 * MS + 1, 1000 * MS, 1051 * MS, true),
            (1000 * MS + 1, 1000 * MS, 1049 * MS, false),
            // Set back by touch: the change itself is what counts.
            (1, 1000 * MS + 1, 1049 * MS, false),
            // In the future.
            (9000 * MS + 1, 1000 * MS, 5000 * MS, false),
            // Whole seconds.
            (1000 * MS, 1000 * MS, 3000 * MS, false),
            (1000 * MS, 1000 * MS, 3101 * MS, true),
        ] {
            let got = stat(mtime, ctime).older_than(at(now));
            assert_eq!(got, old, "{mtime} {ctime} {now}");
        }
    }

    #[test]
    fn system_errors_are_kept() {
        assert_eq!(Stat::of("/no/such/file"), Err(libc::ENOENT));
        assert_eq!(Stat::of("/etc/passwd/x"), Err(libc::ENOTDIR));
        assert!(Stat::of("/").unwrap().is_dir());
    }
}
