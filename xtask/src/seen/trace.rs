//! The system calls of a command and its children, as strace prints them.
//!
//! `strace -ff` writes a file for each thread, so no line is split by another thread's. With `-y`
//! it names the path behind each descriptor, also behind `AT_FDCWD`. Only calls without a directory
//! argument (`access`, `readlink`, `execve`, …) need the current directory, which is followed from
//! parents to children.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The operation of a call on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Opens it to read.
    Open,
    /// Asks for its state, or whether it is there.
    Stat,
    /// Reads the names in it.
    List,
    /// Reads where it leads.
    Link,
    /// Executes it.
    Run,
    /// Makes, changes or removes it.
    Write,
    /// Is not about a path; the path is that of the call.
    Ask,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// The base name of the program that made it.
    pub program: String,
    /// The operation.
    pub what: What,
    /// Absolute; `NAME(ARGUMENTS)` for [`What::Ask`].
    pub path: String,
    /// `ENOENT` and the like.
    pub error: Option<String>,
}

/// Calls that work on memory, threads, time, signals and open descriptors: they ask nothing that an
/// answer could depend on, or only of files that were opened before. strace does not stop at them.
pub const SILENT: &[&str] = &[
    "read",
    "pread64",
    "readv",
    "preadv",
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "lseek",
    "close",
    "close_range",
    "mmap",
    "munmap",
    "mprotect",
    "madvise",
    "mremap",
    "brk",
    "futex",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "nanosleep",
    "membarrier",
    "clock_nanosleep",
    "sched_yield",
    "set_robust_list",
    "set_tid_address",
    "rseq",
    "arch_prctl",
    "exit",
    "exit_group",
    "wait4",
    "waitid",
    "poll",
    "ppoll",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "eventfd2",
    "pipe",
    "pipe2",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "fstat",
    "fallocate",
    "ftruncate",
    "fsync",
    "flock",
    "gettid",
    "tgkill",
    "kill",
    "timer_create",
    "timer_settime",
    "timer_delete",
    "setitimer",
    "fadvise64",
    "copy_file_range",
    "sendfile",
    "socketpair",
    "recvfrom",
    "sendto",
    "recvmsg",
    "sendmsg",
    "pselect6",
    "select",
    "restart_syscall",
    "prctl",
    "pidfd_open",
    "pidfd_send_signal",
    "getrandom",
    "getpid",
    "getppid",
    "fdatasync",
    "splice",
    "tee",
    "mincore",
    "msync",
    "setpgid",
    "getpgrp",
    "umask",
];

/// The argument for strace's `-e`.
pub fn filter() -> String {
    // `?`: not every machine has every call.
    let names: Vec<String> = SILENT.iter().map(|name| format!("?{name}")).collect();
    format!("trace=!{}", names.join(","))
}

/// Calls about a path: name, position of the descriptor of the directory if there is one, position
/// of the path, and the operation. `open*` and calls with two paths are handled apart.
const PATHS: &[(&str, Option<usize>, usize, What)] = &[
    ("newfstatat", Some(0), 1, What::Stat),
    ("fstatat64", Some(0), 1, What::Stat),
    ("statx", Some(0), 1, What::Stat),
    ("stat", None, 0, What::Stat),
    ("lstat", None, 0, What::Stat),
    ("access", None, 0, What::Stat),
    ("faccessat", Some(0), 1, What::Stat),
    ("faccessat2", Some(0), 1, What::Stat),
    ("statfs", None, 0, What::Stat),
    ("getxattr", None, 0, What::Stat),
    ("lgetxattr", None, 0, What::Stat),
    ("listxattr", None, 0, What::Stat),
    ("llistxattr", None, 0, What::Stat),
    ("chdir", None, 0, What::Stat),
    ("readlink", None, 0, What::Link),
    ("readlinkat", Some(0), 1, What::Link),
    ("execve", None, 0, What::Run),
    ("execveat", Some(0), 1, What::Run),
    ("creat", None, 0, What::Write),
    ("mkdir", None, 0, What::Write),
    ("mkdirat", Some(0), 1, What::Write),
    ("mknod", None, 0, What::Write),
    ("mknodat", Some(0), 1, What::Write),
    ("rmdir", None, 0, What::Write),
    ("unlink", None, 0, What::Write),
    ("unlinkat", Some(0), 1, What::Write),
    ("symlink", None, 1, What::Write),
    ("symlinkat", Some(1), 2, What::Write),
    ("chmod", None, 0, What::Write),
    ("fchmodat", Some(0), 1, What::Write),
    ("fchmodat2", Some(0), 1, What::Write),
    ("chown", None, 0, What::Write),
    ("lchown", None, 0, What::Write),
    ("fchownat", Some(0), 1, What::Write),
    ("truncate", None, 0, What::Write),
    ("utimensat", Some(0), 1, What::Write),
    ("rename", None, 0, What::Write),
    ("rename", None, 1, What::Write),
    ("renameat", Some(0), 1, What::Write),
    ("renameat", Some(2), 3, What::Write),
    ("renameat2", Some(0), 1, What::Write),
    ("renameat2", Some(2), 3, What::Write),
    ("link", None, 0, What::Open),
    ("link", None, 1, What::Write),
    ("linkat", Some(0), 1, What::Open),
    ("linkat", Some(2), 3, What::Write),
    ("open", None, 0, What::Open),
    ("openat", Some(0), 1, What::Open),
    ("openat2", Some(0), 1, What::Open),
];

/// Calls that change something that is open already: the call that opened it counted.
const DESCRIPTORS: &[&str] = &["fchmod", "fchown", "fchdir", "fstatfs", "fgetxattr"];

/// The calls of all threads whose files begin with `prefix` (`strace -o`), sorted, each once. `cwd`
/// is the directory in which the first program was started.
pub fn read(prefix: &Path, cwd: &str) -> Result<Vec<Access>, String> {
    let fault = |e: std::io::Error| format!("{}: {e}", prefix.display());
    let (dir, name) = (prefix.parent(), prefix.file_name());
    let (Some(dir), Some(name)) = (dir, name.and_then(|name| name.to_str())) else {
        return Err(format!("{}: not a file's name", prefix.display()));
    };
    let mut texts = BTreeMap::new();
    for item in std::fs::read_dir(dir).map_err(fault)? {
        let item = item.map_err(fault)?;
        let file = item.file_name().to_string_lossy().into_owned();
        let pid = file.strip_prefix(name).and_then(|n| n.strip_prefix('.'));
        if let Some(pid) = pid.and_then(|pid| pid.parse().ok()) {
            let bytes = std::fs::read(item.path()).map_err(fault)?;
            texts.insert(pid, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    accesses(&texts, cwd)
}

/// The calls in the texts of all threads, by number.
pub fn accesses(texts: &BTreeMap<u32, String>, cwd: &str) -> Result<Vec<Access>, String> {
    let mut all = BTreeSet::new();
    // A thread is started by one with a text that names it. Numbers may wrap around.
    let started: BTreeSet<u32> = texts.values().flat_map(|text| children(text)).collect();
    let first = texts.keys().filter(|pid| !started.contains(pid));
    let mut queue: Vec<(u32, Place)> = first
        .map(|pid| {
            let place = Place {
                cwd: cwd.to_owned(),
                program: String::new(),
            };
            (*pid, place)
        })
        .collect();
    if queue.len() != 1 {
        return Err(format!("{} processes without a parent", queue.len()));
    }
    while let Some((pid, mut place)) = queue.pop() {
        // A thread that ends at once leaves no text.
        let Some(text) = texts.get(&pid) else {
            continue;
        };
        for line in text.lines() {
            let Some(call) = Call::parse(line) else {
                continue;
            };
            if let Some(child) = call.child() {
                queue.push((child, place.clone()));
                continue;
            }
            place.note(&call, &mut all);
        }
    }
    Ok(all.into_iter().collect())
}

fn children(text: &str) -> impl Iterator<Item = u32> {
    text.lines().filter_map(|line| Call::parse(line)?.child())
}

/// Where a thread is.
#[derive(Debug, Clone)]
struct Place {
    cwd: String,
    program: String,
}

impl Place {
    fn note(&mut self, call: &Call<'_>, to: &mut BTreeSet<Access>) {
        let mut add = |what: What, path: String| {
            to.insert(Access {
                program: self.program.clone(),
                what,
                path,
                error: call.error.map(str::to_owned),
            });
        };
        if SILENT.contains(&call.name) {
            return;
        }
        if call.name == "getdents64" {
            return match call.directory(0) {
                Some(dir) => add(What::List, dir),
                None => add(What::Ask, call.text()),
            };
        }
        let rows = PATHS.iter().filter(|(name, ..)| *name == call.name);
        let mut is_known = DESCRIPTORS.contains(&call.name);
        for &(_, dir, path, what) in rows {
            is_known = true;
            let Some(path) = call.string(path) else {
                // No path: the call is about the descriptor.
                continue;
            };
            let dir = dir.and_then(|dir| call.directory(dir));
            if path.is_empty() && call.has("AT_EMPTY_PATH") {
                continue;
            }
            // `O_PATH` only leads to names in a directory, and separate calls access those.
            if call.has("O_PATH") {
                continue;
            }
            let path = join(dir.as_deref().unwrap_or(&self.cwd), &path);
            add(what_of(what, call), path);
        }
        if !is_known {
            return add(What::Ask, call.text());
        }
        if call.error.is_some() {
            return;
        }
        match call.name {
            "chdir" => self.cwd = join(&self.cwd, &call.string(0).unwrap_or_default()),
            "fchdir" => self.cwd = call.directory(0).unwrap_or_default(),
            "execve" | "execveat" => {
                let position = usize::from(call.name == "execveat");
                let program = call.string(position).unwrap_or_default();
                let name = program.rsplit('/').next().unwrap_or_default();
                self.program = name.to_owned();
            }
            _ => {}
        }
    }
}

fn what_of(what: What, call: &Call<'_>) -> What {
    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
    match what {
        What::Open if writes.iter().any(|flag| call.has(flag)) => What::Write,
        what => what,
    }
}

fn join(dir: &str, path: &str) -> String {
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", dir.trim_end_matches('/'))
    };
    let mut path = path.replace("/./", "/");
    while path.len() > 1 && (path.ends_with('/') || path.ends_with("/.")) {
        path.pop();
    }
    path
}

/// A line: `NAME(ARGUMENTS) = RESULT`.
#[derive(Debug)]
struct Call<'l> {
    name: &'l str,
    arguments: Vec<&'l str>,
    result: &'l str,
    error: Option<&'l str>,
}

impl<'l> Call<'l> {
    /// `None` for signals, ends of processes, and calls that a process's end cut off.
    fn parse(line: &'l str) -> Option<Call<'l>> {
        let (name, rest) = line.split_once('(')?;
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return None;
        }
        let (arguments, end) = arguments(rest)?;
        let result = rest.get(end..)?.trim_start().strip_prefix("= ")?;
        let error = result.strip_prefix("-1 ");
        Some(Call {
            name,
            arguments,
            result,
            error: error.map(|error| error.split(' ').next().unwrap_or_default()),
        })
    }

    /// The thread or process that it started.
    fn child(&self) -> Option<u32> {
        let starts = ["clone", "clone3", "fork", "vfork"].contains(&self.name);
        starts.then(|| self.result.parse().ok()).flatten()
    }

    fn has(&self, flag: &str) -> bool {
        let mut words = self
            .arguments
            .iter()
            .flat_map(|a| a.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
        words.any(|word| word == flag)
    }

    /// The string at a position.
    fn string(&self, position: usize) -> Option<String> {
        let quoted = self.arguments.get(position)?.strip_prefix('"')?;
        Some(unescape(quoted.strip_suffix('"')?))
    }

    /// The path of the descriptor at a position.
    fn directory(&self, position: usize) -> Option<String> {
        let (_, path) = self.arguments.get(position)?.split_once('<')?;
        Some(unescape(path.split_once('>')?.0))
    }

    fn text(&self) -> String {
        format!("{}({})", self.name, self.arguments.join(", "))
    }
}

/// The arguments at the beginning of a text, and where they end: behind the closing parenthesis.
fn arguments(text: &str) -> Option<(Vec<&str>, usize)> {
    let bytes = text.as_bytes();
    let (mut list, mut start, mut depth, mut at) = (Vec::new(), 0, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of(bytes, at + 1, b'"')?,
            // The path of a descriptor: `3</a/b>`, `AT_FDCWD</a>`.
            b'<' if at > 0 && (bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'D') => {
                at = end_of(bytes, at + 1, b'>')?;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                list.push(text[start..at].trim());
                return Some((list, at + 1));
            }
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                list.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn end_of(bytes: &[u8], mut at: usize, end: u8) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 1,
            byte if byte == end => return Some(at),
            _ => {}
        }
        at += 1;
    }
}

/// A C string without its escapes.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'v') => bytes.push(0x0b),
            Some(b'f') => bytes.push(0x0c),
            Some(first @ b'0'..=b'7') => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|d| (b'0'..=b'7').contains(d)) else {
                        break;
                    };
                    value = value * 8 + u32::from(digit - b'0');
                }
                bytes.push(value as u8);
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(texts: &[(u32, &str)]) -> Vec<(String, What, String, Option<String>)> {
        let texts = texts.iter().map(|(pid, text)| (*pid, (*text).to_owned()));
        let list = accesses(&texts.collect(), "/start").unwrap();
        let row = |a: Access| (a.program, a.what, a.path, a.error);
        list.into_iter().map(row).collect()
    }

    fn row(program: &str, what: What, path: &str) -> (String, What, String, Option<String>) {
        (program.to_owned(), what, path.to_owned(), None)
    }

    #[test]
    fn lines_of_strace() {
        let text = r#"execve("/bin/p", ["p", "a, b)"], 0x7ffd /* 35 vars */) = 0
openat(AT_FDCWD</start>, "a \"b\",\303\251", O_RDONLY|O_CLOEXEC) = 3</start/x>
openat(4</d\76r>, "f", O_WRONLY|O_CREAT|O_CLOEXEC, 0666) = 5</d/f>
newfstatat(3</start/x>, "", {st_mode=S_IFREG|0644, st_size=12, ...}, AT_EMPTY_PATH) = 0
newfstatat(AT_FDCWD</start>, "../up/", {st_mode=S_IFDIR|0755, ...}, AT_SYMLINK_NOFOLLOW) = 0
readlink("l", "target", 1023)  = 6
getdents64(3</d>, 0x5555 /* 3 entries */, 32768) = 80
rename("a", "/b") = 0
utimensat(3</start/x>, NULL, [UTIME_OMIT, UTIME_NOW], 0) = 0
uname({sysname="Linux", ...}) = 0
--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
exit_group(0) = ?
+++ exited with 0 +++
"#;
        let expected = [
            row("", What::Run, "/bin/p"),
            row("p", What::Open, "/start/a \"b\",é"),
            row("p", What::Stat, "/start/../up"),
            row("p", What::List, "/d"),
            row("p", What::Link, "/start/l"),
            row("p", What::Write, "/b"),
            row("p", What::Write, "/d>r/f"),
            row("p", What::Write, "/start/a"),
            row("p", What::Ask, r#"uname({sysname="Linux", ...})"#),
        ];
        assert_eq!(told(&[(7, text)]), expected);
    }

    #[test]
    fn children_begin_where_their_parents_are() {
        let parent = "execve(\"/bin/p\", [\"p\"], 0x1 /* 1 var */) = 0\n\
                      chdir(\"sub\") = 0\n\
                      clone3({flags=CLONE_VM|CLONE_VFORK, ...}, 88) = 3\n\
                      chdir(\"/elsewhere\") = 0\n";
        let child = "chdir(\"deep\") = 0\n\
                     execve(\"c\", [\"c\"], 0x1 /* 1 var */) = -1 ENOENT (No such file)\n\
                     execve(\"/bin/c\", [\"c\"], 0x1 /* 1 var */) = 0\n\
                     access(\"f\", F_OK) = -1 ENOENT (No such file or directory)\n";
        let list = told(&[(9, parent), (3, child)]);
        let missing = |program: &str, what: What, path: &str| {
            let error = Some("ENOENT".to_owned());
            (program.to_owned(), what, path.to_owned(), error)
        };
        for expected in [
            row("p", What::Stat, "/start/sub/deep"),
            missing("p", What::Run, "/start/sub/deep/c"),
            missing("c", What::Stat, "/start/sub/deep/f"),
        ] {
            assert!(list.contains(&expected), "{expected:?} not in {list:?}");
        }
    }
}
