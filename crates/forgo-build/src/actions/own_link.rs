//! Links by forgo's own linker where it is proven to write the bytes of cmd/link
//! ([`trust`](crate::reuse::trust)), and by cmd/link everywhere else. docs/linking.md lists the
//! links that forgo's linker can do; it leaves all others to cmd/link.
//!
//! The linker is a process like the tool that it stands for: it holds a token, its cost is recorded
//! as the tool's is, and -x shows the tool's command line.

use forgo_cache::ActionId;

use crate::action::trust::Rule;
use crate::action::{ActionCx, ActionError};
use crate::reuse::links::packages;
use crate::reuse::trust::{self, Ask};
use crate::toolchain::gc::link::Link;
use crate::toolchain::inputs::link::Inputs;
use crate::toolchain::memory;
use forgo_load::config::LINKER;
use forgo_load::disk::{self, Because, Place};
use forgo_load::package::Package;

const RULES: &[Rule] = &[Rule::Link];

/// Runs the linker that makes an executable. `key` is the link's.
pub fn run(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    link: &Link,
    key: &ActionId,
) -> Result<(), ActionError> {
    let Link { dir, env, args } = link;
    let desc = inputs.import_path;
    let unseen = memory::for_link(cx.config(), may_link_externally(cx, inputs));
    let ask = match OwnLink::of(cx, inputs, link) {
        Some(own) => Some((own, trust::ask(cx, RULES, key)?)),
        None => None,
    };
    match ask {
        None | Some((_, Ask::Leave)) => cx.shell.run_with(dir, desc, env, &unseen, args),
        Some((own, Ask::Use)) => {
            cx.shell.show_run(dir, env, args);
            if own.make(cx) && own.put_in_place() {
                return Ok(());
            }
            // The tool reports the error, if there is one.
            let output = cx.shell.run_unshown(dir, env, &unseen, args);
            cx.shell.report_run(dir, desc, args, output)
        }
        Some((own, Ask::Compare)) => {
            let before = cx.shell.saved_output().len();
            cx.shell.run_with(dir, desc, env, &unseen, args)?;
            let said = cx.shell.saved_output().len() != before;
            if own.make(cx) {
                let difference = own.difference(said);
                own.remove();
                trust::settle(cx, RULES, difference)?;
            }
            Ok(())
        }
    }
}

/// A link by forgo's linker.
struct OwnLink<'a> {
    link: &'a Link,
    /// Where cmd/link puts the executable.
    target: &'a str,
    /// Where forgo's linker puts it: no part of it is ever seen at the target.
    aside: String,
    program: &'a str,
}

impl<'a> OwnLink<'a> {
    /// Returns `None` where settings alone rule out forgo's linker, which decides on all other
    /// links. The variables that cmd/link reads from the environment are looked at here.
    fn of(cx: &'a ActionCx<'_>, inputs: &Inputs<'_>, link: &'a Link) -> Option<OwnLink<'a>> {
        let config = cx.config();
        let flags = &config.flags;
        let target = (inputs.goos, inputs.goarch);
        let host = (&*config.dist.host_goos, &*config.dist.host_goarch);
        let possible = config.extras
            && !config.linker.is_empty()
            && flags.toolexec.is_empty()
            && !flags.n
            && matches!(target, ("linux", "amd64" | "arm64"))
            && host == ("linux", "amd64")
            && inputs.extlink_enabled.is_empty()
            && config.env.os("GO_LDSO").is_empty()
            && link.dir == ".";
        let [_, output, file, ..] = &link.args[..] else {
            return None;
        };
        (possible && output == "-o").then(|| OwnLink {
            link,
            target: file,
            aside: format!("{}own.out", cx.node().objdir),
            program: &config.linker,
        })
    }

    /// Links. `false` where nothing was made.
    fn make(&self, cx: &ActionCx<'_>) -> bool {
        let Link { dir, env, args } = self.link;
        let mut own = args[1..].to_vec();
        own[1].clone_from(&self.aside);
        let program = (self.program, LINKER);
        let ended = cx.shell.run_own(dir, env, args, program, &own);
        let made = ended.error.is_none();
        if !made {
            self.remove();
        }
        made
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "both are made in the work directory"
    )]
    fn put_in_place(&self) -> bool {
        std::fs::rename(self.aside.place(), self.target.place()).is_ok()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "it was made in the work directory"
    )]
    fn remove(&self) {
        // Perhaps there is none.
        let _ = std::fs::remove_file(self.aside.place());
    }

    /// How the executable differs from that of cmd/link, which `said` something or not.
    fn difference(&self, said: bool) -> Option<String> {
        if said {
            return Some("in the linker's messages".to_owned());
        }
        let read = |file: &str| disk::own::read(Because::Made, file);
        match (read(&self.aside), read(self.target)) {
            (Ok(own), Ok(stock)) => {
                let at = own.iter().zip(&stock).position(|(a, b)| a != b);
                match at {
                    Some(at) => Some(format!("executables differ from byte {at} on")),
                    None if own.len() != stock.len() => {
                        Some(format!("{} bytes instead of {}", own.len(), stock.len()))
                    }
                    None => None,
                }
            }
            _ => Some("an executable can't be read".to_owned()),
        }
    }
}

/// Reports whether cmd/link might decide to link with the C compiler. The C code of the
/// distribution's own packages, such as net, it links by itself.
fn may_link_externally(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> bool {
    let has_c = |p: &Package| p.uses_cgo() || p.uses_swig() || !p.syso_files.is_empty();
    let mut flags = inputs.forced_ldflags.iter().chain(inputs.ldflags);
    let names_linking = |flag: &String| {
        ["linkmode", "extld", "race", "msan", "asan"]
            .iter()
            .any(|n| flag.contains(n))
    };
    !matches!(inputs.ld_buildmode, "" | "exe" | "pie")
        || inputs.extlink_enabled == "1"
        || packages(cx, inputs).any(|p| !p.goroot && has_c(p))
        || flags.any(names_linking)
}
