//! A file's stat as a text, for keys and for what the cache remembers of files. Answers to
//! statString in cmd/go/internal/work/exec.go and hashWriteStat in internal/test/test.go, which are
//! alike.

use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::time::SystemTime;

use crate::local_time::Zone;

/// `stat SIZE MODE TIME ISDIR` and a newline.
pub fn stat_text(zone: &Zone, meta: &Metadata) -> String {
    let time = zone.text(meta.modified().unwrap_or(SystemTime::UNIX_EPOCH));
    let (size, mode, dir) = (meta.size(), mode_bits(meta), meta.is_dir());
    format!("stat {size} {mode:x} {time} {dir}\n")
}

/// A file's mode as Go numbers it (fs.FileMode).
fn mode_bits(meta: &Metadata) -> u64 {
    const DIR: u64 = 1 << 31;
    const SYMLINK: u64 = 1 << 27;
    const DEVICE: u64 = 1 << 26;
    const PIPE: u64 = 1 << 25;
    const SOCKET: u64 = 1 << 24;
    const CHAR_DEVICE: u64 = 1 << 21;
    let kind = meta.file_type();
    let unix = u64::from(meta.permissions().mode());
    let flag = |set: bool, bits: u64| if set { bits } else { 0 };
    unix & 0o777
        | flag(kind.is_dir(), DIR)
        | flag(kind.is_symlink(), SYMLINK)
        | flag(kind.is_block_device(), DEVICE)
        | flag(kind.is_char_device(), DEVICE | CHAR_DEVICE)
        | flag(kind.is_fifo(), PIPE)
        | flag(kind.is_socket(), SOCKET)
        | flag(unix & 0o4000 != 0, 1 << 23)
        | flag(unix & 0o2000 != 0, 1 << 22)
        | flag(unix & 0o1000 != 0, 1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("f");
        std::fs::write(&file, "seven b").expect("a file");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o750)).expect("chmod");
        let handle = std::fs::File::open(&file).expect("the file");
        let time = SystemTime::UNIX_EPOCH + std::time::Duration::new(1_700_000_000, 500_000_000);
        handle.set_modified(time).expect("its time");
        let mut env = crate::config::Environment::default();
        env.vars.insert("TZ".into(), "UTC".into());
        let meta = std::fs::metadata(&file).expect("stat");
        assert_eq!(
            stat_text(&Zone::local(&env), &meta),
            "stat 7 1e8 2023-11-14 22:13:20.5 +0000 UTC false\n"
        );
    }

    #[test]
    fn modes_are_gos() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("f");
        std::fs::write(&file, "x").expect("a file");
        let link = dir.path().join("l");
        std::os::unix::fs::symlink("f", &link).expect("a link");
        let set = |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("chmod");
            mode_bits(&std::fs::metadata(&file).expect("stat"))
        };
        assert_eq!(set(0o640), 0o640);
        assert_eq!(set(0o4755), 0o755 | 1 << 23);
        assert_eq!(set(0o1700), 0o700 | 1 << 20);
        let of_link = mode_bits(&std::fs::symlink_metadata(&link).expect("lstat"));
        assert_eq!(of_link & !0o777, 1 << 27);
        let of_dir = mode_bits(&std::fs::metadata(dir.path()).expect("stat"));
        assert_eq!(of_dir & !0o777, 1 << 31);
        let null = mode_bits(&std::fs::metadata("/dev/null").expect("stat"));
        assert_eq!(null & !0o777, 1 << 26 | 1 << 21);
    }
}
