//! Sections of debug information: where each symbol is, their content, and its compression. Answers
//! to allocateDwarfSections and compressSyms in cmd/link/internal/ld/data.go and to dwarfcompress
//! in dwarf.go.

use rayon::prelude::*;

use super::Dwarf;
use crate::deflate;
use crate::error::{Result, failed};
use crate::layout::Segment;
use crate::link::Link;
use crate::symbols::Sym;
use crate::text::round;

/// The header of a compressed section: zlib, the size, the alignment.
const COMPRESSED_HEADER: usize = 24;
const COMPRESS_ZLIB: u32 = 1;

/// The most bytes of a section. Go's compression takes a rare turn beyond.
const LIMIT: i64 = 1 << 30;

/// Bytes of content that one job makes, about.
const JOB: usize = 256 << 10;

/// Makes the sections. Their addresses are 0 for now: references between them are relative.
pub fn place(link: &mut Link, dwarf: &mut Dwarf) {
    for list in &dwarf.lists {
        let section = link.sections.add(Segment::Dwarf, list.name, 4);
        let mut size = 0;
        for &sym in &list.syms {
            link.symbols.section[sym as usize] = section;
            link.symbols.value[sym as usize] = size;
            size += link.symbols.size(sym);
        }
        let this = &mut link.sections.list[usize::from(section)];
        this.align = 1;
        this.length = size as u64;
    }
}

/// A section's content as it is written.
#[derive(Debug)]
pub struct Content {
    bytes: Vec<u8>,
    compressed: bool,
}

/// Makes the content of all sections, and compresses what gets smaller by that.
pub fn content(link: &Link) -> Result<Vec<Content>> {
    let Some(dwarf) = &link.dwarf else {
        return Ok(Vec::new());
    };
    let mut whole: Vec<Vec<u8>> = Vec::new();
    for list in &dwarf.lists {
        let last = list.syms.last().copied().unwrap_or(0);
        let size = link.symbols.value[last as usize] + link.symbols.size(last);
        if size > LIMIT {
            return failed("too much debug information");
        }
        whole.push(vec![0; size as usize]);
    }
    let mut jobs: Vec<(&[Sym], &mut [u8])> = Vec::new();
    for (list, bytes) in dwarf.lists.iter().zip(&mut whole) {
        split(link, &list.syms, bytes, &mut jobs);
    }
    jobs.into_par_iter()
        .try_for_each(|(syms, out)| write(link, syms, out))?;
    let compress = link.options.compress_dwarf;
    let release = link.release();
    Ok(whole
        .into_par_iter()
        .with_max_len(1)
        .map(|bytes| {
            if compress {
                let mut out = Vec::with_capacity(COMPRESSED_HEADER + bytes.len() / 2);
                out.extend_from_slice(&COMPRESS_ZLIB.to_le_bytes());
                out.extend_from_slice(&[0; 4]);
                out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
                out.extend_from_slice(&1_u64.to_le_bytes());
                deflate::zlib(release, &bytes, &mut out);
                if out.len() < bytes.len() {
                    return Content {
                        bytes: out,
                        compressed: true,
                    };
                }
            }
            Content {
                bytes,
                compressed: false,
            }
        })
        .collect())
}

/// Splits a section's symbols and bytes into jobs.
fn split<'l>(
    link: &Link,
    mut syms: &'l [Sym],
    mut bytes: &'l mut [u8],
    jobs: &mut Vec<(&'l [Sym], &'l mut [u8])>,
) {
    while !syms.is_empty() {
        let mut size = 0;
        let mut count = 0;
        while count < syms.len() && size < JOB {
            size += link.symbols.size(syms[count]) as usize;
            count += 1;
        }
        let (these, others) = syms.split_at(count);
        let Some((out, rest)) = std::mem::take(&mut bytes).split_at_mut_checked(size) else {
            return link.symbols.note_damage();
        };
        jobs.push((these, out));
        syms = others;
        bytes = rest;
    }
}

fn write(link: &Link, syms: &[Sym], mut out: &mut [u8]) -> Result<()> {
    for &sym in syms {
        let size = link.symbols.size(sym) as usize;
        let data = link.symbols.data(sym);
        let Some((this, rest)) = out.split_at_mut_checked(size) else {
            return failed("debug information");
        };
        let Some(this) = this.get_mut(..data.len()) else {
            return failed("debug information");
        };
        this.copy_from_slice(data);
        link.relocate(sym, this)?;
        out = rest;
    }
    Ok(())
}

/// Gives the sections their addresses, which follow the data's, and their places in the file.
pub fn finish(link: &mut Link, content: Vec<Content>) {
    let data = link.sections.extent(Segment::Data);
    let start = round((data.address + data.length) as i64, link.target().page) as u64;
    let mut address = start;
    let numbers = link.sections.of(Segment::Dwarf);
    for (number, content) in numbers.iter().zip(&content) {
        let section = &mut link.sections.list[*number];
        section.address = address;
        section.length = content.bytes.len() as u64;
        section.compressed = content.compressed;
        address += section.length;
    }
    let extent = &mut link.sections.extents[Segment::Dwarf as usize];
    extent.address = start;
    extent.length = address - start;
    link.sections.assign_offsets(link.target().page);
    let offset = link.sections.extent(Segment::Dwarf).offset;
    let Some(dwarf) = &mut link.dwarf else {
        return;
    };
    let mut at = offset;
    for content in content {
        let length = content.bytes.len() as u64;
        dwarf.parts.push((at, content.bytes));
        at += length;
    }
}
