//! Sections and segments: addresses and places in the file. Answers to address and layout in
//! cmd/link/internal/ld/data.go.

use crate::symbols::Sym;
use crate::text::round;

/// Bytes before the text: headers and notes.
pub const HEADERS: i64 = 4096;

/// A part of the file that is loaded at once, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Segment {
    /// Code.
    Text,
    /// Read-only data.
    RoData,
    /// Data that is read-only after relocation.
    RelroData,
    /// Data.
    Data,
    /// Debug information.
    Dwarf,
}

/// Segments in the file's order.
pub const SEGMENTS: [Segment; 5] = [
    Segment::Text,
    Segment::RoData,
    Segment::RelroData,
    Segment::Data,
    Segment::Dwarf,
];

/// A section.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its segment.
    pub segment: Segment,
    /// Its name.
    pub name: String,
    /// Read 4, write 2, execute 1.
    pub rwx: u8,
    /// Its alignment.
    pub align: i64,
    /// Its address.
    pub address: u64,
    /// Its length in memory.
    pub length: u64,
    /// Whether its content is compressed.
    pub compressed: bool,
    /// Its symbols, by address.
    pub syms: Vec<Sym>,
}

/// Where a segment is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extent {
    /// Its address.
    pub address: u64,
    /// Its length in memory.
    pub length: u64,
    /// Where it is in the file.
    pub offset: u64,
    /// Its length in the file.
    pub file_length: u64,
}

/// All sections, by their numbers; the first is none.
#[derive(Debug)]
pub struct Sections {
    /// The sections.
    pub list: Vec<Section>,
    /// The segments' extents.
    pub extents: [Extent; 5],
}

impl Default for Sections {
    fn default() -> Sections {
        let mut sections = Sections {
            list: Vec::new(),
            extents: Default::default(),
        };
        sections.add(Segment::Dwarf, "", 0);
        sections
    }
}

impl Sections {
    /// Adds a section; it is aligned to a word.
    pub fn add(&mut self, segment: Segment, name: &str, rwx: u8) -> u16 {
        self.list.push(Section {
            segment,
            name: name.to_owned(),
            rwx,
            align: 8,
            address: 0,
            length: 0,
            compressed: false,
            syms: Vec::new(),
        });
        (self.list.len() - 1) as u16
    }

    /// Numbers of a segment's sections, in their order.
    pub fn of(&self, segment: Segment) -> Vec<usize> {
        (1..self.list.len())
            .filter(|i| self.list[*i].segment == segment)
            .collect()
    }

    /// The section of a name.
    pub fn find(&self, name: &str) -> Option<&Section> {
        self.list.iter().find(|section| section.name == name)
    }

    /// Where a segment is.
    pub fn extent(&self, segment: Segment) -> Extent {
        self.extents[segment as usize]
    }

    /// Where an address is in the file.
    pub fn file_offset(&self, segment: Segment, address: u64) -> u64 {
        let extent = self.extent(segment);
        address - extent.address + extent.offset
    }

    /// Gives all segments but that of debug information their addresses. `text` is that of the
    /// code; they begin at multiples of `page`.
    pub fn assign_addresses(&mut self, text: i64, page: i64) {
        let mut address = text;
        for segment in SEGMENTS {
            let numbers = self.of(segment);
            if segment != Segment::Text {
                if numbers.is_empty() && segment != Segment::Data && segment != Segment::Dwarf {
                    continue;
                }
                address = round(address, page);
            }
            let start = address;
            self.extents[segment as usize].address = start as u64;
            if segment == Segment::Dwarf {
                continue;
            }
            for (i, &number) in numbers.iter().enumerate() {
                if segment == Segment::Data {
                    if self.list[number].name == ".tbss" {
                        continue;
                    }
                    // Offsets within the segment are there already, and keep their distances.
                    let next = numbers.get(i + 1).map(|next| &self.list[*next]);
                    let length = match next.filter(|next| next.name != ".tbss") {
                        Some(next) => next.address - self.list[number].address,
                        None => self.list[number].length,
                    };
                    self.list[number].address = address as u64;
                    address += length as i64;
                } else {
                    let section = &mut self.list[number];
                    address = round(address, section.align);
                    section.address = address as u64;
                    address += section.length as i64;
                }
            }
            self.extents[segment as usize].length = (address - start) as u64;
        }
        let bss = self.find(".bss").map_or(0, |bss| bss.address);
        let data = &mut self.extents[Segment::Data as usize];
        data.file_length = bss.saturating_sub(data.address);
    }

    /// Gives segments their places in the file. Returns where they end.
    pub fn assign_offsets(&mut self, page: i64) -> u64 {
        let mut offset = HEADERS;
        let mut end = offset;
        for segment in SEGMENTS {
            if self.of(segment).is_empty() && segment != Segment::Data && segment != Segment::Dwarf
            {
                continue;
            }
            let extent = &mut self.extents[segment as usize];
            extent.offset = offset as u64;
            if segment != Segment::Data {
                extent.file_length = extent.length;
            }
            end = offset + extent.file_length as i64;
            offset = round(end, page);
        }
        end as u64
    }
}
