//! Flags: a table lists the flags of each command, the parser turns arguments and GOFLAGS into
//! settings without any effect, `config` resolves them once.
//!
//! Answers to Go's package flag, cmd/go/internal/cmdflag and cmd/go/internal/base/goflags.go.

pub mod goflags;
pub mod kind;
mod parse;
pub mod table;

use std::borrow::Cow;

use kind::Kind;
pub use parse::{ParseError, ParseOne};
use table::{Commands, FLAGS, TEST_BINARY_FLAGS};

/// A flag of one command.
#[derive(Clone)]
pub struct Flag {
    /// Its name, without dashes.
    pub name: Cow<'static, str>,
    /// The kind of its value.
    pub kind: Kind,
}

/// A flag given a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The flag's name; the alias `test.x` is kept as written.
    pub name: String,
    /// The value; `true` for a boolean flag without one.
    pub value: String,
    /// It came from GOFLAGS.
    pub from_goflags: bool,
}

/// The flags of one command and the settings made so far, in order (Go's flag.FlagSet).
#[derive(Clone, Default)]
pub struct Flags {
    flags: Vec<Flag>,
    settings: Vec<Setting>,
}

impl Flags {
    /// The flags of a command in the table.
    pub fn of(command: Commands) -> Flags {
        let row = |r: &table::FlagRow| Flag {
            name: Cow::Borrowed(r.name),
            kind: r.kind,
        };
        let mut flags: Vec<_> = FLAGS
            .iter()
            .filter(|r| r.commands.meets(command))
            .map(row)
            .collect();
        if command == Commands::TEST {
            for short in TEST_BINARY_FLAGS {
                let kind = flags
                    .iter()
                    .find(|f| f.name == *short)
                    .map_or(Kind::Text, |f| f.kind);
                flags.push(Flag {
                    name: Cow::Owned(format!("test.{short}")),
                    kind,
                });
            }
        }
        Flags {
            flags,
            settings: Vec::new(),
        }
    }

    /// Adds a flag that is not in the table (vet's analyzers).
    pub fn define(&mut self, name: &str, kind: Kind) {
        self.flags.push(Flag {
            name: Cow::Owned(name.to_owned()),
            kind,
        });
    }

    /// The flag of this name.
    pub fn lookup(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|f| f.name == name)
    }

    /// Sets a flag; the error is that of the value.
    pub fn set(&mut self, name: &str, value: &str, from_goflags: bool) -> Result<(), String> {
        let flag = self
            .lookup(name)
            .ok_or_else(|| format!("no such flag -{name}"))?;
        flag.kind.check(value)?;
        self.settings.push(Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            from_goflags,
        });
        Ok(())
    }

    /// All settings in the order they were made, GOFLAGS' first.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Every value a flag was given, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.settings
            .iter()
            .filter(move |s| s.name == name)
            .map(|s| s.value.as_str())
    }

    /// The value in force, `None` when the flag was not given.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.settings
            .iter()
            .rev()
            .find(|s| s.name == name)
            .map(|s| s.value.as_str())
    }

    /// The text in force, empty when the flag was not given.
    pub fn text(&self, name: &str) -> &str {
        self.value(name).unwrap_or("")
    }

    /// Reports whether the boolean flag is on.
    pub fn on(&self, name: &str) -> bool {
        self.value(name)
            .is_some_and(|v| kind::parse_bool(v) == Some(true))
    }

    /// Reports whether the flag was given.
    pub fn given(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}
