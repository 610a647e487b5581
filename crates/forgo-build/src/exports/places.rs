//! Places: directories that have a name which is the same in every checkout, on every machine and
//! for every user.
//!
//! | name | directory |
//! |---|---|
//! | `<module example.com/m>` | that of a module which does not come from the module cache |
//! | `<vendor>` | the vendor directory |
//! | `<modcache>` | GOMODCACHE |
//!
//! A file belongs to the innermost place that it lies in.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};

use forgo_golang::object::{Rename, Unfit};
use forgo_load::config::Config;
use forgo_load::package::{Package, PackageGraph};

/// The places of a run, innermost first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Places(Vec<Place>);

/// A directory and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place {
    dir: String,
    name: String,
}

impl Places {
    /// The places that the packages of a run lie in.
    pub fn of(config: &Config, graph: &PackageGraph) -> Places {
        let mut places: Vec<Place> = Vec::new();
        for package in graph.packages.iter().filter(|p| !p.goroot) {
            // Packages of a module follow each other, more or less.
            if let Some(place) = place_of(config, package)
                && places.last() != Some(&place)
            {
                places.push(place);
            }
        }
        Places::from(places)
    }

    fn from(mut places: Vec<Place>) -> Places {
        places.retain(|place| is_usable(&place.dir));
        places.sort();
        places.dedup();
        // One directory has one name. A name with two directories is ambiguous.
        places.dedup_by(|b, a| a.dir == b.dir);
        let twice = |name: &str| places.iter().filter(|p| p.name == name).count() > 1;
        let ambiguous: Vec<bool> = places.iter().map(|p| twice(&p.name)).collect();
        let mut ambiguous = ambiguous.iter();
        places.retain(|_| ambiguous.next() == Some(&false));
        places.sort_by(|a, b| b.dir.len().cmp(&a.dir.len()).then(a.cmp(b)));
        Places(places)
    }

    /// Tells places apart within a process.
    pub fn id(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The directories.
    pub fn dirs(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|place| place.dir.as_str())
    }

    /// The place that a file lies in, and its path from there, which is empty or begins with a
    /// slash.
    fn find<'a, 'b>(&'a self, file: &'b [u8]) -> Option<(&'a Place, &'b [u8])> {
        self.0.iter().find_map(|place| {
            let rest = file.strip_prefix(place.dir.as_bytes())?;
            (rest.is_empty() || rest[0] == b'/').then_some((place, rest))
        })
    }

    /// The name of the place that a path lies in.
    pub fn place(&self, path: &str) -> Option<&str> {
        self.find(path.as_bytes())
            .map(|(place, _)| place.name.as_str())
    }

    /// A path with its place's name in place of the directory.
    pub fn named(&self, path: &str) -> Option<String> {
        let (place, _) = self.find(path.as_bytes())?;
        Some(format!("{}{}", place.name, &path[place.dir.len()..]))
    }

    /// Calls with a function that gives files names of places.
    pub fn renaming_to_names<T>(&self, f: impl FnOnce(&Rename) -> T) -> T {
        f(&|file| {
            let (place, rest) = self.find(file)?;
            Some([place.name.as_bytes(), rest].concat())
        })
    }

    /// Calls with a function that gives files the names that they have where the places are others.
    /// Refused if such a place does not exist.
    pub fn renaming<T>(
        &self,
        to: &Places,
        f: impl FnOnce(&Rename) -> Result<T, Unfit>,
    ) -> Result<T, Unfit> {
        let missing = Cell::new(false);
        let result = f(&|file| {
            let (place, rest) = self.find(file)?;
            let Some(there) = to.0.iter().find(|p| p.name == place.name) else {
                missing.set(true);
                return None;
            };
            (there.dir != place.dir).then(|| [there.dir.as_bytes(), rest].concat())
        })?;
        if missing.get() {
            return Err(Unfit::Refused("a file lies in a place that is not here"));
        }
        Ok(result)
    }

    /// A text with the directories of other places: for messages.
    pub fn rewrite(&self, text: &str, to: &Places) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('/') {
            let (before, path) = rest.split_at(at);
            out.push_str(before);
            // A directory's name goes on, or ends, here; a longer name is another's.
            let ends = |after: &str| !after.starts_with(|c: char| c.is_alphanumeric() || c == '-');
            let place = self.0.iter().find(|place| {
                let after = path.strip_prefix(place.dir.as_str());
                after.is_some_and(ends)
            });
            let there = place.and_then(|p| Some((p, to.0.iter().find(|t| t.name == p.name)?)));
            match there {
                Some((place, there)) => {
                    out.push_str(&there.dir);
                    rest = &path[place.dir.len()..];
                }
                None => {
                    out.push('/');
                    rest = &path[1..];
                }
            }
        }
        out + rest
    }

    /// Places whose directories are called by their names: what [`Places::rewrite`] turns into a
    /// text that is the same everywhere.
    pub fn as_names(&self) -> Places {
        let named = |place: &Place| Place {
            dir: place.name.clone(),
            name: place.name.clone(),
        };
        Places(self.0.iter().map(named).collect())
    }

    /// As lines.
    pub fn to_text(&self) -> String {
        let line = |place: &Place| format!("place {} {}\n", place.name, place.dir);
        self.0.iter().map(line).collect()
    }

    /// Of such lines.
    pub fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Places> {
        let place = |line: &str| {
            let (name, dir) = line.strip_prefix("place ")?.split_once("> ")?;
            Some(Place {
                name: format!("{name}>"),
                dir: dir.to_owned(),
            })
        };
        lines
            .map(place)
            .collect::<Option<Vec<_>>>()
            .map(Places::from)
    }
}

/// The place that a package lies in.
fn place_of(config: &Config, p: &Package) -> Option<Place> {
    let module = p.module.as_ref()?;
    let place = |name: &str, dir: &str| {
        Some(Place {
            name: format!("<{name}>"),
            dir: dir.to_owned(),
        })
    };
    let cache = &config.dirs.gomodcache;
    if is_below(&p.dir, cache) {
        return place("modcache", cache);
    }
    if is_below(&p.dir, &module.dir) {
        return place(&format!("module {}", module.path), &module.dir);
    }
    let dir = p.dir.strip_suffix(&p.import_path)?.strip_suffix('/')?;
    if dir.ends_with("/vendor") {
        return place("vendor", dir);
    }
    None
}

fn is_below(path: &str, dir: &str) -> bool {
    let rest = path.strip_prefix(dir).filter(|_| !dir.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Some characters mean something in a file's name, to the compiler or in a record.
fn is_usable(dir: &str) -> bool {
    let bad = |c: char| c == '#' || c == '<' || c == '>' || c.is_control();
    dir.len() > 1 && dir.starts_with('/') && !dir.ends_with('/') && !dir.contains(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(list: &[(&str, &str)]) -> Places {
        let place = |&(name, dir): &(&str, &str)| Place {
            name: format!("<{name}>"),
            dir: dir.into(),
        };
        Places::from(list.iter().map(place).collect())
    }

    #[test]
    fn the_innermost_place_counts() {
        let a = places(&[
            ("module m", "/w"),
            ("vendor", "/w/vendor"),
            ("modcache", "/w/c"),
        ]);
        let cases = [
            ("/w/x.go", Some("<module m>/x.go")),
            ("/w", Some("<module m>")),
            ("/w/vendor/p/x.go", Some("<vendor>/p/x.go")),
            ("/w/vendored/x.go", Some("<module m>/vendored/x.go")),
            ("/work/x.go", None),
            ("$GOROOT/src/x.go", None),
        ];
        for (path, expected) in cases {
            assert_eq!(a.named(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn renaming() {
        let a = places(&[("module m", "/w"), ("modcache", "/c")]);
        let b = places(&[("module m", "/else where/é"), ("modcache", "/c")]);
        let renamed = |file: &str| {
            a.renaming(&b, |rename| Ok(rename(file.as_bytes())))
                .map(|new| new.map(|n| String::from_utf8(n).unwrap()))
        };
        assert_eq!(renamed("/w/x.go"), Ok(Some("/else where/é/x.go".into())));
        assert_eq!(renamed("/c/x.go"), Ok(None));
        assert_eq!(renamed("/wx/x.go"), Ok(None));
        let c = places(&[("modcache", "/d")]);
        let gone = a.renaming(&c, |rename| Ok(rename(b"/w/x.go")));
        assert!(matches!(gone, Err(Unfit::Refused(_))));
    }

    #[test]
    fn what_can_not_be_told_is_no_place() {
        let a = places(&[
            ("module m", "/w"),
            ("module n", "/w"),
            ("vendor", "/a/vendor"),
            ("vendor", "/b/vendor"),
            ("module h", "/sharp#/x"),
            ("module r", "/"),
        ]);
        assert_eq!(a, places(&[("module m", "/w")]));
    }

    #[test]
    fn texts() {
        let a = places(&[("module m", "/w"), ("modcache", "/home/me/go/pkg/mod")]);
        let b = places(&[("module m", "/v v"), ("modcache", "/m")]);
        let text = "# m/p\n/w/p/x.go:1:2: moved (/w): x\n/wide /home/me/go/pkg/mod/a@v1/b.go\n";
        let expected = "# m/p\n/v v/p/x.go:1:2: moved (/v v): x\n/wide /m/a@v1/b.go\n";
        assert_eq!(a.rewrite(text, &b), expected);
        let named = a.rewrite(text, &a.as_names());
        assert_eq!(named, b.rewrite(expected, &b.as_names()));
        assert_eq!(Places::parse(a.to_text().lines()), Some(a));
        assert_eq!(Places::parse("place x".lines()), None);
        assert_eq!(Places::parse("".lines()), Some(Places::default()));
    }
}
