//! What a disk looks like, and which layouts are refused.

#![allow(clippy::cast_possible_truncation, reason = "small numbers")]

use std::os::unix::fs::MetadataExt;

use super::*;
use crate::disk::region::Fields;

#[test]
fn partitions_lie_in_order_and_aligned() {
    let (file, map) = write(&sample()).unwrap();
    let lines: Vec<String> = map
        .table
        .entries
        .iter()
        .map(|e| {
            format!(
                "{:>6} {:>6} {} {:x} {}",
                e.first, e.last, e.kind, e.attributes.0, e.label
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "    34   2047 bios-boot 0 loader",
            "  2048  69631 esp 0 esp",
            " 69632  71679 linux-root-x86-64 1000000000000000 root",
            " 71680  77823 linux-root-x86-64 0 root-b",
        ]
    );
    assert_eq!(map.table.sectors * SECTOR, 39 * MIB);
    assert_eq!(file.metadata().unwrap().len(), 39 * MIB);
    assert_eq!(
        GptTable::read(&Region::new(&file).unwrap()).unwrap(),
        map.table
    );
}

#[test]
fn blank_parts_take_no_place() {
    let (file, _) = write(&sample()).unwrap();
    let taken = file.metadata().unwrap().blocks() * 512;
    assert!(taken < 3 * MIB, "{taken} bytes");
}

#[test]
fn the_first_sector_protects_the_disk_and_starts_the_loader() {
    let (file, _) = write(&sample()).unwrap();
    let sector = Region::new(&file).unwrap().read(0, 512).unwrap();
    assert_eq!(
        sector[446..462],
        [
            0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xff, 0x37, 1, 0
        ]
    );
    assert!(sector[462..510].iter().all(|byte| *byte == 0));
    assert_eq!(sector[510..], [0x55, 0xaa]);
    assert_eq!(sector[..3], [0xeb, 0x3c, 0x90]);
    assert_eq!((sector.u16(426), sector.u64(432)), (3, 34));
}

#[test]
fn the_file_system_holds_the_files() {
    let layout = sample();
    let (file, map) = write(&layout).unwrap();
    let files = files(&file, &map.table.entries[1]);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "EFI/BOOT/BOOTX64.EFI",
            "empty",
            "loader/A file with a long name.conf"
        ]
    );
    assert_eq!(files["empty"], b"");
    assert_eq!(files["loader/A file with a long name.conf"], b"text\n");
}

#[test]
fn a_unified_kernel_image_holds_its_parts() {
    let (file, map) = write(&sample()).unwrap();
    let image = &files(&file, &map.table.entries[1])["EFI/BOOT/BOOTX64.EFI"];
    let found = sections(image).unwrap();
    let names: Vec<&str> = found.iter().map(|section| section.name.as_str()).collect();
    assert_eq!(
        names,
        [
            ".text", ".rodata", ".data", ".reloc", ".osrel", ".cmdline", ".linux", ".initrd"
        ]
    );
    let bytes = |name: &str| {
        let section = found.iter().find(|section| section.name == name).unwrap();
        &image[section.offset as usize..][..section.size as usize]
    };
    let uki = uki(100_000);
    assert_eq!(bytes(".cmdline"), uki.cmdline.as_bytes());
    assert_eq!(bytes(".osrel"), uki.osrel.as_bytes());
    assert_eq!(bytes(".linux"), uki.linux);
    assert_eq!(bytes(".initrd"), uki.initrd.unwrap());
    assert_eq!(image.len() % 512, 0);
}

/// Programs that sign images hash section after section, and warn of what lies between them.
#[test]
fn sections_of_a_unified_kernel_image_lie_without_gaps() {
    let mut layout = sample();
    // So that nothing before the kernel ends at a multiple of its alignment by chance.
    sample_uki(&mut layout).osrel = "X".repeat(600);
    let (file, map) = write(&layout).unwrap();
    let image = &files(&file, &map.table.entries[1])["EFI/BOOT/BOOTX64.EFI"];
    let pe = &image[image.as_slice().u32(60) as usize..];
    let table = 24 + usize::from(pe.u16(20));
    let mut end = pe.u32(24 + 60);
    for number in 0..usize::from(pe.u16(6)) {
        let section = &pe[table + number * 40..][..40];
        let name = section[..8].escape_ascii();
        assert_eq!(section.u32(20), end, "{name}");
        end += section.u32(16);
    }
    assert_eq!(end as usize, image.len());
}

#[test]
fn the_kernel_s_sectors_are_listed_and_begin_on_a_page() {
    let (file, map) = write(&sample()).unwrap();
    let boot = map.boot.unwrap();
    let uki = uki(100_000);
    let disk = Region::new(&file).unwrap();
    for (extents, bytes) in [
        (&boot.kernel, uki.linux),
        (&boot.initrd, uki.initrd.unwrap()),
    ] {
        let [extent] = extents[..] else {
            panic!("{extents:?}")
        };
        assert_eq!(extent.first % 8, 0);
        assert_eq!(
            u64::from(extent.sectors),
            (bytes.len() as u64).div_ceil(512)
        );
        assert_eq!(
            disk.read(extent.first * 512, bytes.len() as u64).unwrap(),
            bytes
        );
    }
    assert_eq!(boot.cmdline, uki.cmdline);
}

#[test]
fn a_disk_needs_no_loader_and_can_have_an_exact_size() {
    let mut layout = Layout {
        bios: None,
        size: DiskSize::Exact(100 * MIB + 512),
        ..sample()
    };
    let (file, map) = write(&layout).unwrap();
    assert_eq!(
        (file.metadata().unwrap().len(), map.boot),
        (100 * MIB + 512, None)
    );
    assert_eq!(map.table.entries.len(), 3);
    let sector = Region::new(&file).unwrap().read(0, 446).unwrap();
    assert!(sector.iter().all(|byte| *byte == 0));
    layout.size = DiskSize::Exact(38 * MIB + 33 * 512);
    assert!(write(&layout).is_ok());
    layout.size = DiskSize::Exact(38 * MIB + 32 * 512);
    let error = write(&layout).unwrap_err();
    assert_eq!(
        error.to_string(),
        "make a disk of 39862272 bytes: its partitions need 39862784"
    );
}

#[test]
fn a_small_alignment_leaves_no_gap_but_for_the_loader() {
    let layout = Layout {
        alignment: 4096,
        ..sample()
    };
    let (_, map) = write(&layout).unwrap();
    let [loader, esp, ..] = &map.table.entries[..] else {
        panic!()
    };
    assert_eq!((loader.first, loader.last, esp.first), (34, 39, 40));
}

#[test]
fn the_same_layout_gives_the_same_bytes() {
    let read = |(file, _): (File, DiskMap)| {
        let disk = Region::new(&file).unwrap();
        disk.read(0, disk.length()).unwrap()
    };
    let [first, second] = [(); 2].map(|()| read(write(&sample()).unwrap()));
    assert!(first == second);
    // A change here changes every image: say so in the change log.
    assert_eq!(format!("{:08x}", crc32fast::hash(&first)), "717211bc");
}

#[test]
fn a_layout_survives_its_encoding() {
    let layout = sample()
        .try_map(|bytes| Ok::<_, ()>(format!("{} bytes", bytes.len())))
        .unwrap();
    let text = serde_json::to_string_pretty(&layout).unwrap();
    assert_eq!(
        serde_json::from_str::<Layout<String>>(&text).unwrap(),
        layout
    );
    let unknown = text.replacen("\"alignment\"", "\"allignment\"", 1);
    let error = serde_json::from_str::<Layout<String>>(&unknown)
        .unwrap_err()
        .to_string();
    assert!(error.contains("unknown field `allignment`"), "{error}");
    let bad = text.replacen("EFI/BOOT/BOOTX64.EFI", "EFI//BOOTX64.EFI", 1);
    assert!(serde_json::from_str::<Layout<String>>(&bad).is_err());
}

#[test]
fn handles_are_visited_in_order() {
    let layout = sample();
    let sizes: Vec<usize> = layout.contents().iter().map(|bytes| bytes.len()).collect();
    let stub = small_stub().len();
    assert_eq!(sizes, [440, 1200, stub, 100_000, 10_000, 0, 5, 300_000]);
    let mut left = 3;
    let failed = layout.try_map(|_| {
        left -= 1;
        if left == 0 { Err("third") } else { Ok(()) }
    });
    assert_eq!(failed, Err("third"));
}

/// The error of the sample after a change.
fn refused(change: impl FnOnce(&mut Layout<Vec<u8>>)) -> DiskError {
    let mut layout = sample();
    change(&mut layout);
    write(&layout).unwrap_err()
}

#[test]
fn layouts_that_make_no_sense_are_refused() {
    assert!(matches!(
        refused(|l| l.alignment = 2048),
        DiskError::Alignment(2048)
    ));
    assert!(matches!(
        refused(|l| l.alignment = 3 * MIB),
        DiskError::Alignment(_)
    ));
    assert!(matches!(
        refused(|l| l.size = DiskSize::Exact(MIB + 1)),
        DiskError::Size(_)
    ));
    let huge = refused(|l| l.partitions[2].size = Size::AtLeast(u64::MAX));
    assert!(matches!(huge, DiskError::TooLarge));
    let same_name = refused(|l| l.partitions[2].label = label("root"));
    assert!(matches!(same_name, DiskError::DuplicateLabel(_)));
    let same_guid = refused(|l| l.partitions[1].guid = l.guid);
    assert!(matches!(same_guid, DiskError::DuplicateGuid { .. }));
    assert!(matches!(
        refused(|l| l.guid = Guid::NIL),
        DiskError::NilDiskGuid
    ));
    assert!(matches!(
        refused(|l| l.partitions[1].guid = Guid::NIL),
        DiskError::NilGuid(_)
    ));
    let no_type = refused(|l| l.partitions[1].kind = PartitionType::Other(Guid::NIL));
    assert!(matches!(no_type, DiskError::NilGuid(_)));
    assert!(matches!(
        refused(|l| l.partitions[2].size = Size::Minimal),
        DiskError::Empty(_)
    ));
    let many = refused(|l| {
        let more = |n: u32| partition(&n.to_string(), PartitionType::LinuxVar, Contents::Blank);
        l.partitions.extend((0..125).map(more));
    });
    assert!(matches!(many, DiskError::TooManyPartitions(129)));
}

#[test]
fn files_that_cannot_be_are_refused() {
    let error = refused(|l| {
        let Contents::Fat(volume) = &mut l.partitions[0].contents else {
            panic!()
        };
        volume.files.insert(path("efi/x"), FatFile::Raw(Vec::new()));
    });
    let DiskError::Fat {
        partition,
        source: FatError::Tree(TreeError::Duplicate(at)),
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!((partition.as_str(), at.as_str()), ("esp", "efi/x"));
}

#[test]
fn kernels_that_would_not_boot_are_refused() {
    let uki = |error| match error {
        DiskError::Uki { source, .. } => source,
        other => panic!("{other:?}"),
    };
    let long = uki(refused(|l| sample_uki(l).cmdline = "x".repeat(2048)));
    assert_eq!(
        long.to_string(),
        "make a kernel command line of 2048 bytes: at most 2047 fit"
    );
    assert!(matches!(
        uki(refused(|l| sample_uki(l).cmdline.push('\n'))),
        UkiError::CmdlineCharacter('\n')
    ));
    assert!(matches!(
        uki(refused(|l| sample_uki(l).cmdline.push('é'))),
        UkiError::CmdlineCharacter('é')
    ));
    assert!(matches!(
        uki(refused(|l| sample_uki(l).osrel.push('\0'))),
        UkiError::OsRelease
    ));
    assert!(matches!(
        uki(refused(|l| sample_uki(l).stub.truncate(100))),
        UkiError::Stub(_)
    ));
    let kernel = uki(refused(|l| sample_uki(l).linux[0] = 0));
    assert!(matches!(kernel, UkiError::Kernel(KernelError::NotEfi)));
    // Not a matter of UEFI: only the BIOS loader minds.
    let not_for_bios = |l: &mut Layout<Vec<u8>>| sample_uki(l).linux[0x202] = 0;
    assert!(matches!(
        refused(not_for_bios),
        DiskError::Loader(LoaderError::Kernel { .. })
    ));
    let mut layout = Layout {
        bios: None,
        ..sample()
    };
    not_for_bios(&mut layout);
    assert!(write(&layout).is_ok());
}

#[test]
fn a_loader_that_boots_nothing_is_refused() {
    let boots = |partition, file| {
        refused(|l| {
            let bios = l.bios.as_mut().unwrap();
            bios.boots = BootEntry {
                partition: label(partition),
                path: path(file),
            };
        })
    };
    for (partition, file) in [
        ("root", "EFI/BOOT/BOOTX64.EFI"),
        ("esp", "empty"),
        ("none", "x"),
    ] {
        assert!(matches!(
            boots(partition, file),
            DiskError::Loader(LoaderError::NoEntry { .. })
        ));
    }
}

/// An input that gives other bytes than it says.
struct Liar(u64);

impl Input for Liar {
    fn size(&self) -> u64 {
        self.0
    }

    fn open(&self) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        Ok(Box::new(&b"five!"[..]))
    }
}

#[test]
fn an_input_that_changes_is_noticed() {
    let layout = |size| Layout {
        partitions: vec![Partition {
            contents: Contents::Raw(Liar(size)),
            label: label("root"),
            kind: PartitionType::LinuxGeneric,
            guid: Guid::derive(b"test", "root"),
            attributes: Attributes::NONE,
            size: Size::Minimal,
        }],
        sector_size: SectorSize::B512,
        alignment: MIB,
        size: DiskSize::Minimal { slack: 0 },
        guid: Guid::derive(b"test", "disk"),
        bios: None,
    };
    let message = |size| {
        let mut file = tempfile::tempfile().unwrap();
        match write_disk(&layout(size), &mut file) {
            Err(DiskError::Input(cause)) => cause.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert!(
        message(4).contains("more than the 4 bytes"),
        "{}",
        message(4)
    );
    assert!(
        message(6).contains("fewer than the 6 bytes"),
        "{}",
        message(6)
    );
}
