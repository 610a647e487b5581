//! Information about a module: `Package.Module`, `go list -m -json`'s struct
//! (cmd/go/internal/modinfo.ModulePublic).

use serde::Serialize;

/// A module as `go list -json` prints it. Field order is the stock command's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModulePublic {
    /// Module path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Module version; empty for main modules.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Version query that gave this version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// Replaced by this module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace: Option<Box<ModulePublic>>,
    /// Time the version was created, RFC 3339 as the `.info` file has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// A main module?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub main: bool,
    /// Only indirectly needed by the main module?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub indirect: bool,
    /// Directory that holds the module's files.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dir: String,
    /// Path of its go.mod.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub go_mod: String,
    /// Its go version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub go_version: String,
    /// Error loading the module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ModuleError>,
    /// Checksum as in go.sum.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sum: String,
    /// Checksum of its go.mod as in go.sum.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub go_mod_sum: String,
}

/// An error loading a module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModuleError {
    /// The text.
    pub err: String,
}
