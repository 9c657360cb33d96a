//! The disk of a machine: the image's bytes, and room behind them.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use camino::Utf8Path;
use nix::errno::Errno;
use nix::unistd::{Whence, lseek};

use super::error::MachineError;
use crate::store::io::{At as _, IoError};

/// Makes the disk `to` of `size` bytes, which begins with `image`. Holes stay holes, so room costs
/// nothing.
pub fn make_disk(image: &Utf8Path, to: &Utf8Path, size: u64) -> Result<(), MachineError> {
    let mut source = File::open(image).at("open", image)?;
    let length = source.metadata().at("examine", image)?.len();
    if size < length {
        return Err(MachineError::TooSmall {
            image: image.to_owned(),
            size: length,
            wanted: size,
        });
    }
    let mut disk = File::create(to).at("create", to)?;
    disk.set_len(size).at("write", to)?;
    Ok(copy_data(&mut source, &mut disk, length).at("write", to)?)
}

/// Makes the disk `to` of `size` bytes, with nothing on it.
pub fn make_blank(to: &Utf8Path, size: u64) -> Result<(), MachineError> {
    let disk = File::create(to).at("create", to)?;
    Ok(disk.set_len(size).at("write", to)?)
}

/// Copies what is written of a file, and leaves its holes.
fn copy_data(source: &mut File, disk: &mut File, length: u64) -> io::Result<()> {
    let mut end = 0;
    while let Some(start) = next(source, end, Whence::SeekData)? {
        end = next(source, start, Whence::SeekHole)?.unwrap_or(length);
        source.seek(SeekFrom::Start(start))?;
        disk.seek(SeekFrom::Start(start))?;
        // The kernel copies, and shares the blocks where the file system can.
        io::copy(&mut source.take(end - start), disk)?;
    }
    Ok(())
}

/// Where data, or a hole, begins at or behind `from`; nothing if the file ends before.
fn next(file: &File, from: u64, whence: Whence) -> io::Result<Option<u64>> {
    let from = i64::try_from(from).map_err(io::Error::other)?;
    match lseek(file, from, whence) {
        Ok(at) => Ok(Some(u64::try_from(at).map_err(io::Error::other)?)),
        Err(Errno::ENXIO) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Copies a small file, so that it can be written to.
pub(super) fn copy_writable(from: &Utf8Path, to: &Utf8Path) -> Result<(), IoError> {
    let bytes = std::fs::read(from).at("read", from)?;
    std::fs::write(to, bytes).at("write", to)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileExt as _, MetadataExt as _};

    use super::*;

    #[test]
    fn room_and_holes_cost_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name| Utf8Path::from_path(temp.path()).unwrap().join(name);
        let image = File::create(at("image")).unwrap();
        image.set_len(8 << 20).unwrap();
        image.write_all_at(b"begin", 0).unwrap();
        image.write_all_at(b"middle", 5 << 20).unwrap();
        make_disk(&at("image"), &at("disk"), 1 << 30).unwrap();
        let disk = File::open(at("disk")).unwrap();
        let meta = disk.metadata().unwrap();
        assert_eq!(meta.len(), 1 << 30);
        assert!(meta.blocks() * 512 < 1 << 20, "{} blocks", meta.blocks());
        let mut bytes = [0; 6];
        disk.read_exact_at(&mut bytes, 5 << 20).unwrap();
        assert_eq!(&bytes, b"middle");
    }

    #[test]
    fn a_disk_is_not_smaller_than_its_image() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name| Utf8Path::from_path(temp.path()).unwrap().join(name);
        std::fs::write(at("image"), [1; 1000]).unwrap();
        let error = make_disk(&at("image"), &at("disk"), 999).unwrap_err();
        let text = error.to_string().replace(at("image").as_str(), "IMAGE");
        assert_eq!(
            text,
            "cannot make a disk of 999 bytes: the image `IMAGE` has 1000"
        );
        assert!(!at("disk").exists());
    }
}
