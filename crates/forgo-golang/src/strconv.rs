//! Old name of [`crate::quote`].

pub use crate::quote::{quote, quote_bytes};
