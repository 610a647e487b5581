//! The meaning of the statements of go.mod and go.work. Answers to
//! golang.org/x/mod/modfile/{rule,work}.go.

use super::syntax::{self, Block, Stmt};
use super::text::{is_directory_path, parse_string};
use super::{
    Error, ErrorList, Exclude, File, FixError, Go, Godebug, Line, Module, PathLine, Replace,
    Require, Retract, Toolchain, Use, VersionFixer, WorkFile,
};
use crate::module::{
    InvalidVersionError, Version, canonical_version, check_path_major, split_path_version,
};
use crate::quote::quote;

/// Parses the go.mod of a main module; `file` is used in errors. Without `fix` all versions must be
/// canonical.
pub fn parse(file: &str, text: &str, fix: Option<VersionFixer<'_>>) -> Result<File, ErrorList> {
    parse_mod(file, text, fix, true)
}

/// Parses the go.mod of a dependency: unknown statements and those only for main modules are
/// ignored.
pub fn parse_lax(file: &str, text: &str, fix: Option<VersionFixer<'_>>) -> Result<File, ErrorList> {
    parse_mod(file, text, fix, false)
}

fn parse_mod(
    file: &str,
    text: &str,
    fix: Option<VersionFixer<'_>>,
    strict: bool,
) -> Result<File, ErrorList> {
    let mut f = File::default();
    let mut errors = Errors {
        file,
        list: Vec::new(),
    };
    let adder = Adder { fix, strict };
    for stmt in syntax::parse(file, text)? {
        match stmt {
            Stmt::Line(line) => {
                errors.add(
                    &line,
                    adder.mod_line(&mut f, &[], &line.tokens[0], &line, 1),
                );
            }
            Stmt::Block(block) => {
                let known = [
                    "module", "godebug", "require", "exclude", "replace", "retract", "tool",
                    "ignore",
                ];
                let Some(verb) = block_verb(&block, &known) else {
                    if strict {
                        errors.unknown_block(&block);
                    }
                    continue;
                };
                for line in &block.lines {
                    errors.add(line, adder.mod_line(&mut f, &block.before, verb, line, 0));
                }
            }
        }
    }
    // The module path may come last, so retractions get their versions fixed only now.
    if let Some(fix) = fix {
        fix_retractions(&mut f, fix, &mut errors);
    }
    errors.result(f)
}

/// Parses a go.work.
pub fn parse_work(
    file: &str,
    text: &str,
    fix: Option<VersionFixer<'_>>,
) -> Result<WorkFile, ErrorList> {
    let mut f = WorkFile::default();
    let mut errors = Errors {
        file,
        list: Vec::new(),
    };
    let adder = Adder { fix, strict: true };
    for stmt in syntax::parse(file, text)? {
        match stmt {
            Stmt::Line(line) => {
                errors.add(&line, adder.work_line(&mut f, &line.tokens[0], &line, 1));
            }
            Stmt::Block(block) => match block_verb(&block, &["godebug", "use", "replace"]) {
                Some(verb) => {
                    for line in &block.lines {
                        errors.add(line, adder.work_line(&mut f, verb, line, 0));
                    }
                }
                None => errors.unknown_block(&block),
            },
        }
    }
    errors.result(f)
}

fn block_verb<'a>(block: &'a Block, known: &[&str]) -> Option<&'a str> {
    match block.tokens.as_slice() {
        [verb] if known.contains(&verb.as_str()) => Some(verb),
        _ => None,
    }
}

/// An error of one line, without its place.
#[derive(Debug, Default)]
struct LineError {
    verb: String,
    mod_path: String,
    err: String,
}

impl From<String> for LineError {
    fn from(err: String) -> LineError {
        LineError {
            err,
            ..LineError::default()
        }
    }
}

impl From<&str> for LineError {
    fn from(err: &str) -> LineError {
        err.to_owned().into()
    }
}

/// Errors of a file so far.
struct Errors<'a> {
    file: &'a str,
    list: Vec<Error>,
}

impl Errors<'_> {
    fn add(&mut self, line: &Line, result: Result<(), LineError>) {
        if let Err(LineError {
            verb,
            mod_path,
            err,
        }) = result
        {
            let file = self.file.to_owned();
            self.list.push(Error {
                file,
                pos: line.start,
                verb,
                mod_path,
                err,
            });
        }
    }

    fn unknown_block(&mut self, block: &Block) {
        self.list.push(Error {
            file: self.file.to_owned(),
            pos: block.start,
            err: format!("unknown block type: {}", block.tokens.join(" ")),
            ..Error::default()
        });
    }

    fn result<T>(self, value: T) -> Result<T, ErrorList> {
        if self.list.is_empty() {
            Ok(value)
        } else {
            Err(ErrorList(self.list))
        }
    }
}

struct Adder<'a> {
    fix: Option<VersionFixer<'a>>,
    strict: bool,
}

impl Adder<'_> {
    /// Adds a line of a go.mod. Its arguments begin at token `args_at`; `block` are the comments
    /// before the block that it is in.
    fn mod_line(
        &self,
        f: &mut File,
        block: &[String],
        verb: &str,
        line: &Line,
        args_at: usize,
    ) -> Result<(), LineError> {
        // A dependency may use statements that are newer than this parser.
        if !self.strict && !matches!(verb, "go" | "module" | "retract" | "require" | "ignore") {
            return Ok(());
        }
        let args = &line.tokens[args_at..];
        let syntax = || line.clone();
        match verb {
            "go" => {
                let version = go_version(f.go.is_some(), args, self.strict)?;
                f.go = Some(Go {
                    version,
                    syntax: syntax(),
                });
            }
            "toolchain" => {
                let name = toolchain(f.toolchain.is_some(), args)?;
                f.toolchain = Some(Toolchain {
                    name,
                    syntax: syntax(),
                });
            }
            "module" => return module_line(f, block, line, args),
            "godebug" => f.godebug.push(godebug(line, args)?),
            "require" => {
                let module = self.module_version(verb, args)?;
                let indirect = is_indirect(line);
                f.require.push(Require {
                    module,
                    indirect,
                    syntax: syntax(),
                });
            }
            "exclude" => {
                let module = self.module_version(verb, args)?;
                f.exclude.push(Exclude {
                    module,
                    syntax: syntax(),
                });
            }
            "replace" => f.replace.push(self.replace(line, args)?),
            "retract" => return self.retract(f, block, line, args),
            "tool" | "ignore" => {
                let [arg] = args else {
                    return Err(format!("{verb} directive expects exactly one argument").into());
                };
                let list = if verb == "tool" {
                    &mut f.tool
                } else {
                    &mut f.ignore
                };
                list.push(PathLine {
                    path: string(arg)?,
                    syntax: syntax(),
                });
            }
            _ => return Err(format!("unknown directive: {verb}").into()),
        }
        Ok(())
    }

    fn work_line(
        &self,
        f: &mut WorkFile,
        verb: &str,
        line: &Line,
        args_at: usize,
    ) -> Result<(), LineError> {
        let args = &line.tokens[args_at..];
        let syntax = || line.clone();
        match verb {
            "go" => {
                let version = go_version(f.go.is_some(), args, true)?;
                f.go = Some(Go {
                    version,
                    syntax: syntax(),
                });
            }
            "toolchain" => {
                let name = toolchain(f.toolchain.is_some(), args)?;
                f.toolchain = Some(Toolchain {
                    name,
                    syntax: syntax(),
                });
            }
            "godebug" => f.godebug.push(godebug(line, args)?),
            "use" => {
                let [arg] = args else {
                    return Err("usage: use local/dir".into());
                };
                f.use_.push(Use {
                    path: string(arg)?,
                    syntax: syntax(),
                });
            }
            "replace" => f.replace.push(self.replace(line, args)?),
            _ => return Err(format!("unknown directive: {verb}").into()),
        }
        Ok(())
    }

    /// The arguments of a require or exclude line.
    fn module_version(&self, verb: &str, args: &[String]) -> Result<Version, LineError> {
        let [path, version] = args else {
            return Err(format!("usage: {verb} module/path v1.2.3").into());
        };
        let path = string(path)?;
        let version = parse_version(verb, &path, version, self.fix)?;
        let (_, major) = split_path_version(&path).ok_or("invalid module path")?;
        check_path_major(&version, major).map_err(|err| about(verb, &path, err))?;
        Ok(Version { path, version })
    }

    fn replace(&self, line: &Line, args: &[String]) -> Result<Replace, LineError> {
        let (old, old_version, new) = match args {
            [old, arrow, new @ ..] if arrow == "=>" => (old, None, new),
            [old, version, arrow, new @ ..] if arrow == "=>" => (old, Some(version), new),
            _ => return Err(REPLACE_USAGE.into()),
        };
        if !matches!(new.len(), 1 | 2) {
            return Err(REPLACE_USAGE.into());
        }
        let old = string(old)?;
        let (_, major) = split_path_version(&old)
            .ok_or_else(|| about("replace", &old, "invalid module path"))?;
        let mut version = String::new();
        if let Some(v) = old_version {
            version = parse_version("replace", &old, v, self.fix)?;
            check_path_major(&version, major).map_err(|err| about("replace", &old, err))?;
        }
        let new = self.replacement(new)?;
        Ok(Replace {
            old: Version { path: old, version },
            new,
            syntax: line.clone(),
        })
    }

    /// Reads the module to the right of the arrow.
    fn replacement(&self, new: &[String]) -> Result<Version, LineError> {
        let path = string(&new[0])?;
        let Some(version) = new.get(1) else {
            let problem = if !is_directory_path(&path) {
                if path.contains('@') {
                    "replacement module must match format 'path version', not 'path@version'"
                } else {
                    "replacement module without version must be directory path (rooted or \
                     starting with . or ..)"
                }
            } else if path.contains('\\') {
                "replacement directory appears to be Windows path (on a non-windows system)"
            } else {
                return Ok(Version {
                    path,
                    version: String::new(),
                });
            };
            return Err(problem.into());
        };
        let version = parse_version("replace", &path, version, self.fix)?;
        if is_directory_path(&path) {
            let path = quote(&path);
            return Err(
                format!("replacement module directory path {path} cannot have version").into(),
            );
        }
        Ok(Version { path, version })
    }

    fn retract(
        &self,
        f: &mut File,
        block: &[String],
        line: &Line,
        args: &[String],
    ) -> Result<(), LineError> {
        // Later releases may have other forms: only the main module must be understood.
        let as_written: VersionFixer<'_> = &|_, version| Ok(version.to_owned());
        let (low, high, rest) = match version_interval("", args, Some(as_written)) {
            Ok(interval) => interval,
            Err(err) if self.strict => return Err(err),
            Err(_) => return Ok(()),
        };
        if let (Some(extra), true) = (rest.first(), self.strict) {
            return Err(format!("unexpected token after version: {}", quote(extra)).into());
        }
        let rationale = directive_comment(block, line);
        f.retract.push(Retract {
            low,
            high,
            rationale,
            syntax: line.clone(),
        });
        Ok(())
    }
}

const REPLACE_USAGE: &str = "usage: replace module/path [v1.2.3] => other/module v1.4\n\t \
    or replace module/path [v1.2.3] => ../local/directory";

fn about(verb: &str, mod_path: &str, err: impl ToString) -> LineError {
    LineError {
        verb: verb.to_owned(),
        mod_path: mod_path.to_owned(),
        err: err.to_string(),
    }
}

fn string(arg: &str) -> Result<String, LineError> {
    parse_string(arg).map_err(|err| format!("invalid quoted string: {err}").into())
}

fn go_version(repeated: bool, args: &[String], strict: bool) -> Result<String, LineError> {
    if repeated {
        return Err("repeated go statement".into());
    }
    let [version] = args else {
        return Err("go directive expects exactly one argument".into());
    };
    if is_go_version(version) {
        return Ok(version.clone());
    }
    if !strict && let Some(version) = lax_go_version(version) {
        return Ok(version.to_owned());
    }
    Err(format!("invalid go version '{version}': must match format 1.23.0").into())
}

/// A decimal number without needless zeros, and what follows it.
fn number(s: &str) -> Option<(&str, &str)> {
    let len = if s.starts_with('0') {
        1
    } else {
        s.bytes().take_while(u8::is_ascii_digit).count()
    };
    (len > 0).then(|| s.split_at(len))
}

/// `1.23`, `1.23.0`, `1.23rc1`, `1.23.0rc1` (modfile.GoVersionRE).
pub(super) fn is_go_version(v: &str) -> bool {
    let parse = || {
        let (major, rest) = number(v)?;
        let (_, mut rest) = number(rest.strip_prefix('.')?)?;
        if let Some(patch) = rest.strip_prefix('.') {
            rest = number(patch)?.1;
        }
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let kind_ok = rest.is_empty() || digits.len() < rest.len() && !digits.is_empty();
        let ok = major != "0" && kind_ok && digits.bytes().all(|b| b.is_ascii_digit());
        ok.then_some(())
    };
    parse().is_some()
}

/// The language version in `v1.23`, `1.23.x`, `1.23+corp` …, as dependencies have it.
fn lax_go_version(v: &str) -> Option<&str> {
    let v = v.strip_prefix('v').unwrap_or(v);
    let (major, rest) = number(v)?;
    let (_, rest) = number(rest.strip_prefix('.')?)?;
    let ok = major != "0" && rest.starts_with(|c: char| !c.is_ascii_digit());
    ok.then(|| &v[..v.len() - rest.len()])
}

fn toolchain(repeated: bool, args: &[String]) -> Result<String, LineError> {
    if repeated {
        return Err("repeated toolchain statement".into());
    }
    let [name] = args else {
        return Err("toolchain directive expects exactly one argument".into());
    };
    let release = name
        .strip_prefix("go1")
        .is_some_and(|v| v.is_empty() || v.starts_with('.'));
    if name == "default" || release {
        return Ok(name.clone());
    }
    Err(format!("invalid toolchain version '{name}': must match format go1.23.0 or default").into())
}

fn module_line(
    f: &mut File,
    block: &[String],
    line: &Line,
    args: &[String],
) -> Result<(), LineError> {
    if f.module.is_some() {
        return Err("repeated module statement".into());
    }
    let module = f.module.insert(Module {
        module: Version::default(),
        deprecated: deprecation(&directive_comment(block, line)).to_owned(),
        syntax: line.clone(),
    });
    let [path] = args else {
        return Err("usage: module module/path".into());
    };
    module.module.path = string(path)?;
    Ok(())
}

fn godebug(line: &Line, args: &[String]) -> Result<Godebug, LineError> {
    let usage = "usage: godebug key=value";
    let [setting] = args else {
        return Err(usage.into());
    };
    match setting.split_once('=') {
        Some((key, value)) if !setting.contains(['"', '`', '\'', ',']) => Ok(Godebug {
            key: key.to_owned(),
            value: value.to_owned(),
            syntax: line.clone(),
        }),
        _ => Err(usage.into()),
    }
}

/// Reports whether the line has an `// indirect` comment (alone, or before a semicolon and more).
fn is_indirect(line: &Line) -> bool {
    let Some(comment) = line.suffix.first() else {
        return false;
    };
    let mut words = comment
        .strip_prefix("//")
        .unwrap_or(comment)
        .split_whitespace();
    match (words.next(), words.next()) {
        (Some(first), None) => first == "indirect",
        (Some(first), Some(_)) => first == "indirect;",
        _ => false,
    }
}

/// The comments of a line, or if it has none those of its block.
fn directive_comment(block: &[String], line: &Line) -> String {
    let own = !line.before.is_empty() || !line.suffix.is_empty();
    let before = if own { &line.before[..] } else { block };
    let lines: Vec<&str> = before
        .iter()
        .chain(&line.suffix)
        .filter_map(|c| c.strip_prefix("//"))
        .map(str::trim)
        .collect();
    lines.join("\n")
}

/// The message of the paragraph that begins with `Deprecated:`.
fn deprecation(text: &str) -> &str {
    let mut rest = text;
    loop {
        if let Some(message) = rest.strip_prefix("Deprecated:") {
            let message = message.trim_start_matches(' ');
            return message
                .split_once("\n\n")
                .map_or(message, |(message, _)| message);
        }
        match rest.split_once("\n\n") {
            Some((_, next)) => rest = next,
            None => return "",
        }
    }
}

/// Reads a version; a fixer or else the canonical form determines it.
fn parse_version(
    verb: &str,
    path: &str,
    token: &str,
    fix: Option<VersionFixer<'_>>,
) -> Result<String, LineError> {
    let invalid = |version: &str, err: &str| {
        let (version, err) = (version.to_owned(), err.to_owned());
        about(
            verb,
            path,
            InvalidVersionError {
                version,
                pseudo: false,
                err,
            },
        )
    };
    let version = parse_string(token).map_err(|err| invalid(token, err))?;
    match fix {
        Some(fix) => fix(path, &version).map_err(|err| match err {
            FixError::Module(err) => about(verb, path, err),
            FixError::Other(err) => err.into(),
        }),
        None => match canonical_version(&version) {
            canonical if canonical.is_empty() => {
                Err(invalid(&version, "must be of the form v1.2.3"))
            }
            canonical => Ok(canonical),
        },
    }
}

/// Reads `v1.2.3` or `[v1.2.3, v1.4.0]` of a retraction; also what follows it.
fn version_interval<'a>(
    path: &str,
    tokens: &'a [String],
    fix: Option<VersionFixer<'_>>,
) -> Result<(String, String, &'a [String]), LineError> {
    let version = |token: &str| parse_version("retract", path, token, fix);
    let Some((first, rest)) = tokens.split_first().filter(|(first, _)| *first != "(") else {
        return Err("expected '[' or version".into());
    };
    if first != "[" {
        let v = version(first)?;
        return Ok((v.clone(), v, rest));
    }
    let (low, rest) = rest.split_first().ok_or("expected version after '['")?;
    let low = version(low)?;
    let after = |rest: &'a [String], token: &str, err: &'static str| match rest.split_first() {
        Some((t, rest)) if t == token => Ok(rest),
        _ => Err(LineError::from(err)),
    };
    let rest = after(rest, ",", "expected ',' after version")?;
    let (high, rest) = rest.split_first().ok_or("expected version after ','")?;
    let high = version(high)?;
    let rest = after(rest, "]", "expected ']' after version")?;
    Ok((low, high, rest))
}

fn fix_retractions(f: &mut File, fix: VersionFixer<'_>, errors: &mut Errors<'_>) {
    let path = f.module.as_ref().map_or("", |m| &m.module.path);
    for r in &mut f.retract {
        if path.is_empty() {
            let err = "no module directive found, so retract cannot be used";
            errors.add(&r.syntax, Err(err.into()));
            return;
        }
        let tokens = &r.syntax.tokens;
        let args = if tokens[0] == "retract" {
            &tokens[1..]
        } else {
            &tokens[..]
        };
        match version_interval(path, args, Some(fix)) {
            Ok((low, high, _)) => (r.low, r.high) = (low, high),
            Err(err) => errors.add(&r.syntax, Err(err)),
        }
    }
}
