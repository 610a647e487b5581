//! Who asks what: the program, the user, the directory, the arguments, the environment.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use forgo_build::disk;
use forgo_build::footprint::is_noise;
use forgo_cache::OutputId;

/// Changes with the format of the key and of the file.
const FORMAT: &str = "forgo snapshot 1";

/// The key of this process; `cwd` is its directory, as the command spells it.
pub fn make(cwd: &str) -> Option<[u8; 32]> {
    let mut text = Text::default();
    text.add(FORMAT.as_bytes());
    text.add(env!("CARGO_PKG_VERSION").as_bytes());
    // Another build of the program may answer otherwise.
    let program = disk::own::metadata(std::env::current_exe().ok()?).ok()?;
    for number in [
        program.dev(),
        program.ino(),
        program.size(),
        program.mtime().cast_unsigned(),
        program.mtime_nsec().cast_unsigned(),
    ] {
        text.add(&number.to_le_bytes());
    }
    // Others may be allowed to read less.
    for id in [
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    ] {
        text.add(&id.to_le_bytes());
    }
    text.add(cwd.as_bytes());
    #[allow(
        clippy::disallowed_methods,
        reason = "bytes that are no UTF-8 are told apart here"
    )]
    let (args, mut vars): (Vec<_>, Vec<_>) =
        (std::env::args_os().collect(), std::env::vars_os().collect());
    text.list(args.iter().skip(1).map(|arg| arg.as_bytes()));
    vars.retain(|(name, _)| !name.to_str().is_some_and(is_noise));
    // The first of two of one name counts: their order stays.
    vars.sort_by(|a, b| a.0.cmp(&b.0));
    text.list(
        vars.iter()
            .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]),
    );
    Some(OutputId::of(&text.0).0)
}

/// Where in a cache the snapshot of a key is. The stock command removes it with the cache, and otherwise
/// leaves alone what ends neither in `-a` nor in `-d`.
pub fn path(gocache: &str, key: &[u8; 32]) -> String {
    let name = forgo_golang::quote::hex(key);
    format!("{gocache}/{}/{name}-s", &name[..2])
}

/// Byte strings one after the other, each after its length.
#[derive(Default)]
struct Text(Vec<u8>);

impl Text {
    fn add(&mut self, bytes: &[u8]) {
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn list<'b>(&mut self, list: impl Iterator<Item = &'b [u8]>) {
        let mut all = Text::default();
        for bytes in list {
            all.add(bytes);
        }
        self.add(&all.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_apart() {
        let text = |lists: &[&[&str]]| {
            let mut text = Text::default();
            for list in lists {
                text.list(list.iter().map(|s| s.as_bytes()));
            }
            text.0
        };
        assert_ne!(text(&[&["ab"]]), text(&[&["a", "b"]]));
        assert_ne!(text(&[&["a"], &["b"]]), text(&[&["a", "b"]]));
        assert_ne!(text(&[&["a"], &[]]), text(&[&[], &["a"]]));
    }

    #[test]
    fn the_cache_holds_them() {
        let key = [0xab; 32];
        let hex = "ab".repeat(32);
        assert_eq!(path("/c", &key), format!("/c/ab/{hex}-s"));
        assert!(make("/a").is_some());
        assert_ne!(make("/a"), make("/b"));
    }
}
