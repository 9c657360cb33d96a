//! A FAT32 file system as a value, and the bytes of one.
//!
//! FAT32 whatever the size, since the UEFI specification asks for it on a fixed disk and firmware
//! holds to that: a volume has at least 65525 clusters, 33 MiB. Every file is one run of clusters,
//! so that its place on the disk is known before a byte is written.

mod directory;
mod geometry;
mod name;
mod plan;
mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(super) use directory::Tree;
pub use directory::TreeError;
pub use name::{FatLabel, FatPath, NameError, VolumeId};
pub use plan::FatError;
pub(super) use plan::{Body, Plan};
pub use read::{FatEntry, FatReader};

use super::uki::Uki;

/// A FAT32 file system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FatVolume<C> {
    /// Its name.
    pub label: FatLabel,
    /// Its serial number.
    pub id: VolumeId,
    /// The files. Directories are made as the paths need them.
    pub files: BTreeMap<FatPath, FatFile<C>>,
}

/// A file in a FAT file system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FatFile<C> {
    /// These bytes.
    Raw(C),
    /// A unified kernel image, made of its parts.
    Uki(Uki<C>),
}

impl<C> FatVolume<C> {
    pub(super) fn try_map<'a, D, E>(
        &'a self,
        resolve: &mut impl FnMut(&'a C) -> Result<D, E>,
    ) -> Result<FatVolume<D>, E> {
        let files = self.files.iter().map(|(path, file)| {
            let file = match file {
                FatFile::Raw(content) => FatFile::Raw(resolve(content)?),
                FatFile::Uki(uki) => FatFile::Uki(uki.try_map(resolve)?),
            };
            Ok((path.clone(), file))
        });
        Ok(FatVolume {
            label: self.label.clone(),
            id: self.id,
            files: files.collect::<Result<_, E>>()?,
        })
    }
}
