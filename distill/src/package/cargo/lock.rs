//! `Cargo.lock`: the list of all crates that a program is made from, each with its checksum.
//!
//! Format: <https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>, versions 2 to 4.

use serde::Deserialize;

use super::vendor::Crate;

/// What the file says of a package.
#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    /// Where it comes from; none for a package of the program's own.
    source: Option<String>,
    /// SHA-256 of the crate's file.
    checksum: Option<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default, rename = "package")]
    packages: Vec<Entry>,
}

/// What a program is made from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lock {
    /// Those that come from crates.io.
    pub(super) crates: Vec<Crate>,
    /// The names of the program's own packages.
    pub(super) own: Vec<String>,
}

/// The sources that stand for crates.io.
const CRATES_IO: [&str; 2] = [
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io/",
];

impl Lock {
    /// Reads the file; an error is a phrase for a definition.
    pub(super) fn parse(text: &str) -> Result<Lock, String> {
        let file: File = toml::from_str(text)
            .map_err(|error| format!("`Cargo.lock` cannot be read: {}", error.message()))?;
        let mut lock = Lock {
            crates: Vec::new(),
            own: Vec::new(),
        };
        for entry in file.packages {
            match &entry.source {
                None => lock.own.push(entry.name),
                Some(source) => lock.crates.push(from_crates_io(&entry, source)?),
            }
        }
        Ok(lock)
    }
}

/// The crates of crates.io that a `Cargo.lock` with this text names; an error is a phrase that says what is wrong
/// with it.
pub fn crates_of(lock: &str) -> Result<Vec<Crate>, String> {
    Lock::parse(lock).map(|lock| lock.crates)
}

fn from_crates_io(entry: &Entry, source: &str) -> Result<Crate, String> {
    let Entry { name, version, .. } = entry;
    if source.starts_with("git+") {
        return Err(format!(
            "`{name}` {version} comes from a git repository ({source}), for which `Cargo.lock` has no checksum\n\
             hint: take a release of it from crates.io, or put it below the source and name it by its path: \
             `{name} = {{ path = \"{name}\" }}`"
        ));
    }
    if !CRATES_IO.contains(&source) {
        return Err(format!(
            "`{name}` {version} comes from another registry than crates.io: {source}\n\
             hint: put it below the source and name it by its path: `{name} = {{ path = \"{name}\" }}`"
        ));
    }
    match &entry.checksum {
        Some(checksum) => Ok(Crate::new(name, version, checksum)),
        None => Err(format!(
            "`Cargo.lock` has no checksum of `{name}` {version}\n\
             hint: write it anew with `cargo update --workspace`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, rest: &str) -> String {
        format!("[[package]]\nname = \"{name}\"\nversion = \"1.2.3\"\n{rest}\n")
    }

    #[test]
    fn crates_and_own_packages_are_told_apart() {
        let from = |source| format!("source = \"{source}\"\nchecksum = \"{}\"", "a".repeat(64));
        let text = [
            "version = 4\n".to_owned(),
            entry("shop", "dependencies = [\"itoa\"]"),
            entry("itoa", &from(CRATES_IO[0])),
            entry("ryu", &from(CRATES_IO[1])),
        ];
        let lock = Lock::parse(&text.concat()).unwrap();
        assert_eq!(lock.own, ["shop"]);
        let checksum = "a".repeat(64);
        let crates = ["itoa", "ryu"].map(|name| Crate::new(name, "1.2.3", &checksum));
        assert_eq!(lock.crates, crates);
    }

    #[test]
    fn what_has_no_checksum_is_told_with_what_to_write() {
        for (source, told) in [
            (
                "git+https://a.example/x?rev=1#abc",
                "from a git repository (git+https://a.example",
            ),
            (
                "registry+https://own.example/index",
                "another registry than crates.io: registry+",
            ),
            (CRATES_IO[0], "no checksum of `x` 1.2.3"),
        ] {
            let text = entry("x", &format!("source = \"{source}\""));
            let error = Lock::parse(&text).unwrap_err();
            assert!(
                error.contains(told) && error.contains("\nhint: "),
                "{error}"
            );
        }
        let error = Lock::parse("package = 1").unwrap_err();
        assert!(
            error.starts_with("`Cargo.lock` cannot be read: "),
            "{error}"
        );
    }
}
