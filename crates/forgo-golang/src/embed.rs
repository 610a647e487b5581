//! `//go:embed` patterns as text. Answers to go/build/read.go (parseGoEmbed) and
//! cmd/go/internal/load (validEmbedPattern, isBadEmbedName).

/// The patterns of a `//go:embed` comment with their byte offsets in it; `None` where malformed or
/// no such comment.
pub fn parse_go_embed(_comment: &str) -> Option<Vec<(usize, String)>> {
    todo!()
}

/// Valid pattern (without `all:`)?
pub fn valid_embed_pattern(_pattern: &str) -> bool {
    todo!()
}

/// A name that can never be embedded (empty, version control)?
pub fn is_bad_embed_name(_name: &str) -> bool {
    todo!()
}

/// io/fs.ValidPath.
pub fn valid_path(_name: &str) -> bool {
    todo!()
}
