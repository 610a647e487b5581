//! GODEBUG settings in Go text: `//go:debug` lines and the distribution's table of settings. Answers
//! to cmd/go/internal/load/godebug.go, modload.CheckGodebug and internal/godebugs.

/// A setting of internal/godebugs/table.go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    /// Name.
    pub name: String,
    /// Minor release that changed the default; 0 for none.
    pub changed: u32,
    /// Value before that.
    pub old: String,
    /// The setting may not be changed at run time.
    pub immutable: bool,
    /// Minor release that removed it (internal/godebugs Removed table); `None` while it exists.
    pub removed: Option<u32>,
}

/// Settings of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table(pub Vec<Info>);

/// Reads the table from the text of GOROOT/src/internal/godebugs/table.go.
pub fn parse_godebugs_table(_source: &str) -> Table {
    todo!()
}

/// Why a line is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GodebugError {
    /// Not a `//go:debug` line at all.
    NotGodebug,
    /// The stock message.
    Invalid(String),
}

/// Parses a `//go:debug key=value` comment (load.ParseGoDebug).
pub fn parse_go_debug(_table: &Table, _text: &str) -> Result<(String, String), GodebugError> {
    todo!()
}

/// Checks a setting (modload.CheckGodebug); `verb` is `godebug` or `//go:debug setting`.
pub fn check_godebug(_table: &Table, _verb: &str, _key: &str, _value: &str) -> Result<(), String> {
    todo!()
}

/// Defaults that a program of an older Go version gets (load.godebugForGoVersion).
pub fn defaults_for(_table: &Table, _go_version: &str) -> Option<Vec<(String, String)>> {
    todo!()
}
