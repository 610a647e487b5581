//! Object files of the Go compiler and assembler.
//!
//! ```text
//! text       go object linux amd64 …, build ID, for cgo its pragmas; then "\n!\n"
//! magic      "\x00go120ld"
//! fingerprint [8]byte                  of the export data; zeros in objects of the assembler
//! flags      u32
//! offsets    [19]u32                   of the blocks, from the magic; the last is the end
//! strings                              no separators; all blocks refer to them by (length, offset)
//! autolib    {string, fingerprint}     packages imported
//! pkgindex   string                    packages referred to
//! files      string                    source files
//! 5 blocks   {string, 13 bytes}        symbols: defined (4 kinds), referred to (1 kind)
//! 9 blocks                             flags, hashes, indices, relocations, data: no strings
//! refname    {8 bytes, string}         names of symbols of other packages
//! ```
//!
//! Strings are deduplicated. A source file is also a symbol, which only the fifth block of symbols
//! holds. Code, data and debug information have files' indices, not their names.
//!
//! Answers to cmd/internal/goobj/objfile.go and WriteObjFile in cmd/internal/obj/objfile.go.

use super::pieces::Pieces;
use super::{Fingerprint, ImportNow, Rename, Unfit, put_u32, u32_at};

/// The first bytes of an object behind its text.
const MAGIC: &[u8] = b"\x00go120ld";
/// The end of the text.
const TEXT_END: &[u8] = b"\n!\n";
/// Blocks, the end included.
const BLOCKS: usize = 19;
/// Where the offsets of blocks begin.
const OFFSETS: usize = 8 + 8 + 4;
/// Where the strings begin.
const STRINGS: usize = OFFSETS + 4 * BLOCKS;

const AUTOLIB: usize = 0;
const PKG_INDEX: usize = 1;
const FILES: usize = 2;
const SYMBOLS: usize = 3;
const NON_PKG_REFS: usize = 7;
const REF_FLAGS: usize = 8;
const REF_NAMES: usize = 17;
const END: usize = 18;

/// A block whose elements hold a string.
struct Strings {
    /// First block.
    from: usize,
    /// The block after the last.
    to: usize,
    /// Size of an element.
    size: usize,
    /// Where in the element the string is.
    string: usize,
    /// Whether the string may be a source file's name.
    file: bool,
}

const WITH_STRINGS: [Strings; 6] = {
    const fn strings(from: usize, to: usize, size: usize, string: usize, file: bool) -> Strings {
        Strings {
            from,
            to,
            size,
            string,
            file,
        }
    }
    [
        strings(AUTOLIB, PKG_INDEX, 16, 0, false),
        strings(PKG_INDEX, FILES, 8, 0, false),
        strings(FILES, SYMBOLS, 8, 0, true),
        strings(SYMBOLS, NON_PKG_REFS, 21, 0, false),
        strings(NON_PKG_REFS, REF_FLAGS, 21, 0, true),
        strings(REF_NAMES, END, 16, 8, false),
    ]
};

/// Whether a member of an archive is such an object.
pub fn is_object(member: &[u8]) -> bool {
    member.starts_with(b"go object ")
}

/// An object, checked.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    /// The text before, its end included.
    text: &'a [u8],
    /// All from the magic on.
    bytes: &'a [u8],
    /// The fingerprint of the package's export data; zeros where there is none.
    pub fingerprint: Fingerprint,
    offsets: [usize; BLOCKS],
}

/// The changes.
pub struct Changes<'a> {
    /// Names of source files.
    pub rename: &'a Rename<'a>,
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// Fingerprints of imports.
    pub import: &'a ImportNow<'a>,
}

impl<'a> Object<'a> {
    /// Reads an object and checks its structure and every string in it.
    pub fn read(member: &'a [u8]) -> Result<Object<'a>, Unfit> {
        let end = memchr::memmem::find(member, TEXT_END)
            .ok_or(Unfit::Malformed("no object after its text"))?;
        let (text, bytes) = member.split_at(end + TEXT_END.len());
        if !is_object(text) || !bytes.starts_with(MAGIC) {
            return Err(Unfit::Malformed("unknown kind of object"));
        }
        let mut offsets = [0; BLOCKS];
        let mut before = STRINGS;
        for (i, offset) in offsets.iter_mut().enumerate() {
            let at = u32_at(bytes, OFFSETS + 4 * i);
            *offset = at.ok_or(Unfit::Malformed("object is cut off"))? as usize;
            if *offset < before {
                return Err(Unfit::Malformed("blocks overlap"));
            }
            before = *offset;
        }
        if before != bytes.len() {
            return Err(Unfit::Malformed("object of another size"));
        }
        let mut fingerprint = [0; 8];
        fingerprint.copy_from_slice(&bytes[MAGIC.len()..MAGIC.len() + 8]);
        let object = Object {
            text,
            bytes,
            fingerprint,
            offsets,
        };
        object.check()?;
        Ok(object)
    }

    fn check(&self) -> Result<(), Unfit> {
        for block in &WITH_STRINGS {
            for i in block.from..block.to {
                if !(self.offsets[i + 1] - self.offsets[i]).is_multiple_of(block.size) {
                    return Err(Unfit::Malformed("block with a part of an element"));
                }
            }
        }
        let good = |(_, length, offset): (usize, usize, usize)| {
            let end = offset.checked_add(length);
            offset >= STRINGS && end.is_some_and(|end| end <= self.offsets[AUTOLIB])
        };
        if !WITH_STRINGS.iter().all(|b| self.strings(b).all(good)) {
            return Err(Unfit::Malformed("string outside the strings"));
        }
        Ok(())
    }

    /// The strings of a block: where they stand, their length and offset.
    fn strings(&self, block: &Strings) -> impl Iterator<Item = (usize, usize, usize)> {
        let elements = self.offsets[block.from]..self.offsets[block.to];
        let string = block.string;
        elements.step_by(block.size).map(move |element| {
            let at = element + string;
            let number = |at| u32_at(self.bytes, at).unwrap_or(u32::MAX) as usize;
            (at, number(at), number(at + 4))
        })
    }

    fn string(&self, length: usize, offset: usize) -> &'a [u8] {
        &self.bytes[offset..offset + length]
    }

    /// The names of its source files.
    pub fn files(&self) -> impl Iterator<Item = &'a [u8]> {
        self.strings(&WITH_STRINGS[2])
            .map(|(_, length, offset)| self.string(length, offset))
    }

    /// The packages imported, and their fingerprints.
    pub fn imports(&self) -> impl Iterator<Item = (&'a [u8], Fingerprint)> {
        self.imports_at()
            .map(|(path, fingerprint, _)| (path, fingerprint))
    }

    /// The packages imported, their fingerprints and where these stand.
    fn imports_at(&self) -> impl Iterator<Item = (&'a [u8], Fingerprint, usize)> {
        self.strings(&WITH_STRINGS[0]).map(|(at, length, offset)| {
            let mut fingerprint = [0; 8];
            fingerprint.copy_from_slice(&self.bytes[at + 8..at + 16]);
            (self.string(length, offset), fingerprint, at + 8)
        })
    }

    /// The member again, as it was read.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text);
        out.extend_from_slice(self.bytes);
    }

    /// The member with the changes. Parts that can't change are not copied: most strings, and the
    /// blocks with flags, hashes, relocations and data.
    pub fn changed(&self, changes: &Changes) -> Result<Pieces<'a>, Unfit> {
        let edits = Edits::of(self, changes.rename)?;
        let grown = edits.0.last().map_or(0, |edit| edit.grown);
        let mut head = self.bytes[..STRINGS].to_vec();
        head[MAGIC.len()..MAGIC.len() + 8].copy_from_slice(&changes.fingerprint);
        for (i, offset) in self.offsets.iter().enumerate() {
            let moved = small((*offset as i64 + grown) as usize)?;
            put_u32(&mut head, OFFSETS + 4 * i, moved);
        }
        let mut symbols = Part::of(self, AUTOLIB..REF_FLAGS);
        let mut names = Part::of(self, REF_NAMES..END);
        if !edits.0.is_empty() {
            for block in &WITH_STRINGS {
                let part = if block.from == REF_NAMES {
                    &mut names
                } else {
                    &mut symbols
                };
                for (at, length, offset) in self.strings(block) {
                    let (length, offset) = edits.moved(block.file, length, offset)?;
                    let place = part.place(at, 8);
                    put_u32(place, 0, small(length)?);
                    put_u32(place, 4, small(offset)?);
                }
            }
        }
        for (path, old, at) in self.imports_at() {
            let import = (changes.import)(path, old)?;
            symbols.place(at, 8).copy_from_slice(&import);
        }

        let mut out = Pieces::default();
        out.push(self.text);
        out.push(head);
        let mut copied = STRINGS;
        for edit in edits.0 {
            out.push(&self.bytes[copied..edit.offset]);
            out.push(edit.new);
            copied = edit.offset + edit.length;
        }
        out.push(&self.bytes[copied..self.offsets[AUTOLIB]]);
        out.push(symbols.bytes);
        out.push(&self.bytes[self.offsets[REF_FLAGS]..self.offsets[REF_NAMES]]);
        out.push(names.bytes);
        Ok(out)
    }
}

/// A copy of some blocks.
struct Part {
    begin: usize,
    bytes: Vec<u8>,
}

impl Part {
    fn of(object: &Object, blocks: std::ops::Range<usize>) -> Part {
        let (begin, end) = (object.offsets[blocks.start], object.offsets[blocks.end]);
        Part {
            begin,
            bytes: object.bytes[begin..end].to_vec(),
        }
    }

    /// The bytes that are at an offset of the object.
    fn place(&mut self, at: usize, length: usize) -> &mut [u8] {
        let at = at - self.begin;
        &mut self.bytes[at..at + length]
    }
}

fn small(number: usize) -> Result<u32, Unfit> {
    u32::try_from(number).map_err(|_| Unfit::Refused("the object would be too large"))
}

/// A string that is replaced.
struct Edit {
    offset: usize,
    length: usize,
    new: Vec<u8>,
    /// How much longer all strings before, and this one, have become.
    grown: i64,
}

/// The strings replaced, by offset.
struct Edits(Vec<Edit>);

impl Edits {
    fn of(object: &Object, rename: &Rename) -> Result<Edits, Unfit> {
        let mut edits = Vec::new();
        let mut kept = Vec::new();
        for (_, length, offset) in object.strings(&WITH_STRINGS[2]) {
            let name = object.string(length, offset);
            match rename(name) {
                Some(new) if length > 0 => edits.push(Edit {
                    offset,
                    length,
                    new,
                    grown: 0,
                }),
                _ => kept.push(name),
            }
        }
        edits.sort_by_key(|edit| edit.offset);
        edits.dedup_by_key(|edit| (edit.offset, edit.length));
        let mut grown = 0;
        let mut end = 0;
        for edit in &mut edits {
            if edit.offset < end {
                return Err(Unfit::Malformed("names of files overlap"));
            }
            end = edit.offset + edit.length;
            grown += edit.new.len() as i64 - edit.length as i64;
            edit.grown = grown;
        }
        let edits = Edits(edits);
        edits.check_new_names(object, &kept)?;
        Ok(edits)
    }

    /// A new name that is there already would be the same string.
    fn check_new_names(&self, object: &Object, kept: &[&[u8]]) -> Result<(), Unfit> {
        let new: std::collections::HashSet<&[u8]> =
            self.0.iter().map(|edit| edit.new.as_slice()).collect();
        if new.len() != self.0.len() || kept.iter().any(|name| new.contains(name)) {
            return Err(Unfit::Refused("two files get one name"));
        }
        if self.0.is_empty() {
            return Ok(());
        }
        // Few strings are as long as a name and begin as one.
        let longest = new.iter().map(|name| name.len()).max().unwrap_or(0);
        let mut heads = [false; 256];
        for head in new.iter().filter_map(|name| name.first()) {
            heads[usize::from(*head)] = true;
        }
        for block in &WITH_STRINGS {
            let clash = object.strings(block).any(|(_, length, offset)| {
                let string = object.string(length.min(longest + 1), offset);
                string.first().is_some_and(|head| heads[usize::from(*head)])
                    && new.contains(string)
                    && self.at(length, offset).is_none()
            });
            if clash {
                return Err(Unfit::Refused("a new name is there already"));
            }
        }
        Ok(())
    }

    /// The edit of exactly this string.
    fn at(&self, length: usize, offset: usize) -> Option<&Edit> {
        let index = self.0.binary_search_by_key(&offset, |edit| edit.offset);
        self.0.get(index.ok()?).filter(|edit| edit.length == length)
    }

    /// Where a string is afterwards, and how long it is. Only files' names may be replaced.
    fn moved(&self, file: bool, length: usize, offset: usize) -> Result<(usize, usize), Unfit> {
        // The empty string is the first of all: nothing before it grows.
        if length == 0 && offset == STRINGS {
            return Ok((length, offset));
        }
        let before = self.0.partition_point(|edit| edit.offset <= offset);
        let overlapped = self
            .0
            .get(before)
            .is_some_and(|e| e.offset < offset + length);
        let Some(edit) = before.checked_sub(1).map(|i| &self.0[i]) else {
            return if overlapped {
                Err(Unfit::Refused("a string holds a file's name"))
            } else {
                Ok((length, offset))
            };
        };
        let shifted = |by: i64| (offset as i64 + by) as usize;
        if offset >= edit.offset + edit.length && !overlapped {
            return Ok((length, shifted(edit.grown)));
        }
        let whole = offset == edit.offset && length == edit.length;
        if !whole || !file {
            return Err(Unfit::Refused("a symbol has a file's name"));
        }
        let own = edit.new.len() as i64 - edit.length as i64;
        Ok((edit.new.len(), shifted(edit.grown - own)))
    }
}
