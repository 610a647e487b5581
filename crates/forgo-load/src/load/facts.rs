//! The facts that the files of one directory state together, under the invocation's build tags: the
//! part of go/build.Package that does not depend on where the directory lies. Answers to the second
//! half of go/build's Context.Import and to cmd/go/internal/modindex's Import, whose messages for
//! the same faults differ.

use std::collections::{BTreeMap, HashSet};

use forgo_golang::cgo_directive::save_cgo;
use forgo_golang::constraint::Context;
use forgo_golang::header::{Header, ImportComment};
use forgo_golang::position::ErrorList;
use forgo_golang::{path, quote};

use super::head::{FileHead, SourceFile};
use crate::facts::Directive;

pub use crate::facts::{Decls, DirFacts, Pos, Problem};

/// Collects [`Decls`].
#[derive(Default)]
struct DeclsBuilder(BTreeMap<String, Pos>);

impl DeclsBuilder {
    fn add(&mut self, name: &str, pos: impl FnOnce() -> Pos) {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), pos());
        }
    }

    fn finish(self) -> Decls {
        let (names, first) = self.0.into_iter().unzip();
        Decls { names, first }
    }
}

/// The reader whose error messages are used (the facts are the same).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// go/build's.
    Build,
    /// The module index's, which reads all directories of modules but those just written to.
    Index,
}

/// How to read a directory.
pub struct FactsQuery<'q> {
    /// The directory, as it is to be shown.
    pub dir: &'q str,
    /// Which tags hold.
    pub context: &'q Context,
    /// Take all files, regardless of their constraints.
    pub use_all_files: bool,
    /// Look at import comments.
    pub import_comments: bool,
    /// Whose words.
    pub reader: Reader,
}

/// Gathers [`DirFacts`].
struct Gather<'q> {
    query: &'q FactsQuery<'q>,
    facts: DirFacts,
    bad: HashSet<String>,
    first_file: String,
    first_comment_file: String,
    upper_s_files: Vec<String>,
    groups: [Group; 3],
}

/// Imports and embeds of the package, its tests, its external tests.
#[derive(Default)]
struct Group {
    imports: DeclsBuilder,
    embeds: DeclsBuilder,
    directives: Vec<Directive>,
}

/// Files of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain = 0,
    Test = 1,
    External = 2,
}

impl DirFacts {
    /// Gathers the facts of a directory's files, sorted by name.
    pub fn gather(query: &FactsQuery<'_>, files: &[SourceFile]) -> DirFacts {
        let mut g = Gather {
            query,
            facts: DirFacts::default(),
            bad: HashSet::new(),
            first_file: String::new(),
            first_comment_file: String::new(),
            upper_s_files: Vec::new(),
            groups: Default::default(),
        };
        for file in files {
            if let Some(problem) = g.file(file) {
                g.facts.problem = Some(problem);
                return g.facts;
            }
        }
        g.finish()
    }
}

impl Gather<'_> {
    fn bad_file(&mut self, name: &str, problem: Problem) {
        if self.facts.problem.is_none() {
            self.facts.problem = Some(problem);
        }
        if self.bad.insert(name.to_owned()) {
            self.facts.invalid_go_files.push(name.to_owned());
        }
    }

    /// Returns a file's name as messages show it: the index omits the directory.
    fn shown(&self, name: &str) -> String {
        match self.query.reader {
            Reader::Build => path::join2(self.query.dir, name),
            Reader::Index => name.to_owned(),
        }
    }

    fn ignore(&mut self, name: &str, ext: &str) {
        if ext == ".go" {
            self.facts.ignored_go_files.push(name.to_owned());
        } else if self.facts.list_for(ext).is_some() {
            self.facts.ignored_other_files.push(name.to_owned());
        }
    }

    /// Takes one file. A problem that is returned ends everything.
    fn file(&mut self, file: &SourceFile) -> Option<Problem> {
        let name = file.name.as_str();
        if name.starts_with(['_', '.']) {
            return None;
        }
        let ext = name.rfind('.').map_or("", |i| &name[i..]);
        let is_go = ext == ".go";
        if !is_go && self.facts.list_for(ext).is_none() {
            return None;
        }
        let index = self.query.reader == Reader::Index;
        if index && is_go && !self.check_for_index(name, file.head.as_ref()) {
            return None;
        }
        let Some(head) = file.head.as_ref().filter(|_| file.fits) else {
            self.ignore(name, ext);
            return None;
        };
        let all = self.query.use_all_files;
        let build = match head {
            FileHead::Unreadable(e) if is_go => {
                self.bad_file(name, Problem::Text(e.text.clone()));
                return None;
            }
            FileHead::Unreadable(e) => {
                if self.query.reader == Reader::Build && e.hides {
                    self.ignore(name, ext);
                } else {
                    self.keep_other(name, ext);
                }
                return None;
            }
            FileHead::Go(header) => &header.build,
            FileHead::Other(build) => build,
            FileHead::Binary => {
                self.facts.syso_files.push(name.to_owned());
                return None;
            }
        };
        match self.query.context.should_build(build, None) {
            Err(e) if index => {
                return Some(Problem::Text(format!(
                    "{name}: parsing //go:build line: {e}"
                )));
            }
            Err(e) if is_go => {
                let text = format!("{name}: parsing //go:build line: {e}");
                self.bad_file(name, Problem::Text(text));
                return None;
            }
            Err(_) => {
                self.ignore(name, ext);
                return None;
            }
            Ok(false) if !all => {
                self.ignore(name, ext);
                return None;
            }
            Ok(_) => {}
        }
        if let FileHead::Go(header) = head {
            self.go_file(name, header);
        } else {
            self.keep_other(name, ext);
        }
        None
    }

    /// The index finds fault with Go files before it asks whether they take part. Returns whether
    /// to go on with the file.
    fn check_for_index(&mut self, name: &str, head: Option<&FileHead>) -> bool {
        match head {
            Some(FileHead::Unreadable(e)) => {
                self.bad_file(name, Problem::Text(e.text.clone()));
                false
            }
            Some(FileHead::Go(header)) => {
                if let Some(e) = &header.parse_error {
                    self.bad_file(name, syntax_problem(e));
                }
                true
            }
            _ => true,
        }
    }

    fn keep_other(&mut self, name: &str, ext: &str) {
        if matches!(ext, ".S" | ".sx") {
            // For the C compiler, so only beside cgo files: decided at the end.
            self.upper_s_files.push(name.to_owned());
        } else if let Some(list) = self.facts.list_for(ext) {
            list.push(name.to_owned());
        }
    }

    fn go_file(&mut self, name: &str, header: &Header) {
        let index = self.query.reader == Reader::Index;
        if let (Some(e), false) = (&header.parse_error, index) {
            self.bad_file(name, syntax_problem(e));
        }
        let mut package = header.package.as_str();
        if package == "documentation" {
            self.facts.ignored_go_files.push(name.to_owned());
            return;
        }
        let is_test = name.ends_with("_test.go");
        if !is_test && header.build.binary_only {
            self.facts.binary_only = true;
        }
        let mut is_external = false;
        if is_test
            && let Some(plain) = package.strip_suffix("_test")
            && self.facts.name != package
        {
            is_external = true;
            package = plain;
        }
        if self.facts.name.is_empty() {
            package.clone_into(&mut self.facts.name);
            name.clone_into(&mut self.first_file);
        } else if package != self.facts.name {
            let text = format!(
                "found packages {} ({}) and {package} ({name}) in {}",
                self.facts.name, self.first_file, self.query.dir
            );
            self.bad_file(name, Problem::Text(text));
        }
        if self.facts.doc.is_empty() && !is_test {
            header.synopsis.clone_into(&mut self.facts.doc);
        }
        if self.query.import_comments {
            self.import_comment(name, &header.import_comment);
        }
        let is_cgo = self.cgo_imports(name, header, is_test);
        let kind = match (is_cgo, is_external, is_test) {
            (true, ..) if !self.query.context.cgo_enabled => {
                self.facts.ignored_go_files.push(name.to_owned());
                return;
            }
            (true, ..) => {
                self.facts.cgo_files.push(name.to_owned());
                Kind::Plain
            }
            (_, true, _) => {
                self.facts.xtest_go_files.push(name.to_owned());
                Kind::External
            }
            (_, _, true) => {
                self.facts.test_go_files.push(name.to_owned());
                Kind::Test
            }
            _ => {
                self.facts.go_files.push(name.to_owned());
                Kind::Plain
            }
        };
        self.note_decls(header, kind);
    }

    fn import_comment(&mut self, name: &str, comment: &ImportComment) {
        match comment {
            ImportComment::None => {}
            ImportComment::Malformed { line } => {
                let text = format!(
                    "{}:{line}: cannot parse import comment",
                    path::join2(self.query.dir, name)
                );
                self.bad_file(name, Problem::Text(text));
            }
            ImportComment::Path(p) if self.facts.import_comment.is_empty() => {
                p.clone_into(&mut self.facts.import_comment);
                name.clone_into(&mut self.first_comment_file);
            }
            ImportComment::Path(p) if *p != self.facts.import_comment => {
                let text = format!(
                    "found import comments {} ({}) and {} ({name}) in {}",
                    quote::quote(&self.facts.import_comment),
                    self.first_comment_file,
                    quote::quote(p),
                    self.query.dir
                );
                self.bad_file(name, Problem::Text(text));
            }
            ImportComment::Path(_) => {}
        }
    }

    /// Handles `import "C"`; returns whether there is one that counts.
    fn cgo_imports(&mut self, name: &str, header: &Header, is_test: bool) -> bool {
        let mut is_cgo = false;
        let index = self.query.reader == Reader::Index;
        for import in header.imports.iter().filter(|i| i.path == "C") {
            if is_test {
                let text = format!("use of cgo in test {} not supported", self.shown(name));
                self.bad_file(name, Problem::Text(text));
            } else {
                is_cgo = true;
            }
            if is_test && !index {
                continue;
            }
            let Some(doc) = &import.doc else { continue };
            let doc = if index { cgo_lines(doc) } else { doc.clone() };
            let (file, dir) = (self.shown(name), self.query.dir);
            let saved = save_cgo(
                self.query.context,
                &file,
                dir,
                &doc,
                &mut self.facts.cgo,
                None,
            );
            if let Err(e) = saved {
                self.bad_file(name, Problem::Text(e));
            }
        }
        is_cgo
    }

    fn note_decls(&mut self, header: &Header, kind: Kind) {
        let group = &mut self.groups[kind as usize];
        for import in &header.imports {
            group.imports.add(&import.path, || import.pos.clone());
        }
        for embed in &header.embeds {
            group.embeds.add(&embed.pattern, || embed.pos.clone());
        }
        group
            .directives
            .extend(header.directives.iter().map(|d| Directive {
                text: d.text.clone(),
                pos: d.pos.to_string(),
            }));
    }

    fn finish(mut self) -> DirFacts {
        let [plain, test, external] = self.groups;
        let facts = &mut self.facts;
        facts.imports = plain.imports.finish();
        facts.embeds = plain.embeds.finish();
        facts.directives = plain.directives;
        facts.test_imports = test.imports.finish();
        facts.test_embeds = test.embeds.finish();
        facts.test_directives = test.directives;
        facts.xtest_imports = external.imports.finish();
        facts.xtest_embeds = external.embeds.finish();
        facts.xtest_directives = external.directives;
        if facts.cgo_files.is_empty() {
            facts.ignored_other_files.append(&mut self.upper_s_files);
            facts.ignored_other_files.sort();
        } else {
            facts.s_files.append(&mut self.upper_s_files);
            facts.s_files.sort();
        }
        let none = [
            &facts.go_files,
            &facts.cgo_files,
            &facts.test_go_files,
            &facts.xtest_go_files,
        ]
        .iter()
        .all(|list| list.is_empty());
        if facts.problem.is_none() && none {
            facts.problem = Some(Problem::NoGo);
        }
        self.facts
    }
}

/// go/build returns a single scanner.Error for an invalid import path, whose position is
/// part of the text then; other syntax errors come as a list.
fn syntax_problem(list: &ErrorList) -> Problem {
    match list.0.as_slice() {
        [one] if one.msg.starts_with("invalid import path: ") => {
            Problem::Text(format!("{}: {}", one.pos, one.msg))
        }
        _ => Problem::Syntax(list.clone()),
    }
}

/// The `#cgo` lines of a comment, trimmed: all that the index keeps of it.
fn cgo_lines(doc: &str) -> String {
    let lines = doc.lines().map(str::trim).filter(|line| {
        line.strip_prefix("#cgo")
            .is_some_and(|rest| rest.starts_with([' ', '\t']))
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl DirFacts {
    /// The list that files of this extension go to (go/build's fileListForExt).
    fn list_for(&mut self, ext: &str) -> Option<&mut Vec<String>> {
        Some(match ext {
            ".c" => &mut self.c_files,
            ".cc" | ".cpp" | ".cxx" => &mut self.cxx_files,
            ".m" => &mut self.m_files,
            ".h" | ".hh" | ".hpp" | ".hxx" => &mut self.h_files,
            ".f" | ".F" | ".for" | ".f90" => &mut self.f_files,
            ".s" | ".S" | ".sx" => &mut self.s_files,
            ".swig" => &mut self.swig_files,
            ".swigcxx" => &mut self.swig_cxx_files,
            ".syso" => &mut self.syso_files,
            _ => return None,
        })
    }
}
