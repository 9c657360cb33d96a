//! Bytes to the archive reader; see `README.md`.

#![no_main]

use std::collections::BTreeMap;
use std::io::{self, Read};

use distill::plan::RelPath;
use distill::plan::archive::{Format, Limits, Options, Sink, unpack};
use libfuzzer_sys::fuzz_target;

const FORMATS: [Format; 6] = [
    Format::Tar,
    Format::TarGz,
    Format::TarBz2,
    Format::TarXz,
    Format::TarZst,
    Format::Deb,
];

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else {
        return;
    };
    let mut bytes = rest.to_vec();
    let format = match FORMATS.get(usize::from(*first)) {
        Some(format) => *format,
        None => {
            bytes = input.to_vec();
            make_sums_right(&mut bytes);
            Format::Tar
        }
    };
    let mut options = Options::new(format);
    options.limits = Limits { members: 1000, bytes: 1 << 20, ..options.limits };
    options.threads = 1;
    let mut checker = Checker::default();
    if unpack(&bytes[..], &options, &mut checker).is_ok() {
        assert!(checker.bytes <= options.limits.bytes);
    }
});

/// Gives every block that looks like a header the checksum that it should have.
fn make_sums_right(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
}

#[derive(PartialEq)]
enum Kind {
    Dir,
    File,
    Symlink,
}

/// Holds the reader to what it promises.
#[derive(Default)]
struct Checker {
    seen: BTreeMap<RelPath, Kind>,
    bytes: u64,
}

impl Checker {
    fn put(&mut self, path: &RelPath, kind: Kind) {
        assert_eq!(RelPath::new(path.as_str()).as_ref(), Ok(path));
        for above in path.ancestors() {
            assert!(self.seen.get(above) == Some(&Kind::Dir), "{above} above {path}");
        }
        assert!(self.seen.insert(path.clone(), kind).is_none(), "{path} twice");
    }
}

impl Sink for Checker {
    fn dir(&mut self, path: &RelPath) -> io::Result<()> {
        self.put(path, Kind::Dir);
        Ok(())
    }

    fn file(
        &mut self,
        path: &RelPath,
        _executable: bool,
        size: u64,
        contents: &mut dyn Read,
    ) -> io::Result<()> {
        let read = io::copy(contents, &mut io::sink())?;
        assert_eq!(read, size, "{path}");
        self.bytes += size;
        self.put(path, Kind::File);
        Ok(())
    }

    fn symlink(&mut self, path: &RelPath, target: &str) -> io::Result<()> {
        assert!(!target.is_empty() && !target.contains('\0'));
        self.put(path, Kind::Symlink);
        Ok(())
    }

    fn hard_link(&mut self, path: &RelPath, to: &RelPath) -> io::Result<()> {
        assert!(self.seen.get(to) == Some(&Kind::File), "{to} for {path}");
        self.put(path, Kind::File);
        Ok(())
    }

    fn is_same(&mut self, path: &RelPath, contents: &mut dyn Read) -> io::Result<bool> {
        assert!(self.seen.get(path) == Some(&Kind::File), "{path}");
        // What is left unread must be skipped.
        contents.read(&mut [0; 3]).map(|count| count != 1)
    }
}
