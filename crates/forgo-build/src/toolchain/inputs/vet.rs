//! What vetting a package depends on.

use forgo_cache::ActionId;
use forgo_golang::quote::{quote, quote_bytes_in, quote_slice};
use forgo_golang::release::Release;

use crate::action::Facts;
use crate::action::vet_config::VetConfig;
use crate::toolchain::Tools;

/// What vetting depends on.
pub struct Inputs<'r> {
    /// Import path.
    pub import_path: &'r str,
    /// Identity of the tool.
    pub tool: String,
    /// Its flags.
    pub flags: Vec<String>,
    /// Key of the package's build, which has the sources.
    pub build: ActionId,
    /// Facts about dependencies: import path and file.
    pub facts: Vec<(&'r str, &'r str)>,
    /// Only facts for importers are wanted.
    pub vetx_only: bool,
    /// What the key leaves out.
    pub unkeyed: Unkeyed<'r>,
}

/// What the tool reads and the stock key leaves out, with the reason why it may.
pub struct Unkeyed<'r> {
    /// Where the tool lies. The key has its identity.
    pub tool_path: &'r str,
    /// What runs it. The identity was asked for through it.
    pub tools: Tools<'r>,
    /// The release: the salt of every key.
    pub release: Release,
    /// The build's description of the package: sources, import paths and module follow from the key
    /// of the build. Files that the build ignores are vetted as they are; the stock key leaves them
    /// out.
    pub config: &'r VetConfig,
}

impl Inputs<'_> {
    /// Returns the key.
    pub fn key(&self, facts: &dyn Facts) -> ActionId {
        let Inputs {
            import_path,
            tool,
            flags,
            build,
            facts: imported,
            vetx_only,
            unkeyed: Unkeyed { release, .. },
        } = self;
        let mut hash = facts.hashes().new_hash(format_args!("vet {import_path}"));
        writeln!(hash, "vet {}", quote(tool));
        if release.vet_key_has_vetx_only() {
            writeln!(hash, "vetxonly {vetx_only}");
        }
        writeln!(hash, "vetflags {}", quote_slice(flags));
        let pkg = quote_bytes_in(&build.0, release.unicode());
        writeln!(hash, "pkg {pkg}");
        for (path, file) in imported {
            writeln!(hash, "vetout {} {}", quote(path), facts.file_hash(file));
        }
        hash.action_id()
    }
}
