//! From action ID to file. Knows no packages.
