//! What both algorithms share: Huffman codes of limited length, and the writer of bits. Answers to
//! huffman_code.go and huffman_bit_writer.go in compress/flate.

/// Number of literals and lengths.
pub const LITERALS: usize = 286;
/// Number of classes of offsets.
pub const OFFSETS: usize = 30;
/// The symbol that ends a block.
pub const END: usize = 256;
/// The most bytes of a stored block.
pub const MAX_STORED: usize = 65535;

const CODE_LENGTHS: usize = 19;
/// Marks the end of a list of code lengths.
const NO_CODE: u8 = 255;
/// The order in which the lengths of codes of code lengths are written.
const ORDER: [usize; CODE_LENGTHS] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// A Huffman code: the bits in the upper part, their number in the lowest byte. 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Code(u32);

impl Code {
    fn new(code: u16, length: u8) -> Code {
        let reversed = code.reverse_bits() >> ((16 - length) & 15);
        Code(u32::from(reversed) << 8 | u32::from(length))
    }

    /// Number of bits.
    pub fn length(self) -> u8 {
        self.0 as u8
    }

    /// The bits.
    pub fn bits(self) -> u64 {
        u64::from(self.0 >> 8)
    }

    /// This code and then some bits, at most 16.
    fn followed_by(self, bits: u32, count: u8) -> Code {
        Code((self.0 >> 8 | bits << self.length()) << 8 | u32::from(self.length() + count))
    }

    /// Reports whether the code is absent.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Codes for an alphabet.
#[derive(Debug, Clone)]
pub struct Encoder {
    /// The codes.
    pub codes: Vec<Code>,
}

const MAX_LEVELS: usize = 16;

impl Encoder {
    /// No codes yet.
    pub fn new(size: usize) -> Encoder {
        Encoder {
            codes: vec![Code(0); size],
        }
    }

    /// The codes of blocks with fixed codes.
    pub fn fixed_literals() -> Encoder {
        let code = |symbol: u16| match symbol {
            0..144 => Code::new(symbol + 48, 8),
            144..256 => Code::new(symbol + 400 - 144, 9),
            256..280 => Code::new(symbol - 256, 7),
            _ => Code::new(symbol + 192 - 280, 8),
        };
        Encoder {
            codes: (0..LITERALS as u16).map(code).collect(),
        }
    }

    /// The offset codes of blocks with fixed codes.
    pub fn fixed_offsets() -> Encoder {
        Encoder {
            codes: (0..OFFSETS as u16)
                .map(|symbol| Code::new(symbol, 5))
                .collect(),
        }
    }

    /// The codes of offsets of a block without matches.
    pub fn no_offsets() -> Encoder {
        let mut frequencies = [0; OFFSETS];
        frequencies[0] = 1;
        let mut encoder = Encoder::new(OFFSETS);
        encoder.generate(&frequencies, 15);
        encoder
    }

    /// Number of bits of so many of each symbol.
    pub fn bit_length(&self, frequencies: &[u32]) -> usize {
        frequencies
            .iter()
            .zip(&self.codes)
            .map(|(frequency, code)| *frequency as usize * usize::from(code.length()))
            .sum()
    }

    /// Makes the best codes of at most `max_bits` bits for symbols of these frequencies. Symbols
    /// beyond them keep their codes.
    pub fn generate(&mut self, frequencies: &[u32], max_bits: usize) {
        let mut list: Vec<(u32, u16)> = Vec::with_capacity(frequencies.len());
        for (symbol, &frequency) in frequencies.iter().enumerate() {
            if frequency != 0 {
                list.push((frequency, symbol as u16));
            } else {
                self.codes[symbol] = Code(0);
            }
        }
        if list.len() <= 2 {
            for (i, (_, symbol)) in list.iter().enumerate() {
                self.codes[usize::from(*symbol)] = Code::new(i as u16, 1);
            }
            return;
        }
        list.sort_unstable();
        let counts = bit_counts(&list, max_bits);
        let mut code = 0;
        let mut rest = &mut list[..];
        for (bits, &count) in counts.iter().enumerate() {
            code <<= 1;
            if bits == 0 || count == 0 {
                continue;
            }
            let at = rest.len().saturating_sub(count);
            let (others, chunk) = rest.split_at_mut(at);
            chunk.sort_unstable_by_key(|(_, symbol)| *symbol);
            for (_, symbol) in chunk.iter() {
                self.codes[usize::from(*symbol)] = Code::new(code, bits as u8);
                code += 1;
            }
            rest = others;
        }
    }
}

/// How many symbols have codes of each length, by the boundary package-merge algorithm.
fn bit_counts(list: &[(u32, u16)], max_bits: usize) -> Vec<usize> {
    const NEVER: u32 = i32::MAX as u32;
    #[derive(Clone, Copy, Default)]
    struct Level {
        last: u32,
        next_leaf: u32,
        next_pair: u32,
        needed: usize,
    }
    let n = list.len();
    let max_bits = max_bits.min(n - 1);
    let frequency = |i: usize| list.get(i).map_or(NEVER, |(frequency, _)| *frequency);
    let mut levels = [Level::default(); MAX_LEVELS + 1];
    // How many leaves are to the left of each level's last node, at that level and those below.
    let mut leaves = [[0_usize; MAX_LEVELS]; MAX_LEVELS];
    for level in 1..=max_bits {
        levels[level] = Level {
            last: frequency(1),
            next_leaf: frequency(2),
            next_pair: match level {
                1 => NEVER,
                _ => frequency(0) + frequency(1),
            },
            needed: 0,
        };
        leaves[level][level] = 2;
    }
    levels[max_bits].needed = 2 * n - 4;
    let mut level = max_bits;
    while level < MAX_LEVELS {
        let this = &mut levels[level];
        if this.next_pair == NEVER && this.next_leaf == NEVER {
            this.needed = 0;
            levels[level + 1].next_pair = NEVER;
            level += 1;
            continue;
        }
        let before = this.last;
        if this.next_leaf < this.next_pair {
            let count = leaves[level][level] + 1;
            this.last = this.next_leaf;
            leaves[level][level] = count;
            this.next_leaf = frequency(count);
        } else {
            this.last = this.next_pair;
            let below = leaves[level - 1];
            leaves[level][..level].copy_from_slice(&below[..level]);
            levels[level - 1].needed = 2;
        }
        let this = &mut levels[level];
        this.needed -= 1;
        if this.needed == 0 {
            if level == max_bits {
                break;
            }
            let pair = before + this.last;
            levels[level + 1].next_pair = pair;
            level += 1;
        } else {
            while levels[level - 1].needed > 0 {
                level -= 1;
            }
        }
    }
    let mut counts = vec![0; max_bits + 1];
    for (bits, level) in (1..=max_bits).zip((1..=max_bits).rev()) {
        counts[bits] = leaves[max_bits][level].saturating_sub(leaves[max_bits][level - 1]);
    }
    counts
}

/// Writes bits.
#[derive(Debug)]
pub struct BitWriter<'o> {
    out: &'o mut Vec<u8>,
    bits: u64,
    count: u32,
}

impl<'o> BitWriter<'o> {
    /// Appends to `out`.
    pub fn new(out: &'o mut Vec<u8>) -> BitWriter<'o> {
        BitWriter {
            out,
            bits: 0,
            count: 0,
        }
    }

    /// Writes some bits, at most 16.
    #[inline]
    pub fn bits(&mut self, bits: u64, count: u8) {
        self.bits |= bits << self.count;
        self.count += u32::from(count);
        if self.count >= 48 {
            self.out.extend_from_slice(&self.bits.to_le_bytes()[..6]);
            self.bits >>= 48;
            self.count -= 48;
        }
    }

    /// Writes a code.
    #[inline]
    pub fn code(&mut self, code: Code) {
        self.bits(code.bits(), code.length());
    }

    /// Leaves less than a byte of bits.
    fn write_whole_bytes(&mut self) {
        while self.count >= 8 {
            self.out.push(self.bits as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }

    /// Fills the last byte.
    pub fn flush(&mut self) {
        while self.count > 0 {
            self.out.push(self.bits as u8);
            self.bits >>= 8;
            self.count = self.count.saturating_sub(8);
        }
        self.bits = 0;
    }

    /// Writes bytes; the bits before fill theirs.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.flush();
        self.out.extend_from_slice(bytes);
    }
}

/// The lengths of a block's codes, themselves coded.
#[derive(Debug)]
pub struct Header {
    lengths: Vec<u8>,
    frequencies: [u32; CODE_LENGTHS],
    encoder: Encoder,
    literals: usize,
    offsets: usize,
}

impl Header {
    /// Codes the lengths of the codes of so many literals and offsets.
    pub fn new(literals: usize, offsets: usize, literal: &Encoder, offset: &Encoder) -> Header {
        let plain: Vec<u8> = literal.codes[..literals]
            .iter()
            .chain(&offset.codes[..offsets])
            .map(|code| code.length())
            .collect();
        let mut header = Header {
            lengths: Vec::with_capacity(plain.len() + 1),
            frequencies: [0; CODE_LENGTHS],
            encoder: Encoder::new(CODE_LENGTHS),
            literals,
            offsets,
        };
        for run in plain.chunk_by(|a, b| a == b) {
            header.add_run(run[0], run.len());
        }
        header.encoder.generate(&header.frequencies, 7);
        header
    }

    fn add(&mut self, symbol: u8) {
        self.lengths.push(symbol);
        self.frequencies[usize::from(symbol)] += 1;
    }

    fn add_repeat(&mut self, symbol: u8, extra: usize) {
        self.add(symbol);
        self.lengths.push(extra as u8);
    }

    fn add_run(&mut self, length: u8, mut count: usize) {
        if length != 0 {
            self.add(length);
            count -= 1;
            while count >= 3 {
                let n = count.min(6);
                self.add_repeat(16, n - 3);
                count -= n;
            }
        } else {
            while count >= 11 {
                let n = count.min(138);
                self.add_repeat(18, n - 11);
                count -= n;
            }
            if count >= 3 {
                self.add_repeat(17, count - 3);
                count = 0;
            }
        }
        for _ in 0..count {
            self.add(length);
        }
    }

    fn ncodes(&self) -> usize {
        let mut count = CODE_LENGTHS;
        while count > 4 && self.frequencies[ORDER[count - 1]] == 0 {
            count -= 1;
        }
        count
    }

    /// Number of bits.
    pub fn size(&self) -> usize {
        let of = |symbol: usize| self.frequencies[symbol] as usize;
        3 + 5
            + 5
            + 4
            + 3 * self.ncodes()
            + self.encoder.bit_length(&self.frequencies)
            + of(16) * 2
            + of(17) * 3
            + of(18) * 7
    }

    /// Writes the beginning of a block with dynamic codes that is not the last.
    pub fn write(&self, out: &mut BitWriter) {
        out.bits(4, 3);
        out.bits(self.literals as u64 - 257, 5);
        out.bits(self.offsets as u64 - 1, 5);
        let ncodes = self.ncodes();
        out.bits(ncodes as u64 - 4, 4);
        for symbol in &ORDER[..ncodes] {
            out.bits(u64::from(self.encoder.codes[*symbol].length()), 3);
        }
        let mut lengths = self.lengths.iter();
        while let Some(&symbol) = lengths.next() {
            debug_assert_ne!(symbol, NO_CODE);
            out.code(self.encoder.codes[usize::from(symbol)]);
            let extra = match symbol {
                16 => 2,
                17 => 3,
                18 => 7,
                _ => continue,
            };
            out.bits(lengths.next().copied().map_or(0, u64::from), extra);
        }
    }
}

/// The class of a match's length, less 3, and how many more bits it has.
pub const LENGTH_EXTRA: [u8; 29] = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];

/// The smallest length, less 3, of each class.
pub const LENGTH_BASE: [u8; 29] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128,
    160, 192, 224, 255,
];

/// How many more bits an offset of each class has: half the class, less 1.
pub const OFFSET_EXTRA: [u8; OFFSETS] = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
];

/// The class of a length, less 3.
#[inline]
pub fn length_class(length: u8) -> usize {
    const CLASSES: [u8; 256] = {
        let mut classes = [0; 256];
        let mut class = 0;
        let mut length = 0;
        while length < 256 {
            while class + 1 < LENGTH_BASE.len() && LENGTH_BASE[class + 1] as usize <= length {
                class += 1;
            }
            classes[length] = class as u8;
            length += 1;
        }
        classes
    };
    usize::from(CLASSES[usize::from(length)])
}

/// The class of an offset, less 1: the smallest of a class is a power of two or one and a half.
#[inline]
pub fn offset_class(offset: u32) -> usize {
    match offset {
        0..4 => offset as usize,
        _ => {
            let top = 31 - offset.leading_zeros();
            (2 * top + (offset >> (top - 1) & 1)) as usize
        }
    }
}

/// A literal, or a match: its length less 3 and its offset less 1.
#[derive(Debug, Clone, Copy)]
pub enum Token {
    /// A byte.
    Literal(u8),
    /// A copy of bytes before.
    Match(u8, u16),
}

/// Writes tokens. Most of the time of compression is spent here and in the search for matches.
pub fn write_tokens(out: &mut BitWriter, tokens: &[Token], literals: &[Code], offsets: &[Code]) {
    /// Tokens at once, and the bytes that they need: 48 bits each, and the bits left over from
    /// before.
    const PART: usize = 512;
    const ROOM: usize = PART * 7 + 16;
    let code_of = |codes: &[Code], at: usize| codes.get(at).copied().unwrap_or_default();
    let literal: [Code; END] = std::array::from_fn(|byte| code_of(literals, byte));
    // A length's code and what follows it, together.
    let length: [Code; 256] = std::array::from_fn(|length| {
        let class = length_class(length as u8);
        let code = code_of(literals, END + 1 + class);
        code.followed_by(
            length as u32 - u32::from(LENGTH_BASE[class]),
            LENGTH_EXTRA[class],
        )
    });
    let offset: [Code; 32] = std::array::from_fn(|class| code_of(offsets, class));

    out.write_whole_bytes();
    let (mut bits, mut count) = (out.bits, out.count);
    let mut buffer = [0; ROOM];
    for part in tokens.chunks(PART) {
        let mut at = 0;
        for token in part {
            match *token {
                Token::Literal(byte) => {
                    let code = literal[usize::from(byte)];
                    bits |= code.bits() << count;
                    count += u32::from(code.length());
                }
                Token::Match(more, distance) => {
                    let code = length[usize::from(more)];
                    bits |= code.bits() << count;
                    count += u32::from(code.length());
                    let distance = u32::from(distance);
                    let class = offset_class(distance) & 31;
                    let code = offset[class];
                    bits |= code.bits() << count;
                    count += u32::from(code.length());
                    let extra = (class as u32 / 2).saturating_sub(1);
                    bits |= u64::from(distance & ((1 << extra) - 1)) << count;
                    count += extra;
                }
            }
            if let Some(out) = buffer.get_mut(at..at + 8) {
                out.copy_from_slice(&bits.to_le_bytes());
            }
            at += count as usize / 8;
            bits >>= count & !7;
            count &= 7;
        }
        out.out
            .extend_from_slice(buffer.get(..at).unwrap_or_default());
    }
    (out.bits, out.count) = (bits, count);
}

/// Number of bytes at the beginning that are the same.
#[inline]
pub fn common(a: &[u8], b: &[u8]) -> usize {
    let mut length = 0;
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        let difference = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if difference != 0 {
            return length + difference.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let rest = a.iter().zip(b).skip(length);
    length + rest.take_while(|(a, b)| a == b).count()
}
