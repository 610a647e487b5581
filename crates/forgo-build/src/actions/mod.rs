//! What actions do. One file a kind: its `Inputs`, its key, its work.
//!
//! Every action gets an [`ActionCx`]: the settings, the packages, the plan, the outcomes of the
//! nodes before it, a [shell](crate::shell::Shell). It gives an [`Outcome`], which never changes
//! afterwards and is read without locks by the nodes after it.

mod assemble;
pub mod cgo;
pub mod cgo_compile;
pub mod cgo_link;
pub mod check_cache;
pub mod compile;
pub mod cover;
pub mod cover_data;
#[cfg(test)]
mod golden;
mod idle;
pub mod install;
pub mod link;
pub mod link_shared;
mod own_link;
pub mod pgo;
pub mod run_test;
pub mod swig;
mod test_cache;
mod test_contents;
mod test_early;
mod test_files;
mod test_inputs;
mod test_output;
mod test_powers;
mod test_process;
pub mod test_settings;
mod test_source;
mod test_surroundings;
mod test_times;
pub mod vet;
pub mod vet_config;
pub mod vet_output;

use crate::action::{ActionCx, ActionError, Outcome};
use crate::plan::{Kind, TestStep};

pub use idle::is_idle;

/// Does what a node is for.
pub fn act(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    match &cx.node().kind {
        Kind::Nothing => Ok(Outcome::default()),
        Kind::CheckCache {
            build,
            cov_meta_file,
        } => check_cache::run(cx, *build, cov_meta_file.as_deref()),
        Kind::Build => compile::run(cx),
        Kind::Cover {
            build,
            cov_meta_file,
        } => cover::run(cx, *build, cov_meta_file.as_deref()),
        Kind::CgoRun => cgo::run(cx),
        Kind::CgoCompile { file, compiler } => cgo_compile::run(cx, file, *compiler),
        Kind::CgoCollect { run } => cgo::collect(cx, *run),
        Kind::PreprocessPgo { input } => pgo::run(cx, input),
        Kind::Link => link::run(cx),
        Kind::LinkShared => link_shared::run(cx),
        Kind::Install => install::run(cx),
        Kind::InstallHeader => install::install_header(cx),
        Kind::InstallShlibname => install::install_shlibname(cx),
        Kind::Vet => vet::run(cx),
        Kind::Test(TestStep::Clean) => Ok(run_test::clean(cx)),
        Kind::Test(TestStep::Print { run }) => Ok(run_test::print(cx, *run)),
        Kind::Test(TestStep::CoverMeta) => cover_data::list_meta_files(cx),
        Kind::Test(TestStep::Run { .. }) | Kind::Command => match cx.actor() {
            Some(actor) => actor.act(cx),
            None => Ok(Outcome::default()),
        },
    }
}
