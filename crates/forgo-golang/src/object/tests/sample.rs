//! Makes an archive from scratch, as the formats' writers do: strings deduplicated in the order of
//! their first use, offsets as they fall.

use sha2::{Digest, Sha256};

use crate::object::Fingerprint;

pub const DEP_FINGERPRINT: Fingerprint = *b"\x10\x20\x30\x40\x50\x60\x70\x80";

/// The contents of the archive.
pub struct Sample {
    pub head: String,
    /// The directory above the sources.
    pub root: String,
    /// A string constant in the export data.
    pub constant: String,
    /// A file that is not below the root.
    pub other_file: String,
    /// A symbol that the package defines.
    pub symbol: String,
    /// An import.
    pub dep: String,
    pub dep_fingerprint: Fingerprint,
    /// Another one in the object than that of the export data.
    pub object_fingerprint: Option<Fingerprint>,
    /// A member of another kind.
    pub extra: Option<&'static str>,
}

impl Sample {
    pub fn new(root: &str, dep_fingerprint: Fingerprint) -> Sample {
        Sample {
            head: "build id \"a/b\"\n".into(),
            root: root.into(),
            constant: "hello".into(),
            other_file: "$GOROOT/src/fmt/print.go".into(),
            symbol: "p.F".into(),
            dep: "dep".into(),
            dep_fingerprint,
            object_fingerprint: None,
            extra: None,
        }
    }

    fn files(&self) -> [String; 3] {
        let own = |name| format!("{}/p/{name}", self.root);
        [own("x.go"), self.other_file.clone(), own("sub/generated.y")]
    }

    pub fn archive(&self) -> Vec<u8> {
        let (export, fingerprint) = self.export();
        let text = "go object linux amd64 go1.27.3 X:none\n".to_owned() + &self.head;
        let mut def = format!("{text}\n\n$$B\nu").into_bytes();
        def.extend_from_slice(&export);
        def.extend_from_slice(b"\n$$\n");
        let own = self.object_fingerprint.unwrap_or(fingerprint);
        let object = |fingerprint, imports: &[(&str, Fingerprint)]| {
            let mut member = format!("{text}\n\n!\n").into_bytes();
            member.extend_from_slice(&self.object(fingerprint, imports));
            member
        };
        let imports = [(self.dep.as_str(), self.dep_fingerprint), ("asm", [0; 8])];
        let mut bytes = b"!<arch>\n".to_vec();
        let mut add = |name: &str, data: &[u8]| {
            let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8o}", 0, 0, 0, 0o644);
            bytes.extend_from_slice(header.as_bytes());
            bytes.extend_from_slice(format!("{:<10}`\n", data.len()).as_bytes());
            bytes.extend_from_slice(data);
            bytes.resize(bytes.len().next_multiple_of(2), 0);
        };
        add("__.PKGDEF", &def);
        add("_go_.o", &object(own, &imports));
        add("asm.o", &object([0; 8], &[]));
        if let Some(name) = self.extra {
            add(name, b"\x7fELF or so");
        }
        bytes
    }

    fn export(&self) -> (Vec<u8>, Fingerprint) {
        let mut strings: Vec<String> = vec![String::new()];
        let mut index = |s: &str| {
            strings
                .iter()
                .position(|known| known == s)
                .unwrap_or_else(|| {
                    strings.push(s.into());
                    strings.len() - 1
                })
        };
        // Numbers below 128 are themselves.
        let mut element = |texts: &[&str], data: &[u8]| {
            let mut bytes = vec![texts.len() as u8];
            for text in texts {
                bytes.extend_from_slice(&[0, index(text) as u8]);
            }
            bytes.extend_from_slice(data);
            bytes
        };
        let [a, b, c] = self.files();
        let meta = vec![element(&["before"], &[0])];
        let mut bases = vec![element(&[&a], &[0, 1]), element(&[&b], &[0, 1])];
        // One of a //line: refers to its file's base besides.
        let mut line = element(&[&c, "meanwhile"], &[0, 0, 9, 1]);
        line.splice(0..1, [3]);
        line.splice(5..5, [2, 0]);
        bases.push(line);
        let types = vec![element(&[&self.constant, "after"], &[1, 0, 0x80])];
        let strings = strings.into_iter().map(String::into_bytes).collect();
        let mut sections: Vec<Vec<Vec<u8>>> = vec![strings, meta, bases, vec![], vec![], types];
        sections.resize(10, vec![]);
        encode(&sections)
    }

    fn object(&self, fingerprint: Fingerprint, imports: &[(&str, Fingerprint)]) -> Vec<u8> {
        let files = self.files();
        let mut table = Strings::default();
        table.add("");
        imports.iter().for_each(|(path, _)| table.add(path));
        [
            "",
            "runtime",
            &self.symbol,
            &files[2],
            "type:int",
            "fmt.Println",
        ]
        .iter()
        .for_each(|s| table.add(s));
        files.iter().for_each(|file| table.add(file));

        let symbol = |name: &str| [&table.reference(name)[..], &[7; 13]].concat();
        let imports = imports
            .iter()
            .flat_map(|(path, f)| [table.reference(path), *f].concat());
        let mut blocks: Vec<Vec<u8>> = vec![vec![]; 18];
        blocks[0] = imports.collect();
        blocks[1] = [table.reference(""), table.reference("runtime")].concat();
        blocks[2] = files.iter().flat_map(|f| table.reference(f)).collect();
        blocks[3] = symbol(&self.symbol);
        blocks[5] = symbol("type:int");
        blocks[7] = [symbol("fmt.Println"), symbol(&files[2])].concat();
        blocks[16] = b"code and data".to_vec();
        blocks[17] = [&[3; 8][..], &table.reference("fmt.Println")].concat();

        let mut bytes = b"\x00go120ld".to_vec();
        bytes.extend_from_slice(&fingerprint);
        bytes.extend_from_slice(&[0; 4]);
        let mut at = 96 + table.0.len();
        for block in &blocks {
            bytes.extend_from_slice(&(at as u32).to_le_bytes());
            at += block.len();
        }
        bytes.extend_from_slice(&(at as u32).to_le_bytes());
        bytes.extend_from_slice(&table.0);
        bytes.extend(blocks.concat());
        bytes
    }
}

/// Export data of elements, and its fingerprint.
fn encode(sections: &[Vec<Vec<u8>>]) -> (Vec<u8>, Fingerprint) {
    let mut bytes = [5_u32.to_le_bytes(), 0_u32.to_le_bytes()].concat();
    let mut count = 0_u32;
    for section in sections {
        count += section.len() as u32;
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    let mut end = 0_u32;
    for element in sections.iter().flatten() {
        end += element.len() as u32;
        bytes.extend_from_slice(&end.to_le_bytes());
    }
    bytes.extend(sections.concat().concat());
    let mut fingerprint = [0; 8];
    fingerprint.copy_from_slice(&Sha256::digest(&bytes)[..8]);
    bytes.extend_from_slice(&fingerprint);
    (bytes, fingerprint)
}

/// The strings of an object: its text, and where each begins.
#[derive(Default)]
struct Strings(Vec<u8>, Vec<(String, usize)>);

impl Strings {
    fn add(&mut self, s: &str) {
        if self.1.iter().all(|(known, _)| known != s) {
            self.1.push((s.into(), 96 + self.0.len()));
            self.0.extend_from_slice(s.as_bytes());
        }
    }

    fn reference(&self, s: &str) -> [u8; 8] {
        let (_, at) = self.1.iter().find(|(known, _)| known == s).unwrap();
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&(s.len() as u32).to_le_bytes());
        bytes[4..].copy_from_slice(&(*at as u32).to_le_bytes());
        bytes
    }
}
