//! `forgo doctor`: examines the installation and prints findings, with a remedy for each problem.
//! It runs no tool, downloads nothing, and writes nothing but a temporary file in GOCACHE, by which
//! it measures the file system's clock.

#![expect(
    clippy::disallowed_methods,
    reason = "doctor looks at everything anew; its answers are not kept"
)]

mod cache;
mod file_system;
mod finding;
mod go;
mod settings;

use crate::commands::own::Verb;
use crate::config::Startup;
use crate::config::process::Variables;
use crate::exit::{Outcome, Stop};
use crate::report::Console;
use finding::{Finding, Level};

/// The command.
pub const VERB: Verb = Verb {
    name: "doctor",
    synopsis: "[--json]",
    help: "report problems of this installation and how to solve them",
    details: "
Reports which go command forgo drives and how it was found, its release and whether forgo supports
it, the build cache and its file system, the program that the name go runs, the FORGO_ variables
that are set, and settings that are not valid. Each problem comes with a remedy.

\tok       as it should be
\tnote     works, but you may want to know
\twarning  may be slow or fail
\terror    commands fail or run without forgo; the exit status is 1

The flag --json prints the same as JSON.
",
    flags: &[("json", "print as JSON")],
    run,
};

fn run(args: &[String], console: &Console) -> Outcome {
    let json = match args {
        [] => false,
        [flag] if matches!(flag.as_str(), "-json" | "--json") => true,
        _ => return Err(VERB.usage()),
    };
    let findings = examine();
    let text = match json {
        true => finding::json(&program(), &findings),
        false => finding::text(&program(), &findings),
    };
    console.must_print("forgo: ", text.as_bytes())?;
    match findings.iter().any(|f| f.level == Level::Error) {
        true => Err(Stop::status(1)),
        false => Ok(()),
    }
}

/// The file of this program.
fn program() -> String {
    let file = std::env::current_exe().unwrap_or_default();
    file.to_string_lossy().into_owned()
}

fn examine() -> Vec<Finding> {
    let variables = Variables::read();
    let mut findings = settings::of_forgo(&variables);
    match Startup::local("doctor") {
        Ok(startup) => {
            let cfg = &startup.cfg;
            findings.extend(go::examine(&startup));
            findings.extend(cache::examine(&cfg.dirs, cfg.env.get("GOCACHEPROG")));
            findings.extend(file_system::of_sources(&cfg.cwd));
            findings.extend(file_system::of_temporary_files(&cfg.dirs.tmp));
            findings.extend(settings::of_go(&startup));
        }
        // A wrong FORGO_GO alone can prevent all other checks.
        Err(stop) => findings.push(go::missing(&stop.text)),
    }
    findings.push(go::on_path(&variables));
    // One table for the reader: by topic, in the order in which the topics came up.
    let mut order: Vec<&str> = Vec::new();
    for finding in &findings {
        if !order.contains(&finding.topic) {
            order.push(finding.topic);
        }
    }
    let place = |topic: &str| order.iter().position(|known| *known == topic);
    findings.sort_by_key(|f| place(f.topic));
    findings
}
