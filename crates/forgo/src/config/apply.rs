//! Applies the flags to the configuration.
//!
//! Answers to the flag types of cmd/go/internal/work/build.go, cmd/go/internal/load/flag.go and
//! cmd/go/internal/base/flag.go.

use forgo_load::config::{BuildFlags, Config, PerPackageEntry, PerPackageFlag};

use crate::exit::{Outcome, Stop};
use crate::flags::table::split_tags;
use crate::flags::{Flags, kind};

/// Puts the build flags and the module flags into `cfg`. Every value has been checked by the
/// parser.
pub fn apply_flags(cfg: &mut Config, flags: &Flags) -> Outcome {
    if flags.text("compiler") == "gccgo" {
        return Err(Stop::with_status(
            "forgo: -compiler=gccgo is not supported",
            2,
        ));
    }
    cfg.flags = build_flags(cfg, flags);
    cfg.context.install_suffix = flags.text("installsuffix").to_owned();
    cfg.context.build_tags.clone_from(&cfg.flags.tags);
    let modules = &mut cfg.modules;
    modules.mod_flag = flags.text("mod").to_owned();
    modules.mod_explicit = flags.values("mod").any(|v| !v.is_empty());
    modules.modfile = flags.text("modfile").to_owned();
    modules.modcacherw = flags.on("modcacherw");
    modules.overlay = flags.text("overlay").to_owned();
    Ok(())
}

fn build_flags(cfg: &Config, flags: &Flags) -> BuildFlags {
    let text = |name: &str| flags.text(name).to_owned();
    let or = |name: &str, default: &str| flags.value(name).unwrap_or(default).to_owned();
    let words = |name: &str| kind::split_words(flags.text(name)).unwrap_or_default();
    BuildFlags {
        a: flags.on("a"),
        n: flags.on("n"),
        p: parallelism(cfg, flags),
        // To test it means its own verbosity.
        v: cfg.command != "test" && flags.on("v"),
        x: flags.on("x"),
        work: flags.on("work"),
        json: makes_json(&cfg.command) && flags.on("json"),
        o: text("o"),
        asan: flags.on("asan"),
        msan: flags.on("msan"),
        race: flags.on("race"),
        cover: cover(flags),
        cover_mode: text("covermode"),
        cover_mode_given: text("covermode"),
        coverpkg: commas(flags.text("coverpkg")),
        asmflags: per_package(flags, "asmflags"),
        gcflags: per_package(flags, "gcflags"),
        gccgoflags: per_package(flags, "gccgoflags"),
        ldflags: per_package(flags, "ldflags"),
        buildmode: or("buildmode", "default"),
        buildvcs: buildvcs(flags.text("buildvcs")).to_owned(),
        compiler_given: flags.given("compiler"),
        install_suffix: text("installsuffix"),
        linkshared: flags.on("linkshared"),
        pgo: or("pgo", "auto"),
        pkgdir: text("pkgdir"),
        tags: split_tags(flags.text("tags")).unwrap_or_default(),
        toolexec: words("toolexec"),
        trimpath: flags.on("trimpath"),
        debug_actiongraph: text("debug-actiongraph"),
        debug_trace: text("debug-trace"),
        debug_runtime_trace: text("debug-runtime-trace"),
    }
}

/// Commands whose `-json` is that of builds; the others' mean something else.
fn makes_json(command: &str) -> bool {
    matches!(command, "build" | "install" | "run")
}

/// A value that is not positive is 0, for [`super::build_init`] to refuse.
fn parallelism(cfg: &Config, flags: &Flags) -> usize {
    match flags.value("p") {
        None => cfg.gomaxprocs,
        Some(text) => kind::parse_int(text)
            .ok()
            .and_then(|p| p.try_into().ok())
            .unwrap_or(0),
    }
}

/// `-covermode` and its kin imply `-cover`; the last flag counts.
fn cover(flags: &Flags) -> bool {
    flags
        .settings()
        .iter()
        .fold(false, |on, s| match s.name.as_str() {
            "cover" => kind::parse_bool(&s.value) == Some(true),
            "covermode" | "coverpkg" | "coverprofile" => true,
            _ => on,
        })
}

fn commas(text: &str) -> Vec<String> {
    text.split(',')
        .filter(|_| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

fn buildvcs(text: &str) -> &'static str {
    match kind::parse_bool(text) {
        Some(true) => "true",
        Some(false) => "false",
        None => "auto",
    }
}

fn per_package(flags: &Flags, name: &str) -> PerPackageFlag {
    let entries = flags
        .values(name)
        .filter_map(|value| kind::split_per_package(value).ok())
        .map(|(pattern, flags)| PerPackageEntry { pattern, flags })
        .collect();
    PerPackageFlag {
        present: flags.given(name),
        entries,
        raw: flags.text(name).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::table::Commands;

    fn applied(args: &[&str]) -> Config {
        let args: Vec<String> = args.iter().map(|s| (*s).to_owned()).collect();
        let mut flags = Flags::of(Commands::BUILD);
        flags.parse(&args).unwrap();
        let mut cfg = Config {
            command: "build".into(),
            gomaxprocs: 7,
            ..Config::default()
        };
        apply_flags(&mut cfg, &flags).unwrap();
        cfg
    }

    #[test]
    fn defaults() {
        let f = applied(&[]).flags;
        assert_eq!(
            (f.p, f.pgo.as_str(), f.buildmode.as_str()),
            (7, "auto", "default")
        );
        assert_eq!(f.buildvcs, "auto");
        assert!(!f.cover && !f.gcflags.present);
    }

    #[test]
    fn last_word_counts() {
        let f = applied(&["-covermode=atomic", "-cover=false"]).flags;
        assert!(!f.cover && f.cover_mode == "atomic");
        let f = applied(&[
            "-gcflags=all=-N",
            "-gcflags=-l -m",
            "-n",
            "-buildvcs",
            "-p",
            "-3",
        ])
        .flags;
        assert!(!f.x && f.n && f.buildvcs == "true" && f.p == 0);
        assert_eq!(f.gcflags.raw, "-l -m");
        assert_eq!(f.gcflags.entries[0].pattern.as_deref(), Some("all"));
        assert_eq!(f.gcflags.entries[1].flags, ["-l", "-m"]);
        let m = applied(&["-mod=vendor", "-mod="]).modules;
        assert!(m.mod_explicit && m.mod_flag.is_empty());
    }
}
