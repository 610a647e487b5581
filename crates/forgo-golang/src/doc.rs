//! Documentation comments: their text and first sentence. Answers to go/ast.CommentGroup.Text and
//! go/doc.Synopsis.

/// The first sentence of a comment's text.
pub fn synopsis(_text: &str) -> String {
    todo!()
}

/// The text of a comment group, markers and directives removed.
pub fn comment_text(_comments: &[&str]) -> String {
    todo!()
}
