//! The meaning of Go text. No I/O: functions of strings and bytes.
//!
//! Where the supported releases of Go disagree, a function takes the [`release::Release`] as
//! an argument. Errors display exactly as the stock command prints them.

pub mod buildinfo;
pub mod cgo_directive;
pub mod constraint;
pub mod deep;
pub mod doc;
pub mod duration;
pub mod embed;
pub mod godebug;
pub mod goexperiment;
pub mod gosum;
pub mod gover;
pub mod header;
pub mod json;
pub mod modfile;
pub mod module;
pub mod modules_txt;
pub mod object;
pub mod path;
pub mod pattern;
pub mod position;
pub mod pseudo;
pub mod quote;
pub mod quoted;
pub mod raw;
pub mod regexp;
pub mod release;
pub mod semver;
pub mod syntax;
pub mod syslist;
pub mod template;
pub mod test2json;
pub mod unicode;
