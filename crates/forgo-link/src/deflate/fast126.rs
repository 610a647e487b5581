//! The fastest level of Go 1.26. Answers to deflatefast.go and to the writer of blocks in
//! huffman_bit_writer.go of that release.

use super::huffman::{
    BitWriter, END, Encoder, Header, LITERALS, MAX_STORED, OFFSETS, Token, common, length_class,
    offset_class, write_tokens,
};

const TABLE_BITS: u32 = 14;
/// Bytes at the end of a block that no match begins in.
const MARGIN: usize = 15;
const MAX_OFFSET: i64 = 1 << 15;
const MAX_MATCH: usize = 258;

/// Appends `data`, compressed.
pub fn compress(data: &[u8], out: &mut Vec<u8>) {
    let mut writer = BitWriter::new(out);
    let mut matcher = Matcher {
        data,
        table: Box::new([Entry::default(); 1 << TABLE_BITS]),
    };
    let mut tokens = Vec::with_capacity(MAX_STORED);
    let mut start = 0;
    for block in data.chunks(MAX_STORED) {
        match block.len() {
            ..=16 => write_stored(&mut writer, block),
            17..128 => write_huffman(&mut writer, block),
            length => {
                tokens.clear();
                matcher.find(start, length, &mut tokens);
                if tokens.len() > length - (length >> 4) {
                    write_huffman(&mut writer, block);
                } else {
                    write_dynamic(&mut writer, &tokens, block);
                }
            }
        }
        start += block.len();
    }
    writer.bits(1, 3);
    writer.bytes(&[0, 0, 0xff, 0xff]);
}

/// Four bytes, and where they were.
#[derive(Clone, Copy, Default)]
struct Entry {
    bytes: u32,
    /// One more than the offset; 0 where there is none.
    at: u32,
}

struct Matcher<'d> {
    data: &'d [u8],
    table: Box<[Entry; 1 << TABLE_BITS]>,
}

fn hash(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x1e35_a7bd) >> (32 - TABLE_BITS)) as usize
}

impl Matcher<'_> {
    fn load(&self, at: usize) -> u32 {
        let bytes = self.data.get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn insert(&mut self, bytes: u32, at: usize) -> Entry {
        let new = Entry {
            bytes,
            at: at as u32 + 1,
        };
        std::mem::replace(&mut self.table[hash(bytes)], new)
    }

    fn matches(&self, entry: Entry, bytes: u32, at: usize) -> bool {
        entry.at != 0 && at as i64 + 1 - i64::from(entry.at) <= MAX_OFFSET && entry.bytes == bytes
    }

    /// Finds matches in a block. A match does not go beyond its block, nor beyond the one before.
    fn find(&mut self, start: usize, length: usize, tokens: &mut Vec<Token>) {
        let end = start + length;
        let limit = end - MARGIN;
        let mut emitted = start;
        let mut at = start;
        let mut bytes = self.load(at);
        'blocks: loop {
            let mut skip = 32;
            let mut next = at;
            let mut candidate;
            loop {
                at = next;
                let step = skip >> 5;
                next = at + step;
                skip += step;
                if next > limit {
                    break 'blocks;
                }
                let now = self.load(next);
                candidate = self.insert(bytes, at);
                if self.matches(candidate, bytes, at) {
                    break;
                }
                bytes = now;
            }
            self.emit(emitted..at, tokens);
            loop {
                at += 4;
                let from = candidate.at as usize - 1 + 4;
                let more = self.extend(at, from, end);
                tokens.push(Token::Match((more + 1) as u8, (at - from - 1) as u16));
                at += more;
                emitted = at;
                if at >= limit {
                    break 'blocks;
                }
                let before = self.load(at - 1);
                self.insert(before, at - 1);
                bytes = self.load(at);
                candidate = self.insert(bytes, at);
                if !self.matches(candidate, bytes, at) {
                    at += 1;
                    bytes = self.load(at);
                    break;
                }
            }
        }
        self.emit(emitted..end, tokens);
    }

    fn emit(&self, range: std::ops::Range<usize>, tokens: &mut Vec<Token>) {
        let bytes = self.data.get(range).unwrap_or_default();
        tokens.extend(bytes.iter().map(|byte| Token::Literal(*byte)));
    }

    fn extend(&self, at: usize, from: usize, end: usize) -> usize {
        let end = end.min(at + MAX_MATCH - 4);
        let (a, b) = (&self.data[at..end], &self.data[from..]);
        common(a, b)
    }
}

fn write_stored(out: &mut BitWriter, block: &[u8]) {
    out.bits(0, 3);
    let length = block.len() as u16;
    out.bytes(&length.to_le_bytes());
    out.bytes(&(!length).to_le_bytes());
    out.bytes(block);
}

fn stored_size(block: &[u8]) -> usize {
    (block.len() + 5) * 8
}

fn write_huffman(out: &mut BitWriter, block: &[u8]) {
    let mut frequencies = [0; LITERALS];
    for byte in block {
        frequencies[usize::from(*byte)] += 1;
    }
    frequencies[END] = 1;
    let mut literals = Encoder::new(LITERALS);
    literals.generate(&frequencies, 15);
    let offsets = Encoder::no_offsets();
    let header = Header::new(END + 1, 1, &literals, &offsets);
    let mut of_offsets = [0; OFFSETS];
    of_offsets[0] = 1;
    let size = header.size() + literals.bit_length(&frequencies) + offsets.bit_length(&of_offsets);
    if stored_size(block) < size + (size >> 4) {
        return write_stored(out, block);
    }
    header.write(out);
    for byte in block {
        out.code(literals.codes[usize::from(*byte)]);
    }
    out.code(literals.codes[END]);
}

fn write_dynamic(out: &mut BitWriter, tokens: &[Token], block: &[u8]) {
    let mut literal = [0; LITERALS];
    let mut offset = [0; OFFSETS];
    literal[END] = 1;
    for token in tokens {
        match *token {
            Token::Literal(byte) => literal[usize::from(byte)] += 1,
            Token::Match(length, distance) => {
                literal[END + 1 + length_class(length)] += 1;
                offset[offset_class(u32::from(distance))] += 1;
            }
        }
    }
    let last = |list: &[u32]| list.iter().rposition(|count| *count != 0);
    let nliterals = last(&literal).map_or(0, |last| last + 1);
    let noffsets = match last(&offset) {
        Some(last) => last + 1,
        None => {
            offset[0] = 1;
            1
        }
    };
    let mut literals = Encoder::new(LITERALS);
    let mut offsets = Encoder::new(OFFSETS);
    literals.generate(&literal, 15);
    offsets.generate(&offset, 15);
    let header = Header::new(nliterals, noffsets, &literals, &offsets);
    let size = header.size() + literals.bit_length(&literal) + offsets.bit_length(&offset);
    if stored_size(block) < size + (size >> 4) {
        return write_stored(out, block);
    }
    header.write(out);
    write_tokens(out, tokens, &literals.codes, &offsets.codes);
    out.code(literals.codes[END]);
}
