//! Writing entries and outputs so that a process killed at any instant, a full disk, or another
//! process (the stock command too) writing the same file leaves each of them right or absent.
//!
//! The stock command writes in place: it counts on one write being whole and on readers checking
//! sizes. Here every file is made under another name and renamed. The two get along: a process that
//! opens the old file goes on with it, and both kinds of writers write the same bytes under one
//! name.

#![expect(
    clippy::disallowed_methods,
    reason = "GOCACHE: entries are named by their content, and forgo's own files by their keys"
)]

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use forgo_golang::quote::hex;
use sha2::{Digest, Sha256};

use super::{DiskCache, entry};
use crate::error::{Error, Result, path_error};
use crate::hash::{ActionId, OutputId};
use crate::{Content, Verify};

/// Part of a temporary file's name; with the process's ID it is unique.
static SEQUENCE: AtomicU64 = AtomicU64::new(0);

impl DiskCache {
    /// Puts an action entry in place.
    pub(super) fn store_entry(
        &self,
        id: &ActionId,
        output: &OutputId,
        size: u64,
        verify: Verify,
    ) -> Result<()> {
        self.store_entry_of(id, output, size, verify, SystemTime::now())
    }

    /// The same for an entry that was made at some time.
    pub(super) fn store_entry_of(
        &self,
        id: &ActionId,
        output: &OutputId,
        size: u64,
        verify: Verify,
        time: SystemTime,
    ) -> Result<()> {
        if verify == Verify::Strict {
            self.compare_with_old(id, output, size)?;
        }
        let text = entry::format(id, output, size, time);
        let path = self.path(&id.0, "a");
        let temporary = Temporary::create(&self.dir, &id.0, &path, 0o666)?;
        (&temporary.file)
            .write_all(text.as_bytes())
            .map_err(|e| Error::Fault(path_error("write", &path, &e)))?;
        temporary.rename(&path)
    }

    /// Under `gocacheverify=1`, fails if the stored entry differs from the one that would be put.
    fn compare_with_old(&self, id: &ActionId, output: &OutputId, size: u64) -> Result<()> {
        let Some(context) = &self.verify else {
            return Ok(());
        };
        match self.look_up(id) {
            Ok(old) if old.output != *output || old.size != size => {
                // The stock command has the two the wrong way round.
                Err(Error::Verify(format!(
                    "go: internal cache error: cache verify failed: id={id} changed:<<<\n{}\n>>>\n\
                     old: {output} {size}\nnew: {} {}",
                    context.reverse_hash(&id.0),
                    old.output,
                    old.size
                )))
            }
            _ => Ok(()),
        }
    }

    /// Puts an output in place, unless it is there. With a name it is an executable.
    pub(super) fn store_output(
        &self,
        content: Content,
        executable: Option<&str>,
    ) -> Result<(OutputId, u64)> {
        if let (Content::Pieces(pieces), None) = (content, executable) {
            return self.store_pieces(pieces);
        }
        let (output, size) = digest(content)?;
        let mut path = self.path(&output.0, "d");
        if let Some(name) = executable {
            make_executable_dir(&path)?;
            path.push('/');
            path.push_str(name);
        }
        if holds(&path, content, &output, size) {
            return Ok((output, size));
        }
        if let Content::Made { file, .. } = content
            && executable.is_none()
            && std::fs::hard_link(file, &path).is_ok()
        {
            return Ok((output, size));
        }
        // Another file system, or a bad file in the place.
        let mode = if executable.is_some() { 0o777 } else { 0o666 };
        let temporary = Temporary::create(&self.dir, &output.0, &path, mode)?;
        temporary.fill(content, &output, &path)?;
        temporary.rename(&path)?;
        Ok((output, size))
    }

    /// Puts an output in place that probably is not there: it is written while it is hashed, for
    /// its bytes are near the processor then.
    fn store_pieces(&self, pieces: &[&[u8]]) -> Result<(OutputId, u64)> {
        // Its place is known only in the end. Until then, files spread over the directories too.
        let somewhere = [SEQUENCE.load(Ordering::Relaxed) as u8; 32];
        let target = self.path(&somewhere, "d");
        let temporary = Temporary::create(&self.dir, &somewhere, &target, 0o666)?;
        let mut sha = Sha256::new();
        let mut size = 0;
        for part in parts(pieces) {
            part.iter().for_each(|bytes| sha.update(bytes));
            size += part.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
            write_pieces(&temporary.file, &part)
                .map_err(|e| Error::Fault(path_error("write", &target, &e)))?;
        }
        let output = OutputId(sha.finalize().into());
        let path = self.path(&output.0, "d");
        if !holds(&path, Content::Pieces(pieces), &output, size) {
            temporary.rename(&path)?;
        }
        Ok((output, size))
    }
}

/// The hash and the size of some content.
pub(crate) fn digest(content: Content) -> Result<(OutputId, u64)> {
    match content {
        Content::Bytes(bytes) | Content::Made { bytes, .. } => {
            Ok((OutputId::of(bytes), bytes.len() as u64))
        }
        Content::Pieces(pieces) => {
            let mut sha = Sha256::new();
            pieces.iter().for_each(|piece| sha.update(piece));
            let size = pieces.iter().map(|piece| piece.len() as u64).sum();
            Ok((OutputId(sha.finalize().into()), size))
        }
        Content::File(path) => {
            let mut file =
                File::open(path).map_err(|e| Error::Fault(path_error("open", path, &e)))?;
            let mut sha = Sha256::new();
            let size = for_each_block(&mut file, |block| {
                sha.update(block);
                Ok(())
            })
            .map_err(|e| Error::Fault(path_error("read", path, &e)))?;
            Ok((OutputId(sha.finalize().into()), size))
        }
    }
}

fn for_each_block(
    file: &mut File,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut buffer = vec![0; 128 << 10];
    let mut size = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(size),
            Ok(n) => {
                each(&buffer[..n])?;
                size += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Pieces in parts of some size each, which may begin and end within a piece.
fn parts<'p>(pieces: &[&'p [u8]]) -> impl Iterator<Item = Vec<&'p [u8]>> {
    const SIZE: usize = 256 << 10;
    let mut pieces = pieces.iter();
    let mut rest: &[u8] = &[];
    std::iter::from_fn(move || {
        let (mut part, mut left) = (Vec::new(), SIZE);
        while left > 0 {
            if rest.is_empty() {
                match pieces.next() {
                    Some(piece) => rest = piece,
                    None => break,
                }
            }
            let (bytes, after) = rest.split_at(left.min(rest.len()));
            part.push(bytes);
            left -= bytes.len();
            rest = after;
        }
        (!part.is_empty()).then_some(part)
    })
}

/// Writes many pieces with few calls.
fn write_pieces(mut file: &File, pieces: &[&[u8]]) -> io::Result<()> {
    // What the kernel takes at once.
    for pieces in pieces.chunks(1024) {
        let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|p| IoSlice::new(p)).collect();
        let mut left = slices.as_mut_slice();
        // Those without bytes would look like a file that takes none.
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            match file.write_vectored(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => IoSlice::advance_slices(&mut left, n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(())
}

/// Reports whether the output is in its place already, undamaged.
fn holds(path: &str, content: Content, output: &OutputId, size: u64) -> bool {
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() == size => super::mark_used(path, &meta),
        _ => return false,
    }
    match content {
        Content::Bytes([]) => true,
        Content::Bytes(bytes) | Content::Made { bytes, .. } => {
            std::fs::read(path).is_ok_and(|there| there == bytes)
        }
        Content::Pieces(_) | Content::File(_) => {
            digest(Content::File(path)).is_ok_and(|(there, _)| there == *output)
        }
    }
}

fn make_executable_dir(path: &str) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(Error::Fault(
            "internal error: invalid binary cache entry: not a directory".into(),
        )),
        Err(e) if e.kind() == io::ErrorKind::NotFound => match std::fs::create_dir(path) {
            Ok(()) => Ok(()),
            // Another process was first.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(Error::Fault(path_error("mkdir", path, &e))),
        },
        Err(e) => Err(Error::Fault(path_error("stat", path, &e))),
    }
}

/// A file that is removed unless renamed.
pub(super) struct Temporary {
    pub(super) file: File,
    path: String,
    renamed: bool,
}

impl Temporary {
    /// Makes a file on the cache's file system. Its name ends in `-d`, so that trimming removes
    /// the files of killed processes. `target` is named in errors.
    pub(super) fn create(cache: &str, id: &[u8; 32], target: &str, mode: u32) -> Result<Temporary> {
        let process = std::process::id();
        loop {
            let number = SEQUENCE.fetch_add(1, Ordering::Relaxed);
            let path = format!("{cache}/{}/new-{process}-{number}-d", hex(&id[..1]));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(mode);
            match options.open(&path) {
                Ok(file) => {
                    return Ok(Temporary {
                        file,
                        path,
                        renamed: false,
                    });
                }
                // Left by a killed process that had the same ID.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(Error::Fault(path_error("open", target, &e))),
            }
        }
    }

    /// Writes the content, which must have the hash that it had before.
    fn fill(&self, content: Content, output: &OutputId, target: &str) -> Result<()> {
        let write_fault = |e| Error::Fault(path_error("write", target, &e));
        let source = match content {
            Content::Bytes(bytes) | Content::Made { bytes, .. } => {
                return (&self.file).write_all(bytes).map_err(write_fault);
            }
            Content::Pieces(pieces) => {
                return write_pieces(&self.file, pieces).map_err(write_fault);
            }
            Content::File(source) => source,
        };
        let mut from =
            File::open(source).map_err(|e| Error::Fault(path_error("open", source, &e)))?;
        let mut sha = Sha256::new();
        let mut full = None;
        let copied = for_each_block(&mut from, |block| {
            sha.update(block);
            (&self.file)
                .write_all(block)
                .inspect_err(|e| full = Some(path_error("write", target, e)))
        });
        match (full, copied) {
            (Some(text), _) => Err(Error::Fault(text)),
            (None, Err(e)) => Err(Error::Fault(path_error("read", source, &e))),
            (None, Ok(_)) if <[u8; 32]>::from(sha.finalize()) != output.0 => {
                Err(Error::Fault("file content changed underfoot".into()))
            }
            (None, Ok(_)) => Ok(()),
        }
    }

    pub(super) fn rename(mut self, target: &str) -> Result<()> {
        std::fs::rename(&self.path, target)
            .map_err(|e| Error::Fault(path_error("open", target, &e)))?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_one_output() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(dir.path().to_str().unwrap(), None).unwrap();
        // More than one call can write, and some without bytes.
        let whole: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut pieces: Vec<&[u8]> = whole[..40_000].chunks(7).collect();
        pieces.push(&whole[40_000..]);
        pieces.insert(0, &[]);
        pieces.insert(1024, &[]);
        pieces.push(&[]);
        for seed in 0..2 {
            let id = ActionId([seed; 32]);
            let stored = cache.put(&id, Content::Pieces(&pieces), Verify::Strict);
            let size = whole.len() as u64;
            assert_eq!(stored.unwrap(), (OutputId::of(&whole), size));
            assert_eq!(cache.bytes(&id).unwrap(), whole);
        }
        // A damaged output is written again.
        let file = cache.output_file(&OutputId::of(&whole));
        std::fs::write(&file, vec![0; whole.len()]).unwrap();
        let id = ActionId([7; 32]);
        cache
            .put(&id, Content::Pieces(&pieces), Verify::Strict)
            .unwrap();
        assert_eq!(cache.bytes(&id).unwrap(), whole);
        let empty: [&[u8]; 2] = [&[], &[]];
        let stored = cache.put(&id, Content::Pieces(&empty), Verify::Strict);
        assert_eq!(stored.unwrap(), (OutputId::of(&[]), 0));
    }
}
