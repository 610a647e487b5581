//! Build IDs: what an archive or executable carries of the action that made it and of the file's
//! contents (`actionID/contentID`, for executables `actionID/actionID(main.a)/contentID(main.a)/
//! contentID`). Reading, finding and replacing them in files; nothing here decides anything.
//!
//! Answers to cmd/internal/buildid and to the helpers of cmd/go/internal/work/buildid.go. AIX's big
//! archives (gccgo's only) are not read: they are malformed here.

mod codesign;
mod elf;
mod macho;

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use forgo_cache::{hash_to_string, path_error};
use forgo_golang::object::pieces::Pieces;
use forgo_load::disk;
use memchr::memmem;
use sha2::{Digest, Sha256};

use crate::archive::{self, Buffer};
use forgo_load::disk::Because;

/// How much of an executable is read at first; the ID of most lies there.
const HEAD: usize = 32 * 1024;

/// An archive up to this size is worked on in memory.
const IN_MEMORY: u64 = 32 << 20;

/// The first part of a build ID: the key of the action that made the file.
pub fn action_id(build_id: &str) -> &str {
    build_id
        .split_once('/')
        .map_or(build_id, |(first, _)| first)
}

/// The last part of a build ID: the hash of the file without its build ID.
pub fn content_id(build_id: &str) -> &str {
    build_id.rsplit_once('/').map_or(build_id, |(_, last)| last)
}

/// Bytes that can be read from anywhere: a file, or memory.
pub trait ReadAt {
    /// Fills the buffer from an offset, or fails.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Reads a range, or nothing where it does not lie inside.
    fn bytes_at(&self, offset: u64, length: usize) -> Option<Vec<u8>> {
        // Lengths come from headers that may be damaged.
        if length > 1 << 30 {
            return None;
        }
        let mut bytes = vec![0; length];
        self.read_exact_at(&mut bytes, offset).ok()?;
        Some(bytes)
    }
}

impl ReadAt for File {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, buffer, offset)
    }
}

impl ReadAt for [u8] {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = usize::try_from(offset).ok().and_then(|start| {
            let end = start.checked_add(buffer.len())?;
            self.get(start..end)
        });
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// Reads the build ID of an archive or executable: empty where a good file carries none. The error
/// has the text that the stock command prints.
pub fn read_build_id(path: &str) -> Result<String, String> {
    let id = read_build_id_bytes(path)?;
    Ok(
        String::from_utf8(id)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
    )
}

/// [`read_build_id`] for arbitrary bytes: IDs written by a C linker need not be UTF-8.
pub fn read_build_id_bytes(path: &str) -> Result<Vec<u8>, String> {
    let file = disk::own::open(Because::Noted, path).map_err(|e| path_error("open", path, &e))?;
    let mut head = vec![0; 1024];
    let mut length = 0;
    fill(&file, &mut head, &mut length).map_err(|e| path_error("read", path, &e))?;
    if length < 8 {
        return Err("EOF".into());
    }
    if head.starts_with(archive::MAGIC) {
        let id = archive::build_id(&head[..length]);
        return match id {
            Some(id) => Ok(id.into()),
            None => elf::gccgo_build_id(&file)
                .map(String::into_bytes)
                .ok_or_else(|| malformed(path)),
        };
    }
    head.resize(HEAD, 0);
    fill(&file, &mut head, &mut length).map_err(|e| path_error("read", path, &e))?;
    head.truncate(length);
    if elf::is_elf(&head) {
        return elf::build_id(&head, &file).map_err(|why| format!("parse {path}: {why}"));
    }
    let raw = raw_build_id(&head);
    if !macho::is_macho(&head) {
        return raw.map(String::into_bytes).ok_or_else(|| malformed(path));
    }
    // The linker may have put anything ahead of the text, where the ID is.
    if let Some(id) = raw.filter(|id| !id.is_empty()) {
        return Ok(id.into());
    }
    let file = macho::Macho::parse(&file).ok_or_else(|| malformed(path))?;
    let text = file
        .text(HEAD)
        .ok_or_else(|| format!("parse {path}: cannot find __text section"))?;
    let id = raw_build_id(&text).map(String::into_bytes);
    id.ok_or_else(|| malformed(path))
}

/// The import paths of the packages in a shared library that the Go linker made (`readpkglist`).
pub fn shared_library_packages(path: &str) -> Result<Vec<String>, String> {
    let file = disk::own::open(Because::Noted, path).map_err(|e| path_error("open", path, &e))?;
    let mut magic = [0; 16];
    let read = ReadAt::read_exact_at(&file, &mut magic, 0);
    if read.is_err() || !elf::is_elf(&magic) {
        let [a, b, c, d, ..] = magic;
        return Err(format!(
            "bad magic number '[{a} {b} {c} {d}]' in record at byte 0x0"
        ));
    }
    Ok(elf::package_list(&file)
        .lines()
        .map(str::to_owned)
        .collect())
}

fn malformed(path: &str) -> String {
    format!("parse {path}: malformed object file")
}

/// Reads on behind the first `length` bytes, and counts. A pipe has no places to read from: to wait
/// for data from its writer would be to wait for the build itself where it is the output
/// (`-o /dev/stdout`).
fn fill(file: &File, buffer: &mut [u8], length: &mut usize) -> io::Result<()> {
    while *length < buffer.len() {
        match file.read_at(&mut buffer[*length..], *length as u64) {
            Ok(0) => break,
            Ok(n) => *length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// The ID that the linker writes as `\xff Go build ID: "…"\n \xff` at the start of the text of
/// formats without notes. `None` where it has no end.
fn raw_build_id(bytes: &[u8]) -> Option<String> {
    const BEGIN: &[u8] = b"\xff Go build ID: ";
    let Some(at) = memmem::find(bytes, b"\xff Go build ID: \"") else {
        return Some(String::new());
    };
    let quoted = &bytes[at + BEGIN.len()..];
    let end = 1 + memmem::find(&quoted[1..], b"\"\n \xff")?;
    forgo_golang::quote::unquote(std::str::from_utf8(&quoted[..=end]).ok()?)
}

/// Where an ID stands in a file, and the file's hash with that ID (and what depends on it) zeroed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Offsets, ascending.
    pub offsets: Vec<u64>,
    /// SHA-256; [`forgo_cache::hash_to_string`] of it is the content ID.
    pub hash: [u8; 32],
}

/// What a content ID must not depend on, because it depends on the build ID itself: a Mach-O code
/// signature (hashes of the whole file) and the build ID that the host's tools know (GNU build ID,
/// Mach-O UUID), which the linker derives from ours.
fn derived(file: &(impl ReadAt + ?Sized)) -> Vec<Range<u64>> {
    if let Some(gnu) = elf::gnu_build_id(file) {
        return gnu.into_iter().collect();
    }
    let Some(macho) = macho::Macho::parse(file) else {
        return Vec::new();
    };
    macho
        .code_signature()
        .into_iter()
        .chain(macho.uuid())
        .collect()
}

/// Finds an ID in a file's bytes. `id` must not be empty.
pub fn find_and_hash(bytes: &[u8], id: &str) -> Found {
    let zeroed = derived(bytes);
    if zeroed.is_empty() {
        return scan_in_place(bytes, id);
    }
    let Ok(found) = scan(bytes, &zeroed, id) else {
        unreachable!("memory can be read");
    };
    found
}

/// [`scan`] of memory, which needs no copies where nothing else is zeroed: every archive.
fn scan_in_place(bytes: &[u8], id: &str) -> Found {
    assert!(!id.is_empty(), "no build ID to look for");
    let zeros = vec![0; id.len()];
    let mut sha = Sha256::new();
    let mut offsets = Vec::new();
    let mut done = 0;
    for at in memmem::find_iter(bytes, id) {
        sha.update(&bytes[done..at]);
        sha.update(&zeros);
        offsets.push(at as u64);
        done = at + id.len();
    }
    sha.update(&bytes[done..]);
    let hash = sha.finalize().into();
    Found { offsets, hash }
}

/// [`find_and_hash`] of an archive in pieces.
pub fn find_and_hash_pieces(archive: &Pieces<'_>, id: &str) -> Found {
    let Ok(found) = scan(archive.reader(), &[], id) else {
        unreachable!("memory can be read");
    };
    found
}

/// [`find_and_hash`] of a file, which is not held in memory.
pub fn find_and_hash_file(file: &File, id: &str) -> io::Result<Found> {
    scan(file, &derived(file), id)
}

/// Reads block by block; the search for the ID spans the borders of blocks.
fn scan(mut reader: impl Read, zeroed: &[Range<u64>], id: &str) -> io::Result<Found> {
    // Of a size that the allocator need not ask the kernel for.
    const BLOCK: usize = 64 << 10;
    assert!(!id.is_empty(), "no build ID to look for");
    let finder = memmem::Finder::new(id);
    let zeros = vec![0; id.len()];
    let mut sha = Sha256::new();
    let mut offsets = Vec::new();
    let mut buffer = vec![0; BLOCK + id.len()];
    // buffer[..kept] was read before and may be the beginning of an ID; `offset` is buffer[0]'s.
    let mut kept = 0;
    let mut offset = 0_u64;
    loop {
        let read = match reader.read(&mut buffer[kept..]) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        let end = kept + read;
        let fresh = offset + kept as u64..offset + end as u64;
        for range in zeroed {
            let (from, to) = (range.start.max(fresh.start), range.end.min(fresh.end));
            if from < to {
                buffer[(from - offset) as usize..(to - offset) as usize].fill(0);
            }
        }
        let mut done = 0;
        while let Some(at) = finder.find(&buffer[done..end]) {
            sha.update(&buffer[done..done + at]);
            sha.update(&zeros);
            offsets.push(offset + (done + at) as u64);
            done += at + id.len();
        }
        if read == 0 {
            sha.update(&buffer[done..end]);
            let hash = sha.finalize().into();
            return Ok(Found { offsets, hash });
        }
        let keep_from = done.max(end.saturating_sub(id.len() - 1));
        sha.update(&buffer[done..keep_from]);
        buffer.copy_within(keep_from..end, 0);
        kept = end - keep_from;
        offset += keep_from as u64;
    }
}

/// Puts another ID of the same length where [`find_and_hash`] found one, in memory, and renews a
/// Mach-O code signature. The changed bytes are returned as ranges, for callers that write the
/// change to a file.
pub fn stamp(bytes: &mut [u8], offsets: &[u64], id: &str) -> Vec<Range<usize>> {
    let mut changed = Vec::with_capacity(offsets.len() + 1);
    for &offset in offsets {
        let range = offset as usize..offset as usize + id.len();
        bytes[range.clone()].copy_from_slice(id.as_bytes());
        changed.push(range);
    }
    if let Some((at, signature)) = renewed_signature(bytes) {
        let range = at as usize..at as usize + signature.len();
        bytes[range.clone()].copy_from_slice(&signature);
        changed.push(range);
    }
    changed
}

/// [`stamp`] of a file open for reading and writing.
pub fn stamp_file(file: &File, offsets: &[u64], id: &str) -> io::Result<()> {
    for &offset in offsets {
        file.write_all_at(id.as_bytes(), offset)?;
    }
    if let Some((at, signature)) = renewed_signature(file) {
        file.write_all_at(&signature, at)?;
    }
    Ok(())
}

/// A Mach-O file's code signature as it must be now, and where it goes. A signature of another size
/// than ours is not the Go linker's, and left alone as it is.
fn renewed_signature(file: &(impl ReadAt + ?Sized)) -> Option<(u64, Vec<u8>)> {
    let macho = macho::Macho::parse(file)?;
    let place = macho.code_signature()?;
    let text = macho.text_segment()?;
    let code = codesign::Code {
        size: place.start,
        text,
        executable: macho.is_executable(),
    };
    if code.signature_size() != place.end - place.start {
        return None;
    }
    Some((place.start, code.sign(file)?))
}

/// A file with the build ID that its contents deserve.
#[derive(Debug)]
pub struct Updated {
    /// That ID: the old one with its first and last part replaced.
    pub build_id: String,
    /// The file carried the old ID, and carries the new one now. If not, the user overrode it
    /// (`-ldflags=-buildid=`), and nothing is to be cached.
    pub stamped: bool,
    /// The file's bytes as they are now, where they are in memory anyway.
    pub bytes: Option<Buffer>,
}

/// Gives a file that carries `old` the build ID that its contents deserve, with the action ID
/// `action`. The error has the text that the stock command prints. Answers to the middle of
/// Builder.updateBuildID.
pub fn update_file(path: &str, old: &str, action: &str) -> Result<Updated, String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a tool's result in the work directory"
    )]
    let open = File::options().read(true).write(true).open(path);
    let file = open.map_err(|e| path_error("open", path, &e))?;
    let read_error = |e: io::Error| path_error("read", path, &e);
    let write_error = |e: io::Error| path_error("write", path, &e);
    let size = file.metadata().map_err(read_error)?.len();
    let mut magic = [0; archive::MAGIC.len()];
    let in_memory = size <= IN_MEMORY
        && ReadAt::read_exact_at(&file, &mut magic, 0).is_ok()
        && magic == *archive::MAGIC;
    if !in_memory {
        let found = find_and_hash_file(&file, old).map_err(read_error)?;
        let build_id = with_ids(old, action, &found.hash)?;
        stamp_file(&file, &found.offsets, &build_id).map_err(write_error)?;
        return Ok(Updated {
            build_id,
            stamped: !found.offsets.is_empty(),
            bytes: None,
        });
    }
    let mut bytes = Buffer::default();
    bytes.reserve(size as usize + 1);
    (&file).read_to_end(&mut bytes).map_err(read_error)?;
    let found = find_and_hash(&bytes, old);
    let build_id = with_ids(old, action, &found.hash)?;
    for range in stamp(&mut bytes, &found.offsets, &build_id) {
        file.write_all_at(&bytes[range.clone()], range.start as u64)
            .map_err(write_error)?;
    }
    Ok(Updated {
        build_id,
        stamped: !found.offsets.is_empty(),
        bytes: Some(bytes),
    })
}

/// A build ID with its first and last part replaced.
fn with_ids(old: &str, action: &str, hash: &[u8; 32]) -> Result<String, String> {
    let kept = action_id(old).len()..old.len() - content_id(old).len();
    let kept = old.get(kept).unwrap_or_default();
    let new = format!("{action}{kept}{}", hash_to_string(hash));
    if new.len() != old.len() {
        let (old, new) = (
            forgo_golang::quote::quote(old),
            forgo_golang::quote::quote(&new),
        );
        return Err(format!(
            "internal error: build ID length mismatch {old} vs {new}"
        ));
    }
    Ok(new)
}

#[cfg(test)]
mod tests;
