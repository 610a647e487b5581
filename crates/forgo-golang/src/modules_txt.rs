//! vendor/modules.txt. Answers to readVendorList in cmd/go/internal/modload/vendor.go.

use std::collections::HashMap;

use crate::module::Version;

/// What vendor/modules.txt says.
#[derive(Debug, Clone, Default)]
pub struct ModulesTxt {
    /// Modules that have packages in vendor, in file order (vendorList).
    pub modules: Vec<Version>,
    /// Module of each vendored package (vendorPkgModule).
    pub package_module: HashMap<String, Version>,
    /// Selected version by module path, packages or not (vendorVersion).
    pub version: HashMap<String, String>,
    /// Annotations by module (vendorMeta).
    pub meta: HashMap<Version, VendorMetadata>,
    /// Replacements without packages: `# path => new` lines without version (vendorReplaced).
    pub replaced: Vec<Version>,
    /// Modules with packages are kept in the order of their first line. A `## workspace` header?
    pub workspace: bool,
}

/// Annotations of a module in modules.txt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorMetadata {
    /// `## explicit`
    pub explicit: bool,
    /// Replacement after `=>`.
    pub replacement: Option<Version>,
    /// `## go 1.20`
    pub go_version: String,
}

/// Parses the text. Malformed lines are ignored, as the stock command ignores them.
pub fn parse(_text: &str) -> ModulesTxt {
    todo!()
}
