//! What the C compilers are and can do: found out by running them, remembered in the build cache
//! under the stock command's own keys, so that either command profits from what the other has found
//! out.
//!
//! Answers to gccToolID in cmd/go/internal/work/buildid.go, and to gccCompilerID and
//! gccSupportsFlag in work/exec.go.

use std::sync::{Mutex, MutexGuard, PoisonError};

use forgo_cache::{ActionId, Verify, get_bytes, put_bytes};
use forgo_golang::quote::{quote, quote_bytes, quote_slice};
use forgo_golang::quoted;
use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::footprint::{self, Look, Notes};
use forgo_load::kept;
use forgo_load::local_time::Zone;
use forgo_load::plain_tool;
use forgo_load::process;
use forgo_load::stat_text::stat_text;

use crate::action::ActionCx;
use crate::action::memos::CTool;
use crate::build_id;
use crate::shell::join_unambiguously;
use crate::toolchain::cc;
use forgo_load::process::Learns;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Identifies the compiler that the driver `name` runs for `language` (gcc's `-x`).
pub fn tool_id(cx: &ActionCx<'_>, name: &str, language: &str) -> Result<CTool, String> {
    let known = &cx.run.c_compilers.tools;
    let key = (name.to_owned(), language.to_owned());
    if let Some(tool) = lock(known).get(&key) {
        return Ok(tool.clone());
    }
    let tool = ask_driver(cx, name, language)?;
    lock(known).insert(key, tool.clone());
    Ok(tool)
}

/// Asks the driver for its description and for the commands it would run, and finds its version in
/// there.
fn ask_driver(cx: &ActionCx<'_>, name: &str, language: &str) -> Result<CTool, String> {
    let config = cx.config();
    let mut args = config.flags.toolexec.clone();
    args.extend([name, "-###", "-x", language, "-c", "-"].map(str::to_owned));
    let program = match process::look_path(config, &args[0]) {
        Ok(program) => program,
        Err(e) => return Err(no_answer(name, &e, &[])),
    };
    let output = if config.flags.toolexec.is_empty() && plain_tool::is_compiler(config, &program) {
        let mut failure = None;
        let note = |notes: &Notes| {
            notes.saw(&program, Look::Whole);
            Some(())
        };
        let ask = |notes: &Notes| {
            let output = run_driver(config, name, &program, &args);
            let output = output.map_err(|why| failure = Some(why)).ok()?;
            for exe in commands(&String::from_utf8_lossy(&output)) {
                notes.saw(exe, Look::Whole);
            }
            Some(output)
        };
        let mut words = vec![program.as_str()];
        words.extend(args[1..].iter().map(String::as_str));
        match (kept::answer(config, &words, note, ask), failure) {
            (Some(output), _) => output,
            (None, Some(why)) => return Err(why),
            (None, None) => run_driver(config, name, &program, &args)?,
        }
    } else {
        run_driver(config, name, &program, &args)?
    };

    let text = String::from_utf8_lossy(&output);
    note_driver(config, &program, &text);
    let Some(version) = text.split('\n').find(|line| states_version(line)) else {
        return Err(format!(
            "{name}: can not find version number in {}",
            quote_bytes(&output)
        ));
    };
    if !version.contains("experimental") {
        return Ok(CTool {
            id: version.to_owned(),
            exe: String::new(),
        });
    }
    // Not a release: two compilers of one version may differ. The first command printed, with a
    // space before it, is the compiler itself.
    let Some(line) = text
        .split('\n')
        .find(|l| l.starts_with(' ') && !l.starts_with(" (in-process)"))
    else {
        return Err(format!(
            "{name}: can not find compilation command in {}",
            quote_bytes(&output)
        ));
    };
    let Some(mut exe) = quoted::split(line)
        .ok()
        .and_then(|words| words.into_iter().next())
    else {
        return Err(format!(
            "{name}: compilation command confusion {}",
            quote_bytes(&output)
        ));
    };
    if !exe.contains(['/', '\\'])
        && let Ok(path) = process::look_path(config, &exe)
    {
        exe = path;
    }
    let mut id = build_id::read_build_id(&exe)?;
    if id.is_empty() {
        id = cx.file_hash(&exe);
    }
    Ok(CTool { id, exe })
}

/// Runs the driver with `-###`, which prints the commands it would run.
fn run_driver(
    config: &Config,
    name: &str,
    program: &str,
    args: &[String],
) -> Result<Vec<u8>, String> {
    let mut command = process::command(config, "", program, &["LC_ALL=C".to_owned()]);
    let (output, status) = {
        let learns = Learns::NotedBy("note_driver");
        process::combined_output(command.args(process::os_all(&args[1..])), learns)
    };
    match process::exit_text(status, program) {
        Some(why) => Err(no_answer(name, &why, &output)),
        None => Ok(output),
    }
}

fn no_answer(name: &str, why: &str, output: &[u8]) -> String {
    format!("{name}: {why}; output: {}", quote_bytes(output))
}

/// Notes what a driver's answer depends on: itself and the compiler it would run.
fn note_driver(config: &Config, program: &str, answer: &str) {
    if !footprint::is_on() {
        return;
    }
    plain_tool::require(plain_tool::is_compiler(config, program), program);
    for exe in commands(answer) {
        footprint::saw(exe, Look::Whole);
    }
}

/// The programs that a driver would run.
fn commands(answer: &str) -> Vec<String> {
    let lines = answer.lines().filter(|line| line.starts_with(' '));
    let words = lines.map(|line| quoted::split(line).unwrap_or_default());
    let exes = words.filter_map(|words| words.into_iter().next());
    exes.filter(|exe| exe.starts_with('/')).collect()
}

/// Whether a line of a driver's output states its version: the word `version` and then something
/// that begins with a digit, and no field before that ends in a colon (`Configured with:` may hold
/// anything).
fn states_version(line: &str) -> bool {
    let mut fields = line.split_whitespace().peekable();
    while let Some(field) = fields.next() {
        if field.ends_with(':') {
            return false;
        }
        if field == "version"
            && fields
                .peek()
                .is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()))
        {
            return true;
        }
    }
    false
}

/// Whether a compiler knows a flag (`gccSupportsFlag`). A flag that begins with `-Wl,` is the
/// linker's. Under -n the trial is only shown, and no flag is supported.
pub fn supports(cx: &ActionCx<'_>, compiler: &[String], flag: &str) -> bool {
    let config = cx.config();
    if config.flags.n {
        if let Some(args) = trial(cx, compiler, flag) {
            show_trial(cx, &args);
        }
        return false;
    }
    let Some(program) = compiler.first() else {
        return false;
    };
    let compiler_key = compiler_key(cx, program);
    // Held during the trial: no flag is tried twice.
    let mut known = lock(&cx.run.c_compilers.flags);
    let key = (program.clone(), flag.to_owned());
    if let Some(&supported) = known.get(&key) {
        return supported;
    }
    let supported = find_out(cx, compiler, flag, compiler_key);
    known.insert(key, supported);
    supported
}

/// Asks the cache, else the compiler.
fn find_out(
    cx: &ActionCx<'_>,
    compiler: &[String],
    flag: &str,
    compiler_key: Option<ActionId>,
) -> bool {
    let job = &cx.run.job;
    let Some(args) = trial(cx, compiler, flag) else {
        return false;
    };
    let subkey = |id| job.hashes.subkey(&id, &format!("gccSupportsFlag {flag}"));
    let flag_key = compiler_key.map(subkey);
    // Another machine's compiler of the same version may be built otherwise.
    if let Some(id) = &flag_key {
        job.cache.withhold(id);
    }
    if let Some((answer, _)) = flag_key.and_then(|id| get_bytes(job.cache, &id).ok()) {
        return answer == b"true";
    }
    if cx.config().flags.x {
        show_trial(cx, &args);
    }
    let supported = !complains(&run_trial(cx, &args));
    if let Some(id) = flag_key {
        let answer: &[u8] = if supported { b"true" } else { b"false" };
        // An answer that can't be stored is found out again.
        let _ = put_bytes(job.cache, &id, answer, Verify::Strict);
    }
    supported
}

fn show_trial(cx: &ActionCx<'_>, args: &[String]) {
    let line = format!("{} || true", join_unambiguously(args));
    let work_dir = &cx.run.job.plan.work_dir;
    cx.shell.background().show_cmd(work_dir, &line);
}

/// The command that tries a flag out: it compiles nothing, from standard input.
fn trial(cx: &ActionCx<'_>, compiler: &[String], flag: &str) -> Option<Vec<String>> {
    let config = cx.config();
    let mut args = compiler.to_vec();
    args.push(flag.to_owned());
    if flag.starts_with("-Wl,") {
        args.extend(cc::user_flags(config, "LDFLAGS")?);
    } else {
        args.extend(cc::user_flags(config, "CFLAGS")?);
        args.push("-c".to_owned());
    }
    args.extend(["-x", "c", "-", "-o", "/dev/null"].map(str::to_owned));
    Some(args)
}

fn run_trial(cx: &ActionCx<'_>, args: &[String]) -> Vec<u8> {
    let config = cx.config();
    let Ok(program) = process::look_path(config, &args[0]) else {
        return Vec::new();
    };
    let work_dir = &cx.run.job.plan.work_dir;
    let mut command = process::command(config, work_dir, &program, &["LC_ALL=C".to_owned()]);
    process::combined_output(command.args(process::os_all(&args[1..])), Learns::Key).0
}

/// Reports whether the output has a phrase by which gcc, clang, tcc or AIX's compiler rejects a
/// flag that it does not know.
fn complains(output: &[u8]) -> bool {
    const PHRASES: [&str; 6] = [
        "unrecognized",
        "unknown",
        "unrecognised",
        "is not supported",
        "not recognized",
        "unsupported",
    ];
    let text = String::from_utf8_lossy(output);
    PHRASES.iter().any(|phrase| text.contains(phrase))
}

/// Returns the key below which the cache keeps a compiler's abilities (`gccCompilerID`): a hash of
/// its path and its identity. `None` where those can't be determined.
///
/// Under the hash of the path alone the cache is given the stat of the compiler's files and that
/// key, as the stock command does to avoid running the compiler next time. It takes no such entry
/// for valid when it reads it (it splits at every zero byte, and finds an odd number of fields), so
/// neither is it read here.
fn compiler_key(cx: &ActionCx<'_>, compiler: &str) -> Option<ActionId> {
    let mut known = lock(&cx.run.c_compilers.compilers);
    if let Some(id) = known.get(compiler) {
        return Some(*id);
    }
    let exe = process::look_path(cx.config(), compiler).ok()?;
    let mut hash = cx.run.job.hashes.new_hash("gccCompilerID");
    write!(hash, "gccCompilerID {}", quote(&exe));
    let stats_key = ActionId(hash.sum_so_far());
    let tool = tool_id(cx, compiler, "c").ok()?;
    let mut exes = vec![exe, tool.exe];
    exes.dedup();
    writeln!(
        hash,
        "gccCompilerID {} {}",
        quote_slice(&exes),
        quote(&tool.id)
    );
    let id = hash.action_id();
    let stats = stats_of(cx, &exes, &id)?;
    cx.run.job.cache.withhold(&stats_key);
    // An answer that can't be stored is found out again.
    let _ = put_bytes(cx.run.job.cache, &stats_key, &stats, Verify::Strict);
    known.insert(compiler.to_owned(), id);
    Some(id)
}

/// Each file's name and stat, a zero byte behind each, then the key.
fn stats_of(cx: &ActionCx<'_>, exes: &[String], id: &ActionId) -> Option<Vec<u8>> {
    let zone = Zone::local(&cx.config().env);
    let mut stats = Vec::new();
    for exe in exes.iter().filter(|exe| !exe.is_empty()) {
        let meta = disk::metadata(exe).ok()?;
        for part in [exe, &stat_text(&zone, &meta)] {
            stats.extend_from_slice(part.as_bytes());
            stats.push(0);
        }
    }
    stats.extend_from_slice(&id.0);
    Some(stats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_configurations() {
        for (line, want) in [
            ("gcc version 12.2.0 (Debian 12.2.0-14)", true),
            ("Debian clang version 14.0.6", true),
            ("cc version 8.3 [DragonFly]", true),
            ("Configured with: ../src/configure --with version 3", false),
            ("gcc-Version 12.2.0", false),
            ("version", false),
            ("version unknown version 2", true),
        ] {
            assert_eq!(states_version(line), want, "{line}");
        }
    }

    #[test]
    fn complaints_of_several_compilers_are_understood() {
        for (output, want) in [
            ("cc1: error: unrecognized command-line option '-fx'", true),
            ("clang: error: unknown argument: '-fx'", true),
            ("cc1: error: '-fsplit-stack' is not supported", true),
            ("warning: this is fine", false),
            ("", false),
        ] {
            assert_eq!(complains(output.as_bytes()), want, "{output}");
        }
    }
}
