//! The file that lists the packages' archives. Answers to readImportCfg in
//! cmd/link/internal/ld/ld.go.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::error::{Result, failed, unsupported};

/// A parsed importcfg.
#[derive(Debug, Default)]
pub struct ImportCfg {
    /// From import path to archive.
    pub packages: HashMap<String, PathBuf>,
    /// The build information to record, framed.
    pub modinfo: Option<Vec<u8>>,
}

impl ImportCfg {
    /// Reads the text of an importcfg.
    pub fn parse(text: &str) -> Result<ImportCfg> {
        let mut config = ImportCfg::default();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (verb, args) = line.split_once(' ').unwrap_or((line, ""));
            let args = args.trim();
            match (verb, args.split_once('=')) {
                ("packagefile", Some((path, file))) if !path.is_empty() && !file.is_empty() => {
                    config.packages.insert(path.to_owned(), file.into());
                }
                ("modinfo", _) => match forgo_golang::quote::unquote_bytes(args) {
                    Some(text) => config.modinfo = Some(text),
                    None => return failed("invalid modinfo"),
                },
                ("packageshlib", _) => return unsupported("packageshlib"),
                _ => return failed(format!("importcfg: {line:?}")),
            }
        }
        Ok(config)
    }
}
