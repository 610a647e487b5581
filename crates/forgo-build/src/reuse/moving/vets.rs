//! Results of vet for a package in another directory. Facts about a package name objects, not
//! files. Messages of vet that may name files are not taken from elsewhere.
//!
//! The key is made of all inputs of vet: its configuration, with names of places and without the
//! names of files in the cache; the key of the package's archive that is the same everywhere; the
//! contents of facts about imports, and of files that the build ignores but vet reads.

use forgo_cache::{ActionId, OutputId, Verify, get_file, put_file};
use forgo_golang::path::join2;
use forgo_golang::quote::{quote, quote_slice};
use forgo_load::plain_tool;

use crate::action::own_keys::OwnKeys;
use crate::action::trust::Rule;
use crate::action::vet_config::VetConfig;
use crate::action::{ActionCx, ActionError, Provider};
use crate::plan::NodeId;
use crate::reuse::trust;
use crate::toolchain::inputs::compile::Inputs;

/// The inputs of the tool beside its configuration.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Identity of the tool.
    pub tool: &'a str,
    /// Its flags.
    pub flags: &'a [String],
    /// Facts about dependencies: import path and file.
    pub facts: &'a [(&'a str, &'a str)],
}

/// The key that is the same everywhere; `None` where vet is to be run in any case.
pub fn key(
    cx: &ActionCx<'_>,
    config: &VetConfig,
    told: Told<'_>,
) -> Result<Option<ActionId>, ActionError> {
    let tool = &cx.run.job.options.vet.tool;
    let known = cx.run.job.options.vet.is_own_tool(cx.config())
        && plain_tool::is_go_tool(cx.config(), tool);
    if !known || cx.node().need_fix || trust::is_disabled(cx, RULES)? {
        return Ok(None);
    }
    let build = cx.node().deps[0];
    let Some(check) = check_of(cx, build) else {
        return Ok(None);
    };
    let inputs = Inputs::gather(cx, build, &cx.node_of(check).deps);
    if !inputs.cover_mode.is_empty() {
        return Ok(None);
    }
    let Some(package) = OwnKeys::of(cx, &inputs)?.everywhere else {
        return Ok(None);
    };
    let mut hash = cx.run.job.hashes.new_own_hash("vet everywhere");
    let Told { tool, flags, facts } = told;
    writeln!(hash, "{} {}", quote(tool), quote_slice(flags));
    writeln!(hash, "{package} {}", cx.node().vetx_only);
    let config = config.of_content().to_json(cx.config().dist.release);
    let places = cx.run.places();
    writeln!(hash, "{}", places.rewrite(&config, &places.as_names()));
    let p = cx.package();
    for file in p.ignored_go_files.iter().chain(&p.ignored_other_files) {
        writeln!(hash, "{file} {}", cx.file_hash(&join2(&p.dir, file)));
    }
    for (path, file) in facts {
        writeln!(hash, "{} {}", quote(path), cx.file_hash(file));
    }
    Ok(Some(hash.action_id()))
}

/// The check of the cache that a build depends on.
fn check_of(cx: &ActionCx<'_>, build: NodeId) -> Option<NodeId> {
    let node = cx.node_of(build);
    node.deps.iter().copied().find(|&dep| {
        let check = matches!(&cx.outcome(dep).provider, Provider::CheckCache(_));
        check && cx.node_of(dep).package == node.package
    })
}

/// The rules that moving what vet found rests on.
pub const RULES: &[Rule] = &[Rule::Vet];

/// The kept results of a run of vet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    facts: OutputId,
    stdout: OutputId,
}

impl Kept {
    /// Returns how the facts and the output of a run of vet, kept under these keys, differ from it.
    /// A run that found something wrong kept no output.
    pub fn difference(&self, cx: &ActionCx<'_>, made: [&ActionId; 2]) -> Option<String> {
        let made = made.map(|key| cx.run.job.cache.get(key).ok().map(|entry| entry.output));
        let [facts, stdout] = made;
        (facts != Some(self.facts) || stdout != Some(self.stdout))
            .then(|| "in what vet wrote".to_owned())
    }
}

/// Returns the results kept under such a key.
pub fn kept(cx: &ActionCx<'_>, everywhere: &ActionId) -> Option<Kept> {
    let said = cx.run.job.hashes.own_subkey(everywhere, "stdout");
    let output = |key: &ActionId| cx.run.job.cache.get(key).ok().map(|entry| entry.output);
    Some(Kept {
        facts: output(everywhere)?,
        stdout: output(&said)?,
    })
}

/// Stores the results kept under such a key (facts, and vet's output) under the stock keys. Returns
/// `false` where there are none.
pub fn bring(cx: &ActionCx<'_>, everywhere: &ActionId, [facts, stdout]: [&ActionId; 2]) -> bool {
    let said = cx.run.job.hashes.own_subkey(everywhere, "stdout");
    link(cx, &said, stdout).is_some() && link(cx, everywhere, facts).is_some()
}

/// Keeps vet's facts and output, which must name no files.
pub fn keep(cx: &ActionCx<'_>, everywhere: &ActionId, [facts, stdout]: [&ActionId; 2]) {
    let said = cx.run.job.hashes.own_subkey(everywhere, "stdout");
    if link(cx, stdout, &said).is_some() {
        link(cx, facts, everywhere);
    }
}

/// Makes a key lead to what another one leads to.
fn link(cx: &ActionCx<'_>, from: &ActionId, to: &ActionId) -> Option<()> {
    let cache = cx.run.job.cache;
    let (file, entry) = get_file(cache, from).ok()?;
    if !cache.put_alias(to, &entry.output, entry.size).ok()? {
        put_file(cache, to, &file, Verify::Strict).ok()?;
    }
    Some(())
}
