//! Runes of bytes that need not be UTF-8 (package unicode/utf8).

/// The first rune of `b` and its width; `None` with width 1 for bytes that are not UTF-8, and
/// width 0 at the end (utf8.DecodeRune).
pub(super) fn decode_rune(b: &[u8]) -> (Option<char>, usize) {
    let Some(&first) = b.first() else {
        return (None, 0);
    };
    let width = match first {
        0..=0x7f => return (Some(first as char), 1),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return (None, 1),
    };
    match b.get(..width).map(std::str::from_utf8) {
        Some(Ok(s)) => (s.chars().next(), width),
        _ => (None, 1),
    }
}

/// The number of runes in `b`, each stray byte counting as one (utf8.RuneCount).
pub(super) fn rune_count(b: &[u8]) -> usize {
    let (mut n, mut rest) = (0, b);
    while !rest.is_empty() {
        rest = &rest[decode_rune(rest).1..];
        n += 1;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_bytes_are_runes() {
        assert_eq!(rune_count("aé".as_bytes()), 2);
        assert_eq!(rune_count(b"\xe2\x82"), 2);
        assert_eq!(decode_rune("é!".as_bytes()), (Some('é'), 2));
        assert_eq!(decode_rune(b"\xc3"), (None, 1));
        assert_eq!(decode_rune(b""), (None, 0));
    }
}
