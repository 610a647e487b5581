//! Damage to a file of forgo's cache: what disks, crashes and people do to files.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::edits::Dice;
use super::world::{Result, at};

/// The damage of a file.
#[derive(Debug, Clone, Copy)]
pub enum Damage {
    /// One bit of it is turned, this far in (of 1000).
    Flipped(u64),
    /// So much of it is left (of 1000).
    CutOff(u64),
    /// All but the last byte is left.
    LastByte,
    /// Something follows it.
    Longer,
    Emptied,
    Removed,
    Directory,
    /// A symbolic link that leads nowhere.
    Dangling,
}

impl Damage {
    /// Any.
    pub fn any(dice: &mut Dice) -> Damage {
        match dice.below(12) {
            0..=3 => Damage::Flipped(dice.below(1000)),
            4..=5 => Damage::CutOff(dice.below(1000)),
            6 => Damage::LastByte,
            7 => Damage::Longer,
            8 => Damage::Emptied,
            9 => Damage::Removed,
            10 => Damage::Directory,
            _ => Damage::Dangling,
        }
    }

    /// Does it. The file is a new one afterwards: an old one may have other names.
    pub fn inflict(self, path: &Path) -> Result<()> {
        let mut bytes = at(path, fs::read(path))?;
        let place = |thousandths: u64| bytes.len() as u64 * thousandths / 1000;
        match self {
            Damage::Flipped(place_of) => {
                let (place, bit) = (place(place_of) as usize, place_of % 8);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << bit;
                }
            }
            Damage::CutOff(left) => bytes.truncate(place(left) as usize),
            Damage::LastByte => _ = bytes.pop(),
            Damage::Longer => bytes.extend_from_slice(b"more"),
            Damage::Emptied => bytes.clear(),
            Damage::Removed | Damage::Directory | Damage::Dangling => {}
        }
        at(path, fs::remove_file(path))?;
        match self {
            Damage::Removed => Ok(()),
            Damage::Directory => at(path, fs::create_dir(path)),
            Damage::Dangling => at(path, std::os::unix::fs::symlink("/proc/no/such/file", path)),
            _ => at(path, fs::write(path, bytes)),
        }
    }
}

/// A file that forgo has added to its cache, of any kind: of each kind there are more or less.
/// `None` where there is none.
pub fn victim(cache: &Path, dice: &mut Dice) -> Result<Option<PathBuf>> {
    let mut kinds: [Vec<PathBuf>; 6] = Default::default();
    for dir in at(cache, fs::read_dir(cache))?.flatten() {
        for item in fs::read_dir(dir.path()).into_iter().flatten().flatten() {
            let (path, name) = (item.path(), item.file_name());
            let name = name.to_string_lossy();
            // Files of the base have other names too.
            let own = item.metadata().is_ok_and(|m| m.is_file() && m.nlink() == 1);
            let kind = match () {
                () if !own => continue,
                () if name.starts_with("kept-") => 0,
                () if name.ends_with("-s") => 1,
                () if name.ends_with("-a") => 2,
                () if name.ends_with("-d") && name.len() == 66 => 3,
                () if name.ends_with("-note-d") => 4,
                () => 5,
            };
            kinds[kind].push(path);
        }
    }
    let kinds: Vec<&mut Vec<PathBuf>> = kinds.iter_mut().filter(|k| !k.is_empty()).collect();
    if kinds.is_empty() {
        return Ok(None);
    }
    let which = dice.below(kinds.len() as u64) as usize;
    let Some(files) = kinds.into_iter().nth(which) else {
        return Ok(None);
    };
    files.sort();
    let which = dice.below(files.len() as u64) as usize;
    Ok(Some(files.swap_remove(which)))
}

/// Whether the stock command would not notice a turned bit in a file either: it checks the size of
/// archives and of vet's facts, not their contents.
pub fn is_trusted(path: &Path) -> bool {
    let output =
        path.file_name().is_some_and(|n| n.len() == 66) && path.to_string_lossy().ends_with("-d");
    let mut start = [0; 8];
    let read = File::open(path).and_then(|file| file.read_at(&mut start, 0));
    let text = |bytes: &[u8]| {
        bytes
            .iter()
            .all(|b| b.is_ascii_graphic() || b" \n\t".contains(b))
    };
    output && read.is_ok_and(|n| n > 0 && (start == *b"!<arch>\n" || !text(&start[..n])))
}
