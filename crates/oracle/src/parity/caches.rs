//! Compares what two caches hold, through their keys.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// From an action ID to the output's hash and size, as the entry's text has them.
pub type Entries = BTreeMap<String, (String, u64)>;

/// The entries of a cache.
pub fn entries(cache: &Path) -> Result<Entries, String> {
    let mut entries = Entries::new();
    for i in 0..256 {
        let dir = cache.join(format!("{i:02x}"));
        let items = match fs::read_dir(&dir) {
            Ok(items) => items,
            // Copied while the first command on it was making its directories.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(format!("{}: {e}", dir.display())),
        };
        for item in items.flatten() {
            let path = item.path();
            let Some(id) = path.to_str().and_then(|p| p.strip_suffix("-a")) else {
                continue;
            };
            let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let fields: Vec<&str> = text.split_whitespace().collect();
            let &["v1", own, output, size, _] = &fields[..] else {
                return Err(format!("{}: {text:?}", path.display()));
            };
            if !id.ends_with(own) {
                return Err(format!("{}: the entry of {own}", path.display()));
            }
            let size = size
                .parse()
                .map_err(|_| format!("{}: size {size}", path.display()))?;
            entries.insert(own.to_owned(), (output.to_owned(), size));
        }
    }
    Ok(entries)
}

/// The file of an output: itself, or the one in its directory.
pub fn output_file(cache: &Path, output: &str) -> PathBuf {
    let file = cache.join(&output[..2]).join(format!("{output}-d"));
    let inside = fs::read_dir(&file)
        .ok()
        .and_then(|mut list| list.next()?.ok());
    inside.map_or(file, |item| item.path())
}

/// Two caches to compare: the stock command's (first) and forgo's.
pub struct Comparison<'c> {
    /// Their directories.
    pub caches: [&'c Path; 2],
    /// Of what an ID is the key.
    pub names: &'c HashMap<String, String>,
    /// The entries that were there before and are unchanged.
    pub seeded: &'c Entries,
    /// Keys of the stock command's own.
    pub index: &'c HashSet<String>,
    /// A text without what differs from run to run.
    pub plain: &'c dyn Fn(&[u8]) -> String,
    /// forgo's may lack entries.
    pub partial: bool,
}

/// Whether a file is a module index. The stock command makes one as soon as a directory has not
/// changed for two seconds: which of its runs that is, is chance.
fn is_index(file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| bytes.starts_with(b"go index v"))
}

impl Comparison<'_> {
    /// How many entries were compared, and what differs.
    pub fn differences(&self) -> Result<(usize, Vec<String>), String> {
        let [stock, forgo] = [entries(self.caches[0])?, entries(self.caches[1])?];
        let mut compared = 0;
        let mut differences = Vec::new();
        for (id, ours) in forgo
            .iter()
            .filter(|(id, _)| !self.seeded.contains_key(*id))
        {
            if let Err(why) = check(self.caches[1], ours) {
                differences.push(format!("{}: forgo's entry {why}", self.name(id)));
            }
            // Keys without a HASH line belong to records that only forgo has.
            if !stock.contains_key(id) && self.names.contains_key(id) {
                differences.push(format!("{}: only forgo has it", self.name(id)));
            }
        }
        let own = |id: &String| self.index.contains(id) || self.seeded.contains_key(id);
        for (id, theirs) in stock.iter().filter(|(id, _)| !own(id)) {
            let ours = forgo.get(id);
            if ours.is_none() && (self.partial || is_index(&output_file(self.caches[0], &theirs.0)))
            {
                continue;
            }
            compared += 1;
            match ours {
                None => differences.push(format!("{}: forgo has it not", self.name(id))),
                Some(ours) if ours != theirs => differences.extend(self.unlike(id, theirs, ours)),
                Some(_) => {}
            }
        }
        Ok((compared, differences))
    }

    fn name(&self, id: &str) -> String {
        let unknown = || format!("unknown key {id}");
        self.names.get(id).cloned().unwrap_or_else(unknown)
    }

    /// How two outputs differ, if not by the temporary directory's name alone: that is in the Go
    /// files which cgo makes of SWIG's.
    fn unlike(&self, id: &str, theirs: &(String, u64), ours: &(String, u64)) -> Option<String> {
        let files = [
            output_file(self.caches[0], &theirs.0),
            output_file(self.caches[1], &ours.0),
        ];
        let text = |file: &PathBuf| {
            let bytes = fs::read(file).ok()?;
            std::str::from_utf8(&bytes).ok()?;
            Some((self.plain)(&bytes))
        };
        if let (Some(theirs), Some(ours)) = (text(&files[0]), text(&files[1]))
            && theirs == ours
        {
            return None;
        }
        let place = first_difference(&files[0], &files[1]);
        let (name, sizes) = (self.name(id), (theirs.1, ours.1));
        let [theirs, ours] = files.map(|file| file.display().to_string());
        Some(format!(
            "{name}: {} and {} bytes, {place}\n      {theirs}\n      {ours}",
            sizes.0, sizes.1
        ))
    }
}

/// Reports whether an entry leads to the output that it names.
fn check(cache: &Path, (output, size): &(String, u64)) -> Result<(), String> {
    let file = output_file(cache, output);
    let bytes = fs::read(&file).map_err(|e| format!("leads to {}: {e}", file.display()))?;
    let hash: String = Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    if hash != *output || bytes.len() as u64 != *size {
        return Err(format!("leads to {}, which is damaged", file.display()));
    }
    Ok(())
}

/// Describes the first difference of two files.
pub fn first_difference(a: &Path, b: &Path) -> String {
    match (fs::read(a), fs::read(b)) {
        (Ok(a), Ok(b)) => {
            let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
            format!("first difference at byte {same}")
        }
        (Err(e), _) => format!("{}: {e}", a.display()),
        (_, Err(e)) => format!("{}: {e}", b.display()),
    }
}
