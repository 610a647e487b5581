//! Constraint expressions and the Go version that they imply. Answers to
//! go/build/constraint/{expr,vers}.go.

use std::fmt;

use crate::deep::deep;

/// A build constraint expression. Displays in `//go:build` syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A tag.
    Tag(String),
    /// `!x`
    Not(Box<Expr>),
    /// `x && y`
    And(Box<Expr>, Box<Expr>),
    /// `x || y`
    Or(Box<Expr>, Box<Expr>),
}

impl Expr {
    /// The value for the tags for which `ok` holds. Both sides are always evaluated, so that all
    /// tags are seen.
    pub fn eval(&self, ok: &mut dyn FnMut(&str) -> bool) -> bool {
        match self {
            Expr::Tag(tag) => ok(tag),
            Expr::Not(x) => deep(|| !x.eval(ok)),
            Expr::And(x, y) => deep(|| x.eval(ok) & y.eval(ok)),
            Expr::Or(x, y) => deep(|| x.eval(ok) | y.eval(ok)),
        }
    }

    /// The least Go version that the expression implies (`go1.18`), or empty
    /// (constraint.GoVersion).
    pub fn go_version(&self) -> String {
        match self.min_version(true) {
            ..0 => String::new(),
            0 => "go1".to_owned(),
            n => format!("go1.{n}"),
        }
    }

    /// The least minor release implied by the expression, or by its negation; -1 where none is.
    fn min_version(&self, holds: bool) -> i64 {
        match self {
            Expr::Tag(_) if !holds => -1,
            Expr::Tag(tag) if tag == "go1" => 0,
            // The stock function finds `go1.` anywhere in a tag.
            Expr::Tag(tag) => match tag.split_once("go1.") {
                Some((_, v)) => v.parse().unwrap_or(-1),
                None => -1,
            },
            Expr::Not(x) => deep(|| x.min_version(!holds)),
            Expr::And(x, y) | Expr::Or(x, y) => {
                let (x, y) = deep(|| (x.min_version(holds), y.min_version(holds)));
                if matches!(self, Expr::And(..)) == holds {
                    x.max(y)
                } else {
                    x.min(y)
                }
            }
        }
    }

    fn is_and(&self) -> bool {
        matches!(self, Expr::And(..))
    }

    fn is_or(&self) -> bool {
        matches!(self, Expr::Or(..))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arg = |f: &mut fmt::Formatter<'_>, x: &Expr, parens: bool| {
            if parens {
                write!(f, "({x})")
            } else {
                write!(f, "{x}")
            }
        };
        match self {
            Expr::Tag(tag) => f.write_str(tag),
            Expr::Not(x) => {
                f.write_str("!")?;
                arg(f, x, x.is_and() || x.is_or())
            }
            Expr::And(x, y) => {
                arg(f, x, x.is_or())?;
                f.write_str(" && ")?;
                arg(f, y, y.is_or())
            }
            Expr::Or(x, y) => {
                arg(f, x, x.is_and())?;
                f.write_str(" || ")?;
                arg(f, y, y.is_and())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn implied_versions() {
        for (text, want) in [
            ("linux && go1.60", "go1.60"),
            ("(linux && go1.60) || (windows && go1.40)", "go1.40"),
            ("linux", ""),
            ("linux || (windows && go1.60)", ""),
            ("!go1.60", ""),
            ("!(!go1.18 || linux)", "go1.18"),
            ("!(!go1.18 && !go1.19)", "go1.18"),
            ("go1", "go1"),
            ("go1.x", ""),
            ("go1.18 && go1.20", "go1.20"),
            ("xgo1.5", "go1.5"),
        ] {
            let x = parse(&format!("//go:build {text}")).unwrap();
            assert_eq!(x.go_version(), want, "{text}");
        }
    }

    #[test]
    fn display() {
        for (text, want) in [
            ("a&&b||c", "(a && b) || c"),
            ("a&&(b||!c)", "a && (b || !c)"),
            ("!(a&&b)", "!(a && b)"),
            ("((a))&&b&&c", "a && b && c"),
        ] {
            let x = parse(&format!("//go:build {text}")).unwrap();
            assert_eq!(x.to_string(), want);
            assert_eq!(parse(&format!("//go:build {want}")).unwrap(), x);
        }
    }

    #[test]
    fn evaluation_sees_all_tags() {
        let mut seen = Vec::new();
        let x = parse("//go:build a && b || !c").unwrap();
        assert!(!x.eval(&mut |tag| {
            seen.push(tag.to_owned());
            tag == "c"
        }));
        assert_eq!(seen, ["a", "b", "c"]);
    }
}
