//! The command line: `oracle parity`, `oracle never-wrong`, `oracle conformance`. `cargo xtask` has
//! the same three tasks.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::programs::{self, Programs};
use crate::{conformance, never_wrong, parity};

const EXAMPLES: &str = "\
Examples:
  oracle parity .                         compare builds of the project in this directory
  oracle parity . --dry                   the same without building: keys, output, graph
  oracle parity . --tests --test-pkgs ./x compare list, vet and test
  oracle parity . --moved                 compare builds in other directories
  oracle never-wrong --project . --time 600
                                          edit a copy of the project at random, compare each time";

/// Compares forgo with the stock go command
///
/// The stock command is the specification: any difference that docs/differences.md does not list is
/// a bug of forgo. The exit status is 0 if nothing differs, 1 if something does, 2 if the
/// comparison could not be made.
#[derive(Debug, Parser)]
#[command(name = "oracle", version, verbatim_doc_comment, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Parity(parity::Options),
    NeverWrong(never_wrong::Flags),
    Conformance(conformance::Options),
}

/// The names of the tasks.
pub const TASKS: [&str; 3] = ["parity", "never-wrong", "conformance"];

/// The programs to compare.
#[derive(Debug, Clone, Default, Args)]
pub struct Which {
    /// Go distribution: a GOROOT, or a go command [default: the go command on PATH]
    #[arg(long, visible_alias = "goroot", value_name = "GOROOT")]
    pub go: Option<PathBuf>,
    /// The forgo to test [default: the one beside this program, else the one on PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub forgo: Option<PathBuf>,
}

impl Which {
    /// Finds them.
    pub fn find(&self) -> Result<Programs, String> {
        programs::find(self.go.clone(), self.forgo.clone())
    }
}

/// Runs the task that the arguments name; the first argument is the program's name.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        // Help goes to standard output with exit status 0.
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    let result = match &cli.task {
        Task::Parity(options) => parity::run(options),
        Task::NeverWrong(flags) => never_wrong::run(flags),
        Task::Conformance(options) => conformance::run(options),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(text) => {
            eprintln!("oracle: {text}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        let command = Cli::command();
        command.clone().debug_assert();
        let names: Vec<&str> = command.get_subcommands().map(|c| c.get_name()).collect();
        assert_eq!(names, TASKS);
    }

    fn parse(line: &str) -> Result<Cli, String> {
        let words = std::iter::once("oracle").chain(line.split(' '));
        Cli::try_parse_from(words).map_err(|e| e.to_string())
    }

    #[test]
    fn lines_that_documents_show() {
        for line in [
            "parity . --forgo forgo --go /usr/local/go",
            "parity --go A --go B --short",
            "parity DIR --flags -tags=extended --pkgs github.com/gohugoio/hugo",
            "parity DIR --variant -race --seeded --bytes --jobs 2",
            "parity DIR --tests --dry --stock-cache GOCACHE",
            "parity --only ^asm$ --kill 12",
            "parity DIR --moved --bytes --places 3 --test-pkgs ./a",
            "conformance --goroot GOROOT --long --record",
            "conformance --go GOROOT --list FILE --log A --log B -v",
            "never-wrong --edits --kinds 2 --length 200 --time 25 --seed 7",
            "never-wrong --project DIR --below x --stock-cache GOCACHE",
            "never-wrong --host",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line));
        }
        for line in [
            "parity --nosuch",
            "parity --jobs many",
            "parity DIR --dry --bytes",
            "parity DIR --moved --tests",
            "never-wrong --edits --faults",
            "conformance --record --run x",
            "nosuch",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
