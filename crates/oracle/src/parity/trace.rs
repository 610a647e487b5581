//! Reads what `GODEBUG=gocachehash=1` prints, apart from all else on standard error.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The lines of a run.
#[derive(Default)]
pub struct Trace {
    /// How often each line came; without the stock command's module index, which forgo does not
    /// have. Lines with the hash of a file count once: the first action in a race reads it alone.
    /// The lines of `GODEBUG=gocachetest=1` are among them: they show the keys of tests.
    pub lines: BTreeMap<String, usize>,
    /// The action that an action ID (in hex) is the key of.
    pub names: HashMap<String, String>,
    /// Keys of the module index.
    pub index: HashSet<String>,
    /// The rest of standard error.
    pub words: String,
    /// Short forms (as in build IDs) of keys that the stock command makes of the temporary
    /// directory's name: those of compiling what cgo wrote. They differ from run to run.
    pub volatile: Vec<String>,
}

impl Trace {
    /// Splits standard error.
    pub fn read(stderr: &str) -> Trace {
        let mut trace = Trace::default();
        for line in stderr.lines() {
            if line.starts_with("testcache: ") {
                *trace.lines.entry(line.to_owned()).or_default() += 1;
                continue;
            }
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
            let line = match trace.note_volatile(rest) {
                Some(settled) => settled,
                None => line.to_owned(),
            };
            let count = trace.lines.entry(line).or_default();
            let of_file = rest.starts_with(' ') && !rest.starts_with(" subkey ");
            *count = if of_file { 1 } else { *count + 1 };
        }
        trace
    }

    /// Records the name of the action whose key a line prints.
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

    /// A subkey of something in the temporary directory: its line without the sum.
    fn note_volatile(&mut self, rest: &str) -> Option<String> {
        let (described, sum) = rest.strip_prefix(" subkey ")?.rsplit_once(" = ")?;
        if !described.contains("$WORK") || !is_hash(sum) {
            return None;
        }
        let byte = |i: usize| u8::from_str_radix(&sum[2 * i..2 * i + 2], 16).unwrap_or_default();
        let bytes: [u8; 15] = std::array::from_fn(byte);
        self.volatile.push(URL_SAFE_NO_PAD.encode(bytes));
        Some(format!("HASH subkey {described} = $VOLATILE"))
    }

    /// A text without what differs from run to run by the stock command's own making.
    pub fn settled(&self, text: &str) -> String {
        let replace = |text: String, id: &String| text.replace(id.as_str(), "$VOLATILE");
        self.volatile.iter().fold(text.to_owned(), replace)
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
    fn keys_of_temporary_names_do_not_count() {
        let run = |digit: &str| {
            let (parent, sum) = ("a".repeat(64), digit.repeat(64));
            let in_work = format!("HASH subkey {parent} \"cgo compile $WORK/b001/x.c\" = {sum}\n");
            Trace::read(&format!(
                "{in_work}HASH subkey {parent} \"cgo compile y.c\" = {sum}\n"
            ))
        };
        let (one, other) = (run("0"), run("1"));
        // The key of a file of the package must be equal.
        assert_eq!(one.beyond(&other).len(), 1);
        assert_eq!(one.beyond(&run("0")).len(), 0);
        assert_eq!(
            one.settled("-frandom-seed=AAAAAAAAAAAAAAAAAAAA -o"),
            "-frandom-seed=$VOLATILE -o"
        );
    }

    #[test]
    fn lines_are_sorted_out() {
        let (a, b, c) = ("a".repeat(64), "b".repeat(64), "c".repeat(64));
        let text = format!(
            "HASH[moduleIndex]\nHASH[moduleIndex]: \"x\"\nHASH[moduleIndex]: {a}\nmkdir -p x\n\
             HASH[build p]\nHASH[build p]: \"compile\\n\"\nHASH[build p]: \"compile\\n\"\n\
             testcache: p: saved\nHASH[build p]: {b}\nHASH subkey {b} \"stdout\" = {c}\nHASH /f: {a}\nHASH /f: {a}\n# p\n"
        );
        let trace = Trace::read(&text);
        assert_eq!(trace.words, "mkdir -p x\n# p\n");
        assert!(trace.index.contains(&a));
        assert_eq!(trace.names[&b], "build p");
        assert_eq!(trace.names[&c], "build p \"stdout\"");
        assert_eq!(trace.lines["HASH[build p]: \"compile\\n\""], 2);
        assert_eq!(trace.lines[&format!("HASH /f: {a}")], 1);
        assert_eq!(trace.lines["testcache: p: saved"], 1);
        assert!(!trace.lines.keys().any(|line| line.contains("moduleIndex")));
        let other = Trace::read(&text.replacen("HASH[build p]: \"compile\\n\"\n", "", 1));
        assert_eq!(trace.beyond(&other), ["1x HASH[build p]: \"compile\\n\""]);
        assert!(other.beyond(&trace).is_empty());
    }
}
