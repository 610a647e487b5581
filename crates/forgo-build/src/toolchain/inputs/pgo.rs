//! What the conversion of a PGO profile depends on.

use forgo_cache::ActionId;
use forgo_golang::quote::quote;

use crate::action::Facts;
use crate::toolchain::Tools;

/// What the conversion depends on.
pub struct Inputs<'a> {
    /// Identity of the tool.
    pub tool: String,
    /// The profile.
    pub profile: &'a str,
    /// Where the tool lies. The key has its identity.
    pub unkeyed: Tools<'a>,
}

impl Inputs<'_> {
    /// Returns the key.
    pub fn key(&self, facts: &dyn Facts) -> ActionId {
        let Inputs {
            tool,
            profile,
            unkeyed: _,
        } = self;
        let name = format_args!("preprocess PGO profile {profile}");
        let mut hash = facts.hashes().new_hash(name);
        writeln!(hash, "preprocess PGO profile");
        writeln!(hash, "preprofile {tool}");
        // Asked for here, so that the traces of the two hashes are in the stock order.
        writeln!(hash, "input {}", quote(&facts.file_hash(profile)));
        hash.action_id()
    }
}
