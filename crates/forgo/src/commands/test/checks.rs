//! The command lines that `go test` refuses before anything is built, and the use of the binaries.
//! Answers to the checks in runTest in cmd/go/internal/test/test.go.

use std::collections::BTreeMap;

use forgo_build::plan::test::{BinaryOptions, binary_name};
use forgo_load::disk;
use forgo_load::load::Loader;
use forgo_load::package::PackageId;
use forgo_load::platform::fuzz_supported;

use super::flags::{self, TestFlags};
use crate::commands::Invocation;
use crate::exit::{Outcome, Stop};

/// Checks flags against each other and against the packages.
pub fn binary_options(
    invocation: &Invocation<'_>,
    given: &TestFlags,
    loader: &Loader<'_>,
    packages: &[PackageId],
) -> Outcome<BinaryOptions> {
    let set = &invocation.flags;
    let fuzz = !flags::value(set, "fuzz").unwrap_or_default().is_empty();
    let profile = flags::profile(set);
    if fuzz {
        check_fuzz(invocation, loader, packages, profile)?;
    }
    if let Some(flag) = profile.filter(|_| packages.len() != 1) {
        return Err(Stop::fatal(format!(
            "cannot use {flag} flag with multiple packages"
        )));
    }
    let output = set.text("o").to_owned();
    let output_is_dir = output.ends_with('/') || !output.is_empty() && disk::is_dir(&output);
    let options = BinaryOptions {
        compile_only: set.on("c"),
        // A trace needs no symbols.
        keep: !output.is_empty() || needs_binary(set),
        output,
        output_is_dir,
        vet_off: given.vet.off,
        serial: !flags::value(set, "bench").unwrap_or_default().is_empty(),
    };
    check_outputs(invocation, &options, loader, packages)?;
    Ok(options)
}

/// A profile is read together with the binary.
fn needs_binary(set: &crate::flags::Flags) -> bool {
    ["blockprofile", "cpuprofile", "memprofile", "mutexprofile"]
        .iter()
        .any(|f| flags::value(set, f).is_some_and(|v| !v.is_empty()))
}

fn check_fuzz(
    invocation: &Invocation<'_>,
    loader: &Loader<'_>,
    packages: &[PackageId],
    profile: Option<&str>,
) -> Outcome {
    let target = &invocation.cfg().target;
    if !fuzz_supported(&target.goos) {
        let (os, arch) = (&target.goos, &target.goarch);
        return Err(Stop::fatal(format!(
            "-fuzz flag is not supported on {os}/{arch}"
        )));
    }
    let &[p] = packages else {
        return Err(Stop::fatal("cannot use -fuzz flag with multiple packages"));
    };
    if !invocation.flags.text("coverprofile").is_empty() {
        return Err(Stop::fatal("cannot use -coverprofile flag with -fuzz flag"));
    }
    if let Some(flag) = profile {
        return Err(Stop::fatal(format!(
            "cannot use {flag} flag with -fuzz flag"
        )));
    }
    // A failure is written to the package's testdata: it must be the user's own.
    let p = &loader.graph[p];
    let own = match p.module.as_ref().filter(|m| !m.path.is_empty()) {
        Some(module) => loader.modules.is_main_module(&module.path),
        None if p.standard && loader.modules.state.enabled => {
            let module = if p.import_path.starts_with("cmd/") {
                "cmd"
            } else {
                "std"
            };
            let mains = &loader.modules.state.main_modules;
            mains.iter().any(|m| m.path == module && m.in_goroot_src)
        }
        None => true,
    };
    if !own {
        return Err(Stop::fatal(
            "cannot use -fuzz flag on package outside the main module",
        ));
    }
    Ok(())
}

/// Several binaries need several names.
fn check_outputs(
    invocation: &Invocation<'_>,
    options: &BinaryOptions,
    loader: &Loader<'_>,
    packages: &[PackageId],
) -> Outcome {
    let written = options.compile_only || !options.output.is_empty();
    if packages.len() < 2 || !written || options.output == "/dev/null" {
        return Ok(());
    }
    if !options.output.is_empty() && !options.output_is_dir {
        let text = "with multiple packages, -o must refer to a directory or /dev/null";
        return Err(Stop::fatal(text));
    }
    let mut by_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for &p in packages {
        let p = &loader.graph[p];
        by_name
            .entry(binary_name(p))
            .or_default()
            .push(&p.import_path);
    }
    for (name, paths) in by_name.iter().filter(|(_, paths)| paths.len() > 1) {
        let list: String = paths.iter().map(|p| format!("{p}\n")).collect();
        invocation.console.error(&format!(
            "cannot write test binary {name} for multiple packages:\n{list}"
        ));
    }
    invocation.console.exit_if_errors()
}
