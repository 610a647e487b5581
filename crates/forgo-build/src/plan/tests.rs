//! Plans of small made-up package graphs.
