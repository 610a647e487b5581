//! GODEBUG settings in Go text: `//go:debug` lines and the distribution's table of settings.
//! Answers to cmd/go/internal/load/godebug.go, modload.CheckGodebug and internal/godebugs.

use crate::gover;
use crate::quote::quote;

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
    /// Values of a removed setting that are refused; `None` (before Go 1.27): all.
    pub refused: Option<Vec<String>>,
}

/// Settings of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// All of them, those that were removed last.
    pub infos: Vec<Info>,
    /// The distribution's version, `1.27.3`: no default may be newer.
    pub local: String,
}

/// Reads the table from the text of GOROOT/src/internal/godebugs/table.go, each entry of which is a
/// composite literal on a separate line. `local` is the distribution's version, `1.27.3`.
pub fn parse_godebugs_table(source: &str, local: &str) -> Table {
    let mut list = Vec::new();
    for line in source.lines() {
        let line = line.trim();
        let Some(fields) = line
            .strip_prefix('{')
            .and_then(|l| l.split_once("},"))
            .map(|(f, _)| f)
        else {
            continue;
        };
        let mut info = Info::default();
        for field in fields.split(", ") {
            let Some((key, value)) = field.split_once(": ") else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match key.trim() {
                "Name" => info.name = value.to_string(),
                "Changed" => info.changed = value.parse().unwrap_or(0),
                "Immutable" => info.immutable = value == "true",
                "Removed" => info.removed = value.parse().ok(),
                "Old" if info.removed.is_some() => info.refused = Some(refused_values(value)),
                "Old" => info.old = value.to_string(),
                _ => {}
            }
        }
        if !info.name.is_empty() {
            list.push(info);
        }
    }
    Table {
        infos: list,
        local: local.to_string(),
    }
}

/// The values for which a predicate of the table of removed settings holds: one of two named
/// functions, or one that compares with string literals.
fn refused_values(predicate: &str) -> Vec<String> {
    match predicate {
        "zero" => vec!["0".to_string()],
        "one" => vec!["1".to_string()],
        _ => predicate
            .split('"')
            .skip(1)
            .step_by(2)
            .map(str::to_string)
            .collect(),
    }
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
pub fn parse_go_debug(table: &Table, text: &str) -> Result<(String, String), GodebugError> {
    let rest = text
        .strip_prefix("//go:debug")
        .ok_or(GodebugError::NotGodebug)?;
    let missing = || GodebugError::Invalid("missing key=value".into());
    if rest.is_empty() {
        return Err(missing());
    }
    // Another word that merely begins so: the text up to the first space is not `//go:debug`. The
    // stock command takes the text after the space nevertheless.
    let Some(space) = rest.find([' ', '\t']) else {
        return Err(if rest.trim().is_empty() {
            missing()
        } else {
            GodebugError::NotGodebug
        });
    };
    let (key, value) = rest[space..].trim().split_once('=').ok_or_else(missing)?;
    check_godebug(table, "//go:debug setting", key, value).map_err(GodebugError::Invalid)?;
    Ok((key.to_string(), value.to_string()))
}

/// Checks a setting (modload.CheckGodebug); `verb` is `godebug` or `//go:debug setting`.
pub fn check_godebug(table: &Table, verb: &str, key: &str, value: &str) -> Result<(), String> {
    for (what, text) in [("key", key), ("value", value)] {
        if text.contains([' ', '\t']) {
            return Err(format!("{what} contains space"));
        }
    }
    for (what, text) in [("key", key), ("value", value)] {
        if text.contains(',') {
            return Err(format!("{what} contains comma"));
        }
    }
    if key == "default" {
        let version = value.strip_prefix("go").filter(|v| gover::is_valid(v));
        let version = version.ok_or("value for default= must be goVERSION")?;
        if gover::compare(version, &table.local).is_gt() {
            return Err(format!(
                "default={value} too new (toolchain is go{})",
                table.local
            ));
        }
        return Ok(());
    }
    match table.infos.iter().find(|i| i.name == key) {
        None => Err(format!("unknown {verb} {}", quote(key))),
        Some(Info {
            removed: Some(minor),
            refused: None,
            ..
        }) => Err(format!(
            "use of removed {verb} {}, see https://go.dev/doc/godebug#go-1{minor}",
            quote(key)
        )),
        Some(Info {
            removed: Some(minor),
            refused: Some(refused),
            ..
        }) if refused.iter().any(|old| old == value) => Err(format!(
            "removed GODEBUG {} set to old value {} (https://go.dev/doc/godebug#go-1{minor})",
            quote(key),
            quote(value)
        )),
        Some(_) => Ok(()),
    }
}

/// Settings that a program of Go version `go_version` gets, whose defaults were others then
/// (load.godebugForGoVersion), in the table's order. `None` when the version is not of the form
/// `1.N`.
pub fn defaults_for(table: &Table, go_version: &str) -> Option<Vec<(String, String)>> {
    let minor = go_version.strip_prefix("1.")?;
    let minor: u32 = minor.split('.').next()?.parse().ok()?;
    let changed = table
        .infos
        .iter()
        .filter(|i| i.removed.is_none() && minor < i.changed);
    Some(changed.map(|i| (i.name.clone(), i.old.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
type Info struct {
	Name      string // name of the setting ("panicnil")
}
var All = []Info{
	{Name: "allowmultiplevcs", Package: "cmd/go"},
	{Name: "asynctimerchan", Package: "time", Changed: 23, Old: "1"},
	{Name: "fips140", Package: "crypto/fips140", Opaque: true, Immutable: true},
	{Name: "jstmpllitinterp", Package: "html/template", Opaque: true}, // bug
	//{Name: "multipartfiles", Package: "mime/multipart"},
}
var Removed = []RemovedInfo{
	{Name: "x509sha1", Removed: 24},
}
"#;

    #[test]
    fn table() {
        let table = parse_godebugs_table(SOURCE, "1.27.3");
        let names: Vec<&str> = table.infos.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "allowmultiplevcs",
                "asynctimerchan",
                "fips140",
                "jstmpllitinterp",
                "x509sha1"
            ]
        );
        assert!(table.infos[2].immutable);
        assert_eq!(
            defaults_for(&table, "1.22.5"),
            Some(vec![("asynctimerchan".into(), "1".into())])
        );
        assert_eq!(defaults_for(&table, "1.23"), Some(vec![]));
        assert_eq!(defaults_for(&table, "2.0"), None);
    }

    #[test]
    fn removed_since_1_27() {
        let source = r#"
	{Name: "a", Removed: 24, Old: one},   // Old: "1"
	{Name: "b", Removed: 27, Old: zero}, // Old: "0"
	{Name: "c", Removed: 27, Old: func(s string) bool { return s == "1" || s == "2" }}, // x
"#;
        let table = parse_godebugs_table(source, "1.27.3");
        for (key, value, ok) in [
            ("a", "0", true),
            ("a", "1", false),
            ("b", "1", true),
            ("b", "0", false),
            ("c", "0", true),
            ("c", "2", false),
        ] {
            let got = check_godebug(&table, "godebug", key, value);
            assert_eq!(got.is_ok(), ok, "{key}={value}");
        }
        assert_eq!(
            check_godebug(&table, "godebug", "c", "1").unwrap_err(),
            "removed GODEBUG \"c\" set to old value \"1\" (https://go.dev/doc/godebug#go-127)"
        );
        assert_eq!(defaults_for(&table, "1.20"), Some(vec![]));
    }

    #[test]
    fn lines() {
        let table = parse_godebugs_table(SOURCE, "1.27.3");
        let parse = |text| parse_go_debug(&table, text);
        let invalid = |text: &str| Err(GodebugError::Invalid(text.into()));
        assert_eq!(
            parse("//go:debug fips140=on"),
            Ok(("fips140".into(), "on".into()))
        );
        assert_eq!(
            parse("//go:debug default=go1.21"),
            Ok(("default".into(), "go1.21".into()))
        );
        assert_eq!(parse("//go:debugger"), Err(GodebugError::NotGodebug));
        assert_eq!(parse("//go:build x"), Err(GodebugError::NotGodebug));
        assert_eq!(parse("//go:debug"), invalid("missing key=value"));
        assert_eq!(parse("//go:debug x"), invalid("missing key=value"));
        assert_eq!(parse("//go:debug a b=c"), invalid("key contains space"));
        assert_eq!(
            parse("//go:debug nope=1"),
            invalid("unknown //go:debug setting \"nope\"")
        );
        assert_eq!(
            parse("//go:debug default=go1.99"),
            invalid("default=go1.99 too new (toolchain is go1.27.3)")
        );
        let removed =
            "use of removed //go:debug setting \"x509sha1\", see https://go.dev/doc/godebug#go-124";
        assert_eq!(parse("//go:debug x509sha1=1"), invalid(removed));
    }
}
