//! Whether the code of a test binary may learn when a file was modified. A result by content
//! ([`super::test_contents`]) does not depend on times, so such a test has none.
//!
//! A time can be read out of a `fs.FileInfo`: by its method `ModTime` (a word that
//! [`super::test_powers`] looks for), but also by any function that gets the value as a whole:
//! package fmt prints it, reflect.DeepEqual compares it, fs.FormatFileInfo, archive/tar and
//! net/http write its time. So a `FileInfo` may be asked for its name, size and mode, and compared
//! with nil; a source that does anything else with one may learn times. The rules look at tokens,
//! not at types: what only looks like a `FileInfo` counts as one.

use std::collections::HashSet;

use super::test_source::{code, is_word};

/// Methods of a `FileInfo` whose results a key by content holds.
const HARMLESS: [&[u8]; 4] = [b"Name", b"Size", b"Mode", b"IsDir"];

/// Words by which a source may come to a `FileInfo`.
const SOURCES: [&[u8]; 4] = [b"Stat", b"Lstat", b"Info", b"io/ioutil"];

/// Functions of the standard library that write down the times of files which they are given or
/// find.
const TELL_TIMES: [&[u8]; 11] = [
    b"AddFS",
    b"FileInfoHeader",
    b"FileServer",
    b"FileServerFS",
    b"FormatFileInfo",
    b"NewFileTransport",
    b"NewFileTransportFS",
    b"Readdir",
    b"ServeContent",
    b"ServeFile",
    b"ServeFileFS",
];

/// Reports whether the source may learn the modification time of a file.
pub(super) fn may_learn_times(source: &[u8]) -> bool {
    let has = |word: &&[u8]| memchr::memmem::find(source, word).is_some();
    if !TELL_TIMES.iter().chain(&SOURCES).any(has) {
        return false;
    }
    let text = code(source);
    let tokens = Tokens::of(&text);
    let lists = memchr::memmem::find(source, b"io/ioutil").is_some();
    let mut infos = HashSet::new();
    for at in 0..tokens.len() {
        let escapes = match tokens.text(at) {
            b"Stat" | b"Lstat" | b"Info" => match tokens.result(at) {
                Use::Unused => false,
                Use::Named(name) => {
                    infos.insert(name);
                    false
                }
                Use::Other => true,
            },
            b"FileInfo" => match tokens.declared(at) {
                Some(names) => {
                    infos.extend(names);
                    false
                }
                None => true,
            },
            // ioutil's gives a list of FileInfo.
            b"ReadDir" => lists,
            word => TELL_TIMES.contains(&word),
        };
        if escapes {
            return true;
        }
    }
    infos.remove(&b"_"[..]);
    (0..tokens.len()).any(|at| infos.contains(tokens.text(at)) && !tokens.is_harmless(at))
}

/// What becomes of the result of a call.
enum Use<'t> {
    /// It is dropped, or this does not call a function that gives a `FileInfo`.
    Unused,
    /// It is assigned to this name.
    Named(&'t [u8]),
    /// Anything else.
    Other,
}

/// The words and signs of a source.
struct Tokens<'t> {
    /// Each with whether it is the first of its line.
    list: Vec<(&'t [u8], bool)>,
}

impl<'t> Tokens<'t> {
    fn of(text: &'t [u8]) -> Tokens<'t> {
        let (mut list, mut at, mut first) = (Vec::new(), 0, true);
        while at < text.len() {
            let length = match text[at] {
                b if is_word(b) => text[at..].iter().take_while(|&&b| is_word(b)).count(),
                b => {
                    first |= b == b'\n';
                    1
                }
            };
            if !text[at].is_ascii_whitespace() {
                list.push((&text[at..at + length], first));
                first = false;
            }
            at += length;
        }
        Tokens { list }
    }

    fn len(&self) -> usize {
        self.list.len()
    }

    /// The token at a place; empty beyond the end.
    fn text(&self, at: usize) -> &'t [u8] {
        self.list.get(at).map_or(b"", |token| token.0)
    }

    /// The token before a place; empty at the beginning.
    fn before(&self, at: usize) -> &'t [u8] {
        at.checked_sub(1).map_or(b"", |at| self.text(at))
    }

    fn is_name(&self, at: usize) -> bool {
        const KEYWORDS: [&[u8]; 8] = [
            b"case", b"chan", b"func", b"map", b"range", b"return", b"type", b"var",
        ];
        let text = self.text(at);
        text.first()
            .is_some_and(|&b| is_word(b) && !b.is_ascii_digit())
            && !KEYWORDS.contains(&text)
    }

    /// Whether a statement begins with the token.
    fn begins_statement(&self, at: usize) -> bool {
        match self.before(at) {
            b"" | b";" | b"{" | b"}" | b"go" | b"defer" | b"if" | b"for" | b"switch" | b"else"
            | b"var" => true,
            before => {
                let first = self.list.get(at).is_some_and(|token| token.1);
                first && (before.iter().all(|&b| is_word(b)) || b")]\":".contains(&before[0]))
            }
        }
    }

    /// What becomes of what the function named at this place gives.
    fn result(&self, at: usize) -> Use<'t> {
        let start = self.operand_start(at);
        if self.text(at + 1) != b"(" {
            // A function that is not called here may be called elsewhere. `Info` is the name of
            // many other things, but as a member of something.
            let other = self.text(at) == b"Info" && start == at;
            return if other { Use::Unused } else { Use::Other };
        }
        // A declaration: its result has the type that it names.
        if self.before(start) == b"func" || self.before(start) == b")" && start == at {
            return Use::Unused;
        }
        if self.begins_statement(start) {
            return Use::Unused;
        }
        if self.before(start) != b"=" {
            return Use::Other;
        }
        let mut end = start - 1;
        if self.before(end) == b":" {
            end -= 1;
        }
        // What gives a FileInfo gives an error too: `name, err`.
        let Some(first) = end.checked_sub(3) else {
            return Use::Unused;
        };
        if self.text(first + 1) != b"," {
            return match self.begins_statement(end - 1) {
                true => Use::Unused,
                false => Use::Other,
            };
        }
        match self.is_name(first) && self.begins_statement(first) {
            true => Use::Named(self.text(first)),
            false => Use::Other,
        }
    }

    /// Where an operand begins whose last word is at this place: `a.b(c)[d].Word`.
    fn operand_start(&self, mut at: usize) -> usize {
        while self.before(at) == b"." && at >= 2 {
            at -= 2;
            while matches!(self.text(at), b")" | b"]") && at > 0 {
                at = self.opening(at);
                // The name of the function that is called, or of the value that is indexed.
                if at > 0 && (self.is_name(at - 1) || matches!(self.text(at - 1), b")" | b"]")) {
                    at -= 1;
                } else {
                    break;
                }
            }
        }
        at
    }

    /// The bracket that is closed at this place.
    fn opening(&self, close: usize) -> usize {
        let mut depth = 0_usize;
        for at in (0..=close).rev() {
            match self.text(at) {
                b")" | b"]" | b"}" => depth += 1,
                b"(" | b"[" | b"{" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return at;
            }
        }
        0
    }

    /// The names that are declared with the type at this place; `None` where the type is that of
    /// something without a name, or of a result.
    fn declared(&self, at: usize) -> Option<Vec<&'t [u8]>> {
        let start = self.operand_start(at);
        let mut name = start.checked_sub(1).filter(|&at| self.is_name(at))?;
        if self.list_follows_list(start) {
            return None;
        }
        let mut names = vec![self.text(name)];
        // `a, b os.FileInfo`; but not the type in `a string, b os.FileInfo`.
        while name >= 2 && self.before(name) == b"," && self.is_name(name - 2) {
            let other = name - 2;
            if !matches!(self.before(other), b"(" | b"," | b"var") && !self.begins_statement(other)
            {
                break;
            }
            names.push(self.text(other));
            name = other;
        }
        Some(names)
    }

    /// Whether the token is in a list in parentheses right behind another: in the results of a
    /// function.
    fn list_follows_list(&self, at: usize) -> bool {
        let mut depth = 0_usize;
        for at in (0..at).rev() {
            match self.text(at) {
                b")" | b"]" | b"}" => depth += 1,
                b"(" | b"[" | b"{" if depth > 0 => depth -= 1,
                b"(" => return self.before(at) == b")",
                b"[" | b"{" => return false,
                _ => {}
            }
        }
        false
    }

    /// Whether nothing but its name, size and mode can be learned of the value named here.
    fn is_harmless(&self, at: usize) -> bool {
        let next = |n: usize| self.text(at + n);
        match next(1) {
            b"." => HARMLESS.contains(&next(2)),
            b"!" => next(2) == b"=" && next(3) == b"nil",
            b"=" => next(2) != b"=" || next(3) == b"nil",
            // A key of a literal, or `:=`.
            b":" => true,
            // `info, err :=`, or one of several that are declared.
            b"," => {
                let assigned = next(3) == b"=" || next(3) == b":" && next(4) == b"=";
                assigned && self.begins_statement(at) || self.is_declared(at)
            }
            _ => self.is_declared(at),
        }
    }

    /// Whether this is the name in a declaration `name os.FileInfo` or `name, other os.FileInfo`.
    fn is_declared(&self, mut at: usize) -> bool {
        while self.text(at + 1) == b"," && self.is_name(at + 2) {
            at += 2;
        }
        match self.text(at + 2) {
            b"." => self.text(at + 3) == b"FileInfo",
            _ => self.text(at + 1) == b"FileInfo",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sizes_and_modes_are_no_times() {
        for text in [
            "_, err := os.Stat(name)",
            "if _, err := os.Stat(name); err != nil { t.Fatal(err) }",
            "if info, err := os.Stat(name); err == nil && info.IsDir() {}",
            "fi, err := fsys.(fs.StatFS).Stat(name)\nif fi == nil || fi.Size() != 3 {}",
            "var fi os.FileInfo\nfi, err = d.Info()\nf(fi.Mode(), fi.Name())",
            "filepath.Walk(d, func(p string, info os.FileInfo, err error) error {\n\
             if info.IsDir() { return nil }\nreturn err\n})",
            "func visit(a, b fs.FileInfo) { f(a.Size(), b.Size()) }",
            "func (f *File) Stat(name string) error { return nil }",
            "logger.Info(\"x\", 1)\nlog.With(a).Info(msg)\ndefer log.Info(\"done\")",
            "type Info struct { Info string }\nfunc f(i *Info) {}",
            "// fmt.Println(fi) prints a FileInfo\ns := \"FileInfo\"",
            "os.Stat(name)\nos.Lstat(name)",
            "type T struct {\n\tinfo os.FileInfo\n}\n\
             func (t T) size() int64 { return t.info.Size() }",
            "x := a.Info()",
            "entries, err := os.ReadDir(name)\nfmt.Println(entries)",
        ] {
            assert!(!may_learn_times(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn whoever_has_all_of_it_has_its_time() {
        for text in [
            "fi, _ := os.Stat(name)\nfmt.Println(fi)",
            "fi, _ := os.Stat(name)\nother := fi\nfmt.Println(other)",
            "fi, _ := os.Stat(name)\nreflect.DeepEqual(fi, x)",
            "fi, _ := os.Stat(name)\nx.a = fi",
            "fi, _ := os.Stat(name)\nfi.Sys()",
            "fi, _ := os.Stat(name)\nif fi == last {}",
            "x.fi, _ = os.Stat(name)",
            "fmt.Println(os.Stat(name))",
            "fmt.Println(must(d.Info()))",
            "return os.Lstat(name)",
            "stat := os.Stat\nfi, _ := stat(name)\nfmt.Println(fi)",
            "f := d.Info",
            "l, _ := f.Readdir(-1)",
            "import list \"io/ioutil\"\nfunc f() { l, _ := list.ReadDir(\".\") }",
            "func f() (info os.FileInfo, err error) { info, err = os.Stat(\"x\"); return }",
            "func f(list []fs.FileInfo) {}",
            "type T struct { fs.FileInfo }",
            "func visit(a, b fs.FileInfo) { f(a, b.Size()) }",
            "http.FileServer(http.Dir(\".\"))",
            "h, _ := tar.FileInfoHeader(x, \"\")",
            "filepath.Walk(d, func(p string, info os.FileInfo, err error) error {\n\
             fmt.Println(info)\nreturn nil\n})",
            "x.(fs.FileInfo)",
            "type Alias = os.FileInfo",
            "fi, err := os.Stat(\n\tname)\nx = []any{fi}",
            "var fi, err = os.Stat(name)\nvar y = fi",
        ] {
            assert!(may_learn_times(text.as_bytes()), "{text}");
        }
    }
}
