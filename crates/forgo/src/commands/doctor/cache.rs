//! The build cache: where it is, its size, its rights, and its file system.

use std::os::unix::fs::MetadataExt;

use forgo_load::config::Dirs;
use forgo_load::disk::{self, Because};
use forgo_load::footprint::may_make_in;

use super::file_system;
use super::finding::{Finding, Level};

/// Reports on GOCACHE and GOCACHEPROG.
pub fn examine(dirs: &Dirs, prog: &str) -> Vec<Finding> {
    let dir = dirs.gocache.as_str();
    let mut findings = Vec::new();
    let remedy = "set GOCACHE to a directory that you own, or unset it";
    if let Some(why) = &dirs.gocache_error {
        findings.push(Finding::new("cache", Level::Error, why.as_str()).remedy(remedy));
    } else if dir == "off" {
        let finding = Finding::new("cache", Level::Error, "GOCACHE=off: Go needs a build cache");
        findings.push(finding.remedy(remedy));
    } else {
        match disk::own::metadata(Because::Handed, dir) {
            Ok(meta) if !meta.is_dir() => {
                let finding = Finding::new("cache", Level::Error, format!("{dir} is no directory"));
                findings.push(finding.remedy(remedy));
            }
            Ok(meta) => {
                findings.push(rights(dir, &meta));
                findings.push(contents(dir));
                findings.extend(file_system::of_cache(dir));
            }
            Err(_) => findings.push(to_be_made(dir, remedy)),
        }
    }
    if !prog.is_empty() {
        let finding = Finding::new(
            "cache",
            Level::Note,
            format!("GOCACHEPROG={prog} stands between forgo and the cache: forgo reuses less"),
        );
        findings.push(finding.remedy("unset GOCACHEPROG unless you need it"));
    }
    findings
}

/// A cache that does not exist: the first command makes it, if it may.
fn to_be_made(dir: &str, remedy: &str) -> Finding {
    let mut above = std::path::Path::new(dir).ancestors().skip(1);
    let exists = above.find(|dir| disk::own::metadata(Because::Handed, dir).is_ok());
    let parent = exists.map_or_else(|| "/".into(), |dir| dir.to_string_lossy());
    match may_make_in(&parent) {
        true => Finding::new(
            "cache",
            Level::Ok,
            format!("{dir}, made by the first command"),
        ),
        false => Finding::new(
            "cache",
            Level::Error,
            format!("{dir} does not exist, and {parent} is not writable"),
        )
        .remedy(remedy),
    }
    .fact("directory", dir)
    .fact("exists", false)
}

fn rights(dir: &str, meta: &std::fs::Metadata) -> Finding {
    let (mode, uid) = (meta.mode() & 0o7777, meta.uid());
    let this_user = rustix::process::geteuid().as_raw();
    let finding = if !may_make_in(dir) {
        let text = format!("{dir} is not writable (mode {mode:o}, owner {uid})");
        Finding::new("cache", Level::Error, text)
            .remedy("change its owner or mode, or set GOCACHE to a directory that you own")
    } else if mode & 0o002 != 0 {
        let text = format!("{dir} is writable for all users (mode {mode:o})");
        Finding::new("cache", Level::Warning, text)
            .remedy("chmod o-w: whoever writes to the cache decides what your programs contain")
    } else if uid != this_user {
        let text = format!("{dir} belongs to user {uid}, you are user {this_user}");
        Finding::new("cache", Level::Warning, text)
            .remedy("use a cache for each user: files of one may be unreadable for the other")
    } else {
        let text = format!("{dir}, mode {mode:o}, writable");
        Finding::new("cache", Level::Ok, text)
    };
    finding
        .fact("directory", dir)
        .fact("exists", true)
        .fact("mode", format!("{mode:o}"))
        .fact("owner", uid)
}

/// Files of a cache, and the bytes that they take.
#[derive(Default)]
struct Size {
    files: u64,
    bytes: u64,
}

impl Size {
    fn add(&mut self, dir: &std::path::Path) {
        for item in disk::own::read_dir(Because::Handed, dir)
            .into_iter()
            .flatten()
            .flatten()
        {
            match item.metadata() {
                Ok(meta) if meta.is_dir() => self.add(&item.path()),
                Ok(meta) => {
                    self.files += 1;
                    // Blocks of 512 bytes on all file systems.
                    self.bytes += meta.blocks() * 512;
                }
                // Removed meanwhile.
                Err(_) => {}
            }
        }
    }
}

fn contents(dir: &str) -> Finding {
    let mut size = Size::default();
    size.add(dir.as_ref());
    let Size { files, bytes } = size;
    let text = format!("{} in {files} files", shown(bytes));
    Finding::new("cache", Level::Ok, text)
        .fact("bytes", bytes)
        .fact("files", files)
}

/// A number of bytes for a reader: `12.3 GiB`.
pub fn shown(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{value:.1} {}", units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn dirs(gocache: &str) -> Dirs {
        Dirs {
            gocache: gocache.to_owned(),
            ..Dirs::default()
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(shown(0), "0 B");
        assert_eq!(shown(1536), "1.5 KiB");
        assert_eq!(shown(5 << 30), "5.0 GiB");
    }

    #[test]
    fn caches_that_cannot_be_used() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        for gocache in ["off", file.to_str().unwrap()] {
            let found = examine(&dirs(gocache), "");
            assert_eq!(found[0].level, Level::Error, "{gocache}");
            assert!(!found[0].remedy.is_empty());
        }
        let below = file.join("cache");
        let found = examine(&dirs(below.to_str().unwrap()), "");
        assert_eq!(found[0].level, Level::Error, "{}", found[0].text);
    }

    #[test]
    fn caches_that_can() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("a/b");
        let found = examine(&dirs(new.to_str().unwrap()), "");
        assert_eq!((found.len(), found[0].level), (1, Level::Ok));
        fs::create_dir_all(&new).unwrap();
        fs::write(new.join("x-d"), "content").unwrap();
        let found = examine(&dirs(new.to_str().unwrap()), "prog");
        assert_eq!(found[0].level, Level::Ok);
        assert_eq!(found[1].facts["files"], 1);
        assert!(found.iter().any(|f| f.text.starts_with("GOCACHEPROG=prog")));
        fs::set_permissions(&new, fs::Permissions::from_mode(0o777)).unwrap();
        let found = examine(&dirs(new.to_str().unwrap()), "");
        assert_eq!(found[0].level, Level::Warning);
        // The file by which the clock was measured is gone.
        assert_eq!(fs::read_dir(&new).unwrap().count(), 1);
    }
}
