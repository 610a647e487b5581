//! Collects results and prints them: what differs as it is found, a table at the end.

use std::fmt::Write as _;

/// How many differences of a check are shown.
const SHOWN: usize = 6;

/// Titles of the columns, in order.
pub const CHECKS: [&str; 9] = [
    "keys", "words", "archives", "programs", "graph", "list", "sharing", "killed", "moved",
];

/// All results, in order.
#[derive(Default)]
pub struct Report {
    /// One for each project, variant and release.
    pub rows: Vec<Row>,
}

/// The results for one project, variant and release.
pub struct Row {
    title: String,
    /// Entries of the cache that were compared.
    pub archives: usize,
    /// Executables that were compared.
    pub programs: usize,
    /// By check: `None` where it does not apply.
    results: [Option<bool>; CHECKS.len()],
}

impl Report {
    /// Is everything equal?
    pub fn is_good(&self) -> bool {
        let good = |row: &Row| row.results.iter().all(|r| *r != Some(false));
        !self.rows.is_empty() && self.rows.iter().all(good)
    }

    /// The table.
    pub fn table(&self) -> String {
        let width = self
            .rows
            .iter()
            .map(|row| row.title.chars().count())
            .max()
            .unwrap_or(0);
        let mut out = format!("{:width$}", "");
        for check in CHECKS {
            let _ = write!(out, "  {check:8}");
        }
        out.push('\n');
        for row in &self.rows {
            let _ = write!(out, "{:width$}", row.title);
            for (check, result) in CHECKS.iter().zip(row.results) {
                let text = match (result, *check) {
                    (None, _) => "-".to_owned(),
                    (Some(true), "archives") => format!("ok {}", row.archives),
                    (Some(true), "programs") => format!("ok {}", row.programs),
                    (Some(true), _) => "ok".to_owned(),
                    (Some(false), _) => "FAIL".to_owned(),
                };
                let _ = write!(out, "  {text:8}");
            }
            out.push('\n');
        }
        let lines = out.lines().map(|line| format!("{}\n", line.trim_end()));
        let failed = self
            .rows
            .iter()
            .filter(|row| row.results.contains(&Some(false)))
            .count();
        format!(
            "{}{} of {} equal\n",
            lines.collect::<String>(),
            self.rows.len() - failed,
            self.rows.len()
        )
    }
}

impl Row {
    /// A row without results.
    pub fn new(project: &str, variant: &str, release: &str) -> Row {
        Row {
            title: format!("{release} {project} {variant}")
                .trim_end()
                .to_owned(),
            archives: 0,
            programs: 0,
            results: [None; CHECKS.len()],
        }
    }

    /// Tells how much was compared.
    pub fn tell(&self, text: &str) {
        println!("{}: {text}", self.title);
    }

    /// Notes the result of a check: no difference is good. A check may be noted more than once.
    pub fn note(&mut self, check: &str, differences: &[String]) {
        let Some(column) = CHECKS.iter().position(|c| *c == check) else {
            unreachable!("no check is called {check}");
        };
        let before = self.results[column].unwrap_or(true);
        self.results[column] = Some(before && differences.is_empty());
        if differences.is_empty() {
            return;
        }
        // In one piece: other rows are being filled at the same time.
        let mut text = format!("{}: {check}:\n", self.title);
        for difference in differences.iter().take(SHOWN) {
            let _ = writeln!(text, "    {}", shortened(difference));
        }
        if differences.len() > SHOWN {
            let _ = writeln!(text, "    … and {} more", differences.len() - SHOWN);
        }
        print!("{text}");
    }
}

fn shortened(text: &str) -> String {
    const LIMIT: usize = 700;
    match text.char_indices().nth(LIMIT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells() {
        let mut report = Report::default();
        assert!(!report.is_good());
        let mut row = Row::new("p", "-race", "go1.26.8");
        row.note("keys", &[]);
        row.note("list", &[]);
        report.rows.push(row);
        assert!(report.is_good());
        let mut row = Row::new("q", "", "go1.27.3");
        row.note("words", &["other".into()]);
        row.note("words", &[]);
        report.rows.push(row);
        assert!(!report.is_good());
        let table = report.table();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>(),
            [
                "go1.26.8", "p", "-race", "ok", "-", "-", "-", "-", "ok", "-", "-", "-"
            ]
        );
        assert!(lines[2].contains("FAIL"), "{table}");
        assert_eq!(lines[3], "1 of 2 equal");
    }
}
