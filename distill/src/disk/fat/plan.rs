//! Where everything in a volume lies: decided before anything is written.

use thiserror::Error;

use super::directory::{Clusters, Tree, TreeError};
use super::geometry::{Geometry, volume_bytes};
use super::name::{FatLabel, FatPath, VolumeId};
use crate::disk::SECTOR;
use crate::disk::piece::Piece;

/// Files of at least so many bytes begin at a multiple of it, counted from the volume's start.
const FILE_ALIGNMENT: u64 = 4096;
/// The first cluster has this number.
pub(super) const FIRST: u64 = 2;

/// Why a volume cannot be made of its files.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FatError {
    /// The names do not go together.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file's size is stored in 32 bits.
    #[error("place `{path}` in a FAT file system: {size} bytes, at most 4294967295 fit")]
    FileTooLong {
        /// The file.
        path: FatPath,
        /// Its size.
        size: u64,
    },
    /// More sectors than FAT32 can number.
    #[error("make a FAT file system of its files: it would be larger than 2 TiB")]
    TooLarge,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub(in crate::disk) struct Body<'a, I> {
    pub(in crate::disk) size: u64,
    /// From the file's start. What they leave out is zero.
    pub(in crate::disk) pieces: Vec<Piece<'a, I>>,
}

/// A volume, ready to be written.
#[derive(Debug)]
pub(in crate::disk) struct Plan<'a, I> {
    pub(super) label: FatLabel,
    pub(super) id: VolumeId,
    pub(super) geometry: Geometry,
    pub(super) tree: Tree,
    pub(super) places: Places,
    pub(super) files: Vec<(&'a FatPath, Body<'a, I>)>,
}

/// First clusters and lengths of directories and files.
#[derive(Debug)]
pub(super) struct Places {
    /// First cluster and number of clusters of each directory.
    pub(super) directories: Vec<(u64, u64)>,
    /// The same of each file; 0 and 0 for an empty one.
    pub(super) files: Vec<(u64, u64)>,
    sizes: Vec<u64>,
    /// The first cluster behind all of them.
    pub(super) end: u64,
}

impl<'a, I> Plan<'a, I> {
    /// Plans a volume that has `at_least` so many bytes and is a multiple of `alignment`, itself a
    /// multiple of 4096.
    pub(in crate::disk) fn new(
        (label, id): (&FatLabel, VolumeId),
        files: Vec<(&'a FatPath, Body<'a, I>)>,
        at_least: u64,
        alignment: u64,
    ) -> Result<Self, FatError> {
        let sizes: Vec<u64> = files.iter().map(|(_, body)| body.size).collect();
        check_sizes(&files)?;
        let tree = Tree::new(files.iter().map(|(path, _)| *path))?;
        let need = |cluster| Places::new(&tree, &sizes, cluster).end - FIRST;
        let bytes = volume_bytes(at_least, alignment, need).ok_or(FatError::TooLarge)?;
        let geometry = Geometry::new(bytes);
        let places = Places::new(&tree, &sizes, geometry.cluster_bytes());
        Ok(Self {
            label: label.clone(),
            id,
            geometry,
            tree,
            places,
            files,
        })
    }

    /// Bytes of the volume.
    pub(in crate::disk) fn bytes(&self) -> u64 {
        self.geometry.total * SECTOR
    }

    /// Offset of a file's first byte from the volume's start.
    pub(in crate::disk) fn file_offset(&self, path: &FatPath) -> Option<u64> {
        let number = self.files.iter().position(|(each, _)| *each == path)?;
        let (first, _) = self.places.files[number];
        (first != 0).then(|| self.geometry.offset(first))
    }
}

fn check_sizes<I>(files: &[(&FatPath, Body<'_, I>)]) -> Result<(), FatError> {
    match files
        .iter()
        .find(|(_, body)| body.size > u64::from(u32::MAX))
    {
        Some((path, body)) => Err(FatError::FileTooLong {
            path: (*path).clone(),
            size: body.size,
        }),
        None => Ok(()),
    }
}

impl Places {
    fn new(tree: &Tree, sizes: &[u64], cluster_bytes: u64) -> Self {
        let mut end = FIRST;
        let mut place = |bytes: u64, alignment: u64| {
            let clusters = bytes.div_ceil(cluster_bytes);
            end = FIRST + (end - FIRST).next_multiple_of(alignment);
            let first = end;
            end += clusters;
            if clusters == 0 {
                (0, 0)
            } else {
                (first, clusters)
            }
        };
        let directories = 0..tree.directories.len();
        let directories = directories
            .map(|number| place(tree.bytes(number) as u64, 1))
            .collect();
        let per_page = (FILE_ALIGNMENT / cluster_bytes).max(1);
        let alignment = |size| if size < FILE_ALIGNMENT { 1 } else { per_page };
        let files = sizes
            .iter()
            .map(|size| place(*size, alignment(*size)))
            .collect();
        Self {
            directories,
            files,
            sizes: sizes.to_vec(),
            end,
        }
    }

    /// Number of clusters that hold something.
    pub(super) fn used(&self) -> u64 {
        self.directories
            .iter()
            .chain(&self.files)
            .map(|(_, clusters)| clusters)
            .sum()
    }
}

impl Clusters for Places {
    fn directory(&self, number: usize) -> u64 {
        self.directories[number].0
    }

    fn file(&self, number: usize) -> (u64, u64) {
        (self.files[number].0, self.sizes[number])
    }
}
