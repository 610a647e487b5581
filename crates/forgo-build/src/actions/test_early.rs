//! Whether a Go source runs code before the log of a test's inputs begins. That is when
//! `testing.M.Run` is called: what initializers of packages and `TestMain` read before is not in
//! the log.

use super::test_source::{code, is_word};

/// Functions that initializers call and that read nothing.
const HARMLESS: [&str; 15] = [
    "append",
    "byte",
    "errors.New",
    "float64",
    "fmt.Errorf",
    "fmt.Sprint",
    "fmt.Sprintf",
    "int",
    "int64",
    "len",
    "make",
    "new",
    "regexp.MustCompile",
    "string",
    "time.Duration",
];

/// Whether the source has a function `init` or `TestMain`, or a variable of the package whose value
/// may come from a call.
pub(super) fn runs_code_early(source: &[u8]) -> bool {
    let text = code(source);
    let (mut depth, mut in_var, mut at) = (0_usize, false, 0);
    // The last word, if nothing but blanks came after it, and whether a declaration may begin here.
    let (mut word, mut may_begin): (Option<&[u8]>, bool) = (None, true);
    // The line ends with an operator.
    let mut goes_on = false;
    while at < text.len() {
        let byte = text[at];
        if is_word(byte) {
            let length = text[at..]
                .iter()
                .take_while(|&&b| is_word(b) || b == b'.')
                .count();
            let name = &text[at..at + length];
            let declares: [&[u8]; 5] = [b"var", b"func", b"type", b"const", b"import"];
            if depth == 0 && may_begin && declares.contains(&name) {
                in_var = name == b"var";
            }
            if depth == 0 && word == Some(b"func") && matches!(name, b"init" | b"TestMain") {
                return true;
            }
            (word, may_begin, goes_on) = (Some(name), false, false);
            at += length;
            continue;
        }
        match byte {
            b'(' if in_var && calls(word, &text[..at]) => return true,
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth = depth.saturating_sub(1),
            b';' => may_begin = depth == 0,
            b'\n' if !goes_on => may_begin = depth == 0,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            word = None;
            goes_on = b"=+-*/%&|^<>!,.:".contains(&byte);
        }
        at += 1;
    }
    false
}

/// Whether a parenthesis behind this begins the arguments of a function that may do something.
fn calls(word: Option<&[u8]>, before: &[u8]) -> bool {
    match word {
        Some(b"func" | b"var") => false,
        Some(name) => {
            let known = HARMLESS.iter().any(|known| known.as_bytes() == name);
            !known && !name.starts_with(b"flag.") && !name.starts_with(b"strings.")
        }
        // A conversion to a pointer, or the call of a function literal or of what an expression
        // gives.
        None => before
            .iter()
            .rfind(|b| !b.is_ascii_whitespace())
            .is_some_and(|b| matches!(b, b'}' | b']' | b')')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_early() {
        for text in [
            "package p\n\nimport (\n\t\"os\"\n)\n\nfunc f() {\n\tvar x = os.Getpid()\n\tg(x)\n}\n",
            "package p\n\nvar x, y int\nvar z = map[string]func(int) bool{\"(\": nil}\n",
            "package p\n\nvar err = errors.New(\"x(\")\n\ntype I interface{ Read(p []byte) (int, error) }\n",
            "package p\n\n// var x = f()\n/* var y = f() */\nvar s = `\nvar z = f()\n`\n",
            "package p\n\nvar update = flag.Bool(\"update\", false, \"\")\n\nfunc initialize() {}\n",
            "package p\n\nfunc (t T) init() {}\n\nconst c = len(\"abc\")\n",
        ] {
            assert!(!runs_code_early(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn something_runs_early() {
        for text in [
            "package p\n\nvar b, _ = os.ReadFile(\"x\")\n",
            "package p\n\nvar (\n\ta = 1\n\tb = load(\"x\")\n)\n",
            "package p; func f() {}; var b = load()\n",
            "package p\n\nvar b =\n\tload()\n",
            "package p\n\nvar b = // a comment\n\tfunc() int { return 1 }()\n",
            "package p\n\nvar b = func() int { return 1 }()\n",
            "package p\n\nvar c = '\"'; var b = load(\"\\\"\")\n",
            "package p\n\nfunc init() {}\n",
            "package p\n\nfunc TestMain(m *testing.M) { m.Run() }\n",
            "package p\n\nvar b = []T{{x: load()}}\n",
            "package p\n\nvar b = list[T]()\n",
        ] {
            assert!(runs_code_early(text.as_bytes()), "{text}");
        }
    }
}
