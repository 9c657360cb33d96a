//! `pylock.toml`: what a program needs, with the address and the hash of each file.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/pylock-toml/>.

use serde::Deserialize;

use super::distribution::{Distribution, is_wheel, normalised};

/// A file of a package.
#[derive(Deserialize)]
struct File {
    name: Option<String>,
    url: Option<String>,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Deserialize, Default)]
struct Hashes {
    sha256: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: Option<String>,
    /// When it is wanted.
    marker: Option<String>,
    #[serde(default)]
    wheels: Vec<File>,
    sdist: Option<File>,
    archive: Option<File>,
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    packages: Vec<Entry>,
}

impl File {
    /// What it is called: as the list says, or as its address does.
    fn name(&self) -> String {
        let by_address = || {
            self.url
                .as_deref()
                .map(super::distribution::file_of)
                .map(str::to_owned)
        };
        self.name.clone().or_else(by_address).unwrap_or_default()
    }
}

/// Whether this text is such a list.
pub(super) fn is_one(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("lock-version"))
}

/// Reads the list; an error is a phrase for a definition.
pub(super) fn parse(text: &str) -> Result<Vec<Distribution>, String> {
    let lock: Lock = toml::from_str(text)
        .map_err(|error| format!("`pylock.toml` cannot be read: {}", error.message()))?;
    lock.packages.iter().map(distribution).collect()
}

fn distribution(entry: &Entry) -> Result<Distribution, String> {
    let name = normalised(&entry.name);
    if let Some(marker) = &entry.marker {
        return Err(format!(
            "`{name}` is wanted on some machines only: {marker}\n\
             hint: a list for one machine has no such conditions: delete the entry, or its `marker`"
        ));
    }
    let pure = entry
        .wheels
        .iter()
        .find(|file| is_wheel(&file.name()) == Ok(true));
    let source = || entry.sdist.as_ref().or(entry.archive.as_ref());
    let file = pure
        .or_else(source)
        .ok_or_else(|| match entry.wheels.is_empty() {
            true => format!(
                "`{name}` has no file with a hash\n\
             hint: a directory or a repository is no pin: take a release of it"
            ),
            false => format!(
                "`{name}` has no wheel that is pure, and no source: a static Python loads nothing"
            ),
        })?;
    is_wheel(&file.name())?;
    let lacks = |what: &str| format!("`pylock.toml` has no {what} of `{}`", file.name());
    Ok(Distribution {
        version: entry.version.clone().unwrap_or_else(|| "0".to_owned()),
        sha256: file.hashes.sha256.clone().ok_or_else(|| lacks("SHA-256"))?,
        addresses: vec![file.url.clone().ok_or_else(|| lacks("address"))?],
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(entry: &str) -> String {
        format!(
            "lock-version = \"1.0\"\ncreated-by = \"pip\"\n[[packages]]\nname = \"Attrs\"\n{entry}\n"
        )
    }

    fn file(name: &str) -> String {
        let hash = "a".repeat(64);
        format!("{{ url = \"https://a.example/{name}\", hashes = {{ sha256 = \"{hash}\" }} }}")
    }

    #[test]
    fn the_pure_wheel_is_taken_or_else_the_source() {
        let (wheel, source) = (
            file("attrs-25.1-py3-none-any.whl"),
            file("attrs-25.1.tar.gz"),
        );
        let compiled = file("attrs-25.1-cp313-cp313-linux_x86_64.whl");
        let place = |wheels: &str| {
            let text = lock(&format!(
                "version = \"25.1\"\nwheels = [{wheels}]\nsdist = {source}"
            ));
            assert!(is_one(&text));
            parse(&text).unwrap()[0].place()
        };
        assert_eq!(
            place(&format!("{compiled}, {wheel}")),
            "attrs-25.1-py3-none-any.whl"
        );
        assert_eq!(place(&compiled), "attrs-25.1");
        let text = lock(&format!("wheels = [{compiled}]"));
        assert!(parse(&text).unwrap_err().contains("no wheel that is pure"));
    }

    #[test]
    fn what_is_no_pin_is_told() {
        for (entry, said) in [
            ("marker = \"os_name == 'nt'\"", "some machines only"),
            ("directory = { path = \".\" }", "no file with a hash"),
            (
                "sdist = { name = \"a-1.tar.gz\" }",
                "no SHA-256 of `a-1.tar.gz`",
            ),
            ("version = 1", "cannot be read"),
        ] {
            let told = parse(&lock(entry)).unwrap_err();
            assert!(told.contains(said), "{told}");
        }
    }
}
