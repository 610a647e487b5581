//! The table of results, `conformance/results.md`: a row for each release, suite and mode.

use std::fs;
use std::path::Path;

/// A row: what it is about, and the rest of its cells.
pub struct Row {
    /// Release, suite, mode.
    pub key: [String; 3],
    /// The other cells, with ` | ` between them.
    pub figures: String,
}

impl Row {
    fn start(&self) -> String {
        format!("| {} |", self.key.join(" | "))
    }
}

/// Puts a row into the table's file, in place of an older one.
pub fn record(file: &Path, row: &Row) -> Result<(), String> {
    let fail = |e: std::io::Error| format!("{}: {e}", file.display());
    let text = fs::read_to_string(file).map_err(fail)?;
    fs::write(file, with_row(&text, row)).map_err(fail)
}

fn with_row(text: &str, row: &Row) -> String {
    let start = row.start();
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with(&start))
        .map(str::to_owned)
        .collect();
    let rule = lines.iter().position(|line| line.starts_with("|---"));
    let first = rule.map_or(lines.len(), |at| at + 1);
    let rows = lines[first..].iter().take_while(|l| l.starts_with('|'));
    let at = first + rows.take_while(|line| **line < start).count();
    lines.insert(at, format!("{start} {} |", row.figures));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_replaced_and_sorted() {
        let row = |mode: &str, figures: &str| Row {
            key: ["go1.27.3".into(), "scripts".into(), mode.into()],
            figures: figures.into(),
        };
        let empty = "Results.\n\n| release | tests | mode | passed |\n|---|---|---|---|\n\nEnd.\n";
        let one = with_row(empty, &row("short", "7"));
        let two = with_row(&one, &row("long", "8"));
        let three = with_row(&two, &row("short", "9"));
        let expected = "Results.\n\n| release | tests | mode | passed |\n|---|---|---|---|\n\
                        | go1.27.3 | scripts | long | 8 |\n| go1.27.3 | scripts | short | 9 |\n\n\
                        End.\n";
        assert_eq!(three, expected);
    }
}
