//! The report of a command's output: a header, paths shortened, cgo's names made readable.
//!
//! Answers to `reportCmd` in cmd/go/internal/work/shell.go.

use std::sync::LazyLock;

use forgo_golang::{path, raw};
use forgo_load::load::short_path;
use forgo_load::package::Package;
use regex::Regex;

use crate::error::ActionError;
use crate::shell::Shell;

impl Shell<'_> {
    /// Reports a command's output as `# desc` and the output; as an error if the command failed. An
    /// empty `desc` is the package's, an empty `dir` the package's directory. Returns an error if
    /// there was one: the output, or without output `error` itself.
    pub fn report_cmd(
        &self,
        desc: &str,
        dir: &str,
        output: &[u8],
        error: Option<ActionError>,
    ) -> Result<(), ActionError> {
        if output.is_empty() {
            return error.map_or(Ok(()), Err);
        }
        let name = self.package.map(Package::desc);
        let desc = if desc.is_empty() {
            name.as_deref().unwrap_or_default()
        } else {
            desc
        };
        let dir = match self.package {
            Some(package) if dir.is_empty() => &package.dir,
            _ => dir,
        };
        let text = self.readable(output, dir);

        let import_path = self
            .package
            .map(|p| p.import_path.as_str())
            .filter(|p| !p.is_empty());
        let text = match import_path {
            // Some other thing than the package is described: name both.
            Some(import_path) if name.as_deref() != Some(desc) => {
                format!("# {import_path}\n# [{desc}]\n{text}")
            }
            _ => format!("# {desc}\n{text}"),
        };
        if error.is_some() {
            let import_path = Some(import_path.unwrap_or_default().to_owned());
            return Err(ActionError {
                text,
                import_path,
                fatal: false,
            });
        }
        match &mut *self.saved.borrow_mut() {
            Some(saved) => saved.push_str(&text),
            None => self.print(text),
        }
        Ok(())
    }

    /// A command's output for people: `$WORK`, paths relative to the current directory where that
    /// is shorter, no traces of cgo.
    fn readable(&self, output: &[u8], dir: &str) -> String {
        let mut out = raw::text(output);
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out = replace_prefix(out, self.shared.work_dir, "$WORK");
        let mut dir = dir.to_owned();
        loop {
            let short = short_path(self.config(), &dir);
            if short != dir {
                out = replace_prefix(out, &dir, &short);
            }
            let parent = path::dir(&dir);
            if parent == dir {
                break;
            }
            dir = parent;
        }
        // Since 1.27 the compile does this to its own output.
        let only = self
            .config()
            .dist
            .release
            .only_compile_shows_readable_cgo_names();
        if !only && !self.config().flags.x && CGO_LINE.is_match(&out) {
            out = CGO_LINE.replace_all(&out, "").into_owned();
            out = readable_cgo_names(&out);
        }
        out
    }
}

/// A position in a file that cgo or cover wrote, after the one in the original: `[…x.cgo1.go:18]`.
static CGO_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\[[^\[\]]+\.(cgo1|cover)\.go:[0-9]+(:[0-9]+)?\]").expect("a valid expression")
});

/// The start of a name that cgo made: `_Ctype_`.
static CGO_NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)_C2?(type|func|var|macro)_").expect("a valid expression")
});

/// `C.foo` for `_Ctype_foo`.
pub fn readable_cgo_names(text: &str) -> String {
    CGO_NAME
        .replace_all(text, |m: &regex::Captures<'_>| {
            let m = m.get(0).expect("the whole match");
            // Only where the name goes on.
            match text.as_bytes().get(m.end()) {
                Some(b) if b.is_ascii_alphanumeric() || *b == b'_' => "C.".to_owned(),
                _ => m.as_str().to_owned(),
            }
        })
        .into_owned()
}

/// Replaces `old` at the start of a line or after white space.
fn replace_prefix(text: String, old: &str, new: &str) -> String {
    if !text.contains(old) {
        return text;
    }
    let mut text = text;
    for before in [" ", "\n", "\n\t"] {
        text = text.replace(&format!("{before}{old}"), &format!("{before}{new}"));
    }
    match text.strip_prefix(old) {
        Some(rest) => format!("{new}{rest}"),
        None => text,
    }
}
