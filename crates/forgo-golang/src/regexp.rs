//! Regular expressions that users write for the go command, in Go's syntax: translated for the
//! `regex` crate, whose engine finds the same matches. The two syntaxes differ in their corners:
//! Go's `\d`, `\w`, `\s` and `\b` know ASCII alone, `{` may stand for itself, `\Q…\E` quotes, and a
//! `[`, `&&` or `--` inside a class means nothing special.
//!
//! Answers to the parser of regexp/syntax (Perl flags) and its errors.

use regex::Regex;

/// Compiles an expression in Go's syntax. The error is regexp.Compile's.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let translated =
        translate(pattern).map_err(|(what, at)| format!("error parsing regexp: {what}: `{at}`"))?;
    Regex::new(&translated)
        .map_err(|_| format!("error parsing regexp: expression too large: `{pattern}`"))
}

/// The error, and the part of the expression that has it.
type Fault<'a> = (&'static str, &'a str);

const BAD_CLASS: &str = "invalid character class range";
const BAD_ESCAPE: &str = "invalid escape sequence";
const BAD_NAME: &str = "invalid named capture";
const BAD_PERL: &str = "invalid or unsupported Perl syntax";
const BAD_NESTING: &str = "invalid nested repetition operator";
const BAD_COUNT: &str = "invalid repeat count";
const NO_BRACKET: &str = "missing closing ]";
const NO_PAREN: &str = "missing closing )";
const NO_OPERAND: &str = "missing argument to repetition operator";
const TRAILING: &str = "trailing backslash at end of expression";
const STRAY_PAREN: &str = "unexpected )";

fn translate(pattern: &str) -> Result<String, Fault<'_>> {
    let mut t = Translator {
        whole: pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() + 16),
        depth: 0,
        operand: false,
    };
    // The repetition operator just before, for a second one is an error that shows both.
    let mut last_repeat: Option<&str> = None;
    while let Some(c) = t.rest.chars().next() {
        let mut repeat = None;
        match c {
            '(' => t.open()?,
            ')' => t.close()?,
            '|' => t.raw(1, "|", false),
            '^' => t.raw(1, "^", true),
            '$' => t.raw(1, "$", true),
            '.' => t.raw(1, ".", true),
            '[' => t.class()?,
            '*' | '+' | '?' => {
                repeat = Some(t.rest);
                t.repetition(1, last_repeat)?;
            }
            '{' => match repeat_count(t.rest) {
                Some((len, fits)) => {
                    if !fits {
                        return Err((BAD_COUNT, &t.rest[..len]));
                    }
                    repeat = Some(t.rest);
                    t.repetition(len, last_repeat)?;
                }
                None => t.raw(1, r"\{", true),
            },
            '\\' => t.escape()?,
            _ => t.literal(c, c.len_utf8()),
        }
        last_repeat = repeat;
    }
    if t.depth > 0 {
        return Err((NO_PAREN, pattern));
    }
    Ok(t.out)
}

/// `{n}`, `{n,}`, `{n,m}`: its length and whether the counts are allowed; `None` when the brace is
/// but a brace.
fn repeat_count(text: &str) -> Option<(usize, bool)> {
    let body = text[1..].split_once('}')?.0;
    let number = |s: &str| -> Option<u32> {
        let plain = !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        // A leading zero makes it text, a number too large an error.
        (plain && (s.len() == 1 || !s.starts_with('0'))).then(|| s.parse().unwrap_or(u32::MAX))
    };
    let (min, max) = match body.split_once(',') {
        None => (number(body)?, number(body)),
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    let fits = min <= 1000 && max.is_none_or(|max| max <= 1000 && min <= max);
    Some((body.len() + 2, fits))
}

struct Translator<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    depth: usize,
    /// Something stands before that a repetition operator can apply to.
    operand: bool,
}

impl<'a> Translator<'a> {
    fn raw(&mut self, len: usize, text: &str, operand: bool) {
        self.out.push_str(text);
        self.rest = &self.rest[len..];
        self.operand = operand;
    }

    fn literal(&mut self, c: char, len: usize) {
        push_code(&mut self.out, c);
        self.rest = &self.rest[len..];
        self.operand = true;
    }

    fn repetition(&mut self, len: usize, last: Option<&'a str>) -> Result<(), Fault<'a>> {
        let before = self.rest;
        let len = len + usize::from(before[len..].starts_with('?'));
        let after = &before[len..];
        if let Some(last) = last {
            return Err((BAD_NESTING, &last[..last.len() - after.len()]));
        }
        if !self.operand {
            return Err((NO_OPERAND, &before[..len]));
        }
        self.out.push_str(&before[..len]);
        self.rest = after;
        Ok(())
    }

    fn open(&mut self) -> Result<(), Fault<'a>> {
        let Some(flags) = self.rest.strip_prefix("(?") else {
            self.depth += 1;
            self.raw(1, "(", false);
            return Ok(());
        };
        if let Some(name) = flags.strip_prefix("P<").or(flags.strip_prefix('<')) {
            let start = self.rest.len() - name.len();
            let Some(end) = name.find('>') else {
                return Err((BAD_NAME, self.rest));
            };
            let ok = !name[..end].is_empty()
                && name[..end]
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !ok {
                return Err((BAD_NAME, &self.rest[..start + end + 1]));
            }
            // Names play no part in matching, and Go allows some that the crate does not.
            self.depth += 1;
            self.raw(start + end + 1, "(", false);
            return Ok(());
        }
        let Some(end) = flags.find([':', ')']) else {
            let bad = flags.find(|c| !"imsU-".contains(c));
            let len = bad.map_or(flags.len(), |at| at + char_len(&flags[at..]));
            return Err((BAD_PERL, &self.rest[..2 + len]));
        };
        let set = &flags[..end];
        if let Some(at) = set.find(|c| !"imsU-".contains(c)) {
            return Err((BAD_PERL, &self.rest[..2 + at + char_len(&set[at..])]));
        }
        if set.matches('-').count() > 1 || set.ends_with('-') {
            return Err((BAD_PERL, &self.rest[..2 + end + 1]));
        }
        let opens = flags[end..].starts_with(':');
        let text = &self.rest[..2 + end + 1];
        self.depth += usize::from(opens);
        let operand = self.operand && !opens;
        // The crate has no empty group of flags.
        self.raw(text.len(), if text == "(?)" { "" } else { text }, operand);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault<'a>> {
        if self.depth == 0 {
            return Err((STRAY_PAREN, self.whole));
        }
        self.depth -= 1;
        self.raw(1, ")", true);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Fault<'a>> {
        let body = &self.rest[1..];
        let Some(c) = body.chars().next() else {
            return Err((TRAILING, ""));
        };
        match c {
            'A' => self.raw(2, r"\A", true),
            'z' => self.raw(2, r"\z", true),
            'b' => self.raw(2, r"(?-u:\b)", true),
            'B' => self.raw(2, r"(?-u:\B)", true),
            // One byte in Go; a flag is matched as a whole, where only characters can follow.
            'C' => self.raw(2, "(?s:.)", true),
            'Q' => {
                let quoted = &body[1..];
                let (text, len) = match quoted.find(r"\E") {
                    Some(end) => (&quoted[..end], end + 2),
                    None => (quoted, quoted.len()),
                };
                for c in text.chars() {
                    push_code(&mut self.out, c);
                }
                self.operand |= !text.is_empty();
                self.rest = &quoted[len..];
            }
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => self.raw(2, perl_class(c), true),
            'p' | 'P' => {
                let len = unicode_class(self.rest)?;
                let text = &self.rest[..len];
                self.raw(len, text, true);
            }
            _ => {
                let (c, len) = escaped_char(self.rest)?;
                self.literal(c, len);
            }
        }
        Ok(())
    }

    fn class(&mut self) -> Result<(), Fault<'a>> {
        let start = self.rest;
        let mut t = &start[1..];
        let mut out = String::from("[");
        if let Some(after) = t.strip_prefix('^') {
            out.push('^');
            t = after;
        }
        let mut first = true;
        while first || !t.starts_with(']') {
            if t.is_empty() {
                return Err((NO_BRACKET, start));
            }
            first = false;
            if t.starts_with("[:")
                && let Some(end) = t.find(":]")
            {
                let name = &t[..end + 2];
                if !is_posix_class(&name[2..end]) {
                    return Err((BAD_CLASS, name));
                }
                out.push_str(name);
                t = &t[end + 2..];
                continue;
            }
            match t.strip_prefix('\\').and_then(|b| b.chars().next()) {
                Some(c @ ('d' | 'D' | 'w' | 'W' | 's' | 'S')) => {
                    out.push_str(perl_class(c));
                    t = &t[2..];
                    continue;
                }
                Some('p' | 'P') => {
                    let len = unicode_class(t)?;
                    out.push_str(&t[..len]);
                    t = &t[len..];
                    continue;
                }
                _ => {}
            }
            let item = t;
            let (low, len) = class_char(t, start)?;
            t = &t[len..];
            push_code(&mut out, low);
            if t.len() >= 2 && t.starts_with('-') && !t[1..].starts_with(']') {
                let (high, len) = class_char(&t[1..], start)?;
                t = &t[1 + len..];
                if high < low {
                    return Err((BAD_CLASS, &item[..item.len() - t.len()]));
                }
                out.push('-');
                push_code(&mut out, high);
            }
        }
        out.push(']');
        self.raw(start.len() - t.len() + 1, &out, true);
        Ok(())
    }
}

fn char_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// A character that means itself, in a form that is never special.
fn push_code(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{{{:x}}}", c as u32));
    }
}

fn perl_class(c: char) -> &'static str {
    match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => r"[\t\n\f\r ]",
        _ => r"[^\t\n\f\r ]",
    }
}

fn is_posix_class(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
        "space", "upper", "word", "xdigit",
    ];
    NAMES.contains(&name.strip_prefix('^').unwrap_or(name))
}

/// Length of a `\pN` or `\p{Name}` at the start of `text`.
fn unicode_class(text: &str) -> Result<usize, Fault<'_>> {
    let len = match text[2..].chars().next() {
        Some('{') => match text.find('}') {
            Some(end) => end + 1,
            None => return Err((BAD_CLASS, text)),
        },
        Some(c) => 2 + c.len_utf8(),
        None => return Err((BAD_ESCAPE, text)),
    };
    // The crate checks whether the name exists: both have the same Unicode tables.
    match Regex::new(&text[..len]) {
        Ok(_) => Ok(len),
        Err(_) => Err((BAD_CLASS, &text[..len])),
    }
}

fn class_char<'a>(text: &'a str, class: &'a str) -> Result<(char, usize), Fault<'a>> {
    match text.chars().next() {
        None => Err((NO_BRACKET, class)),
        Some('\\') => escaped_char(text),
        Some(c) => Ok((c, c.len_utf8())),
    }
}

/// A backslash escape for one character, and its length.
fn escaped_char(text: &str) -> Result<(char, usize), Fault<'_>> {
    let body = &text[1..];
    let Some(c) = body.chars().next() else {
        return Err((TRAILING, ""));
    };
    let bad = || (BAD_ESCAPE, &text[..1 + c.len_utf8()]);
    let simple = match c {
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '0'..='7' => {
            // A lone digit but 0 would be a back reference.
            let digits = body
                .bytes()
                .take(3)
                .take_while(|b| matches!(b, b'0'..=b'7'))
                .count();
            if c != '0' && digits == 1 {
                return Err(bad());
            }
            let code = u32::from_str_radix(&body[..digits], 8).unwrap_or(0);
            return char::from_u32(code)
                .map(|c| (c, 1 + digits))
                .ok_or_else(bad);
        }
        'x' => {
            let (digits, len) = match body[1..].strip_prefix('{') {
                Some(hex) => match hex.find('}') {
                    Some(end) => (&hex[..end], 3 + end + 1),
                    None => return Err((BAD_ESCAPE, text)),
                },
                None => (body.get(1..3).unwrap_or(""), 4),
            };
            let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
            return u32::from_str_radix(if hex { digits } else { "" }, 16)
                .ok()
                .and_then(char::from_u32)
                .map(|c| (c, len))
                .ok_or((BAD_ESCAPE, &text[..len.min(text.len())]));
        }
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
        _ => return Err(bad()),
    };
    Ok((simple, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_go_does() {
        for (pattern, text, want) in [
            (r"-f\w+", "-fé", false),
            (r"-f\w+", "-fab_1", true),
            (r"a{,2}", "a{,2}", true),
            (r"a{2}", "aa", true),
            (r"[a[b&&c]+", "[&c", true),
            (r"[^\d-]x", "-x", false),
            (r"\Qa.b\E+", "a.bbb", true),
            (r"\<x\>", "<x>", true),
            (r"(?i)ABC|d", "abc", true),
            (r"(?P<n>x)\x41\101", "xAA", true),
            (r"[[:alpha:]]\pL", "zé", true),
            (r"x*?y", "xxy", true),
        ] {
            let re = compile(pattern).unwrap();
            let found = re.find(text).is_some_and(|m| m.as_str() == text);
            assert_eq!(found, want, "{pattern} on {text}");
        }
    }

    #[test]
    fn faults_read_as_go_words_them() {
        for (pattern, want) in [
            ("(", "missing closing ): `(`"),
            ("a)", "unexpected ): `a)`"),
            ("*", "missing argument to repetition operator: `*`"),
            ("a|+?", "missing argument to repetition operator: `+?`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("x[a", "missing closing ]: `[a`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("\\", "trailing backslash at end of expression: ``"),
            (r"\y", r"invalid escape sequence: `\y`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("(?P<n", "invalid named capture: `(?P<n`"),
            ("(?i", "invalid or unsupported Perl syntax: `(?i`"),
            (r"\pX", r"invalid character class range: `\pX`"),
        ] {
            let err = compile(pattern).unwrap_err();
            assert_eq!(err, format!("error parsing regexp: {want}"), "{pattern}");
        }
    }
}
