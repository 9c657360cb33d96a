//! What can be wrong with a layout whatever its files hold.

use std::collections::BTreeSet;

use super::gpt::ENTRIES;
use super::guid::Guid;
use super::kind::PartitionType;
use super::layout::{DiskSize, Layout, Size};
use super::{DiskError, Label, SECTOR};

/// Larger numbers of bytes are mistakes; below it, the sum of all partitions does not overflow.
pub(super) const MAX_BYTES: u64 = 1 << 56;

pub(super) fn check<C>(layout: &Layout<C>) -> Result<(), DiskError> {
    let alignment = layout.alignment;
    if !alignment.is_power_of_two() || !(4 << 10..=1 << 30).contains(&alignment) {
        return Err(DiskError::Alignment(alignment));
    }
    check_sizes(layout)?;
    let count = layout.partitions.len() + usize::from(layout.bios.is_some());
    if count > ENTRIES {
        return Err(DiskError::TooManyPartitions(count));
    }
    check_names(layout)
}

fn check_sizes<C>(layout: &Layout<C>) -> Result<(), DiskError> {
    let total = match layout.size {
        DiskSize::Exact(bytes) if bytes % SECTOR != 0 => return Err(DiskError::Size(bytes)),
        DiskSize::Exact(bytes) | DiskSize::Minimal { slack: bytes } => bytes,
    };
    let sizes = layout
        .partitions
        .iter()
        .map(|partition| match partition.size {
            Size::AtLeast(bytes) => bytes,
            Size::Minimal => 0,
        });
    if sizes.chain([total]).any(|bytes| bytes > MAX_BYTES) {
        Err(DiskError::TooLarge)
    } else {
        Ok(())
    }
}

fn check_names<C>(layout: &Layout<C>) -> Result<(), DiskError> {
    if layout.guid == Guid::NIL {
        return Err(DiskError::NilDiskGuid);
    }
    let mut labels = BTreeSet::new();
    let mut guids = BTreeSet::from([layout.guid]);
    for (label, guid, kind) in names(layout) {
        if guid == Guid::NIL || kind == Guid::NIL {
            return Err(DiskError::NilGuid(label.clone()));
        }
        if !labels.insert(label) {
            return Err(DiskError::DuplicateLabel(label.clone()));
        }
        if !guids.insert(guid) {
            return Err(DiskError::DuplicateGuid {
                label: label.clone(),
                guid,
            });
        }
    }
    Ok(())
}

/// Label, GUID and type of every partition.
fn names<C>(layout: &Layout<C>) -> impl Iterator<Item = (&Label, Guid, Guid)> {
    let boot = PartitionType::BiosBoot.guid();
    let loader = layout
        .bios
        .iter()
        .map(move |bios| (&bios.label, bios.guid, boot));
    let others = layout.partitions.iter();
    loader.chain(others.map(|each| (&each.label, each.guid, each.kind.guid())))
}
