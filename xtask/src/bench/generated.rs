//! A module of many small packages: how does the cost of knowing that nothing changed grow?

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Packages in one directory of the first level.
const PER_DIRECTORY: usize = 250;

/// How many earlier packages each imports.
const IMPORTS: usize = 3;

/// Writes a module of `count` packages of two files each, which import some of those before them.
pub fn write_module(dir: &Path, count: usize) -> Result<(), String> {
    let put = |path: &Path, text: &str| {
        fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
    };
    fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    put(&dir.join("go.mod"), "module example.com/many\n\ngo 1.25\n")?;
    for i in 0..count {
        let place = dir.join(place(i));
        fs::create_dir_all(&place).map_err(|e| format!("{}: {e}", place.display()))?;
        put(&place.join("sum.go"), &sum(i))?;
        let one = format!("package p{i}\n\n// One is this package's own share.\nconst One = {i}\n");
        put(&place.join("one.go"), &one)?;
    }
    Ok(())
}

/// The directory of a package, and the end of its import path.
fn place(i: usize) -> String {
    format!("d{}/p{i}", i / PER_DIRECTORY)
}

fn sum(i: usize) -> String {
    let imports = imports(i);
    let mut text = format!("package p{i}\n\n");
    for j in &imports {
        let _ = writeln!(text, "import \"example.com/many/{}\"", place(*j));
    }
    text.push_str("\n// Sum adds up what is below.\nfunc Sum() int {\n\treturn One");
    for j in &imports {
        let _ = write!(text, " + p{j}.One");
    }
    text.push_str("\n}\n");
    text
}

/// Some packages before `i`, far and near, always the same.
fn imports(i: usize) -> Vec<usize> {
    let mut found: Vec<usize> = (0..IMPORTS)
        .filter(|_| i > 0)
        .map(|k| i.wrapping_mul(2_654_435_761).rotate_left(7 * k as u32) % i)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_import_only_those_before_them_each_once() {
        for i in 0..2_000 {
            let found = imports(i);
            assert!(found.iter().all(|j| *j < i), "{i}: {found:?}");
            assert!(found.windows(2).all(|w| w[0] < w[1]), "{i}: {found:?}");
            assert_eq!(found.is_empty(), i == 0);
        }
    }
}
