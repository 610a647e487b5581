//! Coverage of packages that have no tests, for `go test -cover`: their meta-data files, and what
//! `go tool covdata` makes of them.
//!
//! Answers to cmd/go/internal/work/cover.go.

use forgo_golang::{json, path, raw};
use forgo_load::disk;
use forgo_load::process::errno_text;
use serde::Serialize;

use crate::action::{ActionCx, ActionError, Outcome};
use crate::actions::cover::meta_file_name;
use crate::plan::Mode;
use forgo_load::disk::Because;

/// The meta-data file of the package of a `test run` node; `None` when the package has no functions
/// (BuildActionCoverMetaFile).
pub fn meta_file(cx: &ActionCx<'_>) -> Result<Option<String>, ActionError> {
    let job = &cx.run.job;
    let import_path = &cx.package().import_path;
    let barrier = cx.node().deps[0];
    let build = job.plan[barrier]
        .deps
        .iter()
        .map(|id| &job.plan[*id])
        .find(|node| {
            let of_package = |p| job.graph[p].import_path == *import_path;
            node.mode == Mode::Build && node.package.is_some_and(of_package)
        });
    let Some(build) = build else {
        return Err(ActionError::new(format!(
            "internal error: unable to locate build action for package {} run action",
            forgo_golang::quote::quote(import_path)
        )));
    };
    let file = build.objdir.clone() + &meta_file_name(import_path);
    if cx.config().flags.n {
        return Ok(Some(file));
    }
    match disk::own::metadata(Because::Made, &file) {
        Ok(meta) => Ok((meta.len() > 0).then_some(file)),
        Err(e) => Err(ActionError::new(format!("open {file}: {}", errno_text(&e)))),
    }
}

/// The line `go test -cover` prints for a package without tests (WriteCoveragePercent).
pub fn percent(cx: &ActionCx<'_>, meta_file: &str) -> Result<Vec<u8>, ActionError> {
    covdata(cx, &["percent", "-i", &path::dir(meta_file)])
}

/// Writes the package's part of a coverage profile to `out`; what the tool printed is returned
/// (WriteCoverageProfile).
pub fn profile(cx: &ActionCx<'_>, meta_file: &str, out: &str) -> Result<Vec<u8>, ActionError> {
    covdata(cx, &["textfmt", "-i", &path::dir(meta_file), "-o", out])
}

/// Runs `go tool covdata` in the node's object directory.
fn covdata(cx: &ActionCx<'_>, args: &[&str]) -> Result<Vec<u8>, ActionError> {
    let config = cx.config();
    let mut command = config.flags.toolexec.clone();
    command.push(path::join2(&config.dist.goroot, "bin/go"));
    command.extend(["tool", "covdata"].map(str::to_owned));
    command.extend(args.iter().map(|arg| (*arg).to_owned()));
    let run = cx.shell.run_out(&cx.node().objdir, &[], &command);
    if run.error.is_some() {
        cx.shell.report_cmd("", "", &run.output, run.error)?;
    }
    Ok(run.output)
}

/// A list of meta-data files as running tests read it (coverage.MetaFileCollection).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetaFileCollection<'a> {
    import_paths: Option<Vec<&'a str>>,
    meta_file_fragments: Option<Vec<String>>,
}

/// The work of the node that lists the meta-data files of the packages that it depends on, in its
/// object directory (WriteCoverMetaFilesFile).
pub fn list_meta_files(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let job = &cx.run.job;
    let (mut import_paths, mut files) = (Vec::new(), Vec::new());
    for build in cx.node().deps.iter().map(|id| &job.plan[*id]) {
        let p = &job.graph[build.package.expect("a build has a package")];
        let file = build.objdir.clone() + &meta_file_name(&p.import_path);
        // A package without functions has an empty file or none.
        if disk::own::metadata(Because::Made, &file).is_ok_and(|meta| meta.len() > 0) {
            import_paths.push(p.import_path.as_str());
            files.push(file);
        }
    }
    // An empty list is Go's nil.
    let collection = MetaFileCollection {
        import_paths: Some(import_paths).filter(|list| !list.is_empty()),
        meta_file_fragments: Some(files).filter(|list| !list.is_empty()),
    };
    let text = serde_json::to_string(&collection).expect("texts are JSON");
    let objdir = &cx.node().objdir;
    cx.shell.mkdir(objdir)?;
    cx.shell
        .write_file(
            &format!("{objdir}metafiles.txt"),
            &raw::json(&(json::escape(&text) + "\n"), cx.config().dist.release),
        )
        .map_err(|e| ActionError::new(format!("writing metafiles file: {e}")))?;
    Ok(Outcome::default())
}
