//! Compares what two caches hold, through their keys.

use std::collections::{BTreeMap, HashMap};
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
        for item in fs::read_dir(&dir)
            .map_err(|e| format!("{}: {e}", dir.display()))?
            .flatten()
        {
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

/// What differs between the caches of the stock command (first) and of forgo. `names` tell of what
/// an ID is the key; `skip` are keys of the stock command's own.
pub fn differences(
    caches: [&Path; 2],
    names: &HashMap<String, String>,
    skip: &dyn Fn(&str) -> bool,
) -> Result<(usize, Vec<String>), String> {
    let [stock, forgo] = [entries(caches[0])?, entries(caches[1])?];
    let name = |id: &str| {
        names
            .get(id)
            .cloned()
            .unwrap_or_else(|| format!("unknown key {id}"))
    };
    let mut compared = 0;
    let mut differences = Vec::new();
    for (id, ours) in &forgo {
        if let Err(why) = check(caches[1], ours) {
            differences.push(format!("{}: forgo's entry {why}", name(id)));
        }
        if !stock.contains_key(id) {
            differences.push(format!("{}: only forgo has it", name(id)));
        }
    }
    for (id, theirs) in stock.iter().filter(|(id, _)| !skip(id)) {
        compared += 1;
        match forgo.get(id) {
            None => differences.push(format!("{}: forgo has it not", name(id))),
            Some(ours) if ours != theirs => {
                differences.push(format!("{}: {}", name(id), unlike(caches, theirs, ours)));
            }
            Some(_) => {}
        }
    }
    Ok((compared, differences))
}

/// Does an entry lead to what it says?
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

/// How two outputs differ.
fn unlike(caches: [&Path; 2], theirs: &(String, u64), ours: &(String, u64)) -> String {
    let files = [
        output_file(caches[0], &theirs.0),
        output_file(caches[1], &ours.0),
    ];
    let place = first_difference(&files[0], &files[1]);
    format!(
        "{} and {} bytes, {place}\n      {}\n      {}",
        theirs.1,
        ours.1,
        files[0].display(),
        files[1].display()
    )
}

/// Where two files differ first, in words.
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
