//! Sources: blobs that come from outside, by hash.

use camino::Utf8PathBuf;

use super::hash::Digest;
use super::path::RelPath;

/// A family of mirrors that carry the same files under different hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MirrorFamily {
    /// GNU's releases, `ftp.gnu.org/gnu/…`.
    Gnu,
    /// Linux, `kernel.org/pub/…`.
    Kernel,
    /// `SourceForge`'s downloads, `project/file`.
    SourceForge,
    /// GitHub's tags, releases and archives, `owner/name/…`.
    GitHub,
    /// The crates of crates.io, `name/name-version.crate`.
    Crates,
    /// The modules of Go's proxies, `module/@v/version.zip`.
    Go,
}

/// Where a source may be found. Any origin will do, since the hash decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// One address, `https://…`.
    Url(String),
    /// A path that all mirrors of a family have.
    Mirror(MirrorFamily, String),
    /// A path in Debian's archive, `pool/main/…`.
    Debian(RelPath),
    /// A file on this machine, absolute.
    File(Utf8PathBuf),
}

/// A pinned blob: its hash, and where it may be fetched, in order of preference.
///
/// Two sources with one hash are the same source: origins never reach a plan's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The pinned hash.
    pub digest: Digest,
    /// What upstream calls the file, such as `zlib-1.3.1.tar.gz`.
    pub file_name: String,
    /// Where to look, first to last.
    pub origins: Vec<Origin>,
}

impl Source {
    /// A source with one origin; the file's name is the last part of it.
    pub fn new(digest: impl Into<Digest>, origin: Origin) -> Source {
        let file_name = origin.file_name().to_owned();
        Source {
            digest: digest.into(),
            file_name,
            origins: vec![origin],
        }
    }

    /// The same source with one more origin, to be tried last.
    pub fn or(mut self, origin: Origin) -> Source {
        self.origins.push(origin);
        self
    }

    /// Takes over what `other`, which has the same hash, knows: origins that are new, to be tried last,
    /// and its file's name, if it is another one, for messages.
    pub fn absorb(&mut self, other: &Source) {
        for origin in &other.origins {
            if !self.origins.contains(origin) {
                self.origins.push(origin.clone());
            }
        }
        if !self
            .file_name
            .split(", ")
            .any(|name| name == other.file_name)
        {
            self.file_name = format!("{}, {}", self.file_name, other.file_name);
        }
    }
}

impl Origin {
    /// The last part of the address or path, without a query. It is shown, so that no part is taken in
    /// which a user name and a password may stand.
    pub fn file_name(&self) -> &str {
        let without_query = |text: &str| text.split(['?', '#']).next().unwrap_or(text).len();
        let path = match self {
            Origin::Url(text) => path_of(&text[..without_query(text)]),
            Origin::Mirror(_, text) => &text[..without_query(text)],
            Origin::Debian(path) => path.as_str(),
            Origin::File(path) => path.as_str(),
        };
        path.trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(path)
    }
}

/// The path of an address, as far as it is certain that it is one.
fn path_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("download", |(_, path)| path);
    path.rsplit('@').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Hash;

    fn url(text: &str) -> Origin {
        Origin::Url(text.to_owned())
    }

    #[test]
    fn files_are_called_by_the_end_of_the_path() {
        for (address, name) in [
            (
                "https://a.example/x/zlib-1.3.tar.gz?raw=1#z",
                "zlib-1.3.tar.gz",
            ),
            ("https://a.example/x/", "x"),
            ("https://me:secret@a.example", "download"),
            ("https://me:se/cret@a.example", "a.example"),
            ("me:secret", "download"),
        ] {
            assert_eq!(url(address).file_name(), name);
        }
    }

    #[test]
    fn a_source_absorbs_what_it_did_not_know() {
        let source = |address: &str| Source::new(Hash::of("x"), url(address));
        let mut whole = source("https://a.example/x.tar");
        for address in [
            "https://a.example/x.tar",
            "https://b.example/x.tar",
            "https://c.example/y.tar",
        ] {
            whole.absorb(&source(address));
        }
        assert_eq!(whole.file_name, "x.tar, y.tar");
        let expected = ["a.example/x.tar", "b.example/x.tar", "c.example/y.tar"];
        assert_eq!(
            whole.origins,
            expected.map(|rest| url(&format!("https://{rest}")))
        );
    }
}
