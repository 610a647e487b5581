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
    /// Project, variant, release.
    key: [String; 3],
    /// Entries of the cache that were compared.
    pub archives: usize,
    /// Executables that were compared.
    pub programs: usize,
    /// By check: `None` where it does not apply.
    results: [Option<bool>; CHECKS.len()],
}

impl Report {
    /// Reports whether everything is equal.
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

/// The titles of a recorded table.
pub const COLUMNS: [&str; CHECKS.len() + 5] = {
    let mut columns = ["measured"; CHECKS.len() + 5];
    (columns[0], columns[1], columns[2], columns[3]) = ("project", "variant", "release", "cases");
    let mut i = 0;
    while i < CHECKS.len() {
        columns[4 + i] = CHECKS[i];
        i += 1;
    }
    columns
};

impl Report {
    /// Returns the rows as they are recorded: one for each case of a project, or, with a name for
    /// them all, one for each release.
    pub fn recorded(&self, together: Option<&str>, measured: &str) -> Vec<Vec<String>> {
        let mut groups: Vec<([String; 3], Vec<&Row>)> = Vec::new();
        for row in &self.rows {
            let key = match together {
                Some(name) => [name.to_owned(), "all".to_owned(), row.key[2].clone()],
                None => row.key.clone(),
            };
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((key, vec![row])),
            }
        }
        let cells = |(key, rows): (&[String; 3], &[&Row])| {
            let [project, variant, release] = key;
            let variant = if variant.is_empty() { "plain" } else { variant };
            let mut cells = vec![project.clone(), variant.to_owned(), release.clone()];
            cells.push(rows.len().to_string());
            cells.extend((0..CHECKS.len()).map(|check| recorded_cell(rows, check)));
            cells.push(measured.to_owned());
            cells
        };
        groups
            .iter()
            .map(|(key, rows)| cells((key, rows)))
            .collect()
    }
}

/// The result of a check in several cases.
fn recorded_cell(rows: &[&Row], check: usize) -> String {
    let results: Vec<bool> = rows.iter().filter_map(|row| row.results[check]).collect();
    let failed = results.iter().filter(|good| !**good).count();
    let sum = |of: fn(&Row) -> usize| rows.iter().map(|row| of(row)).sum::<usize>().to_string();
    match (results.len(), failed, CHECKS[check]) {
        (0, ..) => "–".to_owned(),
        (_, 0, "archives") => sum(|row| row.archives),
        (_, 0, "programs") => sum(|row| row.programs),
        (_, 0, _) => "equal".to_owned(),
        (all, failed, _) => format!("{failed} of {all} differ"),
    }
}

impl Row {
    /// A row without results.
    pub fn new(project: &str, variant: &str, release: &str) -> Row {
        Row {
            title: format!("{release} {project} {variant}")
                .trim_end()
                .to_owned(),
            key: [project, variant, release].map(str::to_owned),
            archives: 0,
            programs: 0,
            results: [None; CHECKS.len()],
        }
    }

    /// Prints how much was compared.
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
        let recorded = report.recorded(None, "today");
        assert_eq!(recorded[0].len(), COLUMNS.len());
        assert_eq!(
            recorded[0][..6],
            ["p", "-race", "go1.26.8", "1", "equal", "–"]
        );
        assert_eq!(
            recorded[1][..6],
            ["q", "plain", "go1.27.3", "1", "–", "1 of 1 differ"]
        );
        assert_eq!(recorded[1].last().unwrap(), "today");
        assert_eq!(report.recorded(Some("both"), "today").len(), 2);
    }
}
