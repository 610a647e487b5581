//! Writes the output: once, into a file of its final size, in parallel. Answers to asmb in
//! cmd/link/internal/ld/asmb.go, to writeBlocks in data.go and to outbuf.go.
//!
//! Each job makes its bytes in memory and writes them with one system call: to write into a mapped
//! file takes a page fault for each page, and a full disk would end the process.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::dwarf;
use crate::elf::{self, Image};
use crate::error::{Error, Result, failed, unsupported};
use crate::layout::Segment;
use crate::link::Link;
use crate::symbols::Sym;

/// The largest output: what 32-bit offsets reach.
const LARGEST: u64 = 1 << 31;

/// Bytes that one job writes, about.
const JOB: u64 = 256 << 10;

/// Makes all that follows from addresses: debug information, places in the file, headers.
pub fn plan(link: &mut Link) -> Result<Image> {
    if let Some(mut dwarf) = link.dwarf.take() {
        dwarf::sections::place(link, &mut dwarf);
        link.dwarf = Some(dwarf);
        let content = dwarf::sections::content(link)?;
        dwarf::sections::finish(link, content);
    }
    link.sections.assign_offsets(link.target().page);
    elf::build(link)
}

/// A run of symbols of a section and where they go in the file.
struct Job<'l> {
    offset: u64,
    length: u64,
    address: u64,
    syms: &'l [Sym],
    pad: u8,
}

/// Writes the file.
pub fn write(link: &Link, image: Image) -> Result<()> {
    if image.size > LARGEST {
        return unsupported("an output of more than 2 GiB");
    }
    let path = &link.options.output;
    let io = Error::of_file(path);
    // A program that runs keeps its file.
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => {}
        _ => {
            let _ = std::fs::remove_file(path);
        }
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o775)
        .open(path)
        .map_err(io)?;
    let written = write_file(link, &image, &file);
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

fn write_file(link: &Link, image: &Image, file: &File) -> Result<()> {
    let io = Error::of_file(&link.options.output);
    file.set_len(image.size).map_err(io)?;
    let mut jobs = jobs(link);
    jobs.sort_by_key(|job| job.offset);
    let mut at = 0;
    for job in &jobs {
        let end = job.offset.checked_add(job.length);
        match end.filter(|end| job.offset >= at && *end <= image.size) {
            Some(end) => at = end,
            None => return failed("sections overlap"),
        }
    }
    jobs.into_par_iter().try_for_each(|job| {
        let mut out = vec![job.pad; job.length as usize];
        for &sym in job.syms {
            if !link.symbols.is_sub_symbol(sym) {
                write_symbol(link, &job, sym, &mut out)?;
            }
        }
        file.write_all_at(&out, job.offset).map_err(io)
    })?;
    let dwarf = link.dwarf.iter().flat_map(|dwarf| &dwarf.parts);
    for (offset, bytes) in image.parts.iter().chain(dwarf) {
        if offset + bytes.len() as u64 > image.size {
            return failed("a part is beyond the file");
        }
        file.write_all_at(bytes, *offset).map_err(io)?;
    }
    link.check()?;
    write_fips_sum(link, file)
}

fn jobs<'l>(link: &'l Link) -> Vec<Job<'l>> {
    let mut jobs = Vec::new();
    let symbols = &link.symbols;
    for section in &link.sections.list[1..] {
        let extent = link.sections.extent(section.segment);
        let end = extent.address + extent.file_length;
        if section.segment == Segment::Dwarf || section.address >= end || section.name == ".tbss" {
            continue;
        }
        let is_text = section.name == ".text";
        let mut syms = if is_text {
            &link.text.all
        } else {
            &section.syms
        }
        .as_slice();
        let mut address = section.address;
        let last = section.address + section.length;
        while address < last {
            let split = syms.iter().position(|sym| {
                symbols.value[*sym as usize] as u64 >= address + JOB && !symbols.is_sub_symbol(*sym)
            });
            let (these, others) = syms.split_at(split.unwrap_or(syms.len()));
            let end = others
                .first()
                .map_or(last, |sym| symbols.value[*sym as usize] as u64);
            jobs.push(Job {
                offset: link.sections.file_offset(section.segment, address),
                length: end - address,
                address,
                syms: these,
                pad: if is_text { link.target().code_pad } else { 0 },
            });
            syms = others;
            address = end;
        }
    }
    jobs
}

fn write_symbol(link: &Link, job: &Job, sym: Sym, out: &mut [u8]) -> Result<()> {
    let symbols = &link.symbols;
    let at = (symbols.value[sym as usize] as u64).wrapping_sub(job.address) as usize;
    let beyond = || Error::Failed(format!("{} is beyond its section", symbols.text(sym)));
    if let Some(&table) = link.pclntab.tables.get(&sym) {
        let out = out
            .get_mut(at..at + symbols.size(sym) as usize)
            .ok_or_else(beyond)?;
        return link.pclntab.write(link, table, out);
    }
    let data = symbols.data(sym);
    let out = out.get_mut(at..at + data.len()).ok_or_else(beyond)?;
    out.copy_from_slice(data);
    link.relocate(sym, out)
}

/// Writes the sum of the FIPS module, an HMAC-SHA256 without key, and to the file of `-fipso` what
/// it is of. Answers to asmbfips in cmd/link/internal/ld/fips140.go.
fn write_fips_sum(link: &Link, file: &File) -> Result<()> {
    let io = Error::of_file(&link.options.output);
    let mut inner = Sha256::new_with_prefix([0x36; 64]);
    let mut copy = match &link.options.fips_object {
        Some(path) => Some((path, File::create(path).map_err(Error::of_file(path))?)),
        None => None,
    };
    let mut add = |bytes: &[u8]| {
        inner.update(bytes);
        match &mut copy {
            Some((path, file)) => file.write_all(bytes).map_err(Error::of_file(path)),
            None => Ok(()),
        }
    };
    add(b"go fips object v1\n")?;
    let segments = [Segment::Text, Segment::RoData, Segment::Data, Segment::Data];
    let value = |sym: Sym| link.symbols.value[sym as usize] as u64;
    for (pair, segment) in link.fips.chunks(2).zip(segments) {
        let (start, end) = (value(pair[0]), value(pair[1]));
        let from = link.sections.file_offset(segment, start);
        let Some(length) = end.checked_sub(start).filter(|length| *length < LARGEST) else {
            return failed("the FIPS module is not in its segment");
        };
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, from).map_err(io)?;
        add(&length.to_be_bytes())?;
        add(&bytes)?;
    }
    let mut outer = Sha256::new_with_prefix([0x5c; 64]);
    outer.update(inner.finalize());
    let at = link
        .sections
        .file_offset(Segment::Data, value(link.fips_info));
    file.write_all_at(&outer.finalize(), at + 16).map_err(io)
}
