//! From a layout to all bytes with their places.

use super::check::check;
use super::gpt::{BACKUP_SECTORS, FIRST_USABLE, GptEntry, GptTable};
use super::input::{Input, read_start};
use super::kind::{Attributes, PartitionType};
use super::layout::{BiosLoader, DiskSize, Layout};
use super::loader::{self, BlockList, LoaderError};
use super::piece::Piece;
use super::prepare::Prepared;
use super::uki::check_bios;
use super::{DiskError, SECTOR};

/// Code of a loader's stage: more is not read.
const MAX_CODE: u64 = 1 << 20;

/// A disk, ready to be written.
#[derive(Debug)]
pub(super) struct Image<'a, I> {
    pub(super) table: GptTable,
    pub(super) pieces: Vec<Piece<'a, I>>,
    pub(super) boot: Option<BlockList>,
}

/// The BIOS loader, before the partitions have their places.
struct Stages {
    mbr: Vec<u8>,
    code: Vec<u8>,
    sectors: u64,
    /// Number of the partition with the kernel, from which the list counts its sectors.
    partition: usize,
    list: BlockList,
}

impl<'a, I: Input> Image<'a, I> {
    pub(super) fn new(layout: &'a Layout<I>) -> Result<Self, DiskError> {
        check(layout)?;
        let prepared = layout
            .partitions
            .iter()
            .map(|each| Prepared::new(each, layout.alignment));
        let prepared: Vec<_> = prepared.collect::<Result<_, _>>()?;
        let stages = layout
            .bios
            .as_ref()
            .map(|bios| Stages::new(bios, &prepared))
            .transpose()?;
        let gap = stages.as_ref().map_or(0, |stages| stages.sectors);
        let table = place(layout, gap, &prepared)?;

        let mut image = Self {
            table,
            pieces: Vec::new(),
            boot: None,
        };
        let boot_code = match stages {
            Some(stages) => image.add_loader(stages)?,
            None => Vec::new(),
        };
        image.pieces.extend(image.table.pieces(&boot_code));
        let skipped = usize::from(layout.bios.is_some());
        for (each, entry) in prepared.into_iter().zip(&image.table.entries[skipped..]) {
            let pieces = each.pieces(entry.first).into_iter();
            image
                .pieces
                .extend(pieces.map(|piece| piece.shifted(entry.first * SECTOR)));
        }
        Ok(image)
    }

    /// Adds the second stage and returns the first.
    fn add_loader(&mut self, stages: Stages) -> Result<Vec<u8>, DiskError> {
        // The loader's own partition is the first.
        let start = self.table.entries[1 + stages.partition].first;
        let list = stages.list.moved(start);
        let bytes = loader::stage2(&stages.code, &list);
        self.pieces.push(Piece::bytes(FIRST_USABLE * SECTOR, bytes));
        self.boot = Some(list);
        Ok(loader::mbr(&stages.mbr, FIRST_USABLE, stages.sectors)?)
    }
}

impl Stages {
    fn new<I: Input>(
        bios: &BiosLoader<I>,
        prepared: &[Prepared<'_, I>],
    ) -> Result<Self, DiskError> {
        let path = bios.boots.path.to_string();
        let wanted = |each: &Prepared<'_, I>| each.partition.label == bios.boots.partition;
        let partition = prepared.iter().position(wanted);
        let found =
            partition.and_then(|number| Some((number, prepared[number].kernel(&bios.boots.path)?)));
        let Some((partition, kernel)) = found else {
            let partition = bios.boots.partition.clone();
            return Err(LoaderError::NoEntry { partition, path }.into());
        };
        check_bios(&kernel.head, kernel.list.cmdline.len())
            .map_err(|source| LoaderError::Kernel { path, source })?;
        let mbr = read_start(&bios.mbr, MAX_CODE, "the BIOS loader's first stage")?;
        let code = read_start(&bios.stage2, MAX_CODE, "the BIOS loader's second stage")?;
        let sectors = loader::stage2_sectors(&code, &kernel.list)?;
        Ok(Self {
            mbr,
            code,
            sectors,
            partition,
            list: kernel.list.clone(),
        })
    }
}

/// Gives every partition its place, behind a gap of at least so many sectors.
fn place<I>(
    layout: &Layout<I>,
    gap: u64,
    prepared: &[Prepared<'_, I>],
) -> Result<GptTable, DiskError> {
    let mut end = ((FIRST_USABLE + gap) * SECTOR).next_multiple_of(layout.alignment);
    let mut entries = Vec::new();
    if let Some(bios) = &layout.bios {
        entries.push(GptEntry {
            kind: PartitionType::BiosBoot,
            guid: bios.guid,
            first: FIRST_USABLE,
            last: end / SECTOR - 1,
            attributes: Attributes::NONE,
            label: bios.label.to_string(),
        });
    }
    for Prepared {
        partition, bytes, ..
    } in prepared
    {
        let first = end / SECTOR;
        end += bytes;
        entries.push(GptEntry {
            kind: partition.kind,
            guid: partition.guid,
            first,
            last: end / SECTOR - 1,
            attributes: partition.attributes,
            label: partition.label.to_string(),
        });
    }
    Ok(GptTable {
        disk: layout.guid,
        sectors: total(layout, end)? / SECTOR,
        entries,
    })
}

/// Bytes of the disk, if the last partition ends at `end`.
fn total<I>(layout: &Layout<I>, end: u64) -> Result<u64, DiskError> {
    let needed = end + BACKUP_SECTORS * SECTOR;
    match layout.size {
        DiskSize::Exact(size) if size < needed => Err(DiskError::TooSmall { size, needed }),
        DiskSize::Exact(size) => Ok(size),
        DiskSize::Minimal { slack } => Ok((needed + slack).next_multiple_of(layout.alignment)),
    }
}
