//! Disks that hold only what differs from an image, in QEMU's own format.
//!
//! Format: <https://www.qemu.org/docs/master/interop/qcow2.html>.

use camino::Utf8Path;

use super::error::MachineError;
use crate::store::io::At as _;

/// Bytes of a cluster, the unit of everything in the file.
const CLUSTER: u64 = 1 << CLUSTER_BITS;
const CLUSTER_BITS: u32 = 16;

/// Bytes of the disk for which there is one entry in the first table: a whole second table.
const PER_ENTRY: u64 = CLUSTER * (CLUSTER / 8);

/// Makes the disk `to` of `size` bytes, which begins with the bytes of the raw image `image`. Nothing is
/// copied: whatever is written goes to `to`, and the image stays as it is; it must not change, either.
pub fn make_overlay(image: &Utf8Path, to: &Utf8Path, size: u64) -> Result<(), MachineError> {
    let image = image.canonicalize_utf8().at("examine", image)?;
    let length = image.metadata().at("examine", &image)?.len();
    if size < length {
        return Err(MachineError::TooSmall {
            image,
            size: length,
            wanted: size,
        });
    }
    Ok(std::fs::write(to, empty(&image, size)).at("write", to)?)
}

/// A file without any data: header and name of the image, the table of reference counts' blocks, one such
/// block, the first table.
fn empty(image: &Utf8Path, size: u64) -> Vec<u8> {
    let size = size.next_multiple_of(512);
    let entries = size.div_ceil(PER_ENTRY);
    let table = (entries * 8).div_ceil(CLUSTER).max(1);
    let used = 3 + table;
    let name = image.as_str().as_bytes();
    let mut header = Vec::new();
    let mut add = |bytes: &[u8]| header.extend_from_slice(bytes);
    // A path has 4096 bytes at most, and so has room behind the header's 72.
    let name_length = u32::try_from(name.len()).unwrap_or(u32::MAX);
    let entries = u32::try_from(entries).unwrap_or(u32::MAX);
    add(b"QFI\xfb");
    add(&2_u32.to_be_bytes());
    add(&HEADER.to_be_bytes());
    add(&name_length.to_be_bytes());
    add(&CLUSTER_BITS.to_be_bytes());
    add(&size.to_be_bytes());
    add(&0_u32.to_be_bytes()); // not encrypted
    add(&entries.to_be_bytes());
    add(&(3 * CLUSTER).to_be_bytes());
    add(&CLUSTER.to_be_bytes());
    add(&1_u32.to_be_bytes()); // clusters of the table of blocks
    add(&[0; 12]); // no snapshots
    // One extension, which says of what format the image is.
    add(&0xe279_2aca_u32.to_be_bytes());
    add(&3_u32.to_be_bytes());
    add(b"raw\0\0\0\0\0");
    add(&[0; 8]);
    add(name);
    let mut file = vec![0; usize::try_from(used * CLUSTER).unwrap_or(usize::MAX)];
    file[..header.len()].copy_from_slice(&header);
    let mut put = |at: u64, bytes: &[u8]| {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        file[at..at + bytes.len()].copy_from_slice(bytes);
    };
    put(CLUSTER, &(2 * CLUSTER).to_be_bytes());
    for cluster in 0..used {
        put(2 * CLUSTER + 2 * cluster, &1_u16.to_be_bytes());
    }
    file
}

/// Where the image's name lies: behind the header and its extensions.
const HEADER: u64 = 72 + 8 + 8 + 8;

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;

    fn be64(bytes: &[u8], at: usize) -> u64 {
        u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())
    }

    #[test]
    fn it_names_the_image_and_is_small() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| Utf8PathBuf::from_path_buf(temp.path().join(name)).unwrap();
        std::fs::write(at("image"), [7; 4096]).unwrap();
        make_overlay(&at("image"), &at("disk"), 8 << 30).unwrap();
        let bytes = std::fs::read(at("disk")).unwrap();
        assert_eq!(bytes.len() as u64, 4 * CLUSTER);
        assert_eq!(be64(&bytes, 24), 8 << 30);
        let name = usize::try_from(be64(&bytes, 8)).unwrap();
        let image = at("image").canonicalize_utf8().unwrap();
        assert!(bytes[name..].starts_with(image.as_str().as_bytes()));
    }

    #[test]
    fn a_large_disk_has_a_large_table() {
        // 64 TiB: 2^17 entries, hence 16 clusters.
        let bytes = empty("/image".into(), 64 << 40);
        assert_eq!(bytes.len() as u64, (3 + 16) * CLUSTER);
    }

    #[test]
    fn it_is_not_smaller_than_its_image() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| Utf8PathBuf::from_path_buf(temp.path().join(name)).unwrap();
        std::fs::write(at("image"), [1; 1000]).unwrap();
        let error = make_overlay(&at("image"), &at("disk"), 999).unwrap_err();
        assert!(error.to_string().contains("999 bytes"), "{error}");
        assert!(!at("disk").exists());
    }
}
