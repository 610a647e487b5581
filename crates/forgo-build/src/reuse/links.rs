//! Links that are never done twice.
//!
//! The stock command keeps executables only for `run` and `tool`, and knows those that are where
//! they were installed. All others it links again: each `build ./...` links every program, to throw
//! it away. Here a link that was done leaves a copy of the executable in the cache's
//! [store](forgo_cache::disk::DiskCache::keep); if its output was thrown away, a record that the
//! link went well. The next link with the same inputs is a copy, or nothing at all.
//!
//! The key is the stock link key, and beside it the input that the stock key leaves out: the
//! system, whose linker may take part where there is C code ([`system_linker`]). Where the files
//! that it reads can't be determined, the link is always done: [`Doubt`] lists the cases.
//! docs/links.md argues why the rest is sound.

use forgo_cache::{ActionId, Verify, get_bytes, hash_to_string, put_bytes};
use forgo_golang::deep::deep;
use forgo_golang::quote::hex;
use forgo_golang::{path, quoted};
use forgo_load::config::Config;
use forgo_load::package::Package;
use forgo_load::verdict::{Way, Why};
use forgo_load::{disk, footprint};

use crate::action::check::Known;
use crate::action::{ActionCx, ActionError, Artifact, Outcome};
use crate::build_id;
use crate::plan::{Kind, NodeId, Plan};
use crate::toolchain::cc;
use crate::toolchain::inputs::link::Inputs;
use crate::toolchain::system_linker::{self, Further};
use forgo_load::disk::Because;

pub use forgo_load::verdict::LinkDoubt as Doubt;

/// The part that the system has in a link.
#[derive(Debug, Clone)]
struct System {
    /// The words of CC or CXX.
    driver: Vec<String>,
    further: Further,
}

impl System {
    /// The fingerprint, made once in a run.
    fn known_fingerprint(&self, cx: &ActionCx<'_>) -> Option<[u8; 32]> {
        let mut known = cx
            .run
            .surroundings
            .lock()
            .unwrap_or_else(|e| e.into_inner());
        let name = format!("{self:?}");
        if let Some(print) = known.get(&name) {
            return *print;
        }
        let print = self.fingerprint(cx.config());
        known.insert(name, print);
        print
    }

    fn fingerprint(&self, config: &Config) -> Option<[u8; 32]> {
        system_linker::fingerprint(config, &self.driver, &self.further)
    }
}

const UNKNOWN: &str = "it is not known what the system's linker reads";

/// Where the result of one link may be.
pub struct Store {
    /// Key of the executable.
    executable: ActionId,
    /// Key of the record: the build ID, which holds a hash of the executable's bytes.
    record: ActionId,
    /// Nothing needs the executable.
    discarded: bool,
    /// The system's part, and its fingerprint before the link.
    system: Option<(System, [u8; 32])>,
}

impl Store {
    /// Fails where the link is always done. `key` is the stock one. A link whose inputs are not
    /// known may fail the next time, so no snapshot of the invocation is kept then.
    pub fn of(cx: &ActionCx<'_>, inputs: &Inputs<'_>, key: &ActionId) -> Result<Store, Doubt> {
        let system = match system(cx, inputs) {
            Ok(None) => None,
            Ok(Some(system)) => {
                let print = system.known_fingerprint(cx);
                if print.is_none() {
                    footprint::refuse(UNKNOWN);
                }
                Some((system, print.ok_or(Doubt::External)?))
            }
            Err(doubt) => {
                if doubt == Doubt::External {
                    footprint::refuse(UNKNOWN);
                }
                return Err(doubt);
            }
        };
        let hashes = cx.run.job.hashes;
        let mut hash = hashes.new_own_hash("link");
        hash.write(&key.0);
        for file in loaders(inputs) {
            writeln!(hash, "loader {file} {}", disk::exists(file));
        }
        if let Some((_, print)) = &system {
            writeln!(hash, "system {}", hex(print));
        }
        let executable = hash.action_id();
        let mut hash = hashes.new_own_hash("link record");
        hash.write(&executable.0);
        let record = hash.action_id();
        if system.is_some() {
            // The fingerprint is of this machine's files, and has no meaning elsewhere.
            for key in [&executable, &record] {
                cx.run.job.cache.withhold(key);
            }
        }
        Ok(Store {
            executable,
            record,
            discarded: cx.id != cx.run.job.plan.root && is_discarded(cx.run.job.plan, cx.id),
            system,
        })
    }

    /// The way in which a result would be reused.
    pub fn way(&self) -> Way {
        match self.discarded {
            true => Way::LinkRecord,
            false => Way::KeptExecutable,
        }
    }

    /// The result, or why it is not known. `temporary` is the build ID that the linker would be
    /// given.
    pub fn find(
        &self,
        cx: &ActionCx<'_>,
        temporary: &str,
    ) -> Result<Result<Known, Why>, ActionError> {
        let known = |build_id: &String| {
            let whole = build_id.len() == temporary.len();
            whole && before_content(build_id) == before_content(temporary)
        };
        // The record binds the executable to its key: the name of a file proves nothing.
        let Some(build_id) = self.recorded(cx).filter(known) else {
            return Ok(Err(Why::Absent));
        };
        let node = cx.node();
        let target = || Artifact::Built(node.target.clone());
        let built = if self.discarded {
            target()
        } else {
            let kept = cx.run.job.cache.kept(&self.executable);
            let Some(file) = kept.filter(|file| is_whole(file, &build_id)) else {
                return Ok(Err(Why::Gone));
            };
            if is_installed(cx.run.job.plan, cx.id) {
                Artifact::Cached(file)
            } else {
                cx.shell.mkdir(&node.objdir)?;
                cx.shell.mkdir(path::split(&node.target).0)?;
                let copied = cx.shell.copy_file(&node.target, &file, 0o775, false);
                if copied.is_err() {
                    // It may have made room for another one just now.
                    return Ok(Err(Why::NotStored));
                }
                target()
            }
        };
        Ok(Ok(Known {
            built,
            build_id,
            way: self.way(),
        }))
    }

    fn recorded(&self, cx: &ActionCx<'_>) -> Option<String> {
        let (id, _) = get_bytes(cx.run.job.cache, &self.record).ok()?;
        String::from_utf8(id).ok()
    }

    /// Remembers a link that was done. Best effort.
    pub fn record(&self, cx: &ActionCx<'_>, outcome: &Outcome) {
        let cache = cx.run.job.cache;
        // Messages of the linker would have to be printed again, and a build ID that the user set
        // proves nothing.
        let temporary = build_id::action_id(&outcome.build_id)
            != hash_to_string(&outcome.action_id.unwrap_or_default().0);
        if temporary || !cx.shell.saved_output().is_empty() {
            return;
        }
        // What changed meanwhile was read before or after.
        let same = |(system, print): &(System, _)| system.fingerprint(cx.config()) == Some(*print);
        if !self.system.as_ref().is_none_or(same) {
            return footprint::refuse(UNKNOWN);
        }
        let id = outcome.build_id.as_bytes();
        let _ = put_bytes(cache, &self.record, id, Verify::Strict);
        if !self.discarded
            && let Some(file) = outcome.built.path()
        {
            let _ = cache.keep(&self.executable, file, cx.config().link_store);
        }
    }
}

/// Reports whether a file has the content that its content ID names.
fn is_whole(file: &str, id: &str) -> bool {
    let found = disk::own::open(Because::Cached, file)
        .and_then(|file| build_id::find_and_hash_file(&file, id));
    found.is_ok_and(|found| hash_to_string(&found.hash) == build_id::content_id(id))
}

/// A build ID without its last part.
fn before_content(build_id: &str) -> &str {
    &build_id[..build_id.len() - build_id::content_id(build_id).len()]
}

/// Reports whether nothing uses the result of a node: all nodes that wait for it do nothing.
fn is_discarded(plan: &Plan, node: NodeId) -> bool {
    plan.triggers[node.index()].iter().all(|&after| {
        matches!(plan[after].kind, Kind::Nothing) && deep(|| is_discarded(plan, after))
    })
}

/// Whether installing is all that is done with what a node makes.
fn is_installed(plan: &Plan, node: NodeId) -> bool {
    plan.triggers[node.index()]
        .iter()
        .all(|&after| matches!(plan[after].kind, Kind::Install))
}

/// The system's part in a link: none, or its linker may be called.
fn system(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<Option<System>, Doubt> {
    let config = cx.config();
    let flags = &config.flags;
    let asked = !config.extras || flags.a || flags.n || flags.work || !flags.toolexec.is_empty();
    if asked {
        return Err(Doubt::Asked);
    }
    if cx.node().cache_executable {
        return Err(Doubt::Stock);
    }
    let target = (inputs.goos, inputs.goarch);
    let alone = matches!(
        target,
        ("linux", "386" | "amd64" | "arm" | "arm64" | "riscv64")
            | ("darwin" | "windows", "amd64" | "arm64")
    );
    let mode = match inputs.ld_buildmode {
        "exe" | "" => true,
        "pie" => matches!(target, ("linux", "amd64" | "arm64")),
        _ => false,
    };
    if !alone || !mode {
        return Err(Doubt::External);
    }
    let flags = inputs.forced_ldflags.iter().chain(inputs.ldflags);
    let flags = Flags::parse(flags.map(String::as_str)).ok_or(Doubt::External)?;
    let has_c = |p: &Package| p.uses_cgo() || p.uses_swig() || !p.syso_files.is_empty();
    let c_code = packages(cx, inputs).any(has_c) || flags.external || inputs.extlink_enabled == "1";
    if !c_code {
        return Ok(None);
    }
    let dist = &config.dist;
    if target != ("linux", dist.host_goarch.as_str()) || dist.host_goos != "linux" {
        return Err(Doubt::External);
    }
    let mut further = flags.further;
    for p in packages(cx, inputs).filter(|p| has_c(p)) {
        let known = !p.uses_swig() && p.cgo_pkg_config.is_empty() && p.shlib.is_empty();
        let words = cc::CFlags::of(config, p).map_err(|_| Doubt::External)?;
        let compiled = [&words.cflags, &words.cxxflags, &words.fflags];
        // Code that is compiled at link time takes more programs.
        let lto = |flag: &String| flag.starts_with("-flto");
        let known = known && !compiled.into_iter().flatten().any(lto);
        if !known || add_words(&words.ldflags, &mut further).is_none() {
            return Err(Doubt::External);
        }
        // As cgo adds them.
        for (files, library) in [(&p.f_files, "gfortran"), (&p.m_files, "objc")] {
            if !files.is_empty() {
                further.libraries.insert(library.to_owned());
            }
        }
        let objects = p.syso_files.iter().map(|name| path::join2(&p.dir, name));
        further.files.extend(objects);
    }
    let driver = inputs.unkeyed.external_linker.clone();
    Ok(Some(System { driver, further }))
}

/// Returns the packages that are linked, the main package first.
pub(crate) fn packages<'a>(
    cx: &'a ActionCx<'_>,
    inputs: &'a Inputs<'_>,
) -> impl Iterator<Item = &'a Package> {
    let archives = inputs.archives.iter();
    std::iter::once(cx.package()).chain(archives.filter_map(|a| cx.package_of(a.node)))
}

/// The dynamic loaders that cmd/link looks for: which there is decides on the one that is named in
/// the result.
fn loaders(inputs: &Inputs<'_>) -> &'static [&'static str] {
    match (inputs.goos, inputs.goarch) {
        ("linux", "amd64") => &["/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"],
        ("linux", "arm64") => &["/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"],
        ("linux", "386") => &["/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1"],
        ("linux", "arm") => &["/lib/ld-linux.so.3", "/lib/ld-musl-arm.so.1"],
        _ => &[],
    }
}

/// What cmd/link's flags mean to the system's linker.
#[derive(Debug, Default, PartialEq, Eq)]
struct Flags {
    /// It is called, or may be.
    external: bool,
    /// The files and directories that its flags name.
    further: Further,
}

impl Flags {
    /// Parses flags; `None` where a flag is not listed here as harmless.
    fn parse<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Flags> {
        let mut flags = Flags::default();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").or(word.strip_prefix('-'))?;
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (name, None),
            };
            match (name, value) {
                ("s" | "w" | "compressdwarf" | "checklinkname" | "buildid", _) => {}
                ("race", None) => flags.external = true,
                ("X", value) => _ = value.or_else(|| words.next())?,
                ("linkmode", value) => {
                    flags.external |= value.or_else(|| words.next())? != "internal"
                }
                ("extldflags", value) => {
                    flags.external = true;
                    let list = quoted::split(value.or_else(|| words.next())?).ok()?;
                    add_words(&list, &mut flags.further)?;
                }
                _ => return None,
            }
        }
        Some(flags)
    }
}

/// Adds what words for the C compiler, as it links, name. `None` where a word is not known to name
/// nothing else.
fn add_words(words: &[String], further: &mut Further) -> Option<()> {
    let mut words = words.iter().map(String::as_str);
    let absolute = |place: &str| place.starts_with('/').then(|| place.to_owned());
    while let Some(word) = words.next() {
        match word {
            "-L" => _ = further.dirs.insert(absolute(words.next()?)?),
            "-l" => _ = further.libraries.insert(words.next()?.to_owned()),
            "-pthread" | "-static" | "-static-pie" | "-static-libgcc" | "-static-libstdc++"
            | "-no-pie" | "-pie" | "-rdynamic" | "-s" => {}
            _ if word.starts_with("-Wl,") => word[4..].split(',').try_for_each(passed_on)?,
            _ if word.starts_with("-L") => _ = further.dirs.insert(absolute(&word[2..])?),
            _ if word.starts_with("-l") => _ = further.libraries.insert(word[2..].to_owned()),
            _ if is_of_compiles(word) => {}
            _ => _ = further.files.insert(absolute(word)?),
        }
    }
    Some(())
}

/// Levels of optimization and of debug information, which do not affect a link: `-O2`, `-g`,
/// `-ggdb3`.
fn is_of_compiles(word: &str) -> bool {
    let rest = word.strip_prefix("-O").or(word.strip_prefix("-g"));
    rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}

/// Words that the C compiler passes on, and that name no file to be read.
fn passed_on(word: &str) -> Option<()> {
    let known = [
        "-z",
        "relro",
        "now",
        "noexecstack",
        "--as-needed",
        "--no-as-needed",
        "--gc-sections",
        "-Bstatic",
        "-Bdynamic",
        "--start-group",
        "--end-group",
        "--whole-archive",
        "--no-whole-archive",
        "--export-dynamic",
        "-E",
        "--allow-multiple-definition",
    ];
    let valued = [
        "--build-id=",
        "--unresolved-symbols=",
        "--wrap=",
        "--hash-style=",
    ];
    let harmless = known.contains(&word) || valued.iter().any(|name| word.starts_with(name));
    harmless.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Mode, Node};

    #[test]
    fn flags() {
        let parse = |flags: &[&str]| Flags::parse(flags.iter().copied());
        let own = [
            "-s",
            "-w",
            "-X",
            "main.v=1",
            "-X=main.w=-linkmode",
            "--s",
            "-linkmode=internal",
        ];
        assert_eq!(parse(&own), Some(Flags::default()));
        for external in [
            &["-linkmode=external"][..],
            &["-linkmode", "auto"],
            &["-race"],
        ] {
            assert!(parse(external).unwrap().external, "{external:?}");
        }
        let found =
            parse(&["-extldflags=-static -L/a -L /b -lz -l m -O2 '/c d/x.a' -Wl,-z,now"]).unwrap();
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        let further = Further {
            dirs: list(&["/a", "/b"]),
            files: list(&["/c d/x.a"]),
            libraries: list(&["z", "m"]),
        };
        assert!(found.external);
        assert_eq!(found.further, further);
        for unknown in [
            &["-extld=clang"][..],
            &["-cpuprofile=x"],
            &["-v"],
            &["x"],
            &["-X=main.v=1", "-r=/lib"],
            &["-extldflags=-Lrelative"],
            &["-extldflags=x.o"],
            &["-extldflags=@/x.rsp"],
            &["-extldflags=-B/x"],
            &["-extldflags=-specs=/x"],
            &["-extldflags=-Wl,-rpath-link,/x"],
            &["-extldflags=-Wl,@/x.rsp"],
            &["-extldflags=-Wl,/x.a"],
            &["-extldflags=-flto"],
            // The driver takes libraries from a file of options then.
            &["-asan"],
            &["-msan"],
            &["-extldflags=-fuse-ld=gold"],
            &["-extldflags=-Wl,-T,script"],
            &["-extldflags"],
        ] {
            assert_eq!(parse(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn what_becomes_of_a_link() {
        let node = |kind: Kind, deps: &[u32]| Node {
            kind,
            ..Node::group(Mode::Nop, deps.iter().map(|&d| NodeId(d)).collect())
        };
        let plan = Plan::new(
            vec![
                node(Kind::Link, &[]),
                node(Kind::Link, &[]),
                node(Kind::Install, &[1]),
                node(Kind::Nothing, &[0, 2]),
                node(Kind::Link, &[]),
                node(Kind::Nothing, &[4]),
                node(Kind::Vet, &[5]),
                node(Kind::Nothing, &[3, 6]),
            ],
            NodeId(7),
            "$WORK".to_owned(),
        );
        let discarded: Vec<bool> = [0, 1, 4].map(|n| is_discarded(&plan, NodeId(n))).into();
        assert_eq!(discarded, [true, false, false]);
        assert!(is_installed(&plan, NodeId(1)) && !is_installed(&plan, NodeId(4)));
    }
}
