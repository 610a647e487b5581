//! From flags to a package loader, in the order in which the stock command finds fault: the overlay,
//! the module mode, then flags that do not go together.
//!
//! Answers to the calls of InitWorkfile, modload.Init and BuildInit at the head of each command.

use std::mem::ManuallyDrop;

use forgo_build::config::Config;
use forgo_build::event::Reporter;
use forgo_build::load::modules::will_be_enabled;
use forgo_build::load::scan::Scanner;
use forgo_build::load::{Loader, RootMode, fips140};

use super::{Invocation, stop_at};
use crate::exit::{Outcome, Stop};

/// What lives as long as the command does. The process ends with it: to free all that was loaded piece by
/// piece would take some milliseconds.
pub type Lasting<T> = ManuallyDrop<T>;

/// A loader about to be made. The settings are complete already; what is wrong with them is said
/// once the modules had their say.
pub struct Loading {
    root: RootMode,
    complaint: Option<Stop>,
}

impl Loading {
    /// Derives what `-buildmode` and the like turn into.
    pub fn begin(invocation: &mut Invocation<'_>, root: RootMode) -> Outcome<Loading> {
        fips140::apply(&mut invocation.startup.cfg).map_err(stop_at)?;
        let cfg = invocation.cfg();
        let enabled = match root {
            RootMode::None => true,
            RootMode::Ignored => cfg.modules.go111module != "off",
            RootMode::Auto => will_be_enabled(cfg),
        };
        let complaint = invocation.build_init(enabled).err();
        Ok(Loading { root, complaint })
    }

    /// Files, with the overlay.
    pub fn scanner<'c>(&self, cfg: &'c Config) -> Outcome<Lasting<Scanner<'c>>> {
        Scanner::new(cfg).map(Lasting::new).map_err(stop_at)
    }

    /// The loader.
    pub fn loader<'c>(
        self,
        cfg: &'c Config,
        scanner: &'c Scanner<'c>,
        reporter: &'c dyn Reporter,
    ) -> Outcome<Lasting<Loader<'c>>> {
        let loader = Loader::new(cfg, scanner, reporter, self.root).map_err(stop_at)?;
        match self.complaint {
            Some(stop) => Err(stop),
            None => Ok(Lasting::new(loader)),
        }
    }
}
