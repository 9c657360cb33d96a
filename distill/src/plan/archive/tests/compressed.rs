//! Compressions, and what they do when they are cut or garbled.

use std::io::Write;

use flate2::write::GzEncoder;
use xz2::stream::{Check, MtStreamBuilder};

use super::craft::Craft;
use super::*;

/// Compressible and not: a few hundred kilobytes in all.
fn tar() -> Vec<u8> {
    let noise: String = (0..300_000_u32)
        .map(|i| char::from(b'a' + (i.wrapping_mul(i) >> 7).to_le_bytes()[0] % 26))
        .collect();
    Craft::default()
        .file("noise", &noise)
        .file("plain", &"x".repeat(70_000))
        .end()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// In several blocks, as `xz -T2` writes it.
fn xz(bytes: &[u8]) -> Vec<u8> {
    let stream = MtStreamBuilder::new()
        .preset(1)
        .block_size(100_000)
        .threads(2)
        .check(Check::Crc64)
        .encoder();
    let mut encoder = xz2::write::XzEncoder::new_stream(Vec::new(), stream.unwrap());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

type Compress = fn(&[u8]) -> Vec<u8>;

const ALL: [(Format, Compress); 5] = [
    (Format::Tar, <[u8]>::to_vec),
    (Format::TarGz, gz),
    (Format::TarBz2, bz2),
    (Format::TarXz, xz),
    (Format::TarZst, zst),
];

fn options(format: Format) -> Options {
    Options {
        threads: 2,
        ..Options::new(format)
    }
}

#[test]
fn whole_archives() {
    let tar = tar();
    let expected = read_tar(&tar).unwrap();
    assert_eq!(expected.len(), 2);
    for (format, compress) in ALL {
        for threads in [1, 2] {
            let options = Options {
                threads,
                ..Options::new(format)
            };
            assert!(
                read(&compress(&tar), &options).unwrap() == expected,
                "{format:?}"
            );
        }
    }
}

#[test]
fn several_streams_are_one() {
    let tar = tar();
    let (a, b) = tar.split_at(123_457);
    for (format, compress) in ALL {
        let both = [compress(a), compress(b)].concat();
        assert_eq!(
            read(&both, &options(format)).unwrap().len(),
            2,
            "{format:?}"
        );
    }
    let padded = [&xz(a)[..], &[0; 8], &xz(b), &[0; 4]].concat();
    assert_eq!(read(&padded, &options(Format::TarXz)).unwrap().len(), 2);
    let badly = [&xz(a)[..], &[0; 6], &xz(b)].concat();
    assert!(read(&badly, &options(Format::TarXz)).is_err());
}

#[test]
fn cut_anywhere() {
    let tar = tar();
    for (format, compress) in &ALL[1..] {
        let whole = compress(&tar);
        let places = (0..40)
            .map(|i| i * whole.len() / 40)
            .chain(whole.len() - 12..whole.len());
        for cut in places {
            let error = read(&whole[..cut], &options(*format))
                .map(drop)
                .unwrap_err();
            assert!(
                matches!(error, ArchiveError::Truncated { .. }),
                "{format:?} {cut}: {error:?}"
            );
        }
    }
}

#[test]
fn garbled_anywhere() {
    let tar = tar();
    for (format, compress) in &ALL[1..] {
        let whole = compress(&tar);
        for at in (0..20).map(|i| 12 + i * (whole.len() - 24) / 20) {
            let mut garbled = whole.clone();
            garbled[at] ^= 0x55;
            let read = read(&garbled, &options(*format));
            assert!(read.is_err(), "{format:?} {at}");
        }
    }
}

/// What follows is no cut of anything, however short it is.
#[test]
fn what_follows_is_refused() {
    let tar = tar();
    for (format, compress) in &ALL[1..] {
        for more in [
            &b"and then some more bytes"[..],
            b"\n",
            b"x",
            b"\0x",
            b"\0\0\0\0x",
        ] {
            let followed = [&compress(&tar)[..], more].concat();
            let error = read(&followed, &options(*format)).map(drop).unwrap_err();
            assert!(
                matches!(error, ArchiveError::Read { .. }),
                "{format:?} {more:?}: {error}"
            );
        }
    }
}

/// Tapes and disks are filled up with zeros, and gzip ignores them.
#[test]
fn zeros_behind_a_gzip_stream() {
    let tar = tar();
    for count in [1, 2, 9, 512, 200_000] {
        let padded = [&gz(&tar)[..], &vec![0; count]].concat();
        let got = read(&padded, &options(Format::TarGz)).unwrap();
        assert_eq!(got.len(), 2, "{count}");
    }
    // Not between streams, and not in place of one.
    let (a, b) = tar.split_at(123_457);
    let between = [&gz(a)[..], &[0; 512], &gz(b)].concat();
    assert!(read(&between, &options(Format::TarGz)).is_err());
    assert!(read(&[0; 512], &options(Format::TarGz)).is_err());
}

/// An xz stream that asks for the largest dictionary, 4 GiB less a byte.
fn xz_with_the_largest_dictionary(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = xz2::write::XzEncoder::new(Vec::new(), 0);
    encoder.write_all(bytes).unwrap();
    let mut stream = encoder.finish().unwrap();
    // Behind the stream's header of 12 bytes: that of the block, with its length in fours less one, its flags, the
    // filter, the length of its properties, the size of the dictionary, and a sum at the end.
    let end = 12 + (usize::from(stream[12]) + 1) * 4;
    assert_eq!(stream[14..16], [0x21, 1], "LZMA2 and nothing before it");
    stream[16] = 40;
    let sum = crc32fast::hash(&stream[12..end - 4]);
    stream[end - 4..end].copy_from_slice(&sum.to_le_bytes());
    stream
}

#[test]
fn the_largest_dictionary_of_xz_and_less_memory_than_it_needs() {
    let stream = xz_with_the_largest_dictionary(&tar());
    let got = read(&stream, &options(Format::TarXz)).unwrap();
    assert_eq!(got.len(), 2);
    let mut limited = options(Format::TarXz);
    limited.limits.xz_memory = 4 << 30;
    let error = read(&stream, &limited).unwrap_err();
    let ArchiveError::Read { source, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(
        source.to_string(),
        "the dictionary of the xz stream needs more memory than the limit of 4096 MiB"
    );
}

#[test]
fn another_format_than_it_is() {
    let (tar, gz) = (tar(), gz(&tar()));
    for (format, _) in &ALL[1..] {
        let error = read(&tar, &options(*format)).map(drop).unwrap_err();
        assert!(
            matches!(
                error,
                ArchiveError::Read { .. } | ArchiveError::Truncated { .. }
            ),
            "{format:?}: {error:?}"
        );
    }
    let error = read(&gz, &options(Format::Tar)).map(drop).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read the archive at its beginning: "),
        "{error}"
    );
}

/// An ar archive.
fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        out.extend(
            format!(
                "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
                0,
                0,
                0,
                100_644,
                bytes.len()
            )
            .bytes(),
        );
        out.extend(*bytes);
        if bytes.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}

#[test]
fn debian_packages() {
    let tar = tar();
    let expected = read_tar(&tar).unwrap();
    for (name, compress) in [
        ("data.tar", ALL[0].1),
        ("data.tar.gz/", gz),
        ("data.tar.bz2", bz2),
        ("data.tar.xz", xz),
        ("data.tar.zst", zst),
    ] {
        let data = compress(&tar);
        let control: &[u8] = b"odd";
        let deb = ar(&[
            ("debian-binary", b"2.0\n"),
            ("control.tar.xz", control),
            (name, &data),
            ("_gpgorigin", b"x"),
        ]);
        assert!(
            read(&deb, &options(Format::Deb)).unwrap() == expected,
            "{name}"
        );
        let end = deb.len() - 62 - data.len() % 2;
        for cut in [0, 7, 20, 69, 71, 80, 150, end - 1, end - data.len() / 2] {
            let error = read(&deb[..cut], &options(Format::Deb))
                .map(drop)
                .unwrap_err();
            assert!(
                matches!(error, ArchiveError::Truncated { .. }),
                "{name} {cut}: {error:?}"
            );
        }
    }
}

/// Members, and why they are no package; nothing if they are one.
type Package = (Vec<(&'static str, Vec<u8>)>, Option<&'static str>);

fn packages() -> Vec<Package> {
    let member = |name, bytes: &[u8]| (name, bytes.to_vec());
    let version = |text: &str| member("debian-binary", text.as_bytes());
    let empty = Craft::default().end();
    let (control, data) = (member("control.tar", &empty), member("data.tar", &empty));
    let good = |text| vec![version(text), control.clone(), data.clone()];
    let with = |members: &[&(&'static str, Vec<u8>)]| {
        let rest = members.iter().map(|member| (*member).clone());
        [version("2.0\n")].into_iter().chain(rest).collect()
    };
    let odd = |name| member(name, b"odd");
    vec![
        (good("2.0\n"), None),
        (good("2.1\nmore\n"), None),
        (
            with(&[&odd("_a"), &control, &odd("_b"), &data, &odd("_c")]),
            None,
        ),
        (
            good("3.0\n"),
            Some("at `debian-binary`: the version is not 2"),
        ),
        (
            good("2.\n"),
            Some("at `debian-binary`: the version is not 2"),
        ),
        (
            good("2.0 \n"),
            Some("at `debian-binary`: the version is not 2"),
        ),
        (
            good("2.0"),
            Some("at `debian-binary`: no line ends behind the version"),
        ),
        (
            vec![control.clone(), data.clone()],
            Some("at `control.tar`: the first member is not `debian-binary`"),
        ),
        (
            with(&[&data, &control]),
            Some("at `data.tar`: no control files come before it"),
        ),
        (
            with(&[&data]),
            Some("at `data.tar`: no control files come before it"),
        ),
        (
            with(&[&control, &control, &data]),
            Some("at `control.tar`: there are control files before it"),
        ),
        (
            with(&[&control, &odd("x"), &data]),
            Some("at `x`: it is neither control files nor data"),
        ),
        (
            with(&[&odd("x"), &control, &data]),
            Some("at `x`: it is neither control files nor data"),
        ),
        (
            with(&[&odd("control.tar.bz2"), &data]),
            Some("at `control.tar.bz2`: how its control files are compressed is not known"),
        ),
        (
            with(&[&control, &odd("data.tar.lz")]),
            Some("at `data.tar.lz`: how its data is compressed is not known"),
        ),
    ]
}

fn ar_of(members: &[(&'static str, Vec<u8>)]) -> Vec<u8> {
    let members: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(name, bytes)| (*name, &bytes[..]))
        .collect();
    ar(&members)
}

#[test]
fn what_is_no_debian_package() {
    let refusal = |bytes: &[u8]| {
        let error = read(bytes, &options(Format::Deb)).map(drop).err()?;
        let text = error.to_string();
        let text = text
            .strip_prefix("invalid Debian package ")
            .expect("an error of packages");
        text.strip_suffix("\nhint: compare it with the one in Debian's pool")
            .map(str::to_owned)
    };
    for (members, what) in packages() {
        assert_eq!(refusal(&ar_of(&members)).as_deref(), what, "{members:?}");
    }
    assert_eq!(
        refusal(&tar()).as_deref(),
        Some("at its beginning: it is no ar archive")
    );
    let good = ar_of(&packages()[0].0);
    let changed = |from: &[u8], to: &[u8]| {
        let at = good
            .windows(from.len())
            .rposition(|part| part == from)
            .unwrap();
        let mut bytes = good.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let plus = changed(b"1024      `", b"+1024     `");
    let size = "at `data.tar`: its size is no number";
    assert_eq!(refusal(&plus).as_deref(), Some(size));
    let garbled = "at `control.tar`: the header behind it is garbled";
    assert_eq!(refusal(&changed(b"`\n", b"!\n")).as_deref(), Some(garbled));
}

/// dpkg says the same. Needs `dpkg-deb`.
#[test]
fn needs_dpkg_it_refuses_the_same_packages() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.deb");
    for (members, what) in packages() {
        std::fs::write(&path, ar_of(&members)).unwrap();
        let output = std::process::Command::new("dpkg-deb")
            .arg("--fsys-tarfile")
            .arg(&path)
            .output();
        let Ok(output) = output else {
            return skipped("`dpkg-deb` is not installed");
        };
        let accepted = output.status.success();
        assert_eq!(accepted, what.is_none(), "{members:?}: {output:?}");
    }
}

#[allow(clippy::print_stderr, reason = "a test says why it is skipped")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
