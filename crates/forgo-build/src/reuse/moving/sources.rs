//! Whether the sources themselves state the name of a source file: then a move has to change more
//! than the names in the archive.

use forgo_load::disk;
use forgo_load::load::head::line_directives;
use memchr::memmem;

use crate::action::ActionCx;
use crate::action::own_keys::Header;
use crate::exports::Places;
use crate::toolchain::inputs::compile::Inputs;
use crate::toolchain::reread;

/// Whether every name of a source file that lies in a place is due to where the file lies.
pub fn are_plain(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    headers: &[Header],
    places: &Places,
) -> bool {
    let files = &inputs.files;
    let overlay = inputs.unkeyed.overlay;
    let actual = |file: &String| overlay.actual(&files.path(file)).into_owned();
    let read = |file: String| Some((disk::read(&file).ok()?, file));
    // The name of a foreign header is moved with its place: it has to be the package's.
    let home = places.place(files.dir);
    let foreign = headers.iter().map(|header| &header.name);
    let is_near = |name: &String| home.is_some() && places.place(&files.path(name)) == home;
    let assembly = files.s.iter().chain(files.h).chain(foreign.clone());
    go_files_are_plain(cx, inputs, places)
        && foreign.clone().all(is_near)
        && assembly.map(actual).filter_map(read).all(|(text, file)| {
            reread::is_as_hashed(cx, &file, &text) && is_plain_assembly(&text, places)
        })
}

/// [`are_plain`] of the package's Go files that cgo does not read.
pub fn go_files_are_plain(cx: &ActionCx<'_>, inputs: &Inputs<'_>, places: &Places) -> bool {
    let overlay = inputs.unkeyed.overlay;
    let index = overlay.index();
    let files = inputs.files.go.iter().map(|file| inputs.files.path(file));
    let files = files.map(|file| overlay.actual(&file).into_owned());
    let with_lines = files.filter(|file| !index.has_no_lines(file));
    // A file that is not there is one that the build makes.
    let mut texts = with_lines.filter_map(|file| Some((disk::read(&file).ok()?, file)));
    texts.all(|(text, file)| reread::is_as_hashed(cx, &file, &text) && is_plain_go(&text, places))
}

/// `//line` and `/*line` may name any file, but none that a move would take for another.
pub fn is_plain_go(text: &[u8], places: &Places) -> bool {
    line_directives(text)
        .all(|line| memmem::find(line, b"..").is_none() && names_no_place(line, places))
}

/// The preprocessor may name any file. The files that it includes are in the key, or the package is
/// not moved ([`crate::reuse::headers`]).
fn is_plain_assembly(text: &[u8], places: &Places) -> bool {
    let plain = |line: &[u8]| {
        let Some(rest) = line.trim_ascii_start().strip_prefix(b"#") else {
            return true;
        };
        !rest.trim_ascii_start().starts_with(b"line")
    };
    names_no_place(text, places) && text.split(|b| *b == b'\n').all(plain)
}

fn names_no_place(text: &[u8], places: &Places) -> bool {
    let mut dirs = places.dirs();
    dirs.all(|dir| memmem::find(text, dir.as_bytes()).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives() {
        let places = Places::parse("place <module m> /w\n".lines()).unwrap();
        let cases: [(&str, bool); 9] = [
            (
                "package p\n// in line with ../x\nvar _ = \"/w/x.go\"\n",
                true,
            ),
            ("//line x.y:1\n", true),
            ("//line /usr/x.y:1\n", true),
            ("//line /w/x.y:1\n", false),
            ("x /*line /w/x.y:1:2*/ y\n", false),
            ("//line ../x.y:1\n", false),
            ("//line ../x.y:1", false),
            ("line /w/x", true),
            ("", true),
        ];
        for (text, expected) in cases {
            assert_eq!(is_plain_go(text.as_bytes(), &places), expected, "{text}");
        }
        for (text, expected) in [
            ("#include \"x.h\"\nTEXT f(SB)\n// line", true),
            ("// Made by x -o ../../y.s\n", true),
            ("#include \"../x.h\"\n", true),
            ("# line 3 \"x\"\n", false),
            ("#include \"/w/x.h\"\n", false),
        ] {
            assert_eq!(
                is_plain_assembly(text.as_bytes(), &places),
                expected,
                "{text}"
            );
        }
    }
}
