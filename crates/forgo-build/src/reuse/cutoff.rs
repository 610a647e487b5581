//! Cutoff on export data: an importer is not compiled again where nothing changed that its compile
//! would read.
//!
//! The stock command keys an importer on the content IDs of the archives it imports. The compiler
//! reads no more of an archive than its export data, and the build ID in there does not reach the
//! result. So there is a second key beside the stock one: the same lines, with the hash of the
//! export data in place of each content ID. It leads to an archive that was compiled from exactly
//! these inputs. A compile would write it again, but for the build ID: that is replaced (its
//! content ID is the same, as that is the hash of everything else), and the archive goes to the
//! cache under the stock key.
//!
//! The second key is looked up only when the stock one is not found. Its entries are ordinary ones
//! of GOCACHE, aliases of the archive's output: they cost one small file, and trimming knows them.
//! Packages that can be moved between checkouts ([`super::moving`]) have a key that does the same
//! and more, and not this one.
//!
//! In doubt the work is done. What a compile may depend on without being in the stock key either is
//! read again whenever the stock command compiles, so such packages are always compiled:
//! [`Doubt`] lists them. docs/cutoff.md argues why the rest is sound.

use forgo_cache::{ActionId, Content, OutputId, Verify, put_bytes};
use forgo_golang::quote::hex;
use forgo_load::verdict::{CompileDoubt as Doubt, Way, Why};

use crate::action::check::{Derived, Known};
use crate::action::own_keys::{Header, OwnKeys};
use crate::action::trust::{Claim, Rule};
use crate::action::{ActionCx, ActionError, Artifact};
use crate::plan::NodeId;
use crate::reuse::objdir_cache;
use crate::reuse::stamp::Donor;
use crate::reuse::trust::{self, Ask};
use crate::toolchain::inputs::compile::{Import, Inputs};

/// Finds an archive that a compile would write again, and stores it under the stock key, unless it
/// is to be compared; or returns why there is none.
pub fn find(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    keys: &OwnKeys,
    build: NodeId,
    key: &ActionId,
) -> Result<Result<Derived, Why>, ActionError> {
    let Some(second) = keys.by_export(cx, inputs)? else {
        return Ok(Err(keys.doubt.map_or(Why::NoExportData, Why::Compile)));
    };
    let stamped = Donor::read_stored(cx, &second).and_then(|donor| donor.stamped(key));
    let Some((bytes, build_id)) = stamped else {
        return Ok(Err(Why::Absent));
    };
    // Only a package that was compiled without any messages has a second key.
    let said = "";
    match trust::ask(cx, RULES, key)? {
        Ask::Leave => Ok(Err(Why::Distrusted)),
        Ask::Compare => Ok(Ok(Derived::Claim(Claim {
            rules: RULES,
            build_id,
            said: said.to_owned(),
        }))),
        Ask::Use => {
            let file = store(cx, inputs, build, key, Content::Bytes(&bytes), said)?;
            let known = file.map(|file| {
                Derived::Known(Known {
                    built: Artifact::Cached(file),
                    build_id,
                    way: Way::ExportData,
                })
            });
            Ok(known.ok_or(Why::NotStored))
        }
    }
}

const RULES: &[Rule] = &[Rule::Restamp];

/// Stores an archive that was not compiled under the stock key, with all that a compile would have
/// stored: the list of sources, and what the compiler `said`. Gives its file, where the cache could
/// take it.
pub fn store(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    build: NodeId,
    key: &ActionId,
    archive: Content<'_>,
    said: &str,
) -> Result<Option<String>, ActionError> {
    let (job, files) = (&cx.run.job, &inputs.files);
    // Coverage lists other sources; a command that asks for them has them made.
    if inputs.cover_mode.is_empty() {
        let sources = [files.go, files.s].concat();
        objdir_cache::store_sources(cx, &cx.node_of(build).objdir, key, &sources);
    }
    let stdout = job.hashes.subkey(key, "stdout");
    let _ = put_bytes(job.cache, &stdout, said.as_bytes(), Verify::Strict);
    match job.cache.put(key, archive, Verify::Strict) {
        Ok((output, _)) => Ok(Some(job.cache.output_file(&output))),
        Err(e @ forgo_cache::Error::Verify(_)) => Err(ActionError::fatal(e.to_string())),
        Err(_) => Ok(None),
    }
}

impl OwnKeys {
    /// The key by export data of here; `None` where there is none, or the package is compiled in
    /// any case.
    pub fn by_export(
        &self,
        cx: &ActionCx<'_>,
        inputs: &Inputs<'_>,
    ) -> Result<Option<ActionId>, ActionError> {
        if self.doubt.is_some() {
            return Ok(None);
        }
        if let Some(known) = self.by_export.get() {
            return Ok(*known);
        }
        let key = key(cx, inputs, &self.headers)?;
        Ok(*self.by_export.get_or_init(|| key))
    }
}

/// Remembers an archive that was just compiled and stored, for [`find`].
pub fn record(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    keys: &OwnKeys,
    (output, size): (&OutputId, u64),
) -> Result<(), ActionError> {
    if cx.shell.saved_output().is_empty()
        && let Some(second) = keys.by_export(cx, inputs)?
    {
        // The next build is slower without it, no more.
        let _ = cx.run.job.cache.put_alias(&second, output, size);
    }
    Ok(())
}

/// The second key; `None` where an archive has no export data.
pub fn key(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    headers: &[Header],
) -> Result<Option<ActionId>, ActionError> {
    let export = |import: &Import<'_>| match import.archive {
        Some(file) => cx.run.exports.id(file).map(|id| hex(&id)),
        // unsafe, which the compiler knows.
        None => Some(import.content_id.to_owned()),
    };
    let exports: Option<Vec<String>> = inputs.imports.iter().map(export).collect();
    exports
        .map(|exports| inputs.key_by(cx, &exports, headers))
        .transpose()
}

/// Why a package is compiled in any case, as far as its inputs tell. Coverage is the last reason
/// that is looked for.
pub fn doubt(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Option<Doubt> {
    let cgo = inputs.c.is_some();
    doubt_of_all(cx)
        .or(cgo.then_some(Doubt::Cgo))
        .or_else(|| doubt_of_compiler(inputs))
}

/// [`doubt`] about what the Go compiler alone makes of a cgo package.
pub fn doubt_of_go_part(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Option<Doubt> {
    doubt_of_all(cx).or_else(|| doubt_of_compiler(inputs))
}

fn doubt_of_all(cx: &ActionCx<'_>) -> Option<Doubt> {
    let (config, p) = (cx.config(), cx.package());
    let flags = &config.flags;
    if !config.extras || flags.a || flags.n || !flags.toolexec.is_empty() {
        return Some(Doubt::Asked);
    }
    if flags.linkshared || config.modes.buildmode == "shared" || !p.shlib.is_empty() {
        return Some(Doubt::Shared);
    }
    None
}

fn doubt_of_compiler(inputs: &Inputs<'_>) -> Option<Doubt> {
    let plain = inputs.magic.is_empty() && inputs.gcflags.iter().all(|flag| is_plain(flag));
    let plain = plain && (inputs.files.s.is_empty() || inputs.asmflags.is_empty());
    if !plain {
        return Some(Doubt::Flags);
    }
    (!inputs.cover_mode.is_empty()).then_some(Doubt::Coverage)
}

/// Compiler flags that change the archive alone.
pub fn is_plain(flag: &str) -> bool {
    let flag = flag.strip_prefix("--").unwrap_or(flag);
    let flag = flag.strip_prefix('-').unwrap_or(flag);
    let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
    let switch = matches!(value, "" | "true" | "false" | "0" | "1" | "2" | "3" | "4");
    let switches = ["B", "C", "N", "e", "l", "dwarf", "dwarflocationlists"];
    let valued = ["lang", "c", "spectre"];
    switch && switches.contains(&name) || !value.is_empty() && valued.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags() {
        for plain in ["-N", "-l", "--l=4", "-B", "-lang=go1.20", "-dwarf=false"] {
            assert!(is_plain(plain), "{plain}");
        }
        let others = [
            "-m",
            "-m=2",
            "-S",
            "-json=0,dir",
            "-cpuprofile=x",
            "-l=x",
            "-d=ssa/check_bce",
            "-lang",
            "file",
            "-importcfg=x",
            "",
        ];
        for other in others {
            assert!(!is_plain(other), "{other}");
        }
    }
}
