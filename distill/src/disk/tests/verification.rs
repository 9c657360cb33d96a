//! The walk over a disk that has been written finds what is wrong with it.

use std::os::unix::fs::FileExt;

use proptest::prelude::*;

use super::*;
use crate::disk::verify::{check, extents};

/// What the walk says after a change of the sample's disk.
fn after(change: impl FnOnce(&File, &DiskMap)) -> Result<(), DiskError> {
    let layout = sample();
    let (file, map) = write(&layout).unwrap();
    change(&file, &map);
    check(&layout, &map, &file)
}

fn flip(file: &File, at: u64) {
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[!byte[0]], at).unwrap();
}

#[test]
fn an_untouched_disk_is_sound() {
    after(|_, _| ()).unwrap();
}

#[test]
fn another_kernel_is_found() {
    let kernel = |map: &DiskMap| map.boot.as_ref().unwrap().kernel[0];
    for at in [0, 50_000, 99_999] {
        let found = after(|file, map| flip(file, kernel(map).first * SECTOR + at));
        assert!(
            matches!(found, Err(DiskError::Differs(_))),
            "byte {at}: {found:?}"
        );
    }
    // Behind the last byte lies what pads the sector.
    after(|file, map| flip(file, kernel(map).first * SECTOR + 100_000)).unwrap();
    let initrd = |map: &DiskMap| map.boot.as_ref().unwrap().initrd[0].first * SECTOR;
    let found = after(|file, map| flip(file, initrd(map) + 9_999));
    assert!(matches!(found, Err(DiskError::Differs(_))), "{found:?}");
}

#[test]
fn a_damaged_loader_is_found() {
    for at in [
        416,
        426,
        432,
        34 * SECTOR + 4,
        34 * SECTOR + 700,
        34 * SECTOR + 1250,
    ] {
        let found = after(|file, _| flip(file, at));
        assert!(found.is_err(), "byte {at}");
    }
}

#[test]
fn a_list_that_leads_elsewhere_is_found() {
    let layout = sample();
    let (file, mut map) = write(&layout).unwrap();
    let mut list = map.boot.clone().unwrap();
    list.kernel[0].first += 1;
    let (_, code) = stages();
    file.write_all_at(&crate::disk::loader::stage2(&code, &list), 34 * SECTOR)
        .unwrap();
    map.boot = Some(list);
    assert!(matches!(
        check(&layout, &map, &file),
        Err(DiskError::Differs(_))
    ));
}

#[test]
fn a_chain_that_leads_elsewhere_is_found() {
    // The ESP begins at 1 MiB, its tables at sectors 32 and 552. Both say that the image's third
    // cluster is followed by the seventh.
    let found = after(|file, map| {
        let esp = map.table.entries[1].first * SECTOR;
        let kernel = map.boot.as_ref().unwrap().kernel[0].first * SECTOR - esp;
        let cluster = (kernel - 1072 * SECTOR) / SECTOR + 2;
        for table in [32, 552] {
            let entry = esp + table * SECTOR + 4 * (cluster + 2);
            let next = u32::try_from(cluster + 6).unwrap();
            file.write_all_at(&next.to_le_bytes(), entry).unwrap();
        }
    });
    let said = format!("{:?}", found.unwrap_err());
    assert!(
        said.contains("sectors") || said.contains("fewer clusters"),
        "{said}"
    );
}

#[test]
fn a_file_in_several_runs_gives_several_extents() {
    let runs = vec![(8192, 4096), (65536, 1024), (16384, 8192)];
    let file = FatEntry {
        path: "x".into(),
        size: 13_000,
        runs,
    };
    let extent = |first, sectors| Extent { first, sectors };
    let all = [extent(116, 8), extent(228, 2), extent(132, 16)];
    assert_eq!(extents(&file, 100, 0, 13_312), all);
    assert_eq!(
        extents(&file, 100, 512, 4_000),
        [extent(117, 7), extent(228, 1)]
    );
    assert_eq!(extents(&file, 100, 4096, 1024), [extent(228, 2)]);
    assert_eq!(extents(&file, 100, 5120, 1), [extent(132, 1)]);
    assert_eq!(extents(&file, 100, 5120, 0), []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Writing includes the walk: it succeeds for every size and place.
    #[test]
    fn every_list_leads_to_its_kernel(
        kernel in 2048_usize..200_000,
        initrd in proptest::option::of(0_usize..20_000),
        cmdline in "[ -~]{0,2047}",
        before in 0_usize..9_000,
        shift in 12_u32..23,
    ) {
        let mut layout = Layout { alignment: 1 << shift, ..sample() };
        *sample_uki(&mut layout) = Uki {
            initrd: initrd.map(|length| vec![3; length]),
            cmdline,
            ..uki(kernel)
        };
        let Contents::Fat(volume) = &mut layout.partitions[0].contents else { panic!() };
        volume.files.insert(path("A"), FatFile::Raw(vec![5; before]));
        let (_, map) = write(&layout).unwrap();
        let list = map.boot.unwrap();
        prop_assert_eq!(list.kernel_bytes as usize, kernel);
        prop_assert_eq!(list.initrd_bytes as usize, initrd.unwrap_or(0));
        prop_assert!(list.kernel[0].first.is_multiple_of(8));
    }
}
