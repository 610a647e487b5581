//! Memory for whole files, used again.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// A file's bytes, in memory that a thread uses for one file after the other: fresh memory costs as
/// much as reading the file.
#[derive(Debug)]
pub struct Buffer(Vec<u8>);

/// Memory beyond this capacity is given back at once.
const KEPT_CAPACITY: usize = 8 << 20;

thread_local! {
    static FREE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Default for Buffer {
    fn default() -> Buffer {
        let mut free = FREE.take();
        free.clear();
        Buffer(free)
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.capacity() <= KEPT_CAPACITY {
            FREE.set(std::mem::take(&mut self.0));
        }
    }
}
