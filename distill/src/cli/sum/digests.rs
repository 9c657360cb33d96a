//! Both kinds of hashes that pins have, in one reading.

use std::io::Read;

use crate::plan::{Digest, Hash, Hasher, Sha256};

/// The hashes of all that `file` has.
pub(super) fn digests(file: &mut dyn Read) -> std::io::Result<(Sha256, Hash)> {
    let mut sha256 = Digest::Sha256(Sha256::from_bytes([0; 32])).hasher();
    let mut blake2b = Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                sha256.update(&buffer[..count]);
                blake2b.update(&buffer[..count]);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let Digest::Sha256(sha256) = sha256.finish() else {
        unreachable!("the kind that was asked")
    };
    Ok((sha256, blake2b.finish()))
}
