//! Vets a package.

/// What vet is told of a package.
#[derive(Debug, Clone, Default)]
pub struct VetConfig {}
