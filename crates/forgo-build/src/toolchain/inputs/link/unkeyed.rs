//! What the linker reads beside the inputs that its key has.

use forgo_load::config::Config;
use forgo_load::package::Package;

use super::{Archive, has_cxx};
use crate::toolchain::inputs::compile::Files;
use crate::toolchain::{Tools, cc, changed_env};

/// What the command lines of a link are made of and the stock key leaves out, with the reason why
/// it may.
#[derive(Debug)]
pub struct Unkeyed<'r> {
    /// Build information. The key of the main package's build has it, and this key that build ID.
    pub build_info: &'r str,
    /// Sources of the main package, of which a plugin's path is made. The key of its build has
    /// them.
    pub files: Files<'r>,
    /// The main package lies in GOROOT: its import path begins with `cmd/`, or it is a test.
    pub in_goroot: bool,
    /// GOFIPS140. It changes the default GODEBUG setting and the archives, which the key has.
    pub gofips140: &'r str,
    /// -installsuffix. It names directories of installed archives; the import configuration names
    /// each archive by its file.
    pub install_suffix: &'r str,
    /// The C++ compiler, if some package has C++ sources, or else the C compiler. The linker calls
    /// it to link C code; the stock key leaves it out, `reuse::links` adds all that it may read.
    pub external_linker: Vec<String>,
    /// Where the linker lies. The key has its ID, asked for through -toolexec.
    pub tools: Tools<'r>,
    /// GOOS, GOARCH and the like, where the environment has other values: the key has the values.
    pub env: Vec<String>,
}

impl<'r> Unkeyed<'r> {
    pub(super) fn of(config: &'r Config, p: &'r Package, archives: &[Archive<'r>]) -> Unkeyed<'r> {
        let cxx = has_cxx(p) || archives.iter().any(|archive| archive.has_cxx);
        Unkeyed {
            build_info: p.internal.build_info.as_deref().unwrap_or_default(),
            files: Files::of(p),
            in_goroot: p.goroot,
            gofips140: &config.target.gofips140,
            install_suffix: &config.context.install_suffix,
            external_linker: if cxx {
                cc::cxx_exe(config)
            } else {
                cc::cc_exe(config)
            },
            tools: Tools::of(config),
            env: changed_env(config),
        }
    }
}
