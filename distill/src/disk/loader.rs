//! Fills in what the BIOS loader must know. Its two stages say in their headers where that goes.

use thiserror::Error;

use super::gpt::MBR_CODE;
use super::region::{Fields, ReadError};
use super::uki::KernelError;
use super::{Label, SECTOR};

/// The first stage's magic, and its packet: sectors to read, first sector.
const MBR_MAGIC: (usize, &[u8]) = (416, b"DISTILL1");
const MBR_COUNT: usize = 426;
const MBR_FIRST: usize = 432;
/// Some BIOSes overwrite these bytes (a "parameter block") when they boot from USB.
const MBR_UNUSED: std::ops::Range<usize> = 3..62;

/// The second stage's magic, length and sum.
const STAGE2_MAGIC: (usize, &[u8]) = (4, b"DISTIL21");
const STAGE2_LENGTH: usize = 12;
const STAGE2_SUM: usize = 14;
/// It is loaded to 8000h and must end below C000h.
pub(super) const STAGE2_MAX: usize = 16 << 10;

/// Bytes of the parameters before the extents, and of an extent.
const PARAMETERS: usize = 16;
const EXTENT: usize = 12;

/// Why the BIOS loader cannot be put on a disk.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LoaderError {
    /// The first stage is not what its source makes.
    #[error("use the BIOS loader's first stage: {0}")]
    Mbr(&'static str),
    /// The second stage is not what its source makes.
    #[error("use the BIOS loader's second stage: {0}")]
    Stage2(&'static str),
    /// Code, list of sectors and command line are too much together.
    #[error("fit the BIOS loader into 16 KiB: it has {0} bytes")]
    TooLong(usize),
    /// It is to boot something that is not there.
    #[error(
        "let the BIOS boot `{path}` on partition `{partition}`: no unified kernel image is there"
    )]
    NoEntry {
        /// The partition.
        partition: Label,
        /// The path.
        path: String,
    },
    /// The kernel cannot be started by it.
    #[error("let the BIOS boot `{path}`")]
    Kernel {
        /// The unified kernel image.
        path: String,
        /// The cause.
        source: KernelError,
    },
}

/// Neighbouring sectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The first, counted from the disk's start.
    pub first: u64,
    /// Their number.
    pub sectors: u32,
}

/// What the second stage reads, and where it finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockList {
    /// Bytes of the kernel.
    pub kernel_bytes: u32,
    /// Its sectors.
    pub kernel: Vec<Extent>,
    /// Bytes of the initrd; 0 if there is none.
    pub initrd_bytes: u32,
    /// Its sectors.
    pub initrd: Vec<Extent>,
    /// The kernel's command line.
    pub cmdline: String,
}

impl BlockList {
    /// Bytes of the parameters.
    fn bytes(&self) -> usize {
        PARAMETERS + EXTENT * (self.kernel.len() + self.initrd.len()) + self.cmdline.len() + 1
    }

    /// Numbers fit their fields: the loader as a whole has at most 16 KiB.
    #[expect(clippy::cast_possible_truncation, reason = "lengths below 16 KiB")]
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes());
        bytes.extend(self.kernel_bytes.to_le_bytes());
        bytes.extend(self.initrd_bytes.to_le_bytes());
        for count in [self.kernel.len(), self.initrd.len(), self.cmdline.len(), 0] {
            bytes.extend((count as u16).to_le_bytes());
        }
        for extent in self.kernel.iter().chain(&self.initrd) {
            bytes.extend(extent.first.to_le_bytes());
            bytes.extend(extent.sectors.to_le_bytes());
        }
        bytes.extend(self.cmdline.as_bytes());
        bytes.push(0);
        bytes
    }

    /// The same list for a disk on which everything lies so many sectors further out.
    pub(super) fn moved(mut self, by: u64) -> Self {
        for extent in self.kernel.iter_mut().chain(&mut self.initrd) {
            extent.first += by;
        }
        self
    }

    /// Reads the parameters of a second stage that stands on a disk; checks its sum.
    pub fn read(stage2: &[u8]) -> Result<Self, ReadError> {
        let wrong = |why| ReadError::format("the BIOS loader's list of sectors", why);
        if !stage2[STAGE2_MAGIC.0.min(stage2.len())..].starts_with(STAGE2_MAGIC.1) {
            return Err(wrong("there is no second stage"));
        }
        if sum(stage2) != 0 {
            return Err(wrong("its sum is wrong"));
        }
        let parameters = stage2
            .get(usize::from(stage2.u16(STAGE2_LENGTH))..)
            .unwrap_or_default();
        let [kernel, initrd, cmdline] = [8, 10, 12].map(|at| usize::from(parameters.u16(at)));
        let extents = |from: usize, count: usize| {
            let starts = (from..from + count).map(|number| PARAMETERS + number * EXTENT);
            starts
                .map(|at| Extent {
                    first: parameters.u64(at),
                    sectors: parameters.u32(at + 8),
                })
                .collect()
        };
        let text = PARAMETERS + (kernel + initrd) * EXTENT;
        let text = parameters
            .get(text..text + cmdline)
            .ok_or_else(|| wrong("it is cut off"))?;
        Ok(Self {
            kernel_bytes: parameters.u32(0),
            kernel: extents(0, kernel),
            initrd_bytes: parameters.u32(4),
            initrd: extents(kernel, initrd),
            cmdline: String::from_utf8_lossy(text).into_owned(),
        })
    }
}

/// Sectors of a second stage with this code and these parameters.
pub(super) fn stage2_sectors(code: &[u8], list: &BlockList) -> Result<u64, LoaderError> {
    check_stage2(code)?;
    let bytes = code.len() + list.bytes();
    if bytes > STAGE2_MAX {
        Err(LoaderError::TooLong(bytes))
    } else {
        Ok((bytes as u64).div_ceil(SECTOR))
    }
}

/// The second stage as it stands on the disk: whole sectors. The caller has asked
/// [`stage2_sectors`].
pub(super) fn stage2(code: &[u8], list: &BlockList) -> Vec<u8> {
    let mut bytes = code.to_vec();
    bytes.extend(list.encode());
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    let rest = sum(&bytes).wrapping_neg();
    bytes[STAGE2_SUM..STAGE2_SUM + 2].copy_from_slice(&rest.to_le_bytes());
    bytes
}

/// The first stage that reads so many sectors from this one on.
pub(super) fn mbr(code: &[u8], first: u64, sectors: u64) -> Result<Vec<u8>, LoaderError> {
    if code.len() != MBR_CODE {
        return Err(LoaderError::Mbr("it has not 440 bytes"));
    }
    if !code[MBR_MAGIC.0..].starts_with(MBR_MAGIC.1) {
        return Err(LoaderError::Mbr("its magic is missing"));
    }
    if code[MBR_UNUSED].iter().any(|byte| *byte != 0) {
        return Err(LoaderError::Mbr(
            "bytes 3 to 61, which some BIOSes overwrite, are used",
        ));
    }
    let mut code = code.to_vec();
    let count = u16::try_from(sectors).map_err(|_| LoaderError::Mbr("too many sectors to read"))?;
    code[MBR_COUNT..MBR_COUNT + 2].copy_from_slice(&count.to_le_bytes());
    code[MBR_FIRST..MBR_FIRST + 8].copy_from_slice(&first.to_le_bytes());
    Ok(code)
}

/// Where a first stage looks for the second: first sector, number of sectors.
pub(super) fn read_mbr(sector: &[u8]) -> Result<(u64, u64), ReadError> {
    if !sector[MBR_MAGIC.0..].starts_with(MBR_MAGIC.1) {
        return Err(ReadError::format(
            "the BIOS loader's first stage",
            "its magic is missing",
        ));
    }
    Ok((sector.u64(MBR_FIRST), u64::from(sector.u16(MBR_COUNT))))
}

fn check_stage2(code: &[u8]) -> Result<(), LoaderError> {
    let length = usize::from(code.u16(STAGE2_LENGTH));
    if code.len() < PARAMETERS || !code[STAGE2_MAGIC.0..].starts_with(STAGE2_MAGIC.1) {
        return Err(LoaderError::Stage2("its magic is missing"));
    }
    if length != code.len() || length % 16 != 0 || code.u16(STAGE2_SUM) != 0 {
        return Err(LoaderError::Stage2("its header does not fit its length"));
    }
    Ok(())
}

/// The sum of all 16-bit words.
fn sum(bytes: &[u8]) -> u16 {
    bytes
        .chunks_exact(2)
        .fold(0_u16, |sum, word| sum.wrapping_add(word.u16(0)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A first and a second stage with the right headers that do nothing.
    pub(in crate::disk) fn stages() -> (Vec<u8>, Vec<u8>) {
        let mut mbr = vec![0; 440];
        mbr[..3].copy_from_slice(&[0xeb, 0x3c, 0x90]);
        mbr[62..100].fill(0x90);
        mbr[416..424].copy_from_slice(b"DISTILL1");
        mbr[424] = 16;
        let mut stage2 = vec![0x90; 1200];
        stage2[4..12].copy_from_slice(b"DISTIL21");
        stage2[12..16].copy_from_slice(&[0xb0, 4, 0, 0]);
        (mbr, stage2)
    }

    fn list() -> BlockList {
        BlockList {
            kernel_bytes: 5000,
            kernel: vec![
                Extent {
                    first: 2100,
                    sectors: 4,
                },
                Extent {
                    first: 1 << 33,
                    sectors: 6,
                },
            ],
            initrd_bytes: 3,
            initrd: vec![Extent {
                first: 9,
                sectors: 1,
            }],
            cmdline: "root=PARTLABEL=root ro".into(),
        }
    }

    #[test]
    fn the_list_reads_back_and_the_sum_is_zero() {
        let (_, code) = stages();
        let bytes = stage2(&code, &list());
        assert_eq!(
            bytes.len() as u64,
            512 * stage2_sectors(&code, &list()).unwrap()
        );
        assert_eq!(sum(&bytes), 0);
        assert_eq!(BlockList::read(&bytes).unwrap(), list());
        let mut damaged = bytes.clone();
        damaged[700] ^= 1;
        assert!(BlockList::read(&damaged).is_err());
        for length in 0..bytes.len() {
            let _ = BlockList::read(&bytes[..length]);
        }
    }

    #[test]
    fn a_loader_with_another_header_is_refused() {
        let (mbr_code, code) = stages();
        let read = mbr(&mbr_code, 34, 3).unwrap();
        assert_eq!(read_mbr(&[&read[..], &[0; 72]].concat()).unwrap(), (34, 3));
        assert!(matches!(
            mbr(&mbr_code[1..], 34, 3),
            Err(LoaderError::Mbr(_))
        ));
        for at in [416, 3, 61] {
            let mut other = mbr_code.clone();
            other[at] ^= 1;
            assert!(
                matches!(mbr(&other, 34, 3), Err(LoaderError::Mbr(_))),
                "{at}"
            );
        }
        for at in [4, 12, 14] {
            let mut other = code.clone();
            other[at] ^= 1;
            assert!(
                matches!(stage2_sectors(&other, &list()), Err(LoaderError::Stage2(_))),
                "{at}"
            );
        }
        assert!(matches!(
            stage2_sectors(&code[..8], &list()),
            Err(LoaderError::Stage2(_))
        ));
        let long = BlockList {
            kernel: vec![
                Extent {
                    first: 1,
                    sectors: 1
                };
                1300
            ],
            ..list()
        };
        assert!(matches!(
            stage2_sectors(&code, &long),
            Err(LoaderError::TooLong(_))
        ));
    }
}
