//! Where things lie on a disk.

use super::gpt::GptTable;
use super::loader::BlockList;

/// Where things lie on a disk that has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskMap {
    /// The partition table.
    pub table: GptTable,
    /// What the BIOS loader reads, if there is one.
    pub boot: Option<BlockList>,
}
