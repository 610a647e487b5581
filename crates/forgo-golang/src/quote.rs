//! Go string literals: strconv.Quote and Unquote, and what fmt prints for `%q` and `%x`.

use crate::strconv;

/// `%q` of a string (strconv.Quote).
pub fn quote(s: &str) -> String {
    strconv::quote(s)
}

/// Appends `%q` of a string.
pub fn quote_into(out: &mut String, s: &str) {
    out.push_str(&strconv::quote(s));
}

/// `%q` of bytes that need not be UTF-8.
pub fn quote_bytes(s: &[u8]) -> String {
    strconv::quote_bytes(s)
}

/// `%q` of a rune: `'x'`.
pub fn quote_rune(c: char) -> String {
    strconv::quote_rune(c, false)
}

/// `%q` of a slice of strings: `["a" "b"]`.
pub fn quote_slice<S: AsRef<str>>(_list: &[S]) -> String {
    todo!()
}

/// `%x` of bytes.
pub fn hex(_b: &[u8]) -> String {
    todo!()
}

/// The value of a Go string or rune literal of any kind (strconv.Unquote); `None` where invalid.
/// Bytes that are not UTF-8 become U+FFFD.
pub fn unquote(literal: &str) -> Option<String> {
    unquote_bytes(literal).map(|b| String::from_utf8_lossy(&b).into_owned())
}

/// [`unquote`] without loss.
pub fn unquote_bytes(literal: &str) -> Option<Vec<u8>> {
    strconv::unquote(literal).ok()
}

/// strconv.IsPrint.
pub fn is_print(c: char) -> bool {
    strconv::is_print(c)
}

/// strconv.IsGraphic.
pub fn is_graphic(_c: char) -> bool {
    todo!()
}
