//! The host compiler's support library, for what objects of other compilers leave undefined.
//! Answers to cmd/link/internal/ld/ar.go.

use std::collections::{HashMap, HashSet};
use std::process::Command;

use crate::error::{Error, Result, unsupported};

/// An archive and its index.
#[derive(Debug)]
pub struct Library {
    bytes: Vec<u8>,
    members: HashMap<Vec<u8>, u64>,
    loaded: HashSet<u64>,
}

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

/// Asks the host compiler for its library. `None` where there is none.
pub fn find(compiler: &[String]) -> Result<Option<Library>> {
    let Some((program, args)) = compiler.split_first() else {
        return unsupported("no host compiler");
    };
    let output = Command::new(program)
        .args(args)
        .args(["-m64", "--print-libgcc-file-name"])
        .output();
    let path = match output {
        Ok(output) if output.status.success() => output.stdout,
        _ => return Ok(None),
    };
    let Ok(path) = std::str::from_utf8(&path) else {
        return unsupported("the name of the host compiler's library");
    };
    let path = path.trim();
    if path == "none" {
        return Ok(None);
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::Io(format!("{path}: {e}"))),
    };
    Library::read(bytes).map(Some)
}

impl Library {
    /// Reads an archive's index, its first member.
    fn read(bytes: Vec<u8>) -> Result<Library> {
        let index = || {
            let header = bytes.strip_prefix(MAGIC)?.get(..HEADER)?;
            (header.starts_with(b"/ ")).then_some(())?;
            let size: usize = std::str::from_utf8(&header[48..58])
                .ok()?
                .trim()
                .parse()
                .ok()?;
            let content = bytes.get(MAGIC.len() + HEADER..)?.get(..size)?;
            let word = |at: usize| {
                let bytes = content.get(at..)?.first_chunk()?;
                Some(u32::from_be_bytes(*bytes))
            };
            let count = word(0)? as usize;
            let names = content.get(4 + 4 * count..)?;
            let mut members = HashMap::new();
            for (i, name) in names.split(|b| *b == 0).take(count).enumerate() {
                members.insert(name.to_owned(), u64::from(word(4 + 4 * i)?));
            }
            Some(members)
        };
        let Some(members) = index() else {
            return unsupported("the host compiler's library");
        };
        Ok(Library {
            bytes,
            members,
            loaded: HashSet::new(),
        })
    }

    /// The members, not yet taken, that define any of these names, in the names' order.
    pub fn take(&mut self, names: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        let mut taken = Vec::new();
        for name in names {
            let Some(&offset) = self.members.get(name) else {
                continue;
            };
            if offset == 0 || !self.loaded.insert(offset) {
                continue;
            }
            let member = || {
                let start = usize::try_from(offset).ok()?;
                let header = self.bytes.get(start..start + HEADER)?;
                let size: usize = std::str::from_utf8(&header[48..58])
                    .ok()?
                    .trim()
                    .parse()
                    .ok()?;
                self.bytes.get(start + HEADER..)?.get(..size)
            };
            match member() {
                Some(bytes) => taken.push(bytes.to_vec()),
                None => return unsupported("the host compiler's library"),
            }
        }
        Ok(taken)
    }
}
