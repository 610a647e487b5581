//! Where the output of a test goes, and the lines that report how it ended. Answers to the writers
//! in runTestActor.Act in cmd/go/internal/test/test.go.

use std::time::Instant;

use forgo_golang::test2json::Converter;
use forgo_golang::{duration, raw};
use forgo_load::config::Config;
use forgo_load::event::Reporter;
use forgo_load::local_time::Zone;
use memchr::memmem;

use crate::action::ActionCx;
use crate::actions::test_process::{Ended, Killed};
use crate::actions::test_settings::TestSettings;
use forgo_load::clock::{self, For};

/// How a test ended, for the last of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It passed, or there was nothing to run.
    Passed,
    /// It did not.
    Failed,
}

/// Takes the output of one test.
pub(super) struct Sink<'r> {
    settings: &'r TestSettings,
    reporter: &'r dyn Reporter,
    json: Option<(Converter, Instant)>,
    /// Shown as it comes.
    live: bool,
    /// The output, kept for the node that prints it, for the cache, and for searches in it.
    kept: Option<Vec<u8>>,
}

const NOTHING_RUN: [(&str, &str); 3] = [
    ("testing: warning: no tests to run\n", " [no tests to run]"),
    (
        "testing: warning: no fuzz tests to fuzz\n",
        " [no fuzz tests to fuzz]",
    ),
    (
        "testing: warning: -fuzz matches more than one fuzz test, won't fuzz\n",
        "[-fuzz matches more than one fuzz test, won't fuzz]",
    ),
];

impl<'r> Sink<'r> {
    /// With -json, the first event reports that the test begins.
    pub fn open(cx: &ActionCx<'r>, settings: &'r TestSettings, import_path: &str) -> Sink<'r> {
        let mut sink = Sink {
            settings,
            reporter: cx.run.job.reporter,
            json: None,
            live: settings.stream || settings.stream_and_keep,
            kept: (!settings.stream).then(Vec::new),
        };
        if settings.json {
            sink.json = Some((
                converter(cx.config(), import_path),
                clock::instant(For::Answer),
            ));
            sink.show_events();
        }
        sink
    }

    /// The test binary may write to standard output itself.
    pub fn is_direct(&self) -> bool {
        self.json.is_none() && self.kept.is_none()
    }

    fn show_events(&mut self) {
        if let Some((converter, _)) = &mut self.json {
            let events = converter.take();
            if !events.is_empty() {
                let _ = self.reporter.stdout(&events);
            }
        }
    }

    /// Takes some output.
    pub fn write(&mut self, bytes: &[u8]) {
        // The code that runs the test checks whether the test's output was written; for other lines
        // that is not needed.
        let _ = self.try_write(bytes);
    }

    /// [`Sink::write`] that fails where the output can't be shown as it is; as io.MultiWriter, what
    /// failed is not kept. Events of -json that get lost are not noticed, as in the stock command.
    pub fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.live && !bytes.is_empty() {
            match &mut self.json {
                Some((converter, _)) => {
                    converter.write(bytes);
                    self.show_events();
                }
                None => self.reporter.stdout(bytes)?,
            }
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Returns the output that was kept so far.
    pub fn kept(&self) -> &[u8] {
        self.kept.as_deref().unwrap_or_default()
    }

    /// The test failed because this package did not build.
    pub fn failed_build(&mut self, package: &str) {
        if let (Some((converter, _)), true) = (&mut self.json, self.settings.names_failed_build) {
            converter.set_failed_build(package);
        }
    }

    /// Takes the output of an earlier run.
    pub fn cached(&mut self, output: Vec<u8>) {
        if self.live {
            self.write(&output);
        } else {
            self.kept = Some(output);
        }
    }

    /// Ends the output of a test that passed.
    pub fn passed(&mut self, import_path: &str, time: &str, coverage: bool) {
        let out = self.kept().to_vec();
        if let (Some(kept), false) = (
            &mut self.kept,
            self.settings.show_pass || self.settings.json,
        ) {
            kept.clear();
        }
        let says = |line: &str| {
            out.starts_with(line.as_bytes())
                || memmem::find(&out, format!("\n{line}").as_bytes()).is_some()
        };
        let note = NOTHING_RUN
            .iter()
            .rfind(|(line, _)| says(line))
            .map_or("", |(_, note)| note);
        let percentage = if coverage {
            coverage_percentage(&out)
        } else {
            Vec::new()
        };
        if !out.is_empty() && !out.ends_with(b"\n") {
            self.write(b"\n");
        }
        let mut line = raw::bytes(&format!("ok  \t{import_path}\t{time}")).into_owned();
        line.extend(percentage);
        line.extend(note.bytes());
        line.push(b'\n');
        self.write(&line);
    }

    /// Ends the output of a test that failed.
    pub fn failed(&mut self, import_path: &str, time: &str, ended: &Ended) {
        let silent = self.kept().is_empty();
        let open_line = !self.kept().ends_with(b"\n");
        let show = |d: Option<std::time::Duration>| {
            duration::format(i64::try_from(d.unwrap_or_default().as_nanos()).unwrap_or(i64::MAX))
        };
        let kill = show(self.settings.kill_after);
        let remark = match ended.killed {
            Killed::Quit => format!("*** Test killed with quit: ran too long ({kill}).\n"),
            Killed::Kill => format!("*** Test killed: ran too long ({kill}).\n"),
            Killed::No if ended.output_incomplete => {
                let delay = show(self.settings.wait_delay);
                format!("*** Test I/O incomplete {delay} after exiting.\n")
            }
            Killed::No => String::new(),
        };
        self.write(remark.as_bytes());
        if !ended.exited || silent {
            let error = ended.error.as_deref().unwrap_or_default();
            self.write(&raw::bytes(&format!("{error}\n")));
        } else if open_line {
            self.write(b"\n");
        }
        // A test that panics does not print FAIL in the form that readers of events look for.
        let mark = if self.settings.json || self.settings.marked {
            "\x16"
        } else {
            ""
        };
        self.write(&raw::bytes(&format!("{mark}FAIL\t{import_path}\t{time}\n")));
    }

    /// Ends the output; returns the part that is left to print.
    pub fn close(mut self, passed: bool) -> Vec<u8> {
        if let Some((converter, start)) = &mut self.json {
            converter.exited(passed);
            let millis = (start.elapsed().as_secs_f64() * 1000.0).round();
            converter.close(millis / 1000.0);
        }
        self.show_events();
        if self.live {
            Vec::new()
        } else {
            self.kept.unwrap_or_default()
        }
    }
}

fn converter(config: &Config, import_path: &str) -> Converter {
    let zone = Zone::local(&config.env);
    let clock = Box::new(move || zone.rfc3339(clock::now(For::Answer)));
    Converter::new(import_path, config.dist.release, clock)
}

/// The events of a test that failed before it could be built.
pub(super) fn failed_events(
    config: &Config,
    settings: &TestSettings,
    import_path: &str,
    cause: &str,
    line: &str,
) -> Vec<u8> {
    let mut converter = converter(config, import_path);
    if settings.names_failed_build {
        converter.set_failed_build(cause);
    }
    converter.write(line.as_bytes());
    converter.exited(false);
    converter.close(0.0);
    converter.take()
}

/// Returns the coverage that the output reports, as a part of the last line.
fn coverage_percentage(out: &[u8]) -> Vec<u8> {
    let mark = b"coverage: ";
    for at in memmem::find_iter(out, mark) {
        let rest = &out[at + mark.len()..];
        if let Some(end) = memchr::memchr(b'\n', rest) {
            return [b"\tcoverage: ", &rest[..end]].concat();
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_found_in_the_output() {
        let found = |text: &str| String::from_utf8(coverage_percentage(text.as_bytes())).unwrap();
        assert_eq!(
            found("PASS\ncoverage: 79.9% of statements\n"),
            "\tcoverage: 79.9% of statements"
        );
        assert_eq!(found("coverage: cut"), "");
        assert_eq!(found("PASS\n"), "");
    }
}
