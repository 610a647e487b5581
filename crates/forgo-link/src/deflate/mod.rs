//! zlib at the fastest level, with exactly the bytes of Go's compress/zlib. The algorithm
//! differs between releases; the linker is built with that of its release.

mod fast126;
mod fast127;
mod huffman;

use crate::release::Release;

/// Appends the compressed form of `data` to `out`.
pub fn zlib(release: Release, data: &[u8], out: &mut Vec<u8>) {
    // Deflate with a window of 32 KiB, the fastest level, and what makes the two bytes a multiple
    // of 31.
    out.extend_from_slice(&[0x78, 0x01]);
    match release {
        Release::Go126 => fast126::compress(data, out),
        Release::Go127 => fast127::compress(data, out),
    }
    out.extend_from_slice(&adler32(data).to_be_bytes());
}

/// The checksum of zlib.
fn adler32(data: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    // So many sums of bytes fit in 32 bits.
    const CHUNK: usize = 5552;
    let (mut a, mut b) = (1_u32, 0_u32);
    /// Bytes whose sums the processor adds at once.
    const BLOCK: usize = 32;
    for chunk in data.chunks(CHUNK) {
        let (blocks, rest) = chunk.as_chunks::<BLOCK>();
        for block in blocks {
            let (mut sum, mut weighted) = (0, 0);
            for (i, byte) in block.iter().enumerate() {
                sum += u32::from(*byte);
                weighted += u32::from(*byte) * (BLOCK - i) as u32;
            }
            b += BLOCK as u32 * a + weighted;
            a += sum;
        }
        for byte in rest {
            a += u32::from(*byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    b << 16 | a
}
