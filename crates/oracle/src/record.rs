//! Tables of results in documents, written by the tools that measure: each row replaces the one of
//! the same key. History lives in git.

use std::fs;
use std::path::Path;

/// A table of a document: the first one below a heading.
pub struct Table<'t> {
    /// The heading, without `## `.
    pub heading: &'t str,
    /// The titles of all columns.
    pub columns: &'t [&'t str],
    /// How many columns, from the first, are the key of a row.
    pub keys: usize,
}

/// The cells of a row.
pub type Row = Vec<String>;

impl Table<'_> {
    /// Puts rows into the table of a file. Adds the section where it is missing.
    pub fn record(&self, file: &Path, rows: &[Row]) -> Result<(), String> {
        let fail = |e: std::io::Error| format!("{}: {e}", file.display());
        let text = fs::read_to_string(file).map_err(fail)?;
        let text = rows
            .iter()
            .try_fold(text, |text, row| self.with_row(&text, row));
        let text = text.map_err(|why| format!("{}: {why}", file.display()))?;
        fs::write(file, text).map_err(fail)
    }

    fn with_row(&self, text: &str, row: &Row) -> Result<String, String> {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let heading = format!("## {}", self.heading);
        let section = match lines.iter().position(|line| *line == heading) {
            Some(at) => at,
            None => {
                let at = lines.len() + 1;
                lines.extend([String::new(), heading, String::new(), self.head()]);
                lines.push(format!("|{}", "---|".repeat(self.columns.len())));
                at
            }
        };
        let below = &lines[section + 1..];
        let end = below.iter().position(|line| line.starts_with("## "));
        let below = &below[..end.unwrap_or(below.len())];
        let rule = below.iter().position(|line| line.starts_with("|---"));
        let rule = section + 1 + rule.ok_or(format!("no table below {:?}", self.heading))?;
        if lines[rule - 1] != self.head() {
            return Err(format!("other columns below {:?}", self.heading));
        }
        let rows = lines[rule + 1..].iter().take_while(|l| l.starts_with('|'));
        let start = self.start(row);
        let known: Vec<(usize, &String)> = (rule + 1..).zip(rows).collect();
        let line = format!("| {} |", row.join(" | "));
        match known.iter().find(|(_, known)| known.starts_with(&start)) {
            Some(&(at, _)) => lines[at] = line,
            None => {
                let key = self.key(&line);
                let before = known.iter().take_while(|(_, l)| self.key(l) < key);
                let before = before.count();
                lines.insert(rule + 1 + before, line);
            }
        }
        Ok(lines.join("\n") + "\n")
    }

    /// Returns the key by which rows are sorted: numbers count as such.
    fn key<'l>(&self, line: &'l str) -> Vec<(Option<u64>, &'l str)> {
        let cells = line.trim_start_matches("| ").split(" | ").take(self.keys);
        cells.map(|cell| (cell.parse().ok(), cell)).collect()
    }

    fn head(&self) -> String {
        format!("| {} |", self.columns.join(" | "))
    }

    /// The beginning of a row with the same key.
    fn start(&self, row: &Row) -> String {
        format!("| {} |", row[..self.keys].join(" | "))
    }
}

/// Returns the date and the machine, for the last column, with a note where there is one.
pub fn measured(note: Option<&str>) -> String {
    let now = jiff::Timestamp::now();
    let date = jiff::tz::Offset::UTC.to_datetime(now).date();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name"));
    let model = model.map(|l| l.trim_start_matches([' ', '\t', ':']));
    let plural = if cores == 1 { "" } else { "s" };
    let mut text = format!("{date}, {cores} core{plural}");
    for part in model.into_iter().chain(note) {
        text.push_str(", ");
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table {
        heading: "Results",
        columns: &["release", "mode", "passed"],
        keys: 2,
    };

    fn with(text: &str, row: [&str; 3]) -> String {
        let row = row.map(str::to_owned).to_vec();
        TABLE.with_row(text, &row).unwrap()
    }

    #[test]
    fn numbers_are_sorted_as_such() {
        let text = ["2", "16", "4"]
            .into_iter()
            .fold(String::new(), |text, n| with(&text, ["g", n, "x"]));
        let rows: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("| g"))
            .collect();
        assert_eq!(rows, ["| g | 2 | x |", "| g | 4 | x |", "| g | 16 | x |"]);
    }

    #[test]
    fn rows_are_replaced_and_sorted() {
        let head = "| release | mode | passed |\n|---|---|---|\n";
        let empty = format!("Text.\n\n## Results\n\n{head}\nMore.\n\n## Other\n\n| a |\n|---|\n");
        let one = with(&empty, ["go1.27.3", "short", "7"]);
        let two = with(&one, ["go1.27.3", "long", "8"]);
        let three = with(&two, ["go1.27.3", "short", "9"]);
        let rows = "| go1.27.3 | long | 8 |\n| go1.27.3 | short | 9 |\n";
        let expected =
            format!("Text.\n\n## Results\n\n{head}{rows}\nMore.\n\n## Other\n\n| a |\n|---|\n");
        assert_eq!(three, expected);
    }

    #[test]
    fn sections_are_added_and_columns_checked() {
        let one = with("# Title\n", ["go1.27.3", "short", "7"]);
        let expected = "# Title\n\n## Results\n\n| release | mode | passed |\n|---|---|---|\n\
                        | go1.27.3 | short | 7 |\n";
        assert_eq!(one, expected);
        let other = expected.replace("passed", "failed");
        let row = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert!(
            TABLE
                .with_row(&other, &row)
                .unwrap_err()
                .starts_with("other columns")
        );
        assert!(TABLE.with_row("## Results\n", &row).is_err());
    }
}
