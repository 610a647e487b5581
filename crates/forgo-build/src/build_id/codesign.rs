//! Ad-hoc code signatures of Mach-O files, as the Go linker makes them: hashes of the file's pages
//! in a fixed frame. Answers to cmd/internal/codesign.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::ReadAt;

const PAGE_BITS: u8 = 12;
const PAGE: u64 = 1 << PAGE_BITS;
const HASH: u64 = 32;

/// Identifies the signed code; without meaning in an ad-hoc signature.
const IDENTIFIER: &[u8] = b"a.out\0";

/// Super blob header and the one blob's entry in it.
const FRAME: u64 = 3 * 4 + 2 * 4;

/// Size of the code directory's fixed part.
const DIRECTORY: u64 = 13 * 4 + 4 + 4 * 8;

const MAGIC_EMBEDDED_SIGNATURE: u32 = 0xfade_0cc0;
const MAGIC_CODE_DIRECTORY: u32 = 0xfade_0c02;
const SLOT_CODE_DIRECTORY: u32 = 0;
const VERSION: u32 = 0x20400;
/// Ad hoc, and signed by the linker.
const FLAGS: u32 = 0x20002;
const HASH_TYPE_SHA256: u8 = 2;
const EXECUTABLE_MAIN: u64 = 1;

/// The code to be signed.
pub(super) struct Code {
    /// Bytes of the file before the signature.
    pub(super) size: u64,
    /// The text segment's part of the file.
    pub(super) text: Range<u64>,
    /// A main executable, not a library?
    pub(super) executable: bool,
}

impl Code {
    fn pages(&self) -> u64 {
        self.size.div_ceil(PAGE)
    }

    /// The signature's size.
    pub(super) fn signature_size(&self) -> u64 {
        FRAME + DIRECTORY + IDENTIFIER.len() as u64 + self.pages() * HASH
    }

    /// The signature; `None` where the file can't be read.
    pub(super) fn sign(&self, file: &(impl ReadAt + ?Sized)) -> Option<Vec<u8>> {
        let size = self.signature_size();
        let mut out = Vec::with_capacity(size as usize);
        for word in [
            MAGIC_EMBEDDED_SIGNATURE,
            size as u32,
            1,
            SLOT_CODE_DIRECTORY,
            FRAME as u32,
        ] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        self.put_directory(&mut out);
        out.extend_from_slice(IDENTIFIER);
        let mut page = [0; PAGE as usize];
        for i in 0..self.pages() {
            let length = PAGE.min(self.size - i * PAGE) as usize;
            file.read_exact_at(&mut page[..length], i * PAGE).ok()?;
            out.extend_from_slice(&Sha256::digest(&page[..length]));
        }
        Some(out)
    }

    fn put_directory(&self, out: &mut Vec<u8>) {
        let identifier_at = DIRECTORY;
        let hashes_at = identifier_at + IDENTIFIER.len() as u64;
        let special_slots = 0;
        for word in [
            MAGIC_CODE_DIRECTORY,
            (self.signature_size() - FRAME) as u32,
            VERSION,
            FLAGS,
            hashes_at as u32,
            identifier_at as u32,
            special_slots,
            self.pages() as u32,
            self.size as u32,
        ] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        out.extend_from_slice(&[HASH as u8, HASH_TYPE_SHA256, 0, PAGE_BITS]);
        // Padding, scatter offset, team offset, padding; the 64-bit code limit is not used.
        out.extend_from_slice(&[0; 4 * 4 + 8]);
        let flags = if self.executable { EXECUTABLE_MAIN } else { 0 };
        for long in [self.text.start, self.text.end - self.text.start, flags] {
            out.extend_from_slice(&long.to_be_bytes());
        }
    }
}
