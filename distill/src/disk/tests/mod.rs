//! Tests of whole disks: structure, properties, and what other people's tools say.

mod boot_code;
mod properties;
mod structure;
mod tools;
mod verification;

use std::collections::BTreeMap;
use std::fs::File;

use super::loader::tests::stages;
use super::uki::tests::{bzimage, small_stub};
use super::*;

/// Says why a test did nothing.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(super) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

const MIB: u64 = 1 << 20;

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn path(text: &str) -> FatPath {
    FatPath::new(text).unwrap()
}

fn partition(name: &str, kind: PartitionType, contents: Contents<Vec<u8>>) -> Partition<Vec<u8>> {
    Partition {
        label: label(name),
        kind,
        guid: Guid::derive(b"test", name),
        attributes: Attributes::NONE,
        size: Size::Minimal,
        contents,
    }
}

/// A unified kernel image with a kernel of so many bytes and an initrd.
fn uki(kernel: usize) -> Uki<Vec<u8>> {
    Uki {
        stub: small_stub(),
        linux: bzimage(kernel),
        cmdline: "console=ttyS0 root=PARTLABEL=root ro".into(),
        osrel: "ID=distill\nPRETTY_NAME=\"Distill\"\n".into(),
        initrd: Some((0..10_000_u32).map(|i| (i % 253) as u8).collect()),
    }
}

fn fat(files: impl IntoIterator<Item = (&'static str, FatFile<Vec<u8>>)>) -> Contents<Vec<u8>> {
    Contents::Fat(FatVolume {
        label: FatLabel::new("ESP").unwrap(),
        id: VolumeId(0x5eed_0001),
        files: files
            .into_iter()
            .map(|(name, file)| (path(name), file))
            .collect::<BTreeMap<_, _>>(),
    })
}

/// A disk as a platform would make it: loader, ESP with a unified kernel image, root, an empty
/// slot.
fn sample() -> Layout<Vec<u8>> {
    let (mbr, stage2) = stages();
    let esp = fat([
        ("EFI/BOOT/BOOTX64.EFI", FatFile::Uki(uki(100_000))),
        (
            "loader/A file with a long name.conf",
            FatFile::Raw(b"text\n".to_vec()),
        ),
        ("empty", FatFile::Raw(Vec::new())),
    ]);
    Layout {
        sector_size: SectorSize::B512,
        alignment: MIB,
        size: DiskSize::Minimal { slack: 0 },
        guid: Guid::derive(b"test", "disk"),
        bios: Some(BiosLoader {
            mbr,
            stage2,
            label: label("loader"),
            guid: Guid::derive(b"test", "loader"),
            boots: BootEntry {
                partition: label("esp"),
                path: path("EFI/BOOT/BOOTX64.EFI"),
            },
        }),
        partitions: vec![
            partition("esp", PartitionType::Esp, esp),
            Partition {
                attributes: Attributes::READ_ONLY,
                ..partition(
                    "root",
                    PartitionType::LinuxRootX86_64,
                    Contents::Raw(vec![7; 300_000]),
                )
            },
            Partition {
                size: Size::AtLeast(3 * MIB),
                ..partition("root-b", PartitionType::LinuxRootX86_64, Contents::Blank)
            },
        ],
    }
}

/// The sample's unified kernel image.
fn sample_uki(layout: &mut Layout<Vec<u8>>) -> &mut Uki<Vec<u8>> {
    let Contents::Fat(volume) = &mut layout.partitions[0].contents else {
        panic!()
    };
    match volume.files.get_mut(&path("EFI/BOOT/BOOTX64.EFI")) {
        Some(FatFile::Uki(uki)) => uki,
        _ => panic!(),
    }
}

/// The disk in a file that nobody else sees.
fn write(layout: &Layout<Vec<u8>>) -> Result<(File, DiskMap), DiskError> {
    let mut file = tempfile::tempfile().unwrap();
    let map = write_disk(layout, &mut file)?;
    Ok((file, map))
}

/// The files of a partition, as the reader finds them.
fn files(file: &File, entry: &GptEntry) -> BTreeMap<String, Vec<u8>> {
    let disk = Region::new(file).unwrap();
    let volume = FatReader::new(
        disk.part(entry.first * SECTOR, entry.sectors() * SECTOR)
            .unwrap(),
    )
    .unwrap();
    let entries = volume.files().unwrap();
    entries
        .into_iter()
        .map(|entry| (entry.path.clone(), volume.read(&entry).unwrap()))
        .collect()
}
