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

#[test]
fn what_follows_is_refused() {
    let tar = tar();
    for (format, compress) in &ALL[1..] {
        let followed = [&compress(&tar)[..], b"and then some more bytes"].concat();
        assert!(read(&followed, &options(*format)).is_err(), "{format:?}");
    }
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

#[test]
fn what_is_no_debian_package() {
    for (bytes, what) in [
        (tar(), "it is no ar archive"),
        (
            ar(&[("control.tar", b"")]),
            "it does not begin with `debian-binary`",
        ),
        (ar(&[("debian-binary", b"3.0\n")]), "its version is not 2"),
        (
            ar(&[("debian-binary", b"2.0\n"), ("data.tar.lzma", b"")]),
            "how its data is compressed is not known",
        ),
    ] {
        let error = read(&bytes, &options(Format::Deb)).unwrap_err().to_string();
        assert_eq!(error, format!("invalid Debian package: {what}"));
    }
}
