//! Vets a package.
//!
//! Answers to `vet` in cmd/go/internal/work/exec.go.

use forgo_cache::{ActionId, Verify, get_file, put_file};
use forgo_load::disk;
use forgo_load::process::errno_text;
use forgo_load::verdict::{Miss, Verdict, Way, Why};

use crate::action::vet_config::VetConfig;
use crate::action::{ActionCx, ActionError, Artifact, Outcome, Provider, VetOutputs};
use crate::actions::vet_output;
use crate::plan::Kind;
use crate::reuse::moving::vets;
use crate::reuse::trust::{self, Ask};
use crate::toolchain::inputs::compile::Files;
use crate::toolchain::inputs::vet::{Inputs, Unkeyed};
use crate::toolchain::{Tools, cc, gc, memory, reread};
use forgo_load::disk::Because;

/// Where the cache keeps what vetting gave.
struct Keys {
    facts: ActionId,
    stdout: ActionId,
    fixes: ActionId,
}

/// The work of a vet node.
pub fn run(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let build = cx.outcome(cx.node().deps[0]);
    // That vetting a dependency failed does not matter: this package may be fine. A package that
    // does not build is not vetted.
    let forgiven = Outcome {
        forgive: true,
        ..Outcome::default()
    };
    if build.failed.is_some() {
        return Ok(Outcome {
            verdict: Verdict::Skipped,
            ..forgiven
        });
    }
    let Some(config) = &build.vet else {
        return Err(ActionError::new("vet config not found"));
    };
    let inputs = inputs(cx, build, config)?;
    let id = inputs.key(cx);
    let hashes = cx.run.job.hashes;
    let keys = Keys {
        facts: id,
        stdout: hashes.subkey(&id, "stdout"),
        fixes: hashes.subkey(&id, "fix.zip"),
    };
    if cx.package().reads_headers() {
        // The key holds that of the build, not what the build made of headers.
        for key in [&keys.facts, &keys.stdout, &keys.fixes] {
            cx.run.job.cache.withhold(key);
        }
    }
    cx.reported_key.set(Some(id));
    let (facts, fix_archive, verdict) = match cached(cx, &keys)? {
        Ok((facts, fixes)) => {
            let verdict = Verdict::Reused(Way::CacheEntry);
            (Artifact::Cached(facts), fixes, verdict)
        }
        Err(why) => {
            let mut miss = Miss::default();
            miss.note(Way::CacheEntry, why);
            elsewhere_or_here(cx, &inputs, &keys, miss)?
        }
    };
    Ok(Outcome {
        built: facts,
        provider: Provider::Vet(VetOutputs { fix_archive }),
        verdict,
        reported_key: Some(id),
        ..forgiven
    })
}

fn inputs<'r>(
    cx: &ActionCx<'r>,
    build: &Outcome,
    config: &'r VetConfig,
) -> Result<Inputs<'r>, ActionError> {
    let job = &cx.run.job;
    let vets = cx
        .node()
        .deps
        .iter()
        .filter(|id| matches!(job.plan[**id].kind, Kind::Vet));
    let facts = vets.filter_map(|id| {
        let package = &job.graph[job.plan[*id].package?];
        Some((package.import_path.as_str(), cx.outcome(*id).built.path()?))
    });
    Ok(Inputs {
        import_path: &cx.package().import_path,
        tool: cx.tool_id("vet")?,
        flags: flags(cx),
        build: build.action_id.unwrap_or_default(),
        facts: facts.collect(),
        vetx_only: cx.node().vetx_only,
        unkeyed: Unkeyed {
            tool_path: &job.options.vet.tool,
            tools: Tools::of(job.config),
            release: job.config.dist.release,
            config,
        },
    })
}

/// The tool's flags. In GOROOT all checks are on, but for those that the standard library is not
/// held to; unless the user chose otherwise.
fn flags(cx: &ActionCx<'_>) -> Vec<String> {
    let config = cx.config();
    let vet = &cx.run.job.options.vet;
    if !cx.package().goroot || vet.explicit || !vet.is_own_tool(config) {
        return vet.flags.clone();
    }
    let mut flags = vec!["-unsafeptr=false".to_owned()];
    if config.command == "test" {
        flags.push("-unreachable=false".to_owned());
    }
    flags
}

/// Returns the facts and fixes from the cache if it has all that are wanted, else why not. Output
/// is shown again.
fn cached(cx: &ActionCx<'_>, keys: &Keys) -> Result<Result<(String, String), Why>, ActionError> {
    if cx.config().flags.a {
        return Ok(Err(Why::Rebuild));
    }
    let cache = cx.run.job.cache;
    let file = |id: &ActionId| get_file(cache, id).map(|(file, _)| file);
    let facts = match file(&keys.facts) {
        Ok(facts) => facts,
        Err(e) => return Ok(Err(Why::from(&e))),
    };
    let mut fixes = String::new();
    if cx.node().need_fix {
        match file(&keys.fixes) {
            Ok(file) => fixes = file,
            Err(e) => return Ok(Err(Why::from(&e))),
        }
    }
    if let Ok(file) = file(&keys.stdout) {
        match disk::own::read(Because::Made, &file) {
            Ok(text) => vet_output::handle(cx, text)?,
            Err(_) => return Ok(Err(Why::Gone)),
        }
    }
    Ok(Ok((facts, fixes)))
}

/// Takes what vetting the same gave in another directory, or runs the tool. `miss` is why nothing
/// was found under the stock key.
fn elsewhere_or_here(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    keys: &Keys,
    mut miss: Miss,
) -> Result<(Artifact, String, Verdict), ActionError> {
    let told = vets::Told {
        tool: &inputs.tool,
        flags: &inputs.flags,
        facts: &inputs.facts,
    };
    let ids = [&keys.facts, &keys.stdout];
    let everywhere = vets::key(cx, inputs.unkeyed.config, told)?;
    let ask = match &everywhere {
        Some(_) => trust::ask(cx, vets::RULES, &keys.facts)?,
        None => Ask::Leave,
    };
    let why = match (&everywhere, ask) {
        (None, _) => Why::NotMovable,
        (_, Ask::Leave) => Why::Distrusted,
        (_, Ask::Compare) => Why::Compared,
        (Some(everywhere), Ask::Use) if !vets::bring(cx, everywhere, ids) => Why::Absent,
        (Some(_), Ask::Use) => match cached(cx, keys)? {
            Ok((facts, fixes)) => {
                let verdict = Verdict::Reused(Way::MovedVet);
                return Ok((Artifact::Cached(facts), fixes, verdict));
            }
            Err(why) => why,
        },
    };
    miss.note(Way::MovedVet, why);
    let kept = everywhere.filter(|_| ask == Ask::Compare);
    let kept = kept.and_then(|key| vets::kept(cx, &key));
    let vetted = vet(cx, inputs, keys);
    if let Some(kept) = kept {
        // A run that failed after its facts were written found something; any other proves nothing.
        let vetted_all =
            vetted.is_ok() || disk::own::metadata(Because::Made, facts_file(cx)).is_ok();
        if vetted_all && Files::of(cx.package()).are_as_hashed(cx) {
            trust::settle(cx, vets::RULES, kept.difference(cx, ids))?;
        }
    }
    let (facts, fixes, names_files) = vetted?;
    if let (Some(everywhere), Artifact::Built(_), false) = (&everywhere, &facts, names_files) {
        vets::keep(cx, everywhere, ids);
    }
    Ok((facts, fixes, Verdict::Ran(miss)))
}

/// Where the tool writes facts.
fn facts_file(cx: &ActionCx<'_>) -> String {
    format!("{}vet.out", cx.node().objdir)
}

/// Runs the tool, and keeps its outputs. Returns the facts, the archive of fixes, and whether the
/// tool's messages may name files, or else the facts are of this directory alone.
fn vet(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    keys: &Keys,
) -> Result<(Artifact, String, bool), ActionError> {
    let (p, objdir) = (cx.package(), &cx.node().objdir);
    let mut config = inputs.unkeyed.config.clone();
    config.vetx_only = inputs.vetx_only;
    config.vetx_output = facts_file(cx);
    config.stdout = format!("{objdir}vet.stdout");
    if cx.node().need_fix {
        config.fix_archive = format!("{objdir}vet.fix.zip");
    }
    let owned = |(path, file): &(&str, &str)| ((*path).to_owned(), (*file).to_owned());
    config.package_vetx = inputs.facts.iter().map(owned).collect();

    let config_path = format!("{objdir}vet.cfg");
    cx.shell
        .write_file(&config_path, &config.to_json(inputs.unkeyed.release))?;
    let args = gc::vet::vet(inputs, config_path);
    // How others' tools use memory is not known.
    let memory = match cx.run.job.options.vet.is_own_tool(cx.config()) {
        true => memory::for_sources(cx.config(), &config.go_files),
        false => Vec::new(),
    };
    let env = cc::compiler_env();
    let are_as_hashed = || {
        let facts = inputs.facts.iter().map(|(_, file)| file);
        Files::of(p).are_as_hashed(cx) && reread::are_as_hashed(cx, facts)
    };
    let before = are_as_hashed();
    cx.shell
        .run_with(&p.dir, &p.import_path, &env, &memory, &args)?;
    let believed = before && are_as_hashed();

    // Facts, fixes and output may all be missing; a failure to keep them is not an error.
    let keep = |id: &ActionId, file: &str| {
        let there = disk::own::metadata(Because::Made, file).is_ok();
        if there && believed {
            let _ = put_file(cx.run.job.cache, id, file, Verify::Strict);
        }
        there
    };
    let facts = match keep(&keys.facts, &config.vetx_output) {
        true => Artifact::Built(config.vetx_output),
        false => Artifact::None,
    };
    let mut fixes = String::new();
    if cx.node().need_fix && keep(&keys.fixes, &config.fix_archive) {
        fixes = config.fix_archive;
    }
    let names_files = match disk::own::read(Because::Made, &config.stdout) {
        Ok(text) => {
            let names_files = text.contains(&b'/');
            vet_output::handle(cx, text)?;
            keep(&keys.stdout, &config.stdout);
            names_files
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => false,
        Err(e) => {
            let message = format!("copying vet tool stdout: {}", errno_text(&e));
            return Err(ActionError::new(message));
        }
    };
    Ok((facts, fixes, names_files || !believed))
}
