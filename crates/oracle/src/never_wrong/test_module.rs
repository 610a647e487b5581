//! A module with one tested package that looks at files, variables and time zones in a random
//! choice of ways, and the edits of the module.

use std::collections::BTreeMap;
use std::fmt;

use super::edits::Dice;

/// A file, link or directory of the module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// A file with a text and a mode.
    File { text: &'static str, mode: u32 },
    /// A symbolic link.
    Link(&'static str),
    /// A directory with a mode.
    Dir { mode: u32 },
}

/// Where the tested package is.
pub const PACKAGE: &str = "p";

/// Texts of files: three of one size, one of another, one that tests dislike.
const TEXTS: [&str; 5] = ["one", "two", "six", "three", "bad"];

/// Texts of scripts.
const SCRIPTS: [&str; 3] = ["echo 1\n", "echo 2\n", "exit 1\n"];

/// Files that edits change.
const FILES: [&str; 12] = [
    "p/testdata/a.txt",
    "p/testdata/b.txt",
    "p/testdata/sub/c.txt",
    "p/testdata/sub/deep/d.txt",
    "p/data.txt",
    "p/.hidden/h.txt",
    "p/nested/go.txt",
    "shared/s.txt",
    "shared/dir/t.txt",
    "shared/dir/u.txt",
    "root.txt",
    "other/q.txt",
];

/// Scripts that edits change.
const RUN: [&str; 3] = ["p/run.sh", "p/testdata/run.sh", "shared/run.sh"];

/// Directories that may be empty.
const DIRS: [&str; 3] = ["p/testdata/empty", "p/made", "shared/empty"];

/// Links, and where each may lead.
const LINKS: [(&str, [&str; 3]); 5] = [
    ("p/testdata/link", ["a.txt", "b.txt", "nowhere"]),
    ("p/out", ["../shared/s.txt", "../root.txt", "data.txt"]),
    ("p/dlink", ["testdata/sub", "../shared/dir", "../other"]),
    ("shared/link", ["s.txt", "dir/t.txt", "../other/q.txt"]),
    ("shared/dlink", ["dir", "../p/testdata", "../shared"]),
];

const MODES: [u32; 3] = [0o644, 0o755, 0o600];

/// The values of a variable; the first is none.
pub const VARIABLE: [Option<&str>; 4] = [None, Some(""), Some("one"), Some("two")];

/// The values of TZ; `$W` is the world's directory.
pub const ZONES: [Option<&str>; 7] = [
    None,
    Some(""),
    Some("UTC"),
    Some("Asia/Tokyo"),
    Some("America/New_York"),
    Some(":Asia/Tokyo"),
    Some("$W/zone"),
];

/// Files that `$W/zone` may be a copy of.
pub const ZONE_FILES: [&str; 2] = ["Asia/Tokyo", "America/New_York"];

/// The actions of a test, as Go statements. `say` prints; `see` prints a text and fails where it is
/// "bad".
const LOGGED: [&str; 30] = [
    "read(\"testdata/a.txt\")",
    "read(\"testdata/b.txt\")",
    "read(\"data.txt\")",
    "read(\"testdata/sub/deep/d.txt\")",
    "read(\".hidden/h.txt\")",
    "read(\"../shared/s.txt\")",
    "read(\"../root.txt\")",
    "read(\"testdata/link\")",
    "read(\"out\")",
    "read(\"dlink/t.txt\")",
    "read(\"../shared/dlink/t.txt\")",
    "read(\"missing.txt\")",
    "stat(\"testdata/a.txt\")",
    "stat(\"testdata\")",
    "stat(\"../shared\")",
    "stat(\"../shared/run.sh\")",
    "stat(\"made\")",
    "stat(\"dlink\")",
    "list(\".\")",
    "list(\"testdata\")",
    "list(\"../shared\")",
    "list(\"dlink\")",
    "glob(\"testdata/*.txt\")",
    "glob(\"../*/*.txt\")",
    "walk(\"testdata\")",
    "walk(\"..\")",
    "enter(t, \"testdata/sub\", \"c.txt\")",
    "enter(t, \"../shared\", \"dir/t.txt\")",
    "goroot()",
    "temporary(t)",
];

/// Those that look at directories with scripts.
const DIRECTORIES: [&str; 4] = [
    "list(\".\")",
    "list(\"testdata\")",
    "list(\"../shared\")",
    "stat(\"../shared/run.sh\")",
];

/// Facts that the log of inputs shows, but not as a path.
const OTHER: [&str; 5] = [
    "say(os.Getenv(\"VARIABLE\"))",
    "say(time.Unix(0, 0).Format(time.RFC3339))",
    "see(\"embedded\", embedded)",
    "caller()",
    "where()",
];

/// The facts that it does not show.
const UNLOGGED: [&str; 6] = [
    "link(\"testdata/link\")",
    "link(\"../shared/link\")",
    "make_(\"made\")",
    "environ()",
    "zone(\"Asia/Tokyo\")",
    "rooted(\"testdata\", \"a.txt\")",
];

/// The facts that it can't show.
const UNKNOWN: [&str; 7] = [
    "run(\"run.sh\")",
    "run(\"testdata/run.sh\")",
    "run(\"../shared/run.sh\")",
    "raw(\"../shared/s.txt\")",
    "newer(\"testdata/a.txt\", \"data.txt\")",
    "format(\"testdata/a.txt\")",
    "equal(\"data.txt\", \"out\")",
];

/// Its code before the log begins; mostly none.
const EARLY: [&str; 4] = [
    "var early, _ = os.ReadFile(\"../shared/s.txt\")\n\n",
    "var early []byte\n\nfunc init() {\n\tearly, _ = os.ReadFile(\"testdata/a.txt\")\n}\n\n",
    "var early []byte\n\nfunc TestMain(m *testing.M) {\n\tearly = []byte(os.Getenv(\"VARIABLE\"))\n\tm.Run()\n}\n\n",
    "",
];

/// The functions, each with its imports. Only those that a test uses are part of it: any other
/// function that could start a program would change how forgo classifies the test.
const FUNCTIONS: [(&str, &[&str], &str); 16] = [
    (
        "read",
        &["os"],
        "func read(f string) {\n\tb, err := os.ReadFile(f)\n\tif err != nil {\n\t\tsay(err)\n\t}\n\tsee(f, string(b))\n}\n",
    ),
    (
        "stat",
        &["os"],
        "func stat(f string) {\n\ti, err := os.Stat(f)\n\tif err != nil {\n\t\tsay(err)\n\t\treturn\n\t}\n\tsize := i.Size()\n\tif i.IsDir() {\n\t\tsize = 0\n\t}\n\tsay(f, i.Mode(), size)\n}\n",
    ),
    (
        "list",
        &["os"],
        "func list(d string) {\n\tl, err := os.ReadDir(d)\n\tsay(d, err)\n\tfor _, e := range l {\n\t\ti, err := e.Info()\n\t\tif err == nil && !i.IsDir() {\n\t\t\tsay(e.Name(), i.Mode(), i.Size())\n\t\t} else {\n\t\t\tsay(e.Name(), e.Type())\n\t\t}\n\t}\n}\n",
    ),
    (
        "glob",
        &["path/filepath", "os"],
        "func glob(p string) {\n\tl, err := filepath.Glob(p)\n\tsay(p, l, err)\n\tfor _, f := range l {\n\t\tb, _ := os.ReadFile(f)\n\t\tsee(f, string(b))\n\t}\n}\n",
    ),
    (
        "walk",
        &["path/filepath", "io/fs"],
        "func walk(d string) {\n\tfilepath.WalkDir(d, func(p string, e fs.DirEntry, err error) error {\n\t\tsay(p, err)\n\t\treturn nil\n\t})\n}\n",
    ),
    (
        "enter",
        &["os"],
        "func enter(t *testing.T, d, f string) {\n\twas, _ := os.Getwd()\n\tif err := os.Chdir(d); err != nil {\n\t\tsay(err)\n\t\treturn\n\t}\n\tdefer os.Chdir(was)\n\tb, err := os.ReadFile(f)\n\tif err != nil {\n\t\tsay(err)\n\t}\n\tsee(f, string(b))\n}\n",
    ),
    (
        "goroot",
        &["os", "runtime"],
        "func goroot() {\n\tb, err := os.ReadFile(runtime.GOROOT() + \"/VERSION\")\n\tsay(len(b), err)\n}\n",
    ),
    (
        "temporary",
        &["os"],
        "func temporary(t *testing.T) {\n\tf := t.TempDir() + \"/f\"\n\tos.WriteFile(f, []byte(\"x\"), 0o666)\n\tb, _ := os.ReadFile(f)\n\tsay(string(b))\n}\n",
    ),
    (
        "caller",
        &["runtime"],
        "func caller() {\n\t_, f, l, _ := runtime.Caller(0)\n\tsay(f, l)\n}\n",
    ),
    (
        "where",
        &["os"],
        "func where() {\n\td, err := os.Getwd()\n\tsay(d, err)\n}\n",
    ),
    (
        "link",
        &["os"],
        "func link(f string) {\n\tto, err := os.Readlink(f)\n\tsay(f, to, err)\n}\n",
    ),
    (
        "make_",
        &["os"],
        "func make_(d string) {\n\terr := os.Mkdir(d, 0o777)\n\tif err == nil {\n\t\tos.Remove(d)\n\t}\n\tsay(err)\n}\n",
    ),
    (
        "environ",
        &["os", "strings"],
        "func environ() {\n\tfor _, v := range os.Environ() {\n\t\tif strings.HasPrefix(v, \"VARIABLE=\") {\n\t\t\tsay(v)\n\t\t}\n\t}\n}\n",
    ),
    (
        "zone",
        &["time"],
        "func zone(z string) {\n\tl, err := time.LoadLocation(z)\n\tif err == nil {\n\t\tsay(time.Unix(0, 0).In(l).Format(time.RFC3339))\n\t}\n}\n",
    ),
    (
        "rooted",
        &["os", "io"],
        "func rooted(d, f string) {\n\tr, err := os.OpenRoot(d)\n\tif err != nil {\n\t\tsay(err)\n\t\treturn\n\t}\n\tdefer r.Close()\n\th, err := r.Open(f)\n\tif err != nil {\n\t\tsay(err)\n\t\treturn\n\t}\n\tb, _ := io.ReadAll(h)\n\th.Close()\n\tsee(f, string(b))\n}\n",
    ),
    (
        "run",
        &["os/exec"],
        "func run(f string) {\n\tb, err := exec.Command(\"/bin/sh\", f).CombinedOutput()\n\tsay(f, string(b), err)\n}\n",
    ),
];

/// The rest of them.
const MORE: [(&str, &[&str], &str); 4] = [
    (
        "raw",
        &["syscall"],
        "func raw(f string) {\n\td, err := syscall.Open(f, 0, 0)\n\tif err != nil {\n\t\tsay(err)\n\t\treturn\n\t}\n\tb := make([]byte, 99)\n\tn, _ := syscall.Read(d, b)\n\tsyscall.Close(d)\n\tsay(string(b[:max(n, 0)]))\n}\n",
    ),
    (
        "newer",
        &["os"],
        "func newer(f, g string) {\n\ti, err := os.Stat(f)\n\tj, err2 := os.Stat(g)\n\tif err == nil && err2 == nil {\n\t\tsay(i.ModTime().Before(j.ModTime()))\n\t}\n}\n",
    ),
    (
        "format",
        &["os", "io/fs"],
        "func format(f string) {\n\ti, err := os.Stat(f)\n\tif err == nil {\n\t\tsay(fs.FormatFileInfo(i))\n\t}\n}\n",
    ),
    (
        "equal",
        &["os", "reflect"],
        "func equal(f, g string) {\n\ti, _ := os.Stat(f)\n\tj, _ := os.Stat(g)\n\tsay(reflect.DeepEqual(i, j))\n}\n",
    ),
];

/// The tested package's source, by a number.
pub fn source(number: u64) -> String {
    let mut dice = Dice::new(number ^ 0x7e57);
    let (logged, of) = (1 + dice.below(4), dice.below(10));
    let mut calls: Vec<&str> = Vec::new();
    let mut take = |from: &[&'static str], n: u64, dice: &mut Dice| {
        for _ in 0..n {
            calls.push(from[dice.below(from.len() as u64) as usize]);
        }
    };
    take(&LOGGED, logged, &mut dice);
    let other = 1 + dice.below(2);
    take(&OTHER, other, &mut dice);
    match of {
        0..=5 => {}
        6..=7 => take(&UNLOGGED, 1, &mut dice),
        _ => {
            take(&UNKNOWN, 1, &mut dice);
            // The directory of the program that it runs is often looked at too.
            take(&DIRECTORIES, 1, &mut dice);
        }
    }
    let early = EARLY[dice.below(12).min(3) as usize];
    let mut imports = std::collections::BTreeSet::from(["fmt", "testing", "_ embed"]);
    if !early.is_empty() {
        imports.insert("os");
        calls.push("say(string(early))");
    }
    let mut functions = String::new();
    for (name, needs, text) in FUNCTIONS.iter().chain(&MORE) {
        if calls
            .iter()
            .any(|call| call.starts_with(&format!("{name}(")))
        {
            imports.extend(*needs);
            functions += text;
        }
    }
    for call in &calls {
        for (word, import) in [("os.", "os"), ("time.", "time")] {
            if call.contains(word) {
                imports.insert(import);
            }
        }
    }
    let mut text = String::from("package p\n\nimport (\n");
    for import in imports {
        text += &match import.strip_prefix("_ ") {
            Some(path) => format!("\t_ \"{path}\"\n"),
            None => format!("\t\"{import}\"\n"),
        };
    }
    text += ")\n\n//go:embed embed.txt\nvar embedded string\n\nvar _ = embedded\n\nvar failed bool\n\n\
        func say(a ...any) { fmt.Println(a...) }\n\nfunc see(f, s string) {\n\tsay(f, s)\n\tif s == \"bad\" {\n\t\tfailed = true\n\t}\n}\n\n";
    text += early;
    text += &functions;
    for (i, call) in calls.iter().enumerate() {
        text += &format!(
            "\nfunc Test{i}(t *testing.T) {{\n\t{call}\n\tif failed {{\n\t\tt.Fatal(\"a bad file\")\n\t}}\n}}\n"
        );
    }
    text
}

/// The module and the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    pub nodes: BTreeMap<&'static str, Node>,
    pub variable: usize,
    pub zone: usize,
    pub zone_file: usize,
    pub embedded: usize,
}

impl Default for Module {
    fn default() -> Module {
        let mut nodes = BTreeMap::new();
        for (i, file) in FILES.into_iter().enumerate() {
            let text = TEXTS[i % 3];
            nodes.insert(file, Node::File { text, mode: 0o644 });
        }
        for file in RUN {
            let text = SCRIPTS[0];
            nodes.insert(file, Node::File { text, mode: 0o755 });
        }
        for (link, leads) in LINKS {
            nodes.insert(link, Node::Link(leads[0]));
        }
        Module {
            nodes,
            variable: 0,
            zone: 2,
            zone_file: 0,
            embedded: 0,
        }
    }
}

impl Module {
    /// The text of the file that is embedded.
    pub fn embedded(&self) -> &'static str {
        TEXTS[self.embedded]
    }
}

/// How old a file seems to be after an edit, in hours; too young for the stock key if none.
pub type Age = Option<u8>;

/// One edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Nothing.
    None,
    /// Another text.
    Write { file: usize, text: usize },
    /// Another text of the same size; the time stays.
    SameStat { file: usize, text: usize },
    /// Another script.
    Script { file: usize, text: usize },
    /// A file is there, or not.
    Toggle { file: usize },
    /// Another mode.
    Mode { file: usize, mode: usize },
    /// A directory is there, or not.
    Dir { dir: usize },
    /// A link leads elsewhere.
    Retarget { link: usize, to: usize },
    /// Two files change their contents.
    Swap { file: usize, with: usize },
    /// Only the time.
    Touch { file: usize },
    /// All files are written anew.
    Checkout,
    /// The variable.
    Variable { value: usize },
    /// TZ.
    Zone { value: usize },
    /// The file that TZ may name.
    ZoneFile { value: usize },
    /// The embedded file.
    Embed { text: usize },
    /// As it was before some steps.
    Back { steps: usize },
}

/// A step: an edit, and a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub edit: Edit,
    pub age: Age,
    /// The question is asked in the second checkout, which becomes a copy of the first if it is
    /// not.
    pub second: bool,
    /// The second checkout is written anew.
    pub fresh: bool,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = |n: usize| FILES[n];
        match self.edit {
            Edit::Write { file: n, text } => write!(f, "write {:?} to {}", TEXTS[text], file(n))?,
            Edit::SameStat { file: n, text } => {
                write!(
                    f,
                    "write {:?} to {}, with the same time",
                    TEXTS[text],
                    file(n)
                )?;
            }
            Edit::Script { file, text } => write!(f, "write {:?} to {}", SCRIPTS[text], RUN[file])?,
            Edit::Toggle { file: n } => write!(f, "make or remove {}", file(n))?,
            Edit::Mode { file: n, mode } => write!(f, "chmod {:o} {}", MODES[mode], file(n))?,
            Edit::Dir { dir } => write!(f, "make or remove {}", DIRS[dir])?,
            Edit::Retarget { link, to } => {
                write!(f, "link {} to {}", LINKS[link].0, LINKS[link].1[to])?;
            }
            Edit::Swap { file: n, with } => write!(f, "swap {} and {}", file(n), file(with))?,
            Edit::Touch { file: n } => write!(f, "touch {}", file(n))?,
            Edit::Variable { value } => write!(f, "VARIABLE={:?}", VARIABLE[value])?,
            Edit::Zone { value } => write!(f, "TZ={:?}", ZONES[value])?,
            Edit::ZoneFile { value } => write!(f, "copy zone {}", ZONE_FILES[value])?,
            Edit::Embed { text } => write!(f, "write {:?} to the embedded file", TEXTS[text])?,
            other => write!(f, "{other:?}")?,
        }
        match self.age {
            Some(hours) => write!(f, ", {hours} h ago")?,
            None => write!(f, ", now")?,
        }
        let place = match (self.second, self.fresh) {
            (false, _) => "",
            (true, false) => "; test in the second checkout",
            (true, true) => "; test in a fresh second checkout",
        };
        f.write_str(place)
    }
}

impl Module {
    /// Changes the module. What concerns times alone, and earlier states, is the world's.
    pub fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Write { file, text } | Edit::SameStat { file, text } => {
                self.text(FILES[file], TEXTS[text]);
            }
            Edit::Script { file, text } => self.text(RUN[file], SCRIPTS[text]),
            Edit::Toggle { file } => {
                let text = TEXTS[0];
                let new = Node::File { text, mode: 0o644 };
                self.toggle(FILES[file], new);
            }
            Edit::Dir { dir } => self.toggle(DIRS[dir], Node::Dir { mode: 0o755 }),
            Edit::Mode { file, mode } => {
                if let Some(Node::File { mode: old, .. }) = self.nodes.get_mut(FILES[file]) {
                    *old = MODES[mode];
                }
            }
            Edit::Retarget { link, to } => {
                let (name, leads) = LINKS[link];
                self.nodes.insert(name, Node::Link(leads[to]));
            }
            Edit::Swap { file, with } => {
                let (a, b) = (FILES[file], FILES[with]);
                let (old, new) = (self.nodes.remove(a), self.nodes.remove(b));
                self.nodes.extend(old.map(|node| (b, node)));
                self.nodes.extend(new.map(|node| (a, node)));
            }
            Edit::Variable { value } => self.variable = value,
            Edit::Zone { value } => self.zone = value,
            Edit::ZoneFile { value } => self.zone_file = value,
            Edit::Embed { text } => self.embedded = text,
            Edit::None | Edit::Touch { .. } | Edit::Checkout | Edit::Back { .. } => {}
        }
    }

    fn text(&mut self, name: &'static str, text: &'static str) {
        let mode = match self.nodes.get(name) {
            Some(Node::File { mode, .. }) => *mode,
            _ => 0o644,
        };
        self.nodes.insert(name, Node::File { text, mode });
    }

    fn toggle(&mut self, name: &'static str, node: Node) {
        if self.nodes.remove(name).is_none() {
            self.nodes.insert(name, node);
        }
    }
}

/// The file that an edit is about, if times are all that it may change.
pub fn file_of(edit: Edit) -> Option<&'static str> {
    match edit {
        Edit::SameStat { file, .. } | Edit::Touch { file } => Some(FILES[file]),
        _ => None,
    }
}

/// Any step.
pub fn step(dice: &mut Dice) -> Step {
    let mut any = |n: usize| dice.below(n as u64) as usize;
    let file = any(FILES.len());
    let edit = match any(100) {
        0..=3 => Edit::None,
        4..=27 => Edit::Write {
            file,
            // The one that fails comes up less.
            text: if any(6) == 0 { 4 } else { any(4) },
        },
        28..=29 => Edit::SameStat { file, text: any(3) },
        30..=35 => Edit::Script {
            file: any(RUN.len()),
            text: any(SCRIPTS.len()),
        },
        36..=41 => Edit::Toggle { file },
        42..=45 => Edit::Mode {
            file,
            mode: any(MODES.len()),
        },
        46..=49 => Edit::Dir {
            dir: any(DIRS.len()),
        },
        50..=55 => Edit::Retarget {
            link: any(LINKS.len()),
            to: any(3),
        },
        56..=57 => Edit::Swap {
            file,
            with: any(FILES.len()),
        },
        58..=63 => Edit::Touch { file },
        64..=69 => Edit::Checkout,
        70..=74 => Edit::Variable {
            value: any(VARIABLE.len()),
        },
        75..=79 => Edit::Zone {
            value: any(ZONES.len()),
        },
        80..=81 => Edit::ZoneFile {
            value: any(ZONE_FILES.len()),
        },
        82 => Edit::Embed { text: any(4) },
        _ => Edit::Back { steps: 1 + any(6) },
    };
    let age = (any(3) > 0).then(|| 1 + any(20) as u8);
    let second = any(5) == 0;
    let fresh = any(2) == 0;
    Step {
        edit,
        age,
        second,
        fresh,
    }
}
