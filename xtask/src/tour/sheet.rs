//! The findings of an exercise: facts of both commands side by side, and checks that make the
//! verdict.

use std::fmt::Write as _;

use oracle::programs::Who;

/// The record of one exercise.
#[derive(Debug, Default)]
pub struct Sheet {
    lines: Vec<Line>,
    failed: usize,
}

#[derive(Debug)]
enum Line {
    Command(String),
    Facts {
        label: String,
        stock: String,
        forgo: String,
    },
    Check {
        what: String,
        ok: bool,
        detail: String,
    },
}

const COLUMN: usize = 34;

impl Sheet {
    /// Notes a command that both were given, without the program's name.
    pub fn command(&mut self, args: &str) {
        self.lines.push(Line::Command(args.to_string()));
    }

    /// Shows a fact of each, side by side; several lines each are fine.
    pub fn facts(&mut self, label: &str, stock: impl ToString, forgo: impl ToString) {
        self.lines.push(Line::Facts {
            label: label.into(),
            stock: stock.to_string(),
            forgo: forgo.to_string(),
        });
    }

    /// Shows a fact of each and checks that they are equal.
    pub fn same(&mut self, label: &str, stock: impl ToString, forgo: impl ToString) {
        let (stock, forgo) = (stock.to_string(), forgo.to_string());
        let ok = stock == forgo;
        let detail = if ok {
            String::new()
        } else {
            first_difference(&stock, &forgo)
        };
        self.lines.push(Line::Facts {
            label: label.into(),
            stock,
            forgo,
        });
        self.check(&format!("{label}: the same"), ok, &detail);
    }

    /// The checks.
    pub fn check(&mut self, what: &str, ok: bool, detail: &str) {
        self.failed += usize::from(!ok);
        self.lines.push(Line::Check {
            what: what.into(),
            ok,
            detail: detail.into(),
        });
    }

    /// The same check on each of the two commands.
    pub fn check_of(&mut self, who: Who, what: &str, ok: bool, detail: &str) {
        self.check(&format!("{}: {what}", who.title()), ok, detail);
    }

    /// Reports whether all checks hold, and there is at least one.
    pub fn passed(&self) -> bool {
        self.failed == 0 && self.lines.iter().any(|l| matches!(l, Line::Check { .. }))
    }

    /// The record as text.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            match line {
                Line::Command(args) => {
                    let _ = writeln!(out, "  $ go {args}");
                }
                Line::Facts {
                    label,
                    stock,
                    forgo,
                } => render_facts(&mut out, label, stock, forgo),
                Line::Check { what, ok, detail } => {
                    let mark = if *ok { "ok  " } else { "FAIL" };
                    let _ = writeln!(out, "    {mark} {what}");
                    if !ok && !detail.is_empty() {
                        for l in detail.lines().take(12) {
                            let _ = writeln!(out, "         {l}");
                        }
                    }
                }
            }
        }
        out
    }
}

fn render_facts(out: &mut String, label: &str, stock: &str, forgo: &str) {
    let _ = writeln!(out, "    {label}:");
    if stock == forgo && stock.lines().count() > 1 {
        for l in stock.lines() {
            let _ = writeln!(out, "      {:<9}| {l}", "both");
        }
        return;
    }
    if stock
        .lines()
        .chain(forgo.lines())
        .all(|l| l.chars().count() <= COLUMN)
    {
        let _ = writeln!(out, "      {:<COLUMN$} | forgo", "go");
        let (mut a, mut b) = (stock.lines(), forgo.lines());
        loop {
            match (a.next(), b.next()) {
                (None, None) => break,
                (x, y) => {
                    let _ = writeln!(
                        out,
                        "      {:<COLUMN$} | {}",
                        x.unwrap_or(""),
                        y.unwrap_or("")
                    );
                }
            }
        }
        return;
    }
    for (name, text) in [("go", stock), ("forgo", forgo)] {
        for l in text.lines() {
            let _ = writeln!(out, "      {name:<9}| {l}");
        }
    }
}

/// The first line in which two texts differ.
pub fn first_difference(stock: &str, forgo: &str) -> String {
    let (mut a, mut b) = (stock.lines(), forgo.lines());
    for number in 1.. {
        match (a.next(), b.next()) {
            (None, None) => break,
            (x, y) if x == y => {}
            (x, y) => {
                let show = |l: Option<&str>| l.unwrap_or("(no such line)").to_string();
                return format!("line {number}\n  go:    {}\n  forgo: {}", show(x), show(y));
            }
        }
    }
    "they differ in line ends only".to_string()
}
