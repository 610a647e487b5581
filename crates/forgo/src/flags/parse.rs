//! Arguments into settings: Go's flag.FlagSet.Parse and cmd/go/internal/cmdflag.ParseOne.

use forgo_golang::quote::quote;

use super::Flags;

/// The result of [`Flags::parse_one`] at the head of the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseOne {
    /// A flag was set.
    Flag {
        /// Its name.
        name: String,
    },
    /// `-h`, `-help`, `-?`.
    Help,
    /// `--`: everything after it is an operand.
    Terminator,
    /// The argument is not a flag.
    NotAFlag,
    /// A flag the command does not have.
    Undefined {
        /// The argument as written.
        raw: String,
        /// Its name without dashes and value.
        name: String,
        /// The value after `=`.
        value: Option<String>,
    },
    /// A flag with a missing or wrong value.
    Wrong {
        /// Its name.
        name: String,
        /// The message.
        message: String,
    },
}

/// Why [`Flags::parse`] stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// `-h` or `-help`: only the usage is shown.
    Help,
    /// This message, then the usage.
    Message(String),
}

impl Flags {
    /// Takes all flags at the head of `args`; returns the rest.
    pub fn parse<'a>(&mut self, mut args: &'a [String]) -> Result<&'a [String], ParseError> {
        while let Some((first, rest)) = args.split_first() {
            let Some(body) = first.strip_prefix('-').filter(|b| !b.is_empty()) else {
                break;
            };
            if body == "-" {
                return Ok(rest);
            }
            let body = body.strip_prefix('-').unwrap_or(body);
            if body.is_empty() || body.starts_with(['-', '=']) {
                return Err(ParseError::Message(format!("bad flag syntax: {first}")));
            }
            let (name, value) = split_value(body);
            if self.lookup(name).is_none() {
                if matches!(name, "help" | "h") {
                    return Err(ParseError::Help);
                }
                let message = format!("flag provided but not defined: -{name}");
                return Err(ParseError::Message(message));
            }
            args = self
                .assign(name, value, rest)
                .map_err(ParseError::Message)?;
        }
        Ok(args)
    }

    /// Takes the flag at the head of `args`, which must not be empty; returns the flag and the
    /// arguments after it. Consumes at least one argument.
    pub fn parse_one<'a>(&mut self, args: &'a [String]) -> (ParseOne, &'a [String]) {
        let (raw, rest) = args.split_first().expect("an argument to look at");
        if raw == "--" {
            return (ParseOne::Terminator, rest);
        }
        let arg = if raw.starts_with("--") {
            &raw[1..]
        } else {
            raw
        };
        if matches!(arg, "-?" | "-h" | "-help") {
            return (ParseOne::Help, rest);
        }
        let body = match arg.strip_prefix('-') {
            Some(b) if !b.is_empty() && !b.starts_with(['-', '=']) => b,
            _ => return (ParseOne::NotAFlag, rest),
        };
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        if self.lookup(name).is_none() {
            let found = ParseOne::Undefined {
                raw: raw.clone(),
                name: name.to_owned(),
                value: value.map(str::to_owned),
            };
            return (found, rest);
        }
        let name = name.to_owned();
        let takes_next = value.is_none()
            && self.lookup(&name).is_some_and(|f| !f.kind.is_boolean())
            && !rest.is_empty();
        let after = if takes_next { &rest[1..] } else { rest };
        match self.assign(&name, value, rest) {
            Ok(_) => (ParseOne::Flag { name }, after),
            Err(message) => (ParseOne::Wrong { name, message }, after),
        }
    }

    /// Sets a flag that exists from `value` or else from the head of `rest`; returns the remaining
    /// arguments.
    fn assign<'a>(
        &mut self,
        name: &str,
        value: Option<&str>,
        rest: &'a [String],
    ) -> Result<&'a [String], String> {
        let boolean = self.lookup(name).is_some_and(|f| f.kind.is_boolean());
        match (boolean, value) {
            (true, Some(v)) => self
                .set(name, v, false)
                .map_err(|e| format!("invalid boolean value {} for -{name}: {e}", quote(v)))?,
            (true, None) => self
                .set(name, "true", false)
                .map_err(|e| format!("invalid boolean flag {name}: {e}"))?,
            (false, _) => {
                let (v, after) = match (value, rest.split_first()) {
                    (Some(v), _) => (v, rest),
                    (None, Some((next, after))) => (next.as_str(), after),
                    (None, None) => return Err(format!("flag needs an argument: -{name}")),
                };
                self.set(name, v, false)
                    .map_err(|e| format!("invalid value {} for flag -{name}: {e}", quote(v)))?;
                return Ok(after);
            }
        }
        Ok(rest)
    }
}

/// Cuts at the first `=`, which can't be the first byte.
fn split_value(body: &str) -> (&str, Option<&str>) {
    match body.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::Commands;
    use super::*;

    fn parse(args: &[&str]) -> (Result<Vec<String>, ParseError>, Flags) {
        let args: Vec<String> = args.iter().map(|s| (*s).to_owned()).collect();
        let mut flags = Flags::of(Commands::BUILD);
        let rest = flags.parse(&args).map(<[String]>::to_vec);
        (rest, flags)
    }

    #[test]
    fn flags_then_arguments() {
        let (rest, flags) = parse(&["-a", "--p=3", "-o", "out", "-race=false", "./...", "-x"]);
        assert_eq!(rest.unwrap(), ["./...", "-x"]);
        assert!(flags.on("a") && !flags.on("race") && flags.given("race") && !flags.on("x"));
        assert_eq!((flags.text("p"), flags.text("o")), ("3", "out"));
        assert_eq!(parse(&["-a", "--", "-x"]).0.unwrap(), ["-x"]);
        assert_eq!(parse(&["-", "x"]).0.unwrap(), ["-", "x"]);
    }

    #[test]
    fn messages() {
        for (args, want) in [
            (&["-foo"][..], "flag provided but not defined: -foo"),
            (&["-foo=1"], "flag provided but not defined: -foo"),
            (&["---a"], "bad flag syntax: ---a"),
            (&["-=a"], "bad flag syntax: -=a"),
            (&["-o"], "flag needs an argument: -o"),
            (&["-a=x"], "invalid boolean value \"x\" for -a: parse error"),
            (&["-p", "x"], "invalid value \"x\" for flag -p: parse error"),
            (
                &["-a", "-C", "d"],
                "invalid value \"d\" for flag -C: -C flag must be first flag on command line",
            ),
        ] {
            assert_eq!(
                parse(args).0.unwrap_err(),
                ParseError::Message(want.into()),
                "{args:?}"
            );
        }
        assert_eq!(parse(&["-h"]).0.unwrap_err(), ParseError::Help);
    }
}
