//! From what a test prints to the events of `go test -json`. Answers to cmd/internal/test2json,
//! which 1.27 gave types of output and marks around errors.
//!
//! No clock and no stream: the caller passes the time, and takes the events away.

use crate::json::append_string;
use crate::release::Release;

/// Longest line that is looked at as a whole.
const IN_BUFFER: usize = 4096;
/// Longest line that makes one event.
const OUT_BUFFER: usize = 1024;

/// `^V`: the line frames tests.
const FRAMING: u8 = 0x16;
/// `^O`: an error begins.
const ERROR_BEGIN: u8 = 0x0f;
/// `^N`: an error ends.
const ERROR_END: u8 = 0x0e;
/// `^[`: the next byte means itself.
const ESCAPE: u8 = 0x1b;

/// Returns the current time, formatted as in JSON (RFC 3339).
pub type Clock = Box<dyn Fn() -> String + Send>;

/// One event, as far as it is not the same for all.
#[derive(Debug, Clone, Default)]
struct Event {
    action: String,
    /// Names and texts need not be UTF-8.
    test: Vec<u8>,
    elapsed: Option<f64>,
    key: Vec<u8>,
    value: Vec<u8>,
    path: Vec<u8>,
}

/// Turns the output of one test binary into events.
pub struct Converter {
    package: String,
    /// The Go release.
    release: Release,
    clock: Clock,
    /// The test that output belongs to.
    test: Vec<u8>,
    /// Results not yet reported, of tests within each other.
    reports: Vec<Event>,
    /// How it all ended, as far as seen.
    result: &'static str,
    input: LineBuffer,
    output: LineBuffer,
    /// Framing lines begin with a mark.
    marked: bool,
    /// The current output frames tests.
    framing: bool,
    in_error: bool,
    escaped: bool,
    failed_build: String,
    events: Vec<u8>,
}

const UPDATES: [&[u8]; 9] = [
    b"=== RUN   ",
    b"=== PAUSE ",
    b"=== CONT  ",
    b"=== NAME  ",
    b"=== PASS  ",
    b"=== FAIL  ",
    b"=== SKIP  ",
    b"=== ATTR  ",
    b"=== ARTIFACTS ",
];
const REPORTS: [&[u8]; 4] = [b"--- PASS: ", b"--- FAIL: ", b"--- SKIP: ", b"--- BENCH: "];

impl Converter {
    /// Begins with a `start` event. The form is that of `release`.
    pub fn new(package: &str, release: Release, clock: Clock) -> Converter {
        let mut c = Converter {
            package: package.to_owned(),
            release,
            clock,
            test: Vec::new(),
            reports: Vec::new(),
            result: "",
            input: LineBuffer::new(IN_BUFFER, release),
            output: LineBuffer::new(OUT_BUFFER, release),
            marked: false,
            framing: false,
            in_error: false,
            escaped: false,
            failed_build: String::new(),
            events: Vec::new(),
        };
        c.event(&Event {
            action: "start".into(),
            ..Event::default()
        });
        c
    }

    /// The events so far, each with its newline; they are not given again.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.events)
    }

    /// Takes some output.
    pub fn write(&mut self, bytes: &[u8]) {
        for piece in self.input.write(bytes) {
            match piece {
                Piece::Line(line) => self.line(&line),
                Piece::Part(part) => self.emit(&part),
            }
        }
    }

    /// The test binary has ended.
    pub fn exited(&mut self, ok: bool) {
        if !ok {
            self.result = "fail";
        } else if self.result != "skip" {
            self.result = "pass";
        }
    }

    /// The test failed because this package did not build.
    pub fn set_failed_build(&mut self, package: &str) {
        package.clone_into(&mut self.failed_build);
    }

    /// The end of the output; `elapsed` is in seconds.
    pub fn close(&mut self, elapsed: f64) {
        if let Some(rest) = self.input.flush() {
            self.emit(&rest);
        }
        self.flush_output();
        if !self.result.is_empty() {
            let e = Event {
                action: self.result.into(),
                elapsed: Some(elapsed),
                ..Event::default()
            };
            let failed = self.result == "fail";
            let build = if failed {
                std::mem::take(&mut self.failed_build)
            } else {
                String::new()
            };
            self.event_with(&e, None, "", &build);
        }
    }

    /// A whole line of input.
    fn line(&mut self, full: &[u8]) {
        let Some(&first) = full.first() else {
            return;
        };
        if self.marked && first != FRAMING {
            return self.emit(full);
        }
        let marked = first == FRAMING;
        let mut line = full;
        if marked {
            self.flush_output();
            line = &line[1..];
        }
        let trimmed = line
            .strip_suffix(b"\n")
            .map(|l| l.strip_suffix(b"\r").unwrap_or(l));
        let mut trimmed = trimmed.unwrap_or(line);
        // An empty name loses the spaces before it easily.
        if trimmed == b"=== NAME" {
            line = b"=== NAME  \n";
            trimmed = &line[..line.len() - 1];
        }
        if trimmed == b"PASS" || trimmed == b"FAIL" || trimmed.starts_with(b"FAIL\t") {
            self.flush_reports(0);
            self.marked = marked;
            self.frame(line);
            self.result = if trimmed == b"PASS" { "pass" } else { "fail" };
            return;
        }
        let no_tests = line.starts_with(b"?   \t") && trimmed.ends_with(b"\t[no test files]");
        if no_tests && self.reports.is_empty() {
            self.result = "skip";
        }
        if UPDATES.iter().any(|u| line.starts_with(u)) {
            return self.update(line, marked);
        }
        let mut indent = 0;
        let mut inner = line;
        while let Some(rest) = inner.strip_prefix(b"    ") {
            inner = rest;
            indent += 1;
        }
        if REPORTS.iter().any(|r| inner.starts_with(r)) {
            return self.report(line, inner, indent, marked);
        }
        // Indentation determines which of the nested tests printed it.
        if indent > 0 && indent <= self.reports.len() {
            self.test.clone_from(&self.reports[indent - 1].test);
        }
        self.emit(line);
    }

    /// `--- PASS: Name (0.00s)`, possibly indented.
    fn report(&mut self, line: &[u8], inner: &[u8], indent: usize, marked: bool) {
        let (action, mut name) = action_and_name(inner);
        let mut elapsed = None;
        if let Some(i) = memchr::memmem::find(&name, b" (") {
            let seconds = name.strip_suffix(b"s)").and_then(|n| n.get(i + 2..));
            let seconds = seconds.and_then(|s| std::str::from_utf8(s).ok());
            elapsed = seconds.and_then(|s| s.parse().ok());
            name.truncate(i);
        }
        if self.reports.len() < indent {
            return self.emit(line);
        }
        self.marked = marked;
        self.flush_reports(indent);
        self.test.clone_from(&name);
        self.reports.push(Event {
            action,
            test: name,
            elapsed,
            ..Event::default()
        });
        self.frame(line);
    }

    /// `=== RUN   Name` and its like.
    fn update(&mut self, line: &[u8], marked: bool) {
        let (action, mut name) = action_and_name(line);
        let mut e = Event {
            action,
            ..Event::default()
        };
        let cut = |s: &[u8]| match s.iter().position(|&b| b == b' ') {
            Some(i) => (s[..i].to_vec(), s[i + 1..].to_vec()),
            None => (s.to_vec(), Vec::new()),
        };
        match e.action.as_str() {
            "artifacts" => (name, e.path) = cut(&name),
            "attr" => {
                let rest;
                (name, rest) = cut(&name);
                (e.key, e.value) = cut(&rest);
            }
            _ => {}
        }
        self.marked = marked;
        self.flush_reports(0);
        self.test = name;
        match e.action.as_str() {
            // It only names the test whose output follows.
            "name" => {}
            // First the line, so that nothing seems printed after the pause.
            "pause" => {
                self.frame(line);
                self.event(&e);
            }
            _ => {
                self.event(&e);
                self.frame(line);
            }
        }
    }

    fn flush_reports(&mut self, depth: usize) {
        self.test.clear();
        while self.reports.len() > depth {
            if let Some(e) = self.reports.pop() {
                self.event(&e);
            }
        }
    }

    fn emit(&mut self, bytes: &[u8]) {
        for piece in self.output.write(bytes) {
            let (Piece::Line(text) | Piece::Part(text)) = piece;
            self.output_event(text);
        }
    }

    fn frame(&mut self, line: &[u8]) {
        self.framing = true;
        self.emit(line);
        self.framing = false;
    }

    fn flush_output(&mut self) {
        if let Some(rest) = self.output.flush() {
            self.output_event(rest);
        }
    }

    fn output_event(&mut self, mut out: Vec<u8>) {
        if !self.release.test2json_knows_marks() {
            return self.plain_output(&out, "");
        }
        let mut kind = match (self.framing, self.in_error) {
            (true, _) => "frame",
            (_, true) => "error-continue",
            _ => "",
        };
        // The byte after a mark's end is not looked at: the original doesn't either.
        let mut i = 0;
        while i < out.len() {
            if std::mem::take(&mut self.escaped) {
                i += 1;
                continue;
            }
            match out[i] {
                ESCAPE => {
                    out.remove(i);
                    self.escaped = true;
                    continue;
                }
                ERROR_BEGIN => {
                    if i > 0 {
                        self.plain_output(&out[..i], kind);
                    }
                    self.in_error = true;
                    kind = "error";
                    out.drain(..=i);
                    i = 0;
                }
                ERROR_END => {
                    out.remove(i);
                    if out.get(i) == Some(&b'\n') {
                        i += 1;
                    }
                    self.plain_output(&out[..i], kind);
                    self.in_error = false;
                    kind = "";
                    out.drain(..i);
                    i = 0;
                }
                _ => {}
            }
            i += 1;
        }
        if !out.is_empty() {
            self.plain_output(&out, kind);
        }
    }

    fn plain_output(&mut self, out: &[u8], kind: &str) {
        let e = Event {
            action: "output".into(),
            ..Event::default()
        };
        self.event_with(&e, Some(out), kind, "");
    }

    fn event(&mut self, e: &Event) {
        self.event_with(e, None, "", "");
    }

    fn event_with(&mut self, e: &Event, output: Option<&[u8]>, kind: &str, failed_build: &str) {
        let test = if e.test.is_empty() {
            &self.test
        } else {
            &e.test
        };
        let out = &mut self.events;
        out.extend_from_slice(b"{\"Time\":\"");
        out.extend_from_slice((self.clock)().as_bytes());
        out.push(b'"');
        let release = self.release;
        let field = |out: &mut Vec<u8>, name: &str, value: &[u8]| {
            out.extend_from_slice(format!(",\"{name}\":").as_bytes());
            append_string(out, value, release);
        };
        let text = |out: &mut Vec<u8>, name: &str, value: &[u8]| {
            if !value.is_empty() {
                field(out, name, value);
            }
        };
        text(out, "Action", e.action.as_bytes());
        text(out, "Package", self.package.as_bytes());
        text(out, "Test", test);
        if let Some(elapsed) = e.elapsed {
            out.extend_from_slice(format!(",\"Elapsed\":{elapsed}").as_bytes());
        }
        if let Some(output) = output {
            out.extend_from_slice(b",\"Output\":");
            append_string(out, output, release);
        }
        text(out, "OutputType", kind.as_bytes());
        text(out, "FailedBuild", failed_build.as_bytes());
        text(out, "Key", &e.key);
        text(out, "Value", &e.value);
        text(out, "Path", &e.path);
        out.extend_from_slice(b"}\n");
    }
}

/// `run` and `Name` of `=== RUN   Name`.
fn action_and_name(line: &[u8]) -> (String, Vec<u8>) {
    let text = &line["=== ".len()..];
    let space = text.iter().position(|&b| b == b' ').unwrap_or(text.len());
    let action = String::from_utf8_lossy(&text[..space]).to_lowercase();
    let action = action.strip_suffix(':').unwrap_or(&action).to_owned();
    (action, text[space..].trim_ascii().to_vec())
}

/// A line, or a part of one that is too long.
enum Piece {
    Line(Vec<u8>),
    Part(Vec<u8>),
}

/// Cuts a stream into lines. A line ends behind a newline, or before a framing mark.
struct LineBuffer {
    bytes: Vec<u8>,
    capacity: usize,
    /// In the middle of a line of which parts were given already.
    mid: bool,
    escaped: bool,
    /// The release has escapes.
    escapes: bool,
}

impl LineBuffer {
    fn new(capacity: usize, release: Release) -> LineBuffer {
        LineBuffer {
            bytes: Vec::with_capacity(capacity),
            capacity,
            mid: false,
            escaped: false,
            escapes: release.test2json_knows_marks(),
        }
    }

    fn write(&mut self, mut input: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while !input.is_empty() {
            let room = (self.capacity - self.bytes.len()).min(input.len());
            self.bytes.extend_from_slice(&input[..room]);
            input = &input[room..];
            let mut taken = self.take_lines(&mut pieces);
            if taken == 0 && self.bytes.len() == self.capacity {
                // Too long for a line: but no rune is cut in two.
                taken = whole_runes(&self.bytes);
                pieces.push(Piece::Part(self.bytes[..taken].to_vec()));
                self.mid = true;
            }
            self.bytes.drain(..taken);
        }
        pieces
    }

    /// Gives the lines at hand; returns how many bytes they were.
    fn take_lines(&mut self, pieces: &mut Vec<Piece>) -> usize {
        let mut at = 0;
        while at < self.bytes.len() {
            let Some((end, width)) = self.end_of_line(at) else {
                if !self.mid
                    && let Some(tab) = self.bytes[at..].iter().position(|&b| b == b'\t')
                    && is_benchmark_name(&self.bytes[at..at + tab])
                {
                    // The name of a benchmark is shown before it has a result.
                    pieces.push(Piece::Part(self.bytes[at..=at + tab].to_vec()));
                    self.mid = true;
                    at += tab + 1;
                }
                break;
            };
            let text = self.bytes[at..end + width].to_vec();
            pieces.push(if std::mem::take(&mut self.mid) {
                Piece::Part(text)
            } else {
                Piece::Line(text)
            });
            at = end + width;
        }
        at
    }

    /// Where the line that begins at `start` ends, and the width of the end itself.
    fn end_of_line(&mut self, start: usize) -> Option<(usize, usize)> {
        for (i, &c) in self.bytes[start..].iter().enumerate() {
            if c == b'\n' {
                return Some((start + i, 1));
            }
            if std::mem::take(&mut self.escaped) {
                continue;
            }
            if self.escapes && c == ESCAPE {
                self.escaped = true;
            } else if c == FRAMING && i > 0 {
                return Some((start + i, 0));
            }
        }
        None
    }

    fn flush(&mut self) -> Option<Vec<u8>> {
        (!self.bytes.is_empty()).then(|| std::mem::take(&mut self.bytes))
    }
}

/// `Benchmark` and a character other than a lower-case letter.
fn is_benchmark_name(name: &[u8]) -> bool {
    let name = name.trim_ascii_end();
    let Some(rest) = name.strip_prefix(b"Benchmark") else {
        return false;
    };
    let first = rest
        .utf8_chunks()
        .next()
        .and_then(|c| c.valid().chars().next());
    !first.is_some_and(char::is_lowercase)
}

/// Length of what ends in no incomplete rune.
fn whole_runes(b: &[u8]) -> usize {
    for i in 1..b.len().min(3) + 1 {
        let c = b[b.len() - i];
        if c & 0xc0 == 0x80 {
            continue;
        }
        let needs = match c {
            c if c & 0xe0 == 0xc0 => 2,
            c if c & 0xf0 == 0xe0 => 3,
            c if c & 0xf8 == 0xf0 => 4,
            _ => 1,
        };
        return if i < needs { b.len() - i } else { b.len() };
    }
    b.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events without their times.
    fn convert(release: Release, chunks: &[&[u8]], ok: bool) -> String {
        let mut c = Converter::new("p", release, Box::new(|| "T".into()));
        let mut out = c.take();
        for chunk in chunks {
            c.write(chunk);
            out.extend(c.take());
        }
        c.exited(ok);
        c.close(0.25);
        out.extend(c.take());
        String::from_utf8(out)
            .expect("JSON")
            .replace("\"Time\":\"T\",", "")
            .replace(",\"Package\":\"p\"", "")
    }

    #[test]
    fn tests_within_tests() {
        let text = b"=== RUN   TestA\n=== RUN   TestA/sub\n    a_test.go:1: hi\n=== PAUSE TestA/sub\n--- FAIL: TestA (0.10s)\n    --- FAIL: TestA/sub (0.00s)\n        deep\nFAIL\n";
        let want = r#"{"Action":"start"}
{"Action":"run","Test":"TestA"}
{"Action":"output","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"run","Test":"TestA/sub"}
{"Action":"output","Test":"TestA/sub","Output":"=== RUN   TestA/sub\n"}
{"Action":"output","Test":"TestA/sub","Output":"    a_test.go:1: hi\n"}
{"Action":"output","Test":"TestA/sub","Output":"=== PAUSE TestA/sub\n"}
{"Action":"pause","Test":"TestA/sub"}
{"Action":"output","Test":"TestA","Output":"--- FAIL: TestA (0.10s)\n"}
{"Action":"output","Test":"TestA/sub","Output":"    --- FAIL: TestA/sub (0.00s)\n"}
{"Action":"output","Test":"TestA/sub","Output":"        deep\n"}
{"Action":"fail","Test":"TestA/sub","Elapsed":0}
{"Action":"fail","Test":"TestA","Elapsed":0.1}
{"Action":"output","Output":"FAIL\n"}
{"Action":"fail","Elapsed":0.25}
"#;
        assert_eq!(convert(Release::GO1_26, &[text], false), want);
        // In any pieces.
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(convert(Release::GO1_26, &bytes, false), want);
        assert!(
            convert(Release::GO1_27, &[text], false)
                .contains("=== RUN   TestA\\n\",\"OutputType\":\"frame\"}")
        );
    }

    #[test]
    fn marks() {
        let text = b"x\x16=== RUN   TestA\n=== RUN   Fake\n\x16=== ATTR  TestA k v w\n\x16--- PASS: TestA (1.50s)\n\x16PASS\n";
        let got = convert(Release::GO1_26, &[text], true);
        assert!(got.contains(r#"{"Action":"output","Output":"x"}"#), "{got}");
        assert!(
            got.contains(r#"{"Action":"output","Test":"TestA","Output":"=== RUN   Fake\n"}"#),
            "{got}"
        );
        assert!(
            got.contains(r#"{"Action":"attr","Test":"TestA","Key":"k","Value":"v w"}"#),
            "{got}"
        );
        assert!(
            got.contains(r#"{"Action":"pass","Test":"TestA","Elapsed":1.5}"#),
            "{got}"
        );
    }

    #[test]
    fn errors_are_marked_from_27_on() {
        let text = b"=== RUN   TestA\na\x0f    x.go:1: bad\n  more\x0e\nplain \x1b\x0e esc\n";
        let got = convert(Release::GO1_27, &[text], false);
        let outputs: Vec<_> = got
            .lines()
            .filter(|l| l.contains("Output"))
            .skip(1)
            .collect();
        assert_eq!(
            outputs,
            [
                r#"{"Action":"output","Test":"TestA","Output":"a"}"#,
                r#"{"Action":"output","Test":"TestA","Output":"    x.go:1: bad\n","OutputType":"error"}"#,
                r#"{"Action":"output","Test":"TestA","Output":"  more\n","OutputType":"error-continue"}"#,
                r#"{"Action":"output","Test":"TestA","Output":"plain \u000e esc\n"}"#,
            ]
        );
    }

    #[test]
    fn benchmarks_and_long_lines() {
        let got = convert(Release::GO1_26, &[b"BenchmarkX  \t", b" 100 ns/op\n"], true);
        assert!(
            got.contains(r#""Output":"BenchmarkX  \t"}"#)
                && got.contains(r#""Output":" 100 ns/op\n"}"#),
            "{got}"
        );
        let long = format!("{}é\n", "x".repeat(1023));
        let got = convert(Release::GO1_26, &[long.as_bytes()], true);
        assert!(
            got.contains(&format!("\"Output\":\"{}\"", "x".repeat(1023))),
            "{got}"
        );
        assert!(got.contains(r#""Output":"é\n""#), "{got}");
    }

    #[test]
    fn no_tests_are_skipped() {
        let got = convert(Release::GO1_26, &[b"?   \tp\t[no test files]\n"], true);
        assert!(
            got.ends_with("{\"Action\":\"skip\",\"Elapsed\":0.25}\n"),
            "{got}"
        );
    }
}
