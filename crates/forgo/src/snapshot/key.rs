//! The key of an invocation: the program, the user, the directory, the arguments, the environment.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use forgo_cache::disk::KeyText;
use forgo_load::disk;
use forgo_load::disk::Because;
use forgo_load::footprint::is_noise;
use forgo_load::kept;
use forgo_load::process;

/// Changes with the format of the key and of the file.
const FORMAT: &str = "forgo snapshot 2";

/// The key of this process; `cwd` is its directory, as the command spells it.
pub fn make(cwd: &str) -> Option<[u8; 32]> {
    let mut text = KeyText::default();
    text.add(FORMAT.as_bytes());
    text.add(env!("CARGO_PKG_VERSION").as_bytes());
    // Another build of the program may answer otherwise.
    let program = disk::own::metadata(Because::Key, process::this_program().ok()?).ok()?;
    for number in [
        program.dev(),
        program.ino(),
        program.size(),
        program.mtime().cast_unsigned(),
        program.mtime_nsec().cast_unsigned(),
    ] {
        text.add(&number.to_le_bytes());
    }
    // Others may be allowed to do less.
    text.add(kept::rights());
    text.add(cwd.as_bytes());
    #[expect(
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
    Some(text.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_part_of_it() {
        assert!(make("/a").is_some());
        assert_ne!(make("/a"), make("/b"));
    }
}
