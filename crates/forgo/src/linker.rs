//! forgo's program as a linker: links run it instead of cmd/link. It is a separate process, so that
//! a damaged or shortened archive does not end the build, and so that it is counted and limited as
//! the tool that it replaces.

use std::path::Path;

use forgo_link::Options;
use forgo_load::config::LINKER;

use crate::report::streams::write_stderr;

/// The program to start by the name [`LINKER`]; empty where there is none for this system.
pub fn program() -> &'static str {
    // The compression of debug information computes as the stock linker does on this architecture.
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        // The program that runs, even if its file was replaced since.
        "/proc/self/exe"
    } else {
        ""
    }
}

/// Links, if the program was started by that name. Returns the exit status: other than 0 where the
/// stock linker is to do it.
pub fn run_if_asked() -> Option<i32> {
    #[allow(
        clippy::disallowed_methods,
        reason = "decided before there is a configuration"
    )]
    let (mut args, goroot) = (std::env::args_os(), std::env::var("GOROOT"));
    let name = args.next()?;
    if Path::new(&name).file_name()? != LINKER {
        return None;
    }
    let args: Result<Vec<String>, _> = args.map(|arg| arg.into_string()).collect();
    let Ok(args) = args else {
        return Some(2);
    };
    let linked = Options::parse(&args, &goroot.unwrap_or_default())
        .and_then(|options| forgo_link::link(&options));
    match linked {
        Ok(()) => Some(0),
        Err(error) => {
            write_stderr(format!("{LINKER}: {error}\n").as_bytes());
            Some(match error {
                forgo_link::Error::Unsupported(_) => 3,
                _ => 2,
            })
        }
    }
}
