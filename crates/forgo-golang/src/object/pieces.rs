//! Bytes in pieces, most of them borrowed: the greater part of a moved archive is that of the
//! original, and is neither copied nor held twice.

use std::borrow::Cow;
use std::io::{self, Read};

/// Bytes, one piece after the other; none is empty.
#[derive(Debug, Clone, Default)]
pub struct Pieces<'a> {
    pieces: Vec<Cow<'a, [u8]>>,
    len: usize,
}

impl<'a> Pieces<'a> {
    /// Appends bytes, without a copy of borrowed ones.
    pub fn push(&mut self, bytes: impl Into<Cow<'a, [u8]>>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.len += bytes.len();
            self.pieces.push(bytes);
        }
    }

    /// Appends what other pieces hold.
    pub fn append(&mut self, other: Pieces<'a>) {
        self.len += other.len;
        self.pieces.extend(other.pieces);
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The pieces.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| &**piece)
    }

    /// All bytes in one.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.len);
        self.iter().for_each(|piece| all.extend_from_slice(piece));
        all
    }

    /// Puts other bytes in the place of as many that are there, which must all lie inside.
    pub fn overwrite(&mut self, at: usize, new: &[u8]) {
        let range = at..at + new.len();
        assert!(range.end <= self.len, "bytes beyond the end");
        let old = std::mem::take(self);
        let mut begin = 0;
        for piece in old.pieces {
            let end = begin + piece.len();
            let (from, to) = (range.start.max(begin), range.end.min(end));
            if from >= to {
                self.push(piece);
            } else {
                let part = &new[from - range.start..to - range.start];
                let (from, to) = (from - begin, to - begin);
                match piece {
                    Cow::Owned(mut bytes) => {
                        bytes[from..to].copy_from_slice(part);
                        self.push(bytes);
                    }
                    Cow::Borrowed(bytes) => {
                        self.push(&bytes[..from]);
                        self.push(part.to_vec());
                        self.push(&bytes[to..]);
                    }
                }
            }
            begin = end;
        }
    }

    /// Reads them from the beginning.
    pub fn reader(&self) -> impl Read {
        let mut pieces = self.iter();
        Reader {
            rest: pieces.next().unwrap_or_default(),
            pieces,
        }
    }
}

/// Gives as much at a time as is asked for.
struct Reader<'p, I> {
    rest: &'p [u8],
    pieces: I,
}

impl<'p, I: Iterator<Item = &'p [u8]>> Read for Reader<'p, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        while length < buffer.len() {
            if self.rest.is_empty() {
                match self.pieces.next() {
                    Some(piece) => self.rest = piece,
                    None => break,
                }
            }
            length += self.rest.read(&mut buffer[length..])?;
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample<'a>() -> Pieces<'a> {
        let mut pieces = Pieces::default();
        pieces.push(&b"abc"[..]);
        pieces.push(&b""[..]);
        pieces.push(b"defg".to_vec());
        let mut more = Pieces::default();
        more.push(&b"hi"[..]);
        pieces.append(more);
        pieces
    }

    #[test]
    fn overwritten_anywhere() {
        let whole = b"abcdefghi";
        assert_eq!(sample().to_vec(), whole);
        for at in 0..=whole.len() {
            for length in 0..=whole.len() - at {
                let new = b"123456789"[..length].to_vec();
                let mut pieces = sample();
                pieces.overwrite(at, &new);
                let mut expected = whole.to_vec();
                expected[at..at + length].copy_from_slice(&new);
                assert_eq!(pieces.to_vec(), expected);
                assert_eq!(pieces.len(), whole.len());
                assert!(pieces.iter().all(|piece| !piece.is_empty()));
            }
        }
    }

    #[test]
    fn read_in_any_steps() {
        for step in 1..12 {
            let pieces = sample();
            let (mut reader, mut all) = (pieces.reader(), Vec::new());
            let mut buffer = vec![0; step];
            loop {
                let n = reader.read(&mut buffer).unwrap();
                if n == 0 {
                    break;
                }
                assert!(n == step || all.len() + n == pieces.len());
                all.extend_from_slice(&buffer[..n]);
            }
            assert_eq!(all, b"abcdefghi");
        }
        assert!(Pieces::default().is_empty());
    }
}
