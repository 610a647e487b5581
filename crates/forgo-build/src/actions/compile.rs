//! Makes a package's archive: assembly's ABIs, compile, assembly, objects of other compilers, pack.
//!
//! Answers to `build` in cmd/go/internal/work/exec.go.

use std::collections::BTreeMap;
use std::sync::Arc;

use forgo_cache::ActionId;
use forgo_golang::path;
use forgo_golang::raw;
use forgo_load::disk;
use forgo_load::load::no_go_text;
use forgo_load::verdict::{Verdict, Way};
use serde::Serialize;

use crate::action::check::{CacheCheck, Known};
use crate::action::own_keys::OwnKeys;
use crate::action::{ActionCx, ActionError, Artifact, CgoOutputs, Outcome, Provider};
use crate::actions::check_cache::load_compiled_go_files;
use crate::actions::{assemble, cgo, vet_config};
use crate::archive;
use crate::plan::NodeId;
use crate::reuse::moving::go_part::{GoPart, Moved};
use crate::reuse::trust::{self, Ask};
use crate::reuse::turns::{self, Turn};
use crate::reuse::{self, cutoff, moving, objdir_cache, stamp};
use crate::shell::{join_unambiguously, readable_cgo_names, write_whole};
use crate::toolchain::inputs::compile::Inputs;
use crate::toolchain::{gc, make_absolute, memory, reread};
use forgo_load::disk::Because;

/// The work of a `build` node.
pub fn run(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let check = check_of(cx);
    cx.reported_key.set(check.action_id);
    let mut outcome = Outcome {
        action_id: check.action_id,
        build_id: check.build_id.clone(),
        id_is_final: check.way.is_some(),
        built: check.built.clone(),
        vet: check.vet.clone(),
        ..Outcome::default()
    };
    // The coverage file and cgo's header are other nodes' business.
    let need = check.need;
    let spared = check.way.is_some_and(Way::stands_for_compile);
    if spared && cx.config().flags.v && !check.named {
        cx.shell.print(format!("{}\n", cx.package().import_path));
    }
    match check.way {
        Some(way) => outcome.verdict = Verdict::Reused(way),
        None if need.build => outcome.verdict = Verdict::Ran(check.miss.clone()),
        // Nothing needs the archive.
        None => {}
    }
    if !need.build && !need.vet && !need.compiled_go_files {
        return Ok(outcome);
    }
    cx.shell.save_output();
    let result = build(cx, check, &mut outcome);
    cx.shell.flush_output();
    result.map(|()| outcome)
}

/// What the cache check found.
fn check_of<'r>(cx: &ActionCx<'r>) -> &'r CacheCheck {
    check_node(cx).1
}

/// The node that did the check, and its result.
fn check_node<'r>(cx: &ActionCx<'r>) -> (NodeId, &'r CacheCheck) {
    cx.node()
        .deps
        .iter()
        .find_map(|&dep| match &cx.outcome(dep).provider {
            Provider::CheckCache(check) if cx.node_of(dep).package == cx.node().package => {
                Some((dep, check.as_ref()))
            }
            _ => None,
        })
        .expect("a build depends on its check of the cache")
}

fn build(cx: &ActionCx<'_>, check: &CacheCheck, outcome: &mut Outcome) -> Result<(), ActionError> {
    let p = cx.package();
    let flags = &cx.config().flags;
    if flags.n {
        cx.shell.print(format!("\n#\n# {}\n#\n\n", p.import_path));
    }
    if flags.v && !check.named && !check.way.is_some_and(Way::stands_for_compile) {
        cx.shell.print(format!("{}\n", p.import_path));
    }
    let mut key = check.action_id.expect("what is to be built has a key");
    let depends_on = Inputs::gather(cx, cx.id, &cx.node_of(check_node(cx).0).deps);
    // What other tools made of the sources is stored too.
    let generated = p.uses_cgo() || p.uses_swig() || !depends_on.cover_mode.is_empty();
    let mut changed = check.changed;
    if generated && !changed && !depends_on.are_as_hashed(cx) {
        changed = true;
        key = reread::unguessable(&key);
        outcome.action_id = Some(key);
    }
    let sources = Sources::of(cx, &key)?;
    let listed: Vec<String> = [&sources.go[..], &sources.asm, &sources.c].concat();
    objdir_cache::store_sources(cx, &cx.node().objdir, &key, &listed);
    if sources.go.is_empty() {
        return Err(ActionError::new(no_go_text(p)));
    }
    if check.need.vet {
        outcome.vet = Some(Arc::new(vet_config::make(cx, &listed, &cx.node().deps)));
    }
    if check.need.compiled_go_files {
        load_compiled_go_files(cx, &key).map_err(|e| ActionError {
            text: format!("loading compiled Go files from cache: {}", e.text),
            ..e
        })?;
    }
    if !check.need.build {
        return Ok(());
    }

    let wanted = reuse::Wanted {
        node: cx.id,
        key,
        target: "",
        main_build_id: "",
        replay: true,
    };
    // Another checkout may be at the same work: then one of the two moves what the other makes.
    let none = OwnKeys::default();
    let keys = if changed { &none } else { &check.own_keys };
    let go_part = match changed {
        true => None,
        false => sources.go_part(cx, &depends_on)?,
    };
    let shared = keys.everywhere.or(go_part.as_ref().map(|part| part.key));
    let turn = turns::wait(cx, &shared.unwrap_or(key), || {
        let made = reuse::cache_entry(cx, &wanted, &check.build_id).ok();
        let made = made.or_else(|| moving::find_made(cx, &depends_on, keys, &key));
        let part = || go_part.as_ref()?.find(cx, &depends_on, &check.build_id);
        made.map(Found::Archive)
            .or_else(|| part().map(Found::GoPart))
    });
    let (moved, _lock) = match turn {
        Turn::Here(lock) => (None, lock),
        Turn::Made(Found::GoPart(part)) => (Some(part), None),
        Turn::Made(Found::Archive(known)) => {
            note_export(cx, known.built.path(), &known.build_id);
            outcome.verdict = Verdict::Reused(known.way);
            (outcome.built, outcome.build_id) = (known.built, known.build_id);
            return Ok(());
        }
    };

    let inputs = Inputs::gather(cx, cx.id, &cx.node().deps);
    let (archive, part) = Compilation {
        cx,
        inputs: &inputs,
        build_id: &check.build_id,
        go_part: moved.as_ref(),
    }
    .run(&sources, &key)?;
    if let Verdict::Ran(miss) = &mut outcome.verdict {
        miss.part = part;
    }
    if !changed && !inputs.are_as_hashed(cx) {
        changed = true;
        key = reread::unguessable(&key);
        outcome.action_id = Some(key);
    }
    let made = stamp::Made {
        file: &archive,
        key,
        build_id: &check.build_id,
        main_key: None,
        recorded: shared.is_some() && !changed,
    };
    let stamped = stamp::finish(cx, &made)?;
    let headers = keys.headers.iter();
    let headers = headers.map(|header| path::join2(&p.dir, &header.name));
    if let Some((output, size)) = &stamped.output
        && !changed
        && reread::are_as_hashed(cx, headers)
    {
        // What the package depends on, and nothing else: as the check gathered them.
        let made = moving::Made {
            key: &key,
            file: &archive,
            build_id: &stamped.build_id,
            said: &cx.shell.saved_output(),
            sum: stamped.sum,
        };
        if let (Some(part), None) = (&go_part, &moved) {
            part.record(cx, &made);
        } else if !moving::record(cx, &depends_on, keys, &made) {
            cutoff::record(cx, &depends_on, keys, (output, *size))?;
        }
    }
    if let (Some(claim), false) = (&check.claim, changed) {
        trust::judge(cx, claim, &stamped.build_id, &cx.shell.saved_output())?;
    }
    note_export(cx, stamped.cached.as_deref(), &stamped.build_id);
    outcome.build_id = stamped.build_id;
    outcome.id_is_final = stamped.id_is_final;
    outcome.built = Artifact::Built(archive);
    Ok(())
}

/// A result that exists already.
enum Found {
    /// The archive, in the cache.
    Archive(Known),
    /// What the Go compiler would write of a cgo package.
    GoPart(Moved),
}

/// For `go list -export`.
fn note_export(cx: &ActionCx<'_>, file: Option<&str>, build_id: &str) {
    let facts = cx.node().package.and_then(|id| cx.run.facts(id));
    if let (Some(mut facts), Some(file)) = (facts, file)
        && cx.run.job.options.need_export
    {
        file.clone_into(&mut facts.export);
        build_id.clone_into(&mut facts.build_id);
    }
}

/// Sources by the tool that compiles them. Files lie in the package's directory unless absolute.
struct Sources {
    go: Vec<String>,
    asm: Vec<String>,
    c: Vec<String>,
    /// Object files that C compilers made.
    objects: Vec<String>,
    /// Configuration of coverage, or empty.
    cover_config: String,
}

impl Sources {
    fn of(cx: &ActionCx<'_>, key: &ActionId) -> Result<Sources, ActionError> {
        let p = cx.package();
        let mut sources = Sources {
            go: p.go_files.clone(),
            asm: p.s_files.clone(),
            c: p.c_files.clone(),
            objects: Vec::new(),
            cover_config: p.internal.cover.cfg.clone(),
        };
        let provided = |dep: &NodeId| &cx.outcome(*dep).provider;
        let mut cgo_outputs = None;
        for provider in cx.node().deps.iter().map(provided) {
            match provider {
                Provider::Cover(cover) => {
                    sources.go.clone_from(&cover.go_sources);
                    sources.cover_config.clone_from(&cover.config);
                }
                Provider::Cgo(outputs) => cgo_outputs = Some(outputs),
                _ => {}
            }
        }
        if p.uses_cgo() || p.uses_swig() {
            let outputs = cgo_outputs.expect("the build of a cgo package depends on running cgo");
            sources.add_cgo(cx, outputs, key)?;
        }
        Ok(sources)
    }

    /// What the Go compiler alone makes of them, if that may have been made elsewhere.
    fn go_part(
        &self,
        cx: &ActionCx<'_>,
        inputs: &Inputs<'_>,
    ) -> Result<Option<GoPart>, ActionError> {
        // With coverage, the compiled files are not the package's.
        match self.go.strip_prefix(inputs.files.go) {
            Some(generated) => GoPart::of(cx, inputs, generated),
            None => Ok(None),
        }
    }

    /// C compilers take C and assembly; only runtime/cgo has assembly for both sides.
    fn add_cgo(
        &mut self,
        cx: &ActionCx<'_>,
        outputs: &CgoOutputs,
        key: &ActionId,
    ) -> Result<(), ActionError> {
        let p = cx.package();
        self.c.clear();
        if p.standard && p.import_path == "runtime/cgo" {
            self.asm.retain(|f| !f.starts_with("gcc_"));
        } else {
            self.asm.clear();
        }
        let products = cgo::products(cx, outputs)?;
        self.go.extend(products.go_files);
        self.objects = products.objects;
        if matches!(
            cx.config().modes.buildmode.as_str(),
            "c-archive" | "c-shared"
        ) {
            // Where there is none, nothing is exported.
            let _ = objdir_cache::store(cx, &cx.node().objdir, key, objdir_cache::CGO_HEADER);
        }
        Ok(())
    }
}

/// The work proper: sees the inputs, and places to put files.
struct Compilation<'a, 'r> {
    cx: &'a ActionCx<'r>,
    inputs: &'a Inputs<'r>,
    build_id: &'a str,
    /// What the Go compiler would write, if that is known.
    go_part: Option<&'a Moved>,
}

impl Compilation<'_, '_> {
    /// Makes the archive, but for its final build ID. Returns it, and which part of it was reused.
    fn run(&self, sources: &Sources, key: &ActionId) -> Result<(String, Option<Way>), ActionError> {
        let (cx, inputs) = (self.cx, self.inputs);
        let objdir = &cx.node().objdir;
        let symabis = assemble::symabis(cx, inputs, objdir, self.build_id, &sources.asm)?;
        let archive = format!("{objdir}_pkg_.a");
        let ask = |moved: &Moved| trust::ask(cx, moved.rules, key);
        let mut part = None;
        match (self.go_part, self.go_part.map_or(Ok(Ask::Leave), ask)?) {
            (Some(moved), Ask::Use) => {
                write_whole(&archive, &moved.archive)?;
                part = Some(Way::GoPart);
            }
            (moved, ask) => {
                self.compile_go(sources, &archive, &symabis)?;
                if let (Some(moved), Ask::Compare) = (moved, ask)
                    && inputs.are_as_hashed(cx)
                {
                    moved.compare(cx, &archive)?;
                }
            }
        }
        self.copy_headers()?;

        if let Some(file) = sources.c.first() {
            let file = make_absolute(inputs.files.dir, file);
            let why = format!("{file}: C source files not supported without cgo");
            return Err(ActionError::new(why));
        }
        let mut objects = assemble::assemble(cx, inputs, objdir, self.build_id, &sources.asm)?;
        objects.extend_from_slice(&sources.objects);
        let files = &inputs.files;
        objects.extend(files.syso.iter().map(|file| files.path(file)));
        if !objects.is_empty() {
            self.pack(&archive, &objects)?;
        }
        Ok((archive, part))
    }

    fn compile_go(
        &self,
        sources: &Sources,
        archive: &str,
        symabis: &str,
    ) -> Result<(), ActionError> {
        let (cx, inputs) = (self.cx, self.inputs);
        let objdir = &cx.node().objdir;
        let embeds = !inputs.unkeyed.embed.is_empty();

        let lent = cx.run.compile_tokens.take();
        let compile = gc::Compile {
            objdir,
            archive,
            build_id: self.build_id,
            symabis,
            asm_header: !sources.asm.is_empty(),
            cover_config: &sources.cover_config,
            embeds,
            concurrency: lent.count(),
            go_files: &sources.go,
        };
        let args = gc::compile(inputs, cx, &compile)?;
        cx.shell
            .write_file(&format!("{objdir}importcfg"), &self.import_config())?;
        if embeds {
            let text = self.embed_config();
            cx.shell.write_file(&format!("{objdir}embedcfg"), &text)?;
        }
        let config = cx.config();
        let memory = memory::for_sources(config, self.actual(&sources.go));
        let (cwd, env) = (inputs.unkeyed.cwd, &inputs.unkeyed.env);
        let mut ran = cx.shell.run_out_with(cwd, env, &memory, &args);
        drop(lent);

        let cgo = inputs.c.is_some();
        let only = config.dist.release.only_compile_shows_readable_cgo_names();
        if only && cgo && !config.flags.x && !ran.output.is_empty() {
            let text = raw::borrow(&ran.output);
            ran.output = readable_cgo_names(&text).into_bytes();
        }
        cx.shell.report_cmd("", "", &ran.output, ran.error)
    }

    /// The files that sources are, by their whole names.
    fn actual<'s>(&self, sources: &'s [String]) -> impl Iterator<Item = String> + use<'s, '_> {
        let dir = self.inputs.files.dir;
        let overlay = self.inputs.unkeyed.overlay;
        let file = move |file: &String| overlay.actual(&make_absolute(dir, file)).into_owned();
        sources.iter().map(file)
    }

    /// Where imports are found. Never empty: the compiler would look for them itself.
    fn import_config(&self) -> String {
        let unkeyed = &self.inputs.unkeyed;
        let mut text = "# import config\n".to_owned();
        for (raw, import) in unkeyed.raw_imports.iter().zip(unkeyed.imports) {
            if raw != import {
                text += &format!("importmap {raw}={import}\n");
            }
        }
        for import in &self.inputs.imports {
            if let (path, Some(file)) = (import.import_path, import.archive)
                && !path.is_empty()
            {
                text += &format!("packagefile {path}={file}\n");
            }
        }
        text
    }

    /// Which files `//go:embed` patterns stand for, and where they are.
    fn embed_config(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Config<'a> {
            patterns: &'a BTreeMap<String, Vec<String>>,
            files: BTreeMap<&'a str, String>,
        }
        let Inputs { files, unkeyed, .. } = self.inputs;
        let actual = |file: &String| unkeyed.overlay.actual(&files.path(file)).to_string();
        let files = files
            .embed
            .iter()
            .map(|file| (file.as_str(), actual(file)))
            .collect();
        let config = Config {
            patterns: unkeyed.embed,
            files,
        };
        forgo_load::go_json::indent(&config, unkeyed.release)
    }

    /// `defs_linux_amd64.h` is `defs_GOOS_GOARCH.h` to assembly.
    fn copy_headers(&self) -> Result<(), ActionError> {
        let (cx, files) = (self.cx, &self.inputs.files);
        let (os, arch) = (self.inputs.goos, self.inputs.goarch);
        let endings = [
            (format!("_{os}_{arch}"), "_GOOS_GOARCH"),
            (format!("_{arch}"), "_GOARCH"),
            (format!("_{os}"), "_GOOS"),
        ];
        for file in files.h {
            let ext = path::ext(file);
            let name = &file[..file.len() - ext.len()];
            let general = endings.iter().find_map(|(ending, general)| {
                Some(format!(
                    "{}{general}.{}",
                    name.strip_suffix(ending)?,
                    &ext[1..]
                ))
            });
            if let Some(general) = general {
                let to = format!("{}{general}", cx.node().objdir);
                cx.shell.copy_file(&to, &files.path(file), 0o666, true)?;
            }
        }
        Ok(())
    }

    /// Adds object files to the archive.
    fn pack(&self, archive: &str, objects: &[String]) -> Result<(), ActionError> {
        let cx = self.cx;
        let objdir = &cx.node().objdir;
        let objects: Vec<String> = objects.iter().map(|f| make_absolute(objdir, f)).collect();
        if !cx.config().flags.n
            && let Err(e) = disk::own::metadata(Because::Made, archive)
        {
            let why = forgo_load::process::errno_text(&e);
            let text = format!("os.Stat of archive file failed: stat {archive}: {why}");
            return Err(ActionError::fatal(text));
        }
        if cx.shell.shows_commands() {
            let mut words = vec!["go", "tool", "pack", "r", archive];
            words.extend(objects.iter().map(String::as_str));
            let line = join_unambiguously(&words);
            cx.shell
                .show_cmd(self.inputs.files.dir, &format!("{line} # internal"));
        }
        if cx.config().flags.n {
            return Ok(());
        }
        archive::append(archive, &objects).map_err(ActionError::new)
    }
}
