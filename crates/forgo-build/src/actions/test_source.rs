//! Go sources as far as searches for words need to parse them: which parts are code, and which are
//! comments or literals.

/// Reports whether a byte is part of a name or a number.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Returns the source with blanks for comments and for the contents of literals.
pub(super) fn code(source: &[u8]) -> Vec<u8> {
    let mut text = source.to_vec();
    let mut at = 0;
    while at < text.len() {
        let end = match (text[at], text.get(at + 1)) {
            (b'/', Some(b'/')) => find(&text, at, b"\n").unwrap_or(text.len()),
            (b'/', Some(b'*')) => find(&text, at + 2, b"*/").map_or(text.len(), |end| end + 2),
            (b'`', _) => find(&text, at + 1, b"`").map_or(text.len(), |end| end + 1),
            (quote @ (b'"' | b'\''), _) => quoted(&text, at, quote),
            _ => {
                at += 1;
                continue;
            }
        };
        for byte in &mut text[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        // An operand, not nothing.
        if source[at] != b'/' {
            text[at] = b'"';
        }
        at = end;
    }
    text
}

fn find(text: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let from = from.min(text.len());
    let found = memchr::memmem::find(&text[from..], what)?;
    Some(from + found)
}

/// The end of a literal that begins at `at`.
fn quoted(text: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while end < text.len() && text[end] != quote && text[end] != b'\n' {
        end += if text[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(text.len())
}
