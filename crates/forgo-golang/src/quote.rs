//! Go string literals: strconv.Quote and Unquote, and what fmt prints for `%q` and `%x`.

/// `%q` of a string (strconv.Quote).
pub fn quote(_s: &str) -> String {
    todo!()
}

/// Appends `%q` of a string.
pub fn quote_into(_out: &mut String, _s: &str) {
    todo!()
}

/// `%q` of bytes that need not be UTF-8.
pub fn quote_bytes(_s: &[u8]) -> String {
    todo!()
}

/// `%q` of a rune: `'x'`.
pub fn quote_rune(_c: char) -> String {
    todo!()
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
pub fn unquote(_literal: &str) -> Option<String> {
    todo!()
}

/// [`unquote`] without loss.
pub fn unquote_bytes(_literal: &str) -> Option<Vec<u8>> {
    todo!()
}

/// strconv.IsPrint.
pub fn is_print(_c: char) -> bool {
    todo!()
}

/// strconv.IsGraphic.
pub fn is_graphic(_c: char) -> bool {
    todo!()
}
