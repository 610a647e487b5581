//! Comments in groups, and their text. Answers to ast.CommentGroup and doc.Examples'
//! exampleOutput.

/// Comments that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommentGroup {
    /// Where each begins and ends in the source.
    pub list: Vec<(usize, usize)>,
}

impl CommentGroup {
    /// Offset of the first comment.
    pub fn pos(&self) -> usize {
        self.list.first().map_or(0, |c| c.0)
    }

    /// Offset behind the last comment.
    pub fn end(&self) -> usize {
        self.list.last().map_or(0, |c| c.1)
    }

    /// The text without comment markers: no leading and trailing empty lines, no space at line
    /// ends, several empty lines made one, directives left out; ends in a newline unless empty
    /// (ast.CommentGroup.Text).
    pub fn text(&self, src: &[u8]) -> String {
        let mut out = String::new();
        let mut blank = false;
        for &(pos, end) in &self.list {
            let comment = String::from_utf8_lossy(&src[pos..end]).replace('\r', "");
            let Some(body) = body(&comment) else {
                continue;
            };
            for line in body.split('\n') {
                let line = line.trim_end_matches([' ', '\t', '\n', '\r']);
                if line.is_empty() {
                    blank = !out.is_empty();
                    continue;
                }
                if std::mem::take(&mut blank) {
                    out.push('\n');
                }
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }
}

/// A comment without its markers; none for a directive.
fn body(comment: &str) -> Option<&str> {
    if let Some(rest) = comment.strip_prefix("//") {
        if rest.is_empty() {
            return Some(rest);
        }
        if let Some(text) = rest.strip_prefix(' ') {
            return Some(text);
        }
        return (!is_directive(rest)).then_some(rest);
    }
    comment.strip_prefix("/*")?.strip_suffix("*/")
}

/// `line …`, `extern …`, `export …`, or `word:word` in lower case.
fn is_directive(text: &str) -> bool {
    if ["line ", "extern ", "export "]
        .iter()
        .any(|p| text.starts_with(p))
    {
        return true;
    }
    let Some(colon) = text.find(':').filter(|&i| i > 0 && i + 1 < text.len()) else {
        return false;
    };
    text.bytes()
        .take(colon + 2)
        .enumerate()
        .all(|(i, b)| i == colon || b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The output that a comment promises, as an example's last comment may: the text, and whether
/// lines may come in any order.
pub fn example_output(text: &str) -> Option<(String, bool)> {
    let space = ['\t', '\n', '\x0b', '\x0c', '\r', ' '];
    let rest = text.trim_start_matches(space);
    let (rest, unordered) = match strip_prefix_fold(rest, "unordered ") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let rest = strip_prefix_fold(rest, "output:")?;
    let rest = rest.trim_start_matches(' ');
    Some((
        rest.strip_prefix('\n').unwrap_or(rest).to_owned(),
        unordered,
    ))
}

fn strip_prefix_fold<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}
