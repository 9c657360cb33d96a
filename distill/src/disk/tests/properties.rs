//! Any layout: what is written is what is read back.

use std::os::unix::fs::FileExt;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

/// Names of all lengths, with the characters that make short names difficult. No two differ only by
/// case: they are lower case throughout, or contain no letters.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]{1,9}(\\.[a-z]{1,4})?",
        "[A-Z0-9]{1,8}(\\.[A-Z]{1,3})?".prop_map(|name| name + "_"),
        "[a-zé .+~]{1,40}x",
        "ж{1,30}",
    ]
}

fn file_path() -> impl Strategy<Value = String> {
    vec(name(), 1..4).prop_map(|names| names.join("/"))
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..600),
        (0_usize..40_000, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]),
    ]
}

/// Files without two that FAT could not tell apart.
fn tree() -> impl Strategy<Value = BTreeMap<FatPath, FatFile<Vec<u8>>>> {
    btree_map(file_path(), bytes(), 0..25).prop_map(|files| {
        let files = files
            .into_iter()
            .filter_map(|(name, bytes)| Some((FatPath::new(name).ok()?, FatFile::Raw(bytes))));
        let mut kept = BTreeMap::new();
        for (path, file) in files {
            let mut with: BTreeMap<_, _> = kept.clone();
            with.insert(path, file);
            if fat::Tree::new(with.keys()).is_ok() {
                kept = with;
            }
        }
        kept
    })
}

fn contents() -> impl Strategy<Value = Contents<Vec<u8>>> {
    prop_oneof![
        2 => bytes().prop_map(Contents::Raw),
        1 => Just(Contents::Blank),
        2 => (tree(), any::<u32>()).prop_map(|(files, id)| {
            Contents::Fat(FatVolume { label: FatLabel::new("DATA 1").unwrap(), id: VolumeId(id), files })
        }),
    ]
}

fn layout() -> impl Strategy<Value = Layout<Vec<u8>>> {
    let size = prop_oneof![(1_u64..40 * MIB).prop_map(Size::AtLeast)];
    let partitions = vec((contents(), size, any::<u64>(), any::<u128>()), 0..5);
    (partitions, 12_u32..22, 0_u64..3 * MIB).prop_map(|(partitions, shift, slack)| {
        let partitions = partitions.into_iter().enumerate();
        let partitions = partitions.map(|(number, (contents, size, attributes, kind))| Partition {
            size,
            attributes: Attributes(attributes),
            kind: PartitionType::from(Guid::from_u128(kind | 1)),
            ..partition(&format!("partition-{number}"), PartitionType::Esp, contents)
        });
        Layout {
            partitions: partitions.collect(),
            alignment: 1 << shift,
            size: DiskSize::Minimal { slack },
            bios: None,
            ..sample()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(layout in layout()) {
        let (file, map) = write(&layout).unwrap();
        let disk = Region::new(&file).unwrap();
        let table = GptTable::read(&disk).unwrap();
        prop_assert_eq!(&table, &map.table);
        prop_assert_eq!(table.sectors * SECTOR, disk.length());
        prop_assert_eq!(table.entries.len(), layout.partitions.len());
        let mut free = 34;
        for (entry, wanted) in table.entries.iter().zip(&layout.partitions) {
            prop_assert!(entry.first >= free && (entry.first * SECTOR).is_multiple_of(layout.alignment));
            free = entry.last + 1;
            prop_assert_eq!(entry.label.as_str(), wanted.label.as_str());
            prop_assert_eq!((entry.kind, entry.guid), (wanted.kind, wanted.guid));
            prop_assert_eq!(entry.attributes, wanted.attributes);
            check_contents(&file, entry, &wanted.contents)?;
        }
        prop_assert!(free + 33 <= table.sectors);
        let encoded = serde_json::to_string(&layout).unwrap();
        prop_assert_eq!(serde_json::from_str::<Layout<Vec<u8>>>(&encoded).unwrap(), layout);
    }
}

fn check_contents(
    file: &File,
    entry: &GptEntry,
    wanted: &Contents<Vec<u8>>,
) -> Result<(), TestCaseError> {
    let region = Region::new(file)
        .unwrap()
        .part(entry.first * SECTOR, entry.sectors() * SECTOR)
        .unwrap();
    match wanted {
        Contents::Raw(bytes) => {
            prop_assert_eq!(&region.read(0, bytes.len() as u64).unwrap(), bytes);
        }
        Contents::Blank => {
            prop_assert!(
                region
                    .read(0, region.length())
                    .unwrap()
                    .iter()
                    .all(|byte| *byte == 0)
            );
        }
        Contents::Fat(volume) => {
            let found = files(file, entry);
            let wanted = volume.files.iter().map(|(path, file)| match file {
                FatFile::Raw(bytes) => (path.to_string(), bytes.clone()),
                FatFile::Uki(_) => unreachable!("none was made"),
            });
            prop_assert_eq!(found, wanted.collect::<BTreeMap<_, _>>());
        }
    }
    Ok(())
}

/// Readers meet other people's disks, and broken ones: they may refuse, but not panic.
#[test]
fn damaged_disks_do_not_hurt() {
    let (file, map) = write(&Layout {
        alignment: 4096,
        ..sample()
    })
    .unwrap();
    let disk = Region::new(&file).unwrap();
    let entry = &map.table.entries[1];
    let start = entry.first * SECTOR;
    let places = (0..90)
        .chain(32 * 512..32 * 512 + 40)
        .chain(552 * 512..552 * 512 + 400);
    for at in places {
        let original = disk.read(start + at, 1).unwrap();
        for byte in [0, 0xff, original[0] ^ 0x40] {
            file.write_all_at(&[byte], start + at).unwrap();
            let region = disk.part(start, entry.sectors() * SECTOR).unwrap();
            if let Ok(volume) = FatReader::new(region) {
                let _ = volume.files();
            }
        }
        file.write_all_at(&original, start + at).unwrap();
    }
}

/// A change of any byte of the table is noticed, by its checksums.
#[test]
fn a_damaged_table_is_noticed() {
    let (file, _) = write(&sample()).unwrap();
    let disk = Region::new(&file).unwrap();
    let last = disk.length() - 512;
    for at in (512..512 + 92)
        .chain(1024..1024 + 256)
        .chain(last..last + 92)
    {
        let original = disk.read(at, 1).unwrap();
        file.write_all_at(&[!original[0]], at).unwrap();
        assert!(GptTable::read(&disk).is_err(), "byte {at}");
        file.write_all_at(&original, at).unwrap();
    }
    assert!(GptTable::read(&disk).is_ok());
}
