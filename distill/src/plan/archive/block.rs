//! The unit of tar.

/// The bytes of a header, to which everything in a tar archive is rounded up.
pub(super) const BLOCK: usize = 512;
