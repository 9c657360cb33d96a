//! Bytes at a place: what every writer here makes, and what is then written in one pass.

/// Bytes at an offset from the start of whatever the piece belongs to: a file, a volume, the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a, I> {
    pub(super) at: u64,
    pub(super) data: Data<'a, I>,
}

/// Bytes made here, or all the bytes of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data<'a, I> {
    Bytes(Vec<u8>),
    Input(&'a I),
}

impl<'a, I> Piece<'a, I> {
    pub(super) fn bytes(at: u64, bytes: Vec<u8>) -> Self {
        Self {
            at,
            data: Data::Bytes(bytes),
        }
    }

    pub(super) fn input(at: u64, input: &'a I) -> Self {
        Self {
            at,
            data: Data::Input(input),
        }
    }

    /// The same bytes, seen from `by` bytes further out.
    pub(super) fn shifted(self, by: u64) -> Self {
        Self {
            at: self.at + by,
            data: self.data,
        }
    }
}
