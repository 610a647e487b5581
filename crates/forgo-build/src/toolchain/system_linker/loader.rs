//! The dynamic loader's configuration, which GNU ld reads: it looks for the libraries that a shared
//! library needs in the loader's directories.

use forgo_load::disk;

/// Libraries that the loader puts into every process: with them, a program does not run as its file
/// alone defines.
pub const PRELOAD: &str = "/etc/ld.so.preload";

const MAIN: &str = "/etc/ld.so.conf";
const PARTS: &str = "/etc/ld.so.conf.d";

/// The directories that the loader's configuration names. `None` where it includes other files than
/// those of its directory. The files themselves are covered as those of directories that are
/// searched.
pub fn directories() -> Option<Vec<String>> {
    let mut dirs = vec![PARTS.to_owned()];
    let main = disk::read_to_string(MAIN).unwrap_or_default();
    if add(&main, true, &mut dirs)? {
        let parts = disk::read_dir(PARTS).into_iter().flatten().flatten();
        for part in parts {
            if part.file_name().to_string_lossy().ends_with(".conf") {
                add(&disk::read_to_string(part.path()).ok()?, false, &mut dirs)?;
            }
        }
    }
    Some(dirs)
}

/// Adds what one file names; whether it includes the parts.
fn add(text: &str, is_main: bool, dirs: &mut Vec<String>) -> Option<bool> {
    let mut includes = false;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line
            .split(|c: char| c.is_ascii_whitespace() || ",:".contains(c))
            .filter(|word| !word.is_empty())
            .collect();
        match words[..] {
            [
                "include",
                "/etc/ld.so.conf.d/*.conf" | "ld.so.conf.d/*.conf",
            ] if is_main => {
                includes = true;
            }
            ["include", ..] => return None,
            ["hwcap", ..] => {}
            _ => {
                for word in words {
                    // `DIR=TYPE` was understood long ago.
                    let dir = word.split('=').next().unwrap_or_default();
                    dirs.push(dir.starts_with('/').then(|| dir.to_owned())?);
                }
            }
        }
    }
    Some(includes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations() {
        let found = |text: &str, is_main: bool| {
            let mut dirs = Vec::new();
            add(text, is_main, &mut dirs).map(|includes| (includes, dirs))
        };
        let text = "include /etc/ld.so.conf.d/*.conf\n\n# /x\n/a /b # /c\n/d:/e=libc6\nhwcap 1 x\n";
        let dirs = ["/a", "/b", "/d", "/e"].map(str::to_owned).into();
        assert_eq!(found(text, true), Some((true, dirs)));
        assert_eq!(found(text, false), None);
        for unknown in ["include /x/*.conf", "relative/dir", "include"] {
            assert_eq!(found(unknown, true), None, "{unknown}");
        }
    }
}
