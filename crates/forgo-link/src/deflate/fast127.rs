//! The fastest level of Go 1.27. Answers to level1.go, to deflateFast in deflate.go and to the
//! writer of blocks in huffman_bit_writer.go of that release.

use super::huffman::{
    BitWriter, END, Encoder, Header, LENGTH_EXTRA, LITERALS, MAX_STORED, OFFSET_EXTRA, OFFSETS,
    Token, common, length_class, offset_class, write_tokens,
};

const TABLE_BITS: u32 = 15;
const PRIME: u64 = 889_523_592_379;
/// Bytes at the end of a block that no match begins in.
const MARGIN: usize = 11;
const MAX_OFFSET: usize = 1 << 15;
const MAX_MATCH: usize = 258;
/// Number of tokens below which the fixed codes may be better.
const FEW_TOKENS: usize = 250;
/// How much worse than estimated new codes are taken to be: a part in so many powers of two.
const NEW_TABLE_PENALTY: u32 = 7;

/// Appends `data`, compressed.
pub fn compress(data: &[u8], out: &mut Vec<u8>) {
    let mut writer = Writer::new(out);
    let mut matcher = Matcher {
        data,
        table: Box::new([0; 1 << TABLE_BITS]),
        oldest: 0,
        history: 0,
    };
    let mut tokens = Tokens::default();
    let mut start = 0;
    while start < data.len() {
        let end = data.len().min(start + MAX_STORED);
        let block = &data[start..end];
        let length = block.len();
        let last = end == data.len();
        match length {
            ..=32 => writer.stored(block),
            33..128 => writer.huffman(block, true),
            _ => {
                tokens.clear();
                matcher.find(start, length, &mut tokens);
                let count = tokens.list.len();
                if count == 0 {
                    writer.stored(block);
                } else if count > length - (length >> 4) {
                    writer.huffman(block, last);
                } else {
                    writer.dynamic(&mut tokens, block, last);
                }
            }
        }
        start = end;
    }
    writer.finish();
}

/// Tokens of a block and how many there are of each.
struct Tokens {
    list: Vec<Token>,
    /// Literals, the end of the block, lengths.
    literals: [u32; LITERALS],
    offsets: [u32; OFFSETS],
}

impl Default for Tokens {
    fn default() -> Tokens {
        Tokens {
            list: Vec::with_capacity(MAX_STORED),
            literals: [0; LITERALS],
            offsets: [0; OFFSETS],
        }
    }
}

impl Tokens {
    fn clear(&mut self) {
        self.list.clear();
        self.literals.fill(0);
        self.offsets.fill(0);
    }

    fn add_literals(&mut self, bytes: &[u8]) {
        self.list
            .extend(bytes.iter().map(|byte| Token::Literal(*byte)));
        for &byte in bytes {
            self.literals[usize::from(byte)] += 1;
        }
    }

    fn add_match(&mut self, mut length: usize, offset: usize) {
        let class = offset_class(offset as u32);
        while length > 0 {
            // At least 3 must be left, if any.
            let part = match length {
                ..=MAX_MATCH => length,
                _ if length > MAX_MATCH + 3 => MAX_MATCH,
                _ => MAX_MATCH - 3,
            };
            length -= part;
            let part = (part - 3) as u8;
            self.literals[END + 1 + length_class(part)] += 1;
            self.offsets[class] += 1;
            self.list.push(Token::Match(part, offset as u16));
        }
    }

    /// About how many bits so many tokens take with the best codes. Floating point, operation by
    /// operation as in Go.
    fn estimate(&self, count: usize) -> usize {
        let mut shannon = 0_f32;
        let mut bits = 0;
        let mut matches = 0;
        if count > 0 {
            let inverse = 1.0 / count as f32;
            let cost = |count: u32| {
                let count = count as f32;
                (-fast_log2(count * inverse)).clamp(1.0, 15.0) * count
            };
            for &count in &self.literals[..END] {
                if count > 0 {
                    shannon += cost(count);
                }
            }
            shannon += 15.0;
            for (extra, &count) in LENGTH_EXTRA.iter().zip(&self.literals[END + 1..]) {
                if count > 0 {
                    shannon += cost(count);
                    bits += usize::from(*extra) * count as usize;
                    matches += count;
                }
            }
        }
        if matches > 0 {
            let inverse = 1.0 / matches as f32;
            for (extra, &count) in OFFSET_EXTRA.iter().zip(&self.offsets) {
                if count > 0 {
                    let n = count as f32;
                    shannon += (-fast_log2(n * inverse)).clamp(1.0, 15.0) * n;
                    bits += usize::from(*extra) * count as usize;
                }
            }
        }
        shannon as usize + bits
    }
}

fn fast_log2(value: f32) -> f32 {
    let bits = value.to_bits() as i32;
    let log = ((bits >> 23 & 255) - 128) as f32;
    let bits = (bits & -0x7f80_0001).wrapping_add(127 << 23);
    let value = f32::from_bits(bits as u32);
    // Go's constants, rounded to this precision.
    log + ((-0.344_848_43 * value + 2.024_665_8) * value - 0.674_877_6)
}

struct Matcher<'d> {
    data: &'d [u8],
    /// One more than where five bytes with a hash were.
    table: Box<[u32; 1 << TABLE_BITS]>,
    /// The first byte that a match may go back to.
    oldest: usize,
    /// Bytes that Go has in its buffer before the block.
    history: usize,
}

fn hash(bytes: u64) -> usize {
    ((bytes << 24).wrapping_mul(PRIME) >> (64 - TABLE_BITS)) as usize
}

impl Matcher<'_> {
    fn load64(&self, at: usize) -> u64 {
        let bytes = self.data.get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    fn load32(&self, at: usize) -> u32 {
        let bytes = self.data.get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn insert(&mut self, slot: usize, at: usize) -> u32 {
        std::mem::replace(&mut self.table[slot], at as u32 + 1)
    }

    /// Where the bytes of an entry are, if they are near enough and the same as `bytes`.
    fn candidate(&self, entry: u32, bytes: u64, at: usize, farthest: usize) -> Option<usize> {
        let from = (entry as usize).checked_sub(1)?;
        (at - from <= farthest && bytes as u32 == self.load32(from)).then_some(from)
    }

    /// Finds matches in a block.
    fn find(&mut self, start: usize, length: usize, tokens: &mut Tokens) {
        // Go keeps five blocks, and then the last 32 KiB of them.
        if self.history + length > 5 * MAX_STORED {
            self.history = MAX_OFFSET;
            self.oldest = start - MAX_OFFSET;
        }
        self.history += length;

        let end = start + length;
        let limit = end - MARGIN;
        let mut emitted = start;
        let mut at = start;
        let mut bytes = self.load64(at);
        'block: loop {
            let mut next;
            let mut from;
            loop {
                let slot = hash(bytes);
                next = at + 2 + ((at - emitted) >> 5);
                if next > limit {
                    break 'block;
                }
                let mut now = self.load64(next);
                let entry = self.insert(slot, at);
                let slot = hash(now);
                if let Some(found) = self.candidate(entry, bytes, at, MAX_OFFSET - 1) {
                    self.insert(slot, next);
                    from = found;
                    break;
                }
                bytes = now;
                at = next;
                next += 1;
                now >>= 8;
                let entry = self.insert(slot, at);
                if let Some(found) = self.candidate(entry, bytes, at, MAX_OFFSET - 1) {
                    self.insert(slot, next);
                    from = found;
                    break;
                }
                bytes = now;
                at = next;
            }
            loop {
                let mut length = 4 + self.extend(at + 4, from + 4, end);
                while from > self.oldest && at > emitted && self.data[from - 1] == self.data[at - 1]
                {
                    at -= 1;
                    from -= 1;
                    length += 1;
                }
                tokens.add_literals(&self.data[emitted..at]);
                tokens.add_match(length, at - from - 1);
                at += length;
                emitted = at;
                if next >= at {
                    at = next + 1;
                }
                if at >= limit {
                    if at + length + 8 < end {
                        let slot = hash(self.load64(at));
                        self.insert(slot, at);
                    }
                    break 'block;
                }
                let mut around = self.load64(at - 2);
                self.insert(hash(around), at - 2);
                around >>= 16;
                let entry = self.insert(hash(around), at);
                match self.candidate(entry, around, at, MAX_OFFSET) {
                    Some(found) => from = found,
                    None => {
                        bytes = around >> 8;
                        at += 1;
                        break;
                    }
                }
            }
        }
        if emitted < end && !tokens.list.is_empty() {
            tokens.add_literals(&self.data[emitted..end]);
        }
    }

    fn extend(&self, at: usize, from: usize, end: usize) -> usize {
        common(&self.data[at..end], &self.data[from..])
    }
}

/// Writes blocks.
struct Writer<'o> {
    out: BitWriter<'o>,
    literals: Encoder,
    spare: Encoder,
    offsets: Encoder,
    fixed: [Encoder; 2],
    no_offsets: Encoder,
    /// Size of the header of the block that is open; 0 where none is.
    open: usize,
    /// The open block has codes for literals alone.
    only_literals: bool,
}

impl<'o> Writer<'o> {
    fn new(out: &'o mut Vec<u8>) -> Writer<'o> {
        Writer {
            out: BitWriter::new(out),
            literals: Encoder::new(LITERALS),
            spare: Encoder::new(LITERALS),
            offsets: Encoder::new(OFFSETS),
            fixed: [Encoder::fixed_literals(), Encoder::fixed_offsets()],
            no_offsets: Encoder::no_offsets(),
            open: 0,
            only_literals: false,
        }
    }

    /// Ends the block that is open.
    fn close(&mut self) {
        if self.open > 0 {
            self.out.code(self.literals.codes[END]);
            self.open = 0;
        }
    }

    fn stored(&mut self, block: &[u8]) {
        self.close();
        self.out.bits(0, 3);
        let length = block.len() as u16;
        self.out.bytes(&length.to_le_bytes());
        self.out.bytes(&(!length).to_le_bytes());
        self.out.bytes(block);
    }

    fn stored_size(block: &[u8]) -> usize {
        (block.len() + 5) * 8
    }

    fn finish(&mut self) {
        self.close();
        // An empty block with the fixed codes, the last.
        self.out.bits(3, 3);
        self.out.bits(0, 7);
        self.out.flush();
    }

    fn can_reuse(&self, tokens: &Tokens) -> bool {
        let covers = |counts: &[u32], encoder: &Encoder| {
            counts
                .iter()
                .zip(&encoder.codes)
                .all(|(count, code)| *count == 0 || !code.is_none())
        };
        covers(&tokens.offsets, &self.offsets) && covers(&tokens.literals, &self.literals)
    }

    fn dynamic(&mut self, tokens: &mut Tokens, block: &[u8], sync: bool) {
        tokens.literals[END] = 1;
        // With the end of the block, if it is written with the tokens.
        let count = tokens.list.len() + usize::from(sync);
        if self.only_literals && self.open > 0 {
            self.close();
            self.only_literals = false;
        }
        if self.open > 0 && !self.can_reuse(tokens) {
            self.close();
        }
        let estimate = match self.open {
            0 => 0,
            _ => self.estimate(tokens, count),
        };
        let last = |list: &[u32]| list.iter().rposition(|count| *count != 0);
        let nliterals = last(&tokens.literals).map_or(0, |last| last + 1);
        let mut offsets = tokens.offsets;
        let noffsets = match last(&offsets) {
            Some(last) => last + 1,
            None => {
                offsets[0] = 1;
                1
            }
        };
        let extra = extra_bits(tokens, &offsets);
        let stored = Self::stored_size(block);
        let mut size;
        if self.open > 0 {
            let new = estimate;
            let reuse = self.literals.bit_length(&tokens.literals)
                + self.offsets.bit_length(&offsets)
                + extra;
            if new < reuse {
                self.close();
                size = new;
            } else {
                size = reuse;
            }
            if count < FEW_TOKENS && self.fixed_size(tokens, &offsets, extra) + 7 < size {
                if stored <= size {
                    return self.stored(block);
                }
                return self.fixed_block(tokens);
            }
            if stored <= size {
                return self.stored(block);
            }
        }
        if self.open == 0 {
            self.literals.generate(&tokens.literals, 15);
            self.offsets.generate(&offsets, 15);
            let header = Header::new(nliterals, noffsets, &self.literals, &self.offsets);
            size = header.size()
                + self.literals.bit_length(&tokens.literals)
                + self.offsets.bit_length(&offsets)
                + extra;
            if count < FEW_TOKENS {
                let fixed = self.fixed_size(tokens, &offsets, extra);
                if fixed <= size {
                    if stored <= fixed {
                        return self.stored(block);
                    }
                    return self.fixed_block(tokens);
                }
            }
            if stored <= size {
                return self.stored(block);
            }
            header.write(&mut self.out);
            if !sync {
                self.open = header.size();
            }
            self.only_literals = false;
        }
        if sync {
            self.open = 0;
        }
        write_tokens(
            &mut self.out,
            &tokens.list,
            &self.literals.codes,
            &self.offsets.codes,
        );
        if sync {
            self.out.code(self.literals.codes[END]);
        }
    }

    /// About how many bits a block with new codes takes.
    fn estimate(&self, tokens: &Tokens, count: usize) -> usize {
        let size = self.open + tokens.estimate(count);
        size + usize::from(self.literals.codes[END].length()) + (size >> NEW_TABLE_PENALTY)
    }

    fn fixed_size(&self, tokens: &Tokens, offsets: &[u32], extra: usize) -> usize {
        3 + self.fixed[0].bit_length(&tokens.literals) + self.fixed[1].bit_length(offsets) + extra
    }

    fn fixed_block(&mut self, tokens: &Tokens) {
        self.close();
        self.out.bits(2, 3);
        let [literals, offsets] = &self.fixed;
        write_tokens(&mut self.out, &tokens.list, &literals.codes, &offsets.codes);
        self.out.code(literals.codes[END]);
    }

    /// Writes a block of literals alone.
    fn huffman(&mut self, block: &[u8], sync: bool) {
        let mut counts = [0; END + 1];
        for byte in block {
            counts[usize::from(*byte)] += 1;
        }
        let stored = Self::stored_size(block);
        if block.len() > 1024 && is_even(&counts[..END], block.len()) {
            return self.stored(block);
        }
        counts[END] = 1;
        self.spare.generate(&counts, 15);
        const HEADER_GUESS: usize = 70 * 8;
        let mut estimate = can_encode(&self.spare, &counts);
        if let Some(estimate) = &mut estimate {
            *estimate += match self.open {
                0 => HEADER_GUESS,
                open => open,
            };
            *estimate += *estimate >> NEW_TABLE_PENALTY;
        }
        let estimate = estimate.unwrap_or(i32::MAX as usize);
        if stored <= estimate {
            return self.stored(block);
        }
        if self.open > 0 {
            let reuse = can_encode(&self.literals, &counts[..END]).unwrap_or(i32::MAX as usize);
            if estimate < reuse {
                self.close();
            }
        }
        if self.open == 0 {
            std::mem::swap(&mut self.literals, &mut self.spare);
            let header = Header::new(END + 1, 1, &self.literals, &self.no_offsets);
            header.write(&mut self.out);
            self.only_literals = true;
            self.open = header.size();
        }
        for byte in block {
            self.out.code(self.literals.codes[usize::from(*byte)]);
        }
        if sync {
            self.out.code(self.literals.codes[END]);
            self.open = 0;
            self.only_literals = false;
        }
    }
}

fn extra_bits(tokens: &Tokens, offsets: &[u32]) -> usize {
    let sum = |extra: &[u8], counts: &[u32]| -> usize {
        extra
            .iter()
            .zip(counts)
            .map(|(extra, count)| usize::from(*extra) * *count as usize)
            .sum()
    };
    sum(&LENGTH_EXTRA, &tokens.literals[END + 1..]) + sum(&OFFSET_EXTRA, offsets)
}

fn can_encode(encoder: &Encoder, counts: &[u32]) -> Option<usize> {
    let mut total = 0;
    for (count, code) in counts.iter().zip(&encoder.codes) {
        if *count != 0 {
            if code.is_none() {
                return None;
            }
            total += *count as usize * usize::from(code.length());
        }
    }
    Some(total)
}

/// Reports whether all bytes are about as frequent: then nothing can be compressed.
fn is_even(counts: &[u32], length: usize) -> bool {
    let average = length as f64 / 256.0;
    let most = (length * 2) as f64;
    let mut sum = 0.0;
    for count in counts {
        let difference = f64::from(*count) - average;
        sum += difference * difference;
        if sum >= most {
            return false;
        }
    }
    true
}
