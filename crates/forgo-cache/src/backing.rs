//! The interface of a cache that lies elsewhere: in a helper program, in a file, behind a network.
//! To add one, implement [`Backing`] in a separate file and let [`crate::open()`] choose it;
//! [`crate::Tiered`] does everything else.

use std::io::Write;

use crate::error::Result;
use crate::hash::{ActionId, OutputId};
use crate::{Content, Entry};

/// What a lookup found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The entry. It is believed only as far as the bytes have its hash and its size.
    pub entry: Entry,
    /// The file that holds the bytes, if they are on this machine already. It stays until
    /// [`Backing::close`].
    pub file: Option<String>,
}

/// An entry to store.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Its key.
    pub id: ActionId,
    /// The hash of its bytes.
    pub output: OutputId,
    /// Their number.
    pub size: u64,
    /// The bytes.
    pub content: Content<'a>,
}

/// A cache that lies elsewhere. Called from any thread, several at once.
///
/// An implementation need not check digests, limit waits or report problems: [`crate::Tiered`] does
/// that for all of them, and a wrong answer does no harm. Locks, notes and executables are none of
/// its business; they stay in [`crate::disk::DiskCache`].
pub trait Backing: Send + Sync {
    /// Returns what messages call it.
    fn name(&self) -> String;

    /// Looks up keys, with one request if it can. Returns an answer for each, in their order:
    /// [`crate::Error::Miss`] for an absent entry, another error if the lookup failed.
    fn find(&self, ids: &[ActionId]) -> Vec<Result<Found>>;

    /// Writes the bytes of a found entry to `to`. An error of `to` ends it.
    fn fetch(&self, found: &Found, to: &mut dyn Write) -> Result<()>;

    /// Reports whether anything can be stored. Where it can't, [`Backing::store`] is not called.
    fn accepts(&self) -> bool;

    /// Stores items, with one request if it can. Returns an answer for each, in their order: the
    /// file that holds the bytes from now on, if it keeps them in a file of this machine.
    fn store(&self, items: &[Item<'_>]) -> Vec<Result<Option<String>>>;

    /// Ends it. Nothing is asked afterwards.
    fn close(&self) -> Result<()>;
}
