//! Linker scripts that stand for libraries, such as glibc's `libc.so`: the files that they name.
//! Only the few commands that distributions use there are understood.

/// What a script names.
#[derive(Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// A file, absolute.
    Path(&'a str),
    /// A file that is searched.
    File(&'a str),
    /// A library, as behind `-l`.
    Library(&'a str),
}

/// The files that a script names; `None` where it is not understood, or is not a script at all.
pub fn names(text: &str) -> Option<Vec<Named<'_>>> {
    let mut names = Vec::new();
    let mut words = Words(text);
    while let Some(word) = words.next()? {
        match word {
            ";" => {}
            "OUTPUT_FORMAT" => {
                words.expect("(")?;
                while words.next()?? != ")" {}
            }
            "GROUP" | "INPUT" => {
                words.expect("(")?;
                list(&mut words, &mut names, 0)?;
            }
            _ => return None,
        }
    }
    Some(names)
}

fn list<'a>(words: &mut Words<'a>, names: &mut Vec<Named<'a>>, depth: u8) -> Option<()> {
    loop {
        match words.next()?? {
            ")" => return Some(()),
            "," => {}
            "AS_NEEDED" if depth == 0 => {
                words.expect("(")?;
                list(words, names, 1)?;
            }
            word => names.push(name(word)?),
        }
    }
}

fn name(word: &str) -> Option<Named<'_>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._+-:~@".contains(c);
    if !word.chars().all(plain) {
        return None;
    }
    if let Some(library) = word.strip_prefix("-l") {
        return Some(Named::Library(library));
    }
    match word.as_bytes().first()? {
        b'/' => Some(Named::Path(word)),
        b'-' => None,
        _ if word.contains('/') => None,
        _ => Some(Named::File(word)),
    }
}

/// Words, and the marks between them.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// The next one; `Some(None)` at the end, `None` where a comment does not end.
    #[allow(clippy::option_option, reason = "the end is not an error")]
    fn next(&mut self) -> Option<Option<&'a str>> {
        loop {
            self.0 = self.0.trim_ascii_start();
            match self.0.strip_prefix("/*") {
                Some(comment) => self.0 = comment.split_once("*/")?.1,
                None => break,
            }
        }
        let is_mark = |c: char| "(),;".contains(c);
        let end = match self.0.find(|c: char| is_mark(c) || c.is_ascii_whitespace()) {
            Some(0) => 1,
            Some(end) => end,
            None => self.0.len(),
        };
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        Some((!word.is_empty()).then_some(word))
    }

    fn expect(&mut self, word: &str) -> Option<()> {
        (self.next()?? == word).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_distributions() {
        let libc = "/* GNU ld script\n   Use the shared library. */\nOUTPUT_FORMAT(elf64-x86-64)\n\
                    GROUP ( /lib/libc.so.6 /usr/lib/libc_nonshared.a  AS_NEEDED ( /lib64/ld.so.2 ) )\n";
        let paths = [
            "/lib/libc.so.6",
            "/usr/lib/libc_nonshared.a",
            "/lib64/ld.so.2",
        ];
        assert_eq!(names(libc), Some(paths.map(Named::Path).into()));
        assert_eq!(
            names("GROUP ( libgcc_s.so.1 -lgcc )"),
            Some(vec![Named::File("libgcc_s.so.1"), Named::Library("gcc")])
        );
        assert_eq!(
            names("INPUT(-ltinfo,-l:x.a);"),
            Some(vec![Named::Library("tinfo"), Named::Library(":x.a")])
        );
        assert_eq!(names(" /* nothing */ "), Some(vec![]));
    }

    #[test]
    fn all_others_are_not_understood() {
        for text in [
            "!<thin>\n/               4         ",
            "SEARCH_DIR(/x)",
            "INCLUDE /x/y",
            "GROUP ( \"/x/a b.a\" )",
            "GROUP ( =/lib/x.a )",
            "INPUT ( $SYSROOT/x.a )",
            "INPUT ( ../x.a )",
            "INPUT ( -L/x )",
            "INPUT ( x.a",
            "INPUT x.a",
            "/* INPUT(x.a)",
            "GROUP ( AS_NEEDED ( AS_NEEDED ( x.a ) ) )",
            "SECTIONS { }",
        ] {
            assert_eq!(names(text), None, "{text}");
        }
    }
}
