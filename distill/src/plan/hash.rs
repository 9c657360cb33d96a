//! Content hashes: BLAKE2b-256 is ours, SHA-256 is what upstreams publish.

use std::fmt;
use std::io;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

/// A text that is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {kind} hash `{text}`\nhint: expected {expected}")]
pub struct HashError {
    kind: &'static str,
    text: String,
    expected: &'static str,
}

/// A BLAKE2b-256 content hash, shown as 44 characters of padded URL-safe base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Hash {
        let mut hasher = Hasher::new();
        hasher.update(bytes.as_ref());
        hasher.finish()
    }

    /// A hash from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Hash {
        Hash(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight characters, for people.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Hash, HashError> {
        let error = || HashError {
            kind: "BLAKE2b-256",
            text: text.to_owned(),
            expected: "44 characters of URL-safe base64",
        };
        let bytes = URL_SAFE.decode(text).map_err(|_| error())?;
        bytes.try_into().map(Hash).map_err(|_| error())
    }
}

/// A SHA-256 hash, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// A hash from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Sha256 {
        Sha256(bytes)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256 {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Sha256, HashError> {
        let error = || HashError {
            kind: "SHA-256",
            text: text.to_owned(),
            expected: "64 hexadecimal digits",
        };
        let digit = |at: usize| char::from(text.as_bytes()[at]).to_digit(16);
        if text.len() != 64 {
            return Err(error());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let high = digit(2 * index).ok_or_else(error)?;
            let low = digit(2 * index + 1).ok_or_else(error)?;
            *byte = u8::try_from(high << 4 | low).map_err(|_| error())?;
        }
        Ok(Sha256(bytes))
    }
}

/// What pins a blob: either hash function; its text is `sha256:…` or `blake2b:…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Digest {
    /// BLAKE2b-256, the hash of everything that Distill makes itself.
    Blake2b(Hash),
    /// SHA-256, as most upstreams publish it.
    Sha256(Sha256),
}

impl Digest {
    /// A hasher that computes this kind of digest.
    pub fn hasher(&self) -> DigestHasher {
        match self {
            Digest::Blake2b(_) => DigestHasher::Blake2b(Hasher::new()),
            Digest::Sha256(_) => DigestHasher::Sha256(sha2::Sha256::new()),
        }
    }

    /// The first eight characters of the hash, for people.
    pub fn short(&self) -> String {
        let mut text = match self {
            Digest::Blake2b(hash) => hash.to_string(),
            Digest::Sha256(hash) => hash.to_string(),
        };
        text.truncate(8);
        text
    }
}

impl From<Hash> for Digest {
    fn from(hash: Hash) -> Digest {
        Digest::Blake2b(hash)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Digest::Blake2b(hash) => write!(f, "blake2b:{hash}"),
            Digest::Sha256(hash) => write!(f, "sha256:{hash}"),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Digest, HashError> {
        match text.split_once(':') {
            Some(("blake2b", hash)) => hash.parse().map(Digest::Blake2b),
            Some(("sha256", hash)) => hash.parse().map(Digest::Sha256),
            _ => Err(HashError {
                kind: "pinned",
                text: text.to_owned(),
                expected: "`sha256:` and 64 hexadecimal digits, or `blake2b:` and 44 of base64",
            }),
        }
    }
}

/// Computes a [`struct@Hash`] piece by piece; also a [`io::Write`].
#[derive(Clone)]
pub struct Hasher(blake2b_simd::State);

impl Default for Hasher {
    fn default() -> Hasher {
        Hasher(blake2b_simd::Params::new().hash_length(32).to_state())
    }
}

impl Hasher {
    /// A hasher that has seen nothing yet.
    pub fn new() -> Hasher {
        Hasher::default()
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything added.
    pub fn finish(self) -> Hash {
        let digest = self.0.finalize();
        Hash(
            digest
                .as_bytes()
                .try_into()
                .expect("it was asked for so many"),
        )
    }
}

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Computes a [`Digest`] of either kind; made by [`Digest::hasher`].
#[derive(Clone)]
pub enum DigestHasher {
    /// Computes BLAKE2b-256.
    Blake2b(Hasher),
    /// Computes SHA-256.
    Sha256(sha2::Sha256),
}

impl DigestHasher {
    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            DigestHasher::Blake2b(hasher) => hasher.update(bytes),
            DigestHasher::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of everything added.
    pub fn finish(self) -> Digest {
        match self {
            DigestHasher::Blake2b(hasher) => Digest::Blake2b(hasher.finish()),
            DigestHasher::Sha256(hasher) => Digest::Sha256(Sha256(hasher.finalize().into())),
        }
    }
}

impl io::Write for DigestHasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Values that stand as text in plans and records.
macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
pub(crate) use serde_as_text;

serde_as_text!(Hash, Sha256, Digest);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // RFC 7693 gives BLAKE2b-512; this is the 256-bit value of `b2sum -l 256` for "abc".
        let hash = Hash::of("abc");
        assert_eq!(
            hash.to_string(),
            "vd2BPGNCOXIxce8_7phXm5SWTjuxyz5CcmLIwGjVIxk="
        );
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let mut hasher = Digest::Sha256(Sha256([0; 32])).hasher();
        hasher.update(b"abc");
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hasher.finish(), text.parse().unwrap());
    }

    #[test]
    fn refuses_what_is_no_hash() {
        for text in [
            "",
            "abc",
            "sha256:zz",
            "md5:900150983cd24fb0d6963f7d28e17f72",
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        // Canonical only: the unused low bits of the last character must be zero.
        let mut text = Hash::of("abc").to_string();
        text.replace_range(42..43, "x");
        assert!(text.parse::<Hash>().is_err());
    }
}
