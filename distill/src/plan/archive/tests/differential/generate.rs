//! Archives that chance makes: some put together of headers of all kinds, some written by other programs, and
//! then changed, with the sums of their headers mended.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::craft::{Craft, header, record, sum};
use crate::plan::archive::block::BLOCK;

/// Names that meet each other.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec!["a", "b", "d", "d/", "d/a", "d/b", "./d/a", "d//a", "s", "h", "d/e/f"])
            .prop_map(str::to_owned),
        1 => Just("gr\u{fc}n".to_owned()),
        1 => Just(String::new()),
        1 => Just(format!("{}/{}", "l".repeat(60), "m".repeat(90))),
    ]
}

fn short_name() -> impl Strategy<Value = String> {
    name().prop_map(|name| name.chars().take(50).collect())
}

/// Contents; some look like a member, which must not be seen.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let hidden = |name: &'static str| Craft::default().file(name, "hidden").0;
    prop_oneof![
        4 => Just(Vec::new()),
        4 => select(vec!["x", "text\n", "0123456789"]).prop_map(|text| text.as_bytes().to_vec()),
        4 => select(vec!["hidden", "d/a", "a"]).prop_map(hidden),
        1 => Just(vec![0; BLOCK]),
        1 => Just(vec![0; 2 * BLOCK]),
        1 => Just(format!("{:\0<512}0123456789", "2\n0\n5\n20\n5\n").into_bytes()),
    ]
}

/// One record of an extended header.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let number = || select(vec!["0", "1", "5", "10", "512", "1024", "30", ""]);
    let one = prop_oneof![
        4 => name().prop_map(|name| record("path", &name)),
        3 => name().prop_map(|name| record("linkpath", &name)),
        3 => number().prop_map(|number| record("size", number)),
        2 => select(vec![
            "comment", "mtime", "uid", "hdrcharset", "SCHILY.realsize", " path", "path\0", "uname", "PATH",
            "SUN.holesdata", "GNU.sparse", "GNU.volume.size", "LIBARCHIVE.xattr.user.x", "SCHILY.dev",
        ])
        .prop_map(|keyword| record(keyword, "1")),
        2 => (
            select(vec!["size", "realsize", "numblocks", "offset", "numbytes", "major", "minor", "map", "name"]),
            select(vec!["0", "1", "2", "5", "30", "0,5,20,5", "d/a"]),
        )
            .prop_map(|(keyword, value)| record(&format!("GNU.sparse.{keyword}"), value)),
    ];
    prop::collection::vec(one, 0..3).prop_map(|records| records.concat())
}

/// A sparse file in one of the versions, in parts that belong together: the first of a block, or not, the
/// second of five bytes, and a hole at the end that is told, or not.
fn sparse() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![6 => Just(512_u64), 1 => Just(5)];
    let told = prop_oneof![6 => Just(true), 1 => Just(false)];
    (first, told, 0_u32..4).prop_map(|(first, told, version)| {
        let end = if told { &[(2000, 0)][..] } else { &[] };
        let map = [&[(0, first), (1024, 5)][..], end].concat();
        let count = first + 5;
        let bytes: String = (0..count)
            .map(|at| if at < first { 'x' } else { 'y' })
            .collect();
        sparse_file(version, &map, &bytes)
    })
}

fn sparse_file(version: u32, map: &[(u64, u64)], bytes: &str) -> Vec<u8> {
    let numbers: Vec<String> = map
        .iter()
        .flat_map(|(offset, len)| [offset.to_string(), len.to_string()])
        .collect();
    let count = map.len().to_string();
    let with = |records: &[(&str, &str)], bytes: &str| {
        Craft::default().pax(b'x', records).file("sparse", bytes).0
    };
    let (size, blocks) = (
        ("GNU.sparse.size", "2000"),
        ("GNU.sparse.numblocks", &count[..]),
    );
    let name = ("GNU.sparse.name", "sparse");
    match version {
        0 => {
            let mut records = vec![size, blocks];
            for pair in numbers.chunks(2) {
                records.extend([
                    ("GNU.sparse.offset", &pair[0][..]),
                    ("GNU.sparse.numbytes", &pair[1][..]),
                ]);
            }
            with(&records, bytes)
        }
        1 => with(
            &[size, blocks, name, ("GNU.sparse.map", &numbers.join(","))],
            bytes,
        ),
        2 => {
            let version = [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")];
            let records = [&version[..], &[name, ("GNU.sparse.realsize", "2000")]].concat();
            let map = format!("{count}\n{}\n", numbers.join("\n"));
            with(&records, &format!("{map:\0<512}{bytes}"))
        }
        _ => {
            let mut block = header(b'S', "sparse", bytes.len() as u64);
            block[257..265].copy_from_slice(b"ustar  \0");
            block[483..494].copy_from_slice(format!("{:011o}", 2000).as_bytes());
            for (at, (offset, len)) in (386..).step_by(24).zip(map) {
                block[at..at + 24]
                    .copy_from_slice(format!("{offset:011o}\0{len:011o}\0").as_bytes());
            }
            Craft::default().with(block, |_| {}, bytes).0
        }
    }
}

/// A member, or something like one: the size that is stated may be another one than that of the contents.
fn member() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![
        8 => Just(b'0'),
        2 => Just(0),
        3 => Just(b'5'),
        3 => Just(b'2'),
        3 => Just(b'1'),
        1 => select(vec![b'7', b'S', b'3', b'D', b'Z', b'A', b'V']),
    ];
    let dialect = select(vec![
        &b"ustar\x0000"[..],
        b"ustar\x0000",
        b"ustar  \0",
        &[0; 8],
        b"ustar\0xx",
        b"ustar 00",
    ]);
    let prefix = prop_oneof![12 => Just(""), 1 => Just("d"), 1 => Just("15130573123")];
    let stated =
        prop_oneof![8 => Just(None), 1 => select(vec![0_u64, 1, 5, 512, 1024]).prop_map(Some)];
    let mode = select(vec!["0000644", "0000755", "0100644", "   644 ", "4755"]);
    (
        kind,
        short_name(),
        short_name(),
        dialect,
        prefix,
        stated,
        body(),
        mode,
    )
        .prop_map(|(kind, name, link, dialect, prefix, stated, body, mode)| {
            let body = if matches!(kind, b'0' | 0 | b'7' | b'D' | b'Z') {
                body
            } else {
                Vec::new()
            };
            let change = |block: &mut [u8; BLOCK]| {
                block[257..265].copy_from_slice(dialect);
                block[345..345 + prefix.len()].copy_from_slice(prefix.as_bytes());
                block[100..100 + mode.len()].copy_from_slice(mode.as_bytes());
                if matches!(kind, b'1' | b'2') {
                    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
                }
            };
            let size = stated.unwrap_or(body.len() as u64);
            Craft::default()
                .with(header(kind, &name, size), change, &body)
                .0
        })
}

/// A header that stands before members, or between them.
fn extension() -> impl Strategy<Value = Vec<u8>> {
    let headed = |kind: u8, bytes: Vec<u8>| {
        Craft::default()
            .with(header(kind, "extension", bytes.len() as u64), |_| {}, bytes)
            .0
    };
    let long = |name: String| format!("{name}\0").into_bytes();
    prop_oneof![
        4 => records().prop_map(move |records| headed(b'x', records)),
        1 => records().prop_map(move |records| headed(b'g', records)),
        1 => records().prop_map(move |records| headed(b'X', records)),
        2 => name().prop_map(move |name| headed(b'L', long(name))),
        1 => name().prop_map(move |name| headed(b'K', long(name))),
        1 => Just(headed(b'V', Vec::new())),
        1 => select(vec!["rw-", "rwx"]).prop_map(move |owner| {
            let list = format!("1000004\0user::{owner},group::r--,mask::r-x,other::r--\0");
            headed(b'A', list.into_bytes())
        }),
    ]
}

/// A change of a block that is a header: bytes at a place where something stands.
fn change() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    let at = prop_oneof![
        3 => select(vec![0, 1, 99, 100, 107, 108, 116, 124, 125, 130, 134, 135, 136, 147, 157, 256]),
        3 => Just(156),
        2 => select(vec![257, 262, 263, 264, 265, 329, 337, 345, 346, 475, 476, 482, 483, 494, 500, 508, 511]),
        1 => select(vec![386, 397, 398, 409, 410, 422]),
        1 => 0..BLOCK,
    ];
    let bytes = prop_oneof![
        4 => select(vec![
            "\0", " ", "0", "1", "2", "5", "7", "g", "x", "L", "K", "S", "V", "A", "X", "/", "a", "8", "-", "d/",
            "\0\0\0\0\0\0\0\0\0\0\0\0", "00000000001", "00000002000", "ustar  \0", "ustar\x0000", "tar\0",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => Just(vec![0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]),
    ];
    (any::<Index>(), at, bytes)
}

/// Changes headers of an archive, or bytes of anything.
fn changed(
    mut archive: Vec<u8>,
    changes: Vec<(Index, usize, Vec<u8>)>,
    bytes: Vec<(Index, u8)>,
) -> Vec<u8> {
    for (which, at, bytes) in changes {
        let is_header = |block: &&mut [u8]| block.len() == BLOCK && is_sound(block);
        let mut headers: Vec<&mut [u8]> = archive.chunks_mut(BLOCK).filter(is_header).collect();
        if headers.is_empty() {
            break;
        }
        let count = headers.len();
        let block: &mut [u8; BLOCK] = (&mut *headers[which.index(count)])
            .try_into()
            .expect("a block");
        let end = (at + bytes.len()).min(BLOCK);
        block[at..end].copy_from_slice(&bytes[..end - at]);
        sum(block);
    }
    for (at, byte) in bytes {
        let (length, at) = (archive.len(), at);
        archive[at.index(length)] = byte;
        let block = at.index(length) / BLOCK * BLOCK;
        if let Some(block) = archive.get_mut(block..block + BLOCK)
            && block[257..262] == *b"ustar"
        {
            sum(block.try_into().expect("a block"));
        }
    }
    archive
}

fn is_sound(block: &[u8]) -> bool {
    let mut mended: [u8; BLOCK] = block.try_into().expect("a block");
    sum(&mut mended);
    block[148..154] == mended[148..154]
}

/// Archives: those that are given, and others, all of them changed now and then.
pub(super) fn archive(given: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![6 => member(), 4 => extension(), 1 => sparse()];
    let made = prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat());
    let end = prop_oneof![
        12 => Just(vec![0; 2 * BLOCK]),
        1 => Just(vec![0; BLOCK]),
        1 => Just(Vec::new()),
        1 => Just([vec![0; 2 * BLOCK], Craft::default().file("stale", "x").0].concat()),
        1 => Just([vec![0; BLOCK], Craft::default().file("stale", "x").0].concat()),
    ];
    let whole = prop_oneof![
        3 => (made, end).prop_map(|(made, end)| [made, end].concat()),
        1 => select(given),
    ];
    let changes = prop_oneof![
        3 => Just(Vec::new()),
        4 => prop::collection::vec(change(), 1..3),
    ];
    let bytes = prop_oneof![
        6 => Just(Vec::new()),
        1 => prop::collection::vec((any::<Index>(), any::<u8>()), 1..3),
    ];
    (whole, changes, bytes).prop_map(|(archive, changes, bytes)| changed(archive, changes, bytes))
}

/// What GNU tar, bsdtar and Python write, in all their formats.
pub(super) fn written_by_others() -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a directory");
    specimen(dir.path());
    let python = "import sys, tarfile\n\
                  t = tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=int(sys.argv[1]))\n\
                  t.add('.')\nt.close()";
    let commands: [&[&str]; 17] = [
        &["tar", "-c", "--format=v7", "d", "s"],
        &["tar", "-c", "--format=ustar", "d", "s", "h"],
        &["tar", "-c", "--format=oldgnu", "."],
        &["tar", "-c", "--format=gnu", "."],
        &["tar", "-c", "--format=gnu", "--label=label", "."],
        &[
            "tar",
            "-c",
            "--format=gnu",
            "--sparse",
            "--hole-detection=raw",
            ".",
        ],
        &["tar", "-c", "--format=pax", "."],
        &["tar", "-c", "--format=pax", "--label=label", "."],
        &[
            "tar",
            "-c",
            "--format=pax",
            "--pax-option=globexthdr.name=g,comment=hello",
            ".",
        ],
        &[
            "tar",
            "-c",
            "--format=pax",
            "--sparse",
            "--sparse-version=0.0",
            "--hole-detection=raw",
            "holes",
        ],
        &[
            "tar",
            "-c",
            "--format=pax",
            "--sparse",
            "--sparse-version=0.1",
            "--hole-detection=raw",
            "holes",
        ],
        &[
            "tar",
            "-c",
            "--format=pax",
            "--sparse",
            "--sparse-version=1.0",
            "--hole-detection=raw",
            "holes",
        ],
        &["bsdtar", "-c", "-f", "-", "--format=pax", "."],
        &["bsdtar", "-c", "-f", "-", "--format=gnutar", "."],
        &["bsdtar", "-c", "-f", "-", "--format=ustar", "d", "s", "h"],
        &["python3", "-c", python, "1"],
        &["python3", "-c", python, "2"],
    ];
    commands.map(|command| written(dir.path(), command)).into()
}

fn written(dir: &Path, command: &[&str]) -> Vec<u8> {
    let out = Command::new(command[0])
        .args(&command[1..])
        .current_dir(dir)
        .env("LC_ALL", "C.UTF-8")
        .output();
    let out = out.unwrap_or_else(|error| panic!("this test needs `{}`: {error}", command[0]));
    assert!(
        out.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    out.stdout
}

fn specimen(dir: &Path) {
    let write = |name: &str, bytes: &[u8]| std::fs::write(dir.join(name), bytes).expect("a file");
    let long = format!("{}/{}", "l".repeat(60), "m".repeat(90));
    std::fs::create_dir_all(dir.join("d/e")).expect("directories");
    std::fs::create_dir_all(dir.join(&long)).expect("directories");
    write("d/a", b"text\n");
    write(
        &format!("{long}/n"),
        &Craft::default().file("hidden", "x").0,
    );
    write("gr\u{fc}n", b"");
    let holes = [&[b'x'; 512][..], &[0; 8192], &[b'y'; 512], &[0; 4096]].concat();
    write("holes", &holes);
    std::os::unix::fs::symlink("d/a", dir.join("s")).expect("a link");
    std::os::unix::fs::symlink("t".repeat(140), dir.join("t")).expect("a link");
    std::fs::hard_link(dir.join("d/a"), dir.join("h")).expect("a link");
}
