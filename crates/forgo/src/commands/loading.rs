//! From flags to a package loader, in the order in which the stock command finds fault: the
//! overlay, the module mode, then flags that do not go together.
//!
//! Answers to the calls of InitWorkfile, modload.Init and BuildInit at the head of each command.

use std::mem::ManuallyDrop;
use std::ops::Deref;

use forgo_load::config::Config;
use forgo_load::event::Reporter;
use forgo_load::load::modules::will_be_enabled;
use forgo_load::load::scan::Scanner;
use forgo_load::load::{Loader, RootMode, fips140};

use super::{Invocation, stop_at};
use crate::exit::{Outcome, Stop};

/// A value that lives as long as the command does. The process ends with it: freeing all that was
/// loaded piece by piece would take some milliseconds.
pub type Lasting<T> = ManuallyDrop<T>;

/// The command's scanner, which is not freed either. A command may end in many places; the facts
/// about files are saved at each of them.
pub struct LastingScanner<'c>(Lasting<Scanner<'c>>);

impl<'c> Deref for LastingScanner<'c> {
    type Target = Scanner<'c>;

    fn deref(&self) -> &Scanner<'c> {
        &self.0
    }
}

impl Drop for LastingScanner<'_> {
    fn drop(&mut self) {
        self.0.overlay.index().save();
    }
}

/// A loader about to be made. The settings are complete already; their errors are reported after
/// those of the modules.
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
    pub fn scanner<'c>(&self, cfg: &'c Config) -> Outcome<LastingScanner<'c>> {
        let scanner = Scanner::new(cfg).map_err(stop_at)?;
        Ok(LastingScanner(Lasting::new(scanner)))
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
