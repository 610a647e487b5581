//! Edits of a module that was not written for the purpose: found by examining the text of its
//! files. Each is the new state of a file, so that a sequence can be done again without some of its
//! edits.

use std::fs;
use std::path::{Path, PathBuf};

use super::edits::Dice;
use super::world::{Result, at};

/// An operation on a file. Names are relative to the module.
#[derive(Debug, Clone)]
pub enum Op {
    /// It is written; the text describes the change.
    Write(String, Vec<u8>, &'static str),
    /// The same, with the modification time that it had before.
    WriteUnseen(String, Vec<u8>),
    Remove(String),
    Rename(String, String),
    /// It gets a modification time so many hours from now.
    Touch(String, i64),
    /// It is restored to its first state.
    Restore(String),
    /// Everything is.
    RestoreAll,
    /// `-tags=neverwrong`, or no longer.
    Tag,
    /// The output is removed.
    OutputGone,
}

/// Files that can be edited.
pub struct Texts {
    /// Go files below the packages asked for.
    pub sources: Vec<String>,
}

impl Texts {
    /// All Go files below a directory of the module, but for those that the go command ignores.
    pub fn of(module: &Path, below: &str) -> Result<Texts> {
        let mut sources = Vec::new();
        collect(module, below, &mut sources)?;
        sources.sort();
        Ok(Texts { sources })
    }

    /// Any edit; `None` where the file that was chosen has nothing to be edited in this way.
    pub fn edit(&self, module: &Path, dice: &mut Dice, number: usize) -> Result<Option<Op>> {
        let any = self.sources[dice.below(self.sources.len() as u64) as usize].clone();
        let path = module.join(&any);
        if !path.exists() {
            return Ok(Some(Op::Restore(any)));
        }
        let text = String::from_utf8_lossy(&at(&path, fs::read(&path))?).into_owned();
        let write = |text: Option<String>, what| {
            text.map(|text| Op::Write(any.clone(), text.into_bytes(), what))
        };
        Ok(match dice.below(20) {
            0..=4 => write(statement(&text, dice, number), "a statement"),
            5..=6 => write(string(&text, dice), "a string"),
            7 => Some(Op::Write(
                any.clone(),
                format!("{text}\n// Comment {number}.\n").into_bytes(),
                "a comment",
            )),
            8 => write(lines_less(&text, dice), "a comment less"),
            9 => write(
                Some(format!("// Line {number}.\n\n{text}")),
                "a line before all",
            ),
            10 => one_more(&any, &text, number),
            11 if any.ends_with("_test.go") => Some(Op::Remove(any)),
            11 => None,
            12 => Some(Op::Rename(any.clone(), renamed(&any))),
            13 => embedded(module, &any, &text, number)?,
            14 => Some(Op::Touch(any, [-100, 1, -1][dice.below(3) as usize])),
            15..=16 => same_size(&text, dice).map(|text| Op::WriteUnseen(any, text)),
            17 => Some(Op::Tag),
            18 => Some(Op::OutputGone),
            _ => Some(Op::Restore(any)),
        })
    }
}

fn collect(module: &Path, dir: &str, sources: &mut Vec<String>) -> Result<()> {
    let path = module.join(dir);
    for item in at(&path, fs::read_dir(&path))?.flatten() {
        let name = item.file_name().to_string_lossy().into_owned();
        let path = if dir.is_empty() {
            name.clone()
        } else {
            format!("{dir}/{name}")
        };
        let ignored = name.starts_with(['.', '_']) || name == "testdata" || name == "vendor";
        let kind = at(&item.path(), item.file_type())?;
        if ignored || kind.is_dir() && item.path().join("go.mod").exists() {
            continue;
        }
        if kind.is_dir() {
            collect(module, &path, sources)?;
        } else if kind.is_file() && name.ends_with(".go") {
            sources.push(path);
        }
    }
    Ok(())
}

/// Which of the places where something holds, if it does anywhere.
fn any_line(text: &str, dice: &mut Dice, is: impl Fn(&str) -> bool) -> Option<usize> {
    let found = text.lines().enumerate().filter(|(_, line)| is(line));
    let found: Vec<usize> = found.map(|(i, _)| i).collect();
    let which = dice.below(found.len().max(1) as u64) as usize;
    found.get(which).copied()
}

/// The text with one line replaced; none of it for an empty list.
fn replace_line(text: &str, at: usize, by: &[&str]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for (i, line) in text.lines().enumerate() {
        let one = [line];
        let lines = if i == at { by } else { &one };
        for line in lines {
            out += line;
            out.push('\n');
        }
    }
    out
}

/// One more at the beginning of a function.
fn statement(text: &str, dice: &mut Dice, number: usize) -> Option<String> {
    let at = any_line(text, dice, |l| l.starts_with("func ") && l.ends_with('{'))?;
    let line = text.lines().nth(at)?;
    let added = [
        format!("\tprintln({number})"),
        format!("\t_ = {number}"),
        format!("\tif len(\"x\") > {number} {{ panic({number}) }}"),
        "\tunknown()".to_owned(),
    ];
    // An error now and then.
    let which = [0, 0, 1, 2, 2, 3][dice.below(6) as usize];
    Some(replace_line(text, at, &[line, &added[which]]))
}

/// A string of letters.
fn string(text: &str, dice: &mut Dice) -> Option<String> {
    let plain = |line: &str| {
        let mut parts = line.split('"');
        let middle = parts.nth(1).is_some_and(|s| {
            s.len() > 2 && s.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ')
        });
        middle && line.starts_with('\t') && !line.contains(['`', '\'']) && line.trim().len() > 12
    };
    let at = any_line(text, dice, plain)?;
    let line = text.lines().nth(at)?;
    let (before, rest) = line.split_once('"')?;
    Some(replace_line(text, at, &[&format!("{before}\"x{rest}")]))
}

/// Without a comment on a separate line. It is neither a directive nor part of a comment that cgo
/// reads.
fn lines_less(text: &str, dice: &mut Dice) -> Option<String> {
    if text.contains("import \"C\"") {
        return None;
    }
    let at = any_line(text, dice, |l| l.trim_start().starts_with("// "))?;
    Some(replace_line(text, at, &[]))
}

/// A file beside another one.
fn one_more(beside: &str, text: &str, number: usize) -> Option<Op> {
    let clause = text.lines().find(|line| line.starts_with("package "))?;
    let clause = clause.split("//").next()?.trim();
    let dir = beside.rsplit_once('/').map_or("", |(dir, _)| dir);
    let test = if beside.ends_with("_test.go") {
        "_test"
    } else {
        ""
    };
    let tag = [
        "",
        "//go:build neverwrong\n\n",
        "//go:build !neverwrong\n\n",
    ][number % 3];
    let text = format!("{tag}{clause}\n\nconst NeverWrong{number} = {number}\n");
    let name = format!("never_wrong_{number}{test}.go");
    let path = if dir.is_empty() {
        name
    } else {
        format!("{dir}/{name}")
    };
    Some(Op::Write(path, text.into_bytes(), "a new file"))
}

/// Another name that means the same to the go command.
fn renamed(file: &str) -> String {
    match file.rsplit_once('/') {
        Some((dir, name)) => format!("{dir}/never{name}"),
        None => format!("never{file}"),
    }
}

/// A file that is embedded becomes longer.
fn embedded(module: &Path, file: &str, text: &str, number: usize) -> Result<Option<Op>> {
    let dir: PathBuf = Path::new(file).parent().unwrap_or(Path::new("")).into();
    let names = text
        .lines()
        .filter_map(|line| line.strip_prefix("//go:embed "))
        .flat_map(str::split_whitespace);
    for name in names {
        let path = dir.join(name.trim_matches('"'));
        if module.join(&path).is_file() {
            let mut bytes = at(&path, fs::read(module.join(&path)))?;
            bytes.extend_from_slice(format!("{number}\n").as_bytes());
            let path = path.to_string_lossy().into_owned();
            return Ok(Some(Op::Write(path, bytes, "an embedded file")));
        }
    }
    Ok(None)
}

/// One letter of a comment or of a function's name in it, another one.
fn same_size(text: &str, dice: &mut Dice) -> Option<Vec<u8>> {
    let digits: Vec<usize> = text
        .bytes()
        .enumerate()
        .filter(|(_, b)| (b'1'..=b'8').contains(b))
        .map(|(i, _)| i)
        .collect();
    let which = dice.below(digits.len().max(1) as u64) as usize;
    let mut bytes = text.as_bytes().to_vec();
    bytes[*digits.get(which)?] += 1;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "// Package p is.\npackage p\n\n// F is 5.\nfunc F() {\n\tcall(\"some text\")\n}\n";

    #[test]
    fn edits_of_text() {
        let mut dice = Dice::new(1);
        let more = statement(TEXT, &mut dice, 7).unwrap();
        assert_eq!(more.lines().count(), TEXT.lines().count() + 1);
        assert_eq!(
            string(TEXT, &mut dice).unwrap(),
            TEXT.replace("some", "xsome")
        );
        let less = lines_less(TEXT, &mut dice).unwrap();
        assert_eq!(less.lines().count(), TEXT.lines().count() - 1);
        assert_eq!(
            same_size(TEXT, &mut dice).unwrap(),
            TEXT.replace('5', "6").into_bytes()
        );
        let Some(Op::Write(path, text, _)) = one_more("a/b.go", TEXT, 3) else {
            panic!("a file");
        };
        assert_eq!(path, "a/never_wrong_3.go");
        assert!(text.starts_with(b"package p\n"));
        assert_eq!(statement("package p\n", &mut dice, 1), None);
    }
}
