//! Frames: pieces of a file that are whole or ignored.
//!
//! A frame is `fgL1`, the length of its payload, a checksum of the payload, and the payload. A
//! writer appends a frame by one write. What a kill or a full disk leaves of one has another
//! checksum; a reader skips it, and looks for the next frame behind it.

use memchr::memmem;
use xxhash_rust::xxh3::xxh3_64;

/// Begins a frame. The digit is the version of the payloads' format.
const MAGIC: &[u8; 4] = b"fgL1";

/// Bytes before the payload.
const HEAD: usize = 16;

/// A longer payload is none: what claims to be one is damaged.
const LIMIT: usize = 64 << 20;

/// Appends a frame with this payload to `out`.
pub fn push(out: &mut Vec<u8>, payload: &[u8]) {
    debug_assert!(payload.len() <= LIMIT, "a frame is small");
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&xxh3_64(payload).to_le_bytes());
    out.extend_from_slice(payload);
}

/// Returns the payloads of all whole frames, in order.
pub fn payloads(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            if let Some(payload) = first(rest) {
                rest = &rest[HEAD + payload.len()..];
                return Some(payload);
            }
            // Skip at least one byte of anything that is not a frame.
            let next = memmem::find(rest.get(1..)?, MAGIC)?;
            rest = &rest[1 + next..];
        }
    })
}

/// The payload of the frame that the bytes begin with.
fn first(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<8>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let payload = rest.get(..length).filter(|_| length <= LIMIT)?;
    (xxh3_64(payload) == u64::from_le_bytes(*sum)).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(payloads: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        payloads.iter().for_each(|p| push(&mut bytes, p));
        bytes
    }

    #[test]
    fn what_is_appended_is_read() {
        let list: [&[u8]; 3] = [b"one", b"", b"fgL1 is text here"];
        let bytes = file(&list);
        assert_eq!(payloads(&bytes).collect::<Vec<_>>(), list);
        assert_eq!(payloads(b"").count(), 0);
    }

    #[test]
    fn a_frame_that_was_cut_off_anywhere_is_skipped() {
        let (before, torn, after) = (
            file(&[b"before"]),
            file(&[b"torn apart"]),
            file(&[b"after"]),
        );
        for end in 0..torn.len() {
            let bytes = [&before[..], &torn[..end], &after].concat();
            let found: Vec<_> = payloads(&bytes).collect();
            assert_eq!(found, [&b"before"[..], b"after"], "cut off after {end}");
        }
    }

    #[test]
    fn a_flipped_bit_loses_one_frame() {
        let bytes = file(&[b"one", b"two"]);
        let first = file(&[b"one"]).len();
        for at in 0..first {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            let found: Vec<_> = payloads(&damaged).collect();
            assert_eq!(found, [&b"two"[..]], "bit of byte {at}");
        }
    }
}
