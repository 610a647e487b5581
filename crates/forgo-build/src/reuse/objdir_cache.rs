//! Files of an object directory that the cache keeps beside the archive, under subkeys of the
//! build's key: the sources that were compiled, cgo's header, coverage meta-data.
//!
//! Answers to cacheObjdirFile and its kin in cmd/go/internal/work/exec.go.

use forgo_cache::{ActionId, Verify, get_bytes, get_file, put_bytes, put_file};
use forgo_load::disk;

use crate::action::{ActionCx, ActionError};
use forgo_load::disk::Because;

/// The header that cgo writes for -buildmode=c-archive and c-shared.
pub const CGO_HEADER: &str = "_cgo_install.h";

/// What the list of sources is called.
const SOURCES: &str = "srcfiles";

fn key(cx: &ActionCx<'_>, id: &ActionId, name: &str) -> ActionId {
    let key = cx.run.job.hashes.subkey(id, name);
    // cgo's output holds facts that it found in headers.
    if cx.package().reads_headers() {
        cx.run.job.cache.withhold(&key);
    }
    key
}

/// Stores `objdir + name` under a build's key. That it can't be is the caller's to ignore.
pub fn store(cx: &ActionCx<'_>, objdir: &str, id: &ActionId, name: &str) -> Result<(), String> {
    let file = format!("{objdir}{name}");
    if disk::own::metadata(Because::Made, &file).is_err() {
        // Reported before the key is made, which the trace would show.
        return Err(format!("open {file}: no such file or directory"));
    }
    put_file(cx.run.job.cache, &key(cx, id, name), &file, Verify::Strict)
        .map(|_| ())
        .map_err(|e| e.to_string())
}

/// The file in the cache that was stored as `name`.
pub fn find(cx: &ActionCx<'_>, id: &ActionId, name: &str) -> Result<String, String> {
    match get_file(cx.run.job.cache, &key(cx, id, name)) {
        Ok((file, _)) => Ok(file),
        Err(e) => Err(format!("loading cached file {name}: {e}")),
    }
}

/// Copies the stored file back to `objdir + name`.
pub fn restore(
    cx: &ActionCx<'_>,
    objdir: &str,
    id: &ActionId,
    name: &str,
) -> Result<(), ActionError> {
    let cached = find(cx, id, name).map_err(ActionError::new)?;
    cx.shell
        .copy_file(&format!("{objdir}{name}"), &cached, 0o666, true)
}

/// Stores the list of sources of a build and those of them that were generated (cacheSrcFiles).
/// Where one can't be stored, neither is the list.
pub fn store_sources(cx: &ActionCx<'_>, objdir: &str, id: &ActionId, sources: &[String]) {
    let mut list = String::new();
    for file in sources {
        match file.strip_prefix(objdir) {
            None => list.push_str("./"),
            Some(name) => {
                if store(cx, objdir, id, name).is_err() {
                    return;
                }
            }
        }
        list.push_str(file.strip_prefix(objdir).unwrap_or(file));
        list.push('\n');
    }
    let id = key(cx, id, SOURCES);
    let _ = put_bytes(cx.run.job.cache, &id, list.as_bytes(), Verify::Strict);
}

/// A line of the list of sources.
enum Source<'a> {
    /// In the package's directory.
    Own(&'a str),
    /// Generated, and stored.
    Generated(&'a str),
}

fn read_sources(cx: &ActionCx<'_>, id: &ActionId) -> Result<String, ActionError> {
    match get_bytes(cx.run.job.cache, &key(cx, id, SOURCES)) {
        Ok((list, _)) => Ok(String::from_utf8_lossy(&list).into_owned()),
        Err(e) => Err(ActionError::new(format!("reading srcfiles list: {e}"))),
    }
}

fn parse_sources(list: &str) -> impl Iterator<Item = Source<'_>> {
    let lines = list.split('\n').filter(|line| !line.is_empty());
    lines.map(|line| match line.strip_prefix("./") {
        Some(name) => Source::Own(name),
        None => Source::Generated(line),
    })
}

/// Brings back the sources of a build: names in the package's directory, and generated files in
/// `objdir`, absolute.
pub fn restore_sources(
    cx: &ActionCx<'_>,
    objdir: &str,
    id: &ActionId,
) -> Result<Vec<String>, ActionError> {
    let list = read_sources(cx, id)?;
    let mut sources = Vec::new();
    for source in parse_sources(&list) {
        match source {
            Source::Own(name) => sources.push(name.to_owned()),
            Source::Generated(name) => {
                restore(cx, objdir, id, name)?;
                sources.push(format!("{objdir}{name}"));
            }
        }
    }
    Ok(sources)
}

/// The Go sources that were compiled: names in the package's directory, and files of the cache
/// (loadCachedCompiledGoFiles).
pub fn compiled_go_files(cx: &ActionCx<'_>, id: &ActionId) -> Result<Vec<String>, ActionError> {
    let list = read_sources(cx, id)?;
    let mut files = Vec::new();
    for source in parse_sources(&list) {
        match source {
            Source::Own(name) | Source::Generated(name) if !name.ends_with(".go") => {}
            Source::Own(name) => files.push(name.to_owned()),
            Source::Generated(name) => match find(cx, id, name) {
                Ok(file) => files.push(file),
                Err(e) => return Err(ActionError::new(format!("finding {name}: {e}"))),
            },
        }
    }
    Ok(files)
}
