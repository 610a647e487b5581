//! Reads what `GODEBUG=gocachehash=1` prints, apart from all else on standard error.

use std::collections::{BTreeMap, HashMap, HashSet};

/// The lines of a run.
#[derive(Default)]
pub struct Trace {
    /// How often each line came; without the stock command's module index, which forgo has its own
    /// way for. Lines that say the hash of a file count once: who comes first in a race reads it
    /// alone.
    pub lines: BTreeMap<String, usize>,
    /// What an action ID (in hex) is the key of.
    pub names: HashMap<String, String>,
    /// Keys of the module index.
    pub index: HashSet<String>,
    /// The rest of standard error.
    pub words: String,
}

impl Trace {
    /// Splits standard error.
    pub fn read(stderr: &str) -> Trace {
        let mut trace = Trace::default();
        for line in stderr.lines() {
            let Some(rest) = line.strip_prefix("HASH") else {
                trace.words.push_str(line);
                trace.words.push('\n');
                continue;
            };
            if let Some(rest) = rest.strip_prefix("[moduleIndex]") {
                trace.index.extend(
                    rest.strip_prefix(": ")
                        .filter(|s| is_hash(s))
                        .map(str::to_owned),
                );
                continue;
            }
            trace.note_name(rest);
            let count = trace.lines.entry(line.to_owned()).or_default();
            let of_file = rest.starts_with(' ') && !rest.starts_with(" subkey ");
            *count = if of_file { 1 } else { *count + 1 };
        }
        trace
    }

    /// Remembers whose hash a line tells.
    fn note_name(&mut self, rest: &str) {
        if let Some((name, sum)) = rest.strip_prefix('[').and_then(|r| r.rsplit_once("]: ")) {
            if is_hash(sum) {
                self.names.insert(sum.to_owned(), name.to_owned());
            }
        } else if let Some(rest) = rest.strip_prefix(" subkey ")
            && let Some((parent, rest)) = rest.split_once(' ')
            && let Some((description, sum)) = rest.rsplit_once(" = ")
        {
            let of = self.names.get(parent).map_or("?", String::as_str);
            let name = format!("{of} {description}");
            self.names.insert(sum.to_owned(), name);
        }
    }

    /// Lines that are more often here than in the other, with how many more.
    pub fn beyond(&self, other: &Trace) -> Vec<String> {
        let more = |(line, count): (&String, &usize)| {
            let theirs = other.lines.get(line).copied().unwrap_or_default();
            (*count > theirs).then(|| format!("{}x {line}", count - theirs))
        };
        self.lines.iter().filter_map(more).collect()
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_out() {
        let (a, b, c) = ("a".repeat(64), "b".repeat(64), "c".repeat(64));
        let text = format!(
            "HASH[moduleIndex]\nHASH[moduleIndex]: \"x\"\nHASH[moduleIndex]: {a}\nmkdir -p x\n\
             HASH[build p]\nHASH[build p]: \"compile\\n\"\nHASH[build p]: \"compile\\n\"\n\
             HASH[build p]: {b}\nHASH subkey {b} \"stdout\" = {c}\nHASH /f: {a}\nHASH /f: {a}\n# p\n"
        );
        let trace = Trace::read(&text);
        assert_eq!(trace.words, "mkdir -p x\n# p\n");
        assert!(trace.index.contains(&a));
        assert_eq!(trace.names[&b], "build p");
        assert_eq!(trace.names[&c], "build p \"stdout\"");
        assert_eq!(trace.lines["HASH[build p]: \"compile\\n\""], 2);
        assert_eq!(trace.lines[&format!("HASH /f: {a}")], 1);
        assert!(!trace.lines.keys().any(|line| line.contains("moduleIndex")));
        let other = Trace::read(&text.replacen("HASH[build p]: \"compile\\n\"\n", "", 1));
        assert_eq!(trace.beyond(&other), ["1x HASH[build p]: \"compile\\n\""]);
        assert!(other.beyond(&trace).is_empty());
    }
}
