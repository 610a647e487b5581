//! Whether this process runs where a forgo meant to start the stock command.

use super::identity::{Kind, kind_unseen};

/// More generations than this are not looked through.
const GENERATIONS: usize = 64;

/// Whether the forgo with this process number, or the program it became, has started this process
/// without a real go command in between. A go command in between is one whose tests, generators or
/// tools run forgo, which is as it should be. A number that is not an ancestor's is left over from
/// a process that has ended, or is of another namespace, and means nothing.
pub fn run_in_place_of_stock(starter: u32) -> bool {
    let own = std::process::id();
    if starter == own {
        // It became a program that became this one. A go command does not become another program
        // but to switch to another toolchain, which is not forgo.
        return true;
    }
    let mut process = own;
    for _ in 0..GENERATIONS {
        let Some(parent) = platform::parent(process).filter(|parent| *parent > 1) else {
            return false;
        };
        // The starter itself may have become the stock command.
        if platform::is_stock_go(parent) {
            return false;
        }
        if parent == starter {
            return true;
        }
        process = parent;
    }
    false
}

#[cfg(target_os = "linux")]
mod platform {
    use super::{Kind, kind_unseen};
    use crate::disk::{self, Because};

    /// The parent of a process; `None` where it can't be seen.
    pub fn parent(process: u32) -> Option<u32> {
        let stat =
            disk::own::read_to_string(Because::Process, format!("/proc/{process}/stat")).ok()?;
        // The name of the program may contain anything.
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(1)?.parse().ok()
    }

    /// Whether a process runs cmd/go.
    pub fn is_stock_go(process: u32) -> bool {
        kind_unseen(&format!("/proc/{process}/exe")) == Kind::Go
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    /// Not known: only the process's own number is believed, and depth is bounded.
    pub fn parent(_process: u32) -> Option<u32> {
        None
    }

    /// See [`parent`].
    pub fn is_stock_go(_process: u32) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ancestors_are_believed() {
        assert!(run_in_place_of_stock(std::process::id()));
        // Never an ancestor.
        assert!(!run_in_place_of_stock(u32::MAX));
        #[cfg(target_os = "linux")]
        {
            let parent = platform::parent(std::process::id()).unwrap();
            assert_eq!(run_in_place_of_stock(parent), parent > 1);
        }
    }
}
