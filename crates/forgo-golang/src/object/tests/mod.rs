//! A small archive with a string in every place that may hold one, made for a directory: moving one
//! must give the other. Also archives that must be refused, and damage of every kind.

mod again;
mod sample;

use super::relocate::{Move, archive as relocate, seen};
use super::{Fingerprint, Unfit, archive};
use crate::object;
use again::again;
use sample::{DEP_FINGERPRINT, Sample};

fn rename<'a>(from: &'a str, to: &'a str) -> impl Fn(&[u8]) -> Option<Vec<u8>> + 'a {
    move |name| {
        let rest = name.strip_prefix(from.as_bytes())?;
        rest.starts_with(b"/")
            .then(|| [to.as_bytes(), rest].concat())
    }
}

fn dep_at(root: &str) -> Fingerprint {
    DEP_FINGERPRINT.map(|b| b ^ root.len() as u8)
}

/// Moves an archive; its import `dep` must be the one that is in `from`.
fn moved(bytes: &[u8], from: &str, to: &str) -> Result<Vec<u8>, Unfit> {
    let import = |path: &[u8], old: Fingerprint| match path {
        b"dep" if old == dep_at(from) => Ok(dep_at(to)),
        b"asm" => Ok(old),
        _ => Err(Unfit::Refused("another import")),
    };
    let how = Move {
        rename: &rename(from, to),
        import: &import,
    };
    relocate(bytes, &how).map(|moved| moved.pieces.to_vec())
}

#[test]
fn moving_is_making_it_there() {
    let roots = ["/a", "/src", "/home/somebody/work trees/nä", "/src/in/src"];
    for from in roots {
        for to in roots {
            let made = |root| Sample::new(root, dep_at(root)).archive();
            assert_eq!(moved(&made(from), from, to), Ok(made(to)), "{from} {to}");
        }
    }
}

#[test]
fn what_importers_see() {
    let member = |root: &str| {
        let bytes = Sample::new(root, [1; 8]).archive();
        archive::export_data(&bytes).unwrap().to_vec()
    };
    let at = |root: &str| seen(&member(root), &rename(root, "W")).unwrap();
    let (a, b) = (at("/a"), at("/bcd"));
    assert_eq!(a.id, b.id);
    assert_ne!(a.fingerprint, b.fingerprint);
    assert_eq!(a.renamed_fingerprint, b.renamed_fingerprint);
    assert!(!a.same && seen(&member("/a"), &rename("/x", "W")).unwrap().same);
    // The build ID does not count, all else does.
    let with_head = |head: &str| {
        let mut sample = Sample::new("/a", [1; 8]);
        sample.head = head.into();
        let bytes = sample.archive();
        seen(archive::export_data(&bytes).unwrap(), &rename("/a", "W")).unwrap()
    };
    assert_eq!(with_head("build id \"other\"\n"), a);
    assert_ne!(with_head("build id \"other\"\nmain\n").id, a.id);
    let mut other = Sample::new("/a", [1; 8]);
    other.constant = "changed".into();
    let other = other.archive();
    let other = archive::export_data(&other).unwrap();
    assert_ne!(seen(other, &rename("/a", "W")).unwrap().id, a.id);
}

#[test]
fn refused() {
    type Change = fn(&mut Sample);
    let cases: [(Change, &str); 8] = [
        (
            |s| s.constant = "/a/p/x.go".into(),
            "a string constant is a file's name",
        ),
        (
            |s| s.constant = "/b/p/x.go".into(),
            "a new name is there already",
        ),
        (
            |s| s.other_file = "/b/p/x.go".into(),
            "a new name is there already",
        ),
        (
            |s| s.symbol = "/a/p/x.go".into(),
            "a symbol has a file's name",
        ),
        (
            |s| s.symbol = "/b/p/x.go".into(),
            "a new name is there already",
        ),
        (|s| s.dep = "elsewhere".into(), "another import"),
        (|s| s.dep_fingerprint = [9; 8], "another import"),
        (
            |s| s.extra = Some("x.o"),
            "it has objects of other compilers",
        ),
    ];
    for (change, why) in cases {
        let mut sample = Sample::new("/a", dep_at("/a"));
        change(&mut sample);
        let bytes = sample.archive();
        assert_eq!(moved(&bytes, "/a", "/b"), Err(Unfit::Refused(why)));
    }
    let mut sample = Sample::new("/a", dep_at("/a"));
    sample.extra = Some("preferlinkext");
    assert!(moved(&sample.archive(), "/a", "/b").is_ok());
    sample.object_fingerprint = Some([7; 8]);
    assert_eq!(
        moved(&sample.archive(), "/a", "/b"),
        Err(Unfit::Malformed("an object of other export data"))
    );
}

#[test]
fn damage_is_an_error_or_no_damage() {
    let whole = Sample::new("/a", dep_at("/a")).archive();
    assert_eq!(again(&whole), Ok(whole.clone()));
    for end in 0..whole.len() {
        let _ = moved(&whole[..end], "/a", "/bcd");
    }
    let (mut accepted, mut refused) = (0, 0);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    let values = [0, 1, 2, 0x7f, 0x80, 0xff];
    for _ in 0..60_000 {
        let mut bytes = whole.clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(8) {
                0 if bytes.len() > 1 => {
                    bytes.remove(at);
                }
                1 => bytes.insert(at, values[next(values.len())]),
                2 => bytes.truncate(at + 2),
                3 => bytes[at] = next(256) as u8,
                _ => bytes[at] = values[next(values.len())],
            }
        }
        if let Ok(written) = again(&bytes) {
            assert_eq!(written, bytes);
        }
        let _ = archive::build_id(&bytes);
        match moved(&bytes, "/a", "/bcd") {
            Ok(moved) => {
                again(&moved).expect("what was moved can be read");
                accepted += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(accepted > 1000 && refused > 1000, "{accepted} {refused}");
}
