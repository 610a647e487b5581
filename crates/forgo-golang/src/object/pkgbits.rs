//! Export data: what importers of a package read of it. Elements (byte strings) in ten sections,
//! which refer to each other by section and index.
//!
//! ```text
//! version   u32                        2 in Go 1.26, 5 in Go 1.27
//! flags     u32                        1: sync markers, a debugging aid, not read here
//! sections  [10]u32                    for each, the number of elements up to its end
//! ends      [sections[9]]u32           for each element, the offset of its end in data
//! data                                 the elements
//! fingerprint [8]byte                  head of the SHA-256 of all before
//!
//! element of the section of strings:   the string
//! any other element:                   uvarint n, n × (uvarint section, uvarint index), its own data
//! element of PosBase begins:           uvarint: which of the n is the name of the source file
//! ```
//!
//! Strings are deduplicated, so the name of a file and an equal string constant are one element.
//!
//! Answers to internal/pkgbits (encoder.go, decoder.go) and posBaseIdx in
//! cmd/compile/internal/noder/writer.go.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Fingerprint, Rename, Unfit, u32_at};

/// The text before the export data in `__.PKGDEF`, including the byte for "unified".
const BEGIN: &[u8] = b"\n$$B\nu";
/// The text after it.
const END: &[u8] = b"\n$$\n";

/// Number of sections.
const SECTIONS: usize = 10;
/// Section of strings.
const STRING: usize = 0;
/// Section of the files, and `//line`s, that positions are relative to.
const POS_BASE: usize = 2;
/// Where the ends of elements begin.
const ENDS: usize = 4 + 4 + 4 * SECTIONS;

const CUT: Unfit = Unfit::Malformed("export data is cut off");

/// The member `__.PKGDEF`: export data in a frame of text.
#[derive(Debug, Clone, Copy)]
pub struct PkgDef<'a> {
    /// The lines before: `go object linux amd64 …`, the build ID, `main`.
    pub head: &'a [u8],
    /// The export data.
    pub export: &'a [u8],
}

impl<'a> PkgDef<'a> {
    /// Takes the frame off.
    pub fn read(member: &'a [u8]) -> Result<PkgDef<'a>, Unfit> {
        let begin = memchr::memmem::find(member, BEGIN)
            .ok_or(Unfit::Malformed("no beginning of export data"))?;
        let (head, rest) = member.split_at(begin);
        let export = rest[BEGIN.len()..]
            .strip_suffix(END)
            .ok_or(Unfit::Malformed("no end of export data"))?;
        Ok(PkgDef { head, export })
    }

    /// The lines before, without the one with the build ID: what else an importer sees.
    pub fn head_without_build_id(&self) -> impl Iterator<Item = &'a [u8]> {
        self.head
            .split_inclusive(|b| *b == b'\n')
            .filter(|line| !line.starts_with(b"build id "))
    }

    /// Puts the frame around other export data.
    pub fn frame(head: &[u8], write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        out.extend_from_slice(head);
        out.extend_from_slice(BEGIN);
        write(out);
        out.extend_from_slice(END);
    }
}

/// Export data, checked.
#[derive(Debug, Clone)]
pub struct Export<'a> {
    bytes: &'a [u8],
    /// Version of the format.
    pub version: u32,
    /// Elements up to the end of each section.
    sections: [usize; SECTIONS],
    /// The elements.
    data: &'a [u8],
    /// The last eight bytes.
    pub fingerprint: Fingerprint,
}

/// The elements that name source files, and their new values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames(BTreeMap<usize, Vec<u8>>);

impl Renames {
    /// No file is called otherwise.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The new names.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(Vec::as_slice)
    }
}

impl<'a> Export<'a> {
    /// Reads export data and checks its structure and every reference in it.
    pub fn read(bytes: &'a [u8]) -> Result<Export<'a>, Unfit> {
        let version = u32_at(bytes, 0).ok_or(CUT)?;
        if !matches!(version, 2..=5) {
            return Err(Unfit::Malformed("unknown version of export data"));
        }
        if u32_at(bytes, 4).ok_or(CUT)? != 0 {
            return Err(Unfit::Malformed("export data with flags"));
        }
        let mut sections = [0; SECTIONS];
        let mut before = 0;
        for (i, end) in sections.iter_mut().enumerate() {
            *end = u32_at(bytes, 8 + 4 * i).ok_or(CUT)? as usize;
            if *end < before {
                return Err(Unfit::Malformed("sections overlap"));
            }
            before = *end;
        }
        let data = ENDS + 4 * sections[SECTIONS - 1];
        let end = bytes.len().checked_sub(8).filter(|end| data <= *end);
        let end = end.ok_or(CUT)?;
        let export = Export {
            bytes,
            version,
            sections,
            data: &bytes[data..end],
            fingerprint: bytes[end..].try_into().map_err(|_| CUT)?,
        };
        export.check()?;
        Ok(export)
    }

    /// Number of elements.
    fn len(&self) -> usize {
        self.sections[SECTIONS - 1]
    }

    /// Where an element ends.
    fn end(&self, element: usize) -> usize {
        u32_at(self.bytes, ENDS + 4 * element).map_or(usize::MAX, |end| end as usize)
    }

    /// Where it begins.
    fn start(&self, element: usize) -> usize {
        element.checked_sub(1).map_or(0, |before| self.end(before))
    }

    /// An element, by its number among all.
    fn element(&self, element: usize) -> &'a [u8] {
        &self.data[self.start(element)..self.end(element)]
    }

    /// The elements of a section.
    fn section(&self, section: usize) -> std::ops::Range<usize> {
        let start = section.checked_sub(1).map_or(0, |i| self.sections[i]);
        start..self.sections[section]
    }

    fn check(&self) -> Result<(), Unfit> {
        let mut before = 0;
        for element in 0..self.len() {
            let end = self.end(element);
            if end < before || end > self.data.len() {
                return Err(Unfit::Malformed("elements overlap"));
            }
            before = end;
        }
        if before != self.data.len() {
            return Err(Unfit::Malformed("export data with bytes of no element"));
        }
        for element in self.sections[STRING]..self.len() {
            let references = References::of(self.element(element))?;
            for reference in references.clone() {
                let (section, index) = reference?;
                let known = section < SECTIONS && index < self.section(section).len();
                if !known {
                    return Err(Unfit::Malformed("reference to no element"));
                }
            }
        }
        Ok(())
    }

    /// The strings that name source files.
    fn file_names(&self) -> impl Iterator<Item = Result<usize, Unfit>> {
        self.section(POS_BASE).map(|element| {
            let mut references = References::of(self.element(element))?;
            let table: Vec<(usize, usize)> = references.by_ref().collect::<Result<_, _>>()?;
            let which = references.reader.uvarint()?;
            match table.get(which) {
                Some((STRING, index)) => Ok(*index),
                _ => Err(Unfit::Malformed("position without a file name")),
            }
        })
    }

    /// The renamed strings. Refused if a string that is renamed, or its new value, has another
    /// meaning too.
    pub fn renames(&self, rename: &Rename) -> Result<Renames, Unfit> {
        let mut renames = BTreeMap::new();
        for index in self.file_names() {
            let index = index?;
            if renames.contains_key(&index) {
                continue;
            }
            if let Some(new) = rename(self.element(index)) {
                renames.insert(index, new);
            }
        }
        if renames.is_empty() {
            return Ok(Renames::default());
        }
        let mut renamed = vec![false; self.sections[STRING]];
        for index in renames.keys() {
            renamed[*index] = true;
        }
        let pos_bases = self.section(POS_BASE);
        let others = (self.sections[STRING]..self.len()).filter(|e| !pos_bases.contains(e));
        for element in others {
            for reference in References::of(self.element(element))? {
                if let (STRING, index) = reference?
                    && renamed[index]
                {
                    return Err(Unfit::Refused("a string constant is a file's name"));
                }
            }
        }
        self.check_new_names(&renames, &renamed)?;
        Ok(Renames(renames))
    }

    /// A new name that is there already would be the same element.
    fn check_new_names(
        &self,
        renames: &BTreeMap<usize, Vec<u8>>,
        renamed: &[bool],
    ) -> Result<(), Unfit> {
        let new: std::collections::HashSet<&[u8]> = renames.values().map(Vec::as_slice).collect();
        if new.len() != renames.len() {
            return Err(Unfit::Refused("two files get one name"));
        }
        // Few strings are no longer than a name and begin as one.
        let longest = new.iter().map(|name| name.len()).max().unwrap_or(0);
        let mut heads = [false; 256];
        for name in &new {
            heads[usize::from(name.first().copied().unwrap_or(0))] = true;
        }
        let clash = self.section(STRING).any(|index| {
            let string = self.element(index);
            string.len() <= longest
                && heads[usize::from(string.first().copied().unwrap_or(0))]
                && !renamed[index]
                && new.contains(string)
        });
        if clash {
            return Err(Unfit::Refused("a new name is there already"));
        }
        Ok(())
    }

    /// Writes the export data with other names; gives its fingerprint. Without new names these are
    /// the bytes that were read, if their fingerprint was right.
    pub fn write(&self, renames: &Renames, out: &mut Vec<u8>) -> Fingerprint {
        let begin = out.len();
        self.pieces(renames, |piece| out.extend_from_slice(piece));
        let fingerprint = head(&Sha256::digest(&out[begin..]).into());
        out.extend_from_slice(&fingerprint);
        fingerprint
    }

    /// The SHA-256 that the export data with other names would have; its [`head`] is their
    /// fingerprint.
    pub fn digest(&self, renames: &Renames) -> [u8; 32] {
        let mut sha = Sha256::new();
        self.pieces(renames, |piece| sha.update(piece));
        sha.finalize().into()
    }

    /// The export data with other names, but for the fingerprint, piece by piece.
    fn pieces(&self, renames: &Renames, mut each: impl FnMut(&[u8])) {
        let data = ENDS + 4 * self.len();
        if renames.is_empty() {
            return each(&self.bytes[..data + self.data.len()]);
        }
        each(&self.bytes[..ENDS]);
        let mut ends = Vec::with_capacity(4 * self.len());
        let mut new_names = renames.0.iter().peekable();
        let mut grown = 0_i64;
        for element in 0..self.len() {
            let end = self.end(element) as i64;
            if let Some((_, new)) = new_names.next_if(|(at, _)| **at == element) {
                grown += new.len() as i64 - (end - self.start(element) as i64);
            }
            // Sizes of archives that the linker takes are far below.
            let end = u32::try_from(end + grown).unwrap_or(u32::MAX);
            ends.extend_from_slice(&end.to_le_bytes());
        }
        each(&ends);
        let mut copied = 0;
        for (&element, new) in &renames.0 {
            each(&self.data[copied..self.start(element)]);
            each(new);
            copied = self.end(element);
        }
        each(&self.data[copied..]);
    }
}

/// The fingerprint in a SHA-256.
pub fn head(digest: &[u8; 32]) -> Fingerprint {
    let mut fingerprint = [0; 8];
    fingerprint.copy_from_slice(&digest[..8]);
    fingerprint
}

/// An element's references: section and index.
#[derive(Debug, Clone)]
struct References<'a> {
    left: usize,
    reader: Reader<'a>,
}

impl<'a> References<'a> {
    fn of(element: &'a [u8]) -> Result<References<'a>, Unfit> {
        let mut reader = Reader(element);
        let left = reader.uvarint()?;
        // Each takes two bytes at least: a table that is longer than its element ends early.
        Ok(References { left, reader })
    }
}

impl Iterator for References<'_> {
    type Item = Result<(usize, usize), Unfit>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut pair = || Ok((self.reader.uvarint()?, self.reader.uvarint()?));
        let pair = pair();
        if pair.is_err() {
            self.left = 0;
        }
        Some(pair)
    }
}

/// Reads numbers.
#[derive(Debug, Clone)]
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// A number of at most 32 bits, in the fewest bytes, as the encoder writes it.
    fn uvarint(&mut self) -> Result<usize, Unfit> {
        let mut value = 0_u32;
        for shift in (0..35).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(CUT)?;
            self.0 = rest;
            let bits = u32::from(byte & 0x7f);
            if bits.leading_zeros() < shift || shift > 0 && byte == 0 {
                return Err(Unfit::Malformed("number too large or too long"));
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value as usize);
            }
        }
        Err(Unfit::Malformed("number too large or too long"))
    }
}
