//! What a list of requirements names: one file of each, a wheel or a source.
//!
//! Names: <https://packaging.python.org/en/latest/specifications/name-normalization/>, and of files:
//! <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>.

use std::panic::Location;

use crate::package::source::{Pin, sha256, url};
use crate::plan::{AbsPath, Artifact, Input, Meta, Mode, Name, Plan, RelPath, Version};

/// What the name of a pure wheel ends in: it runs everywhere, and has no part that was compiled.
const PURE: &str = "-none-any.whl";

/// What the name of any wheel ends in.
const WHEEL: &str = ".whl";

/// A distribution, and the file of it that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Distribution {
    /// Its name, normalised.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// SHA-256 of the file, as 64 hexadecimal digits.
    pub(super) sha256: String,
    /// Where the file may be; the first address ends in its name.
    pub(super) addresses: Vec<String>,
}

/// The name as all write it who compare names: in small letters, with `-` between its parts.
pub(super) fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

/// What an address ends in.
pub(super) fn file_of(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// What kind of file it is, if a build can make something of it: whether it is a wheel. Otherwise, a phrase that
/// says why not.
pub(super) fn is_wheel(file: &str) -> Result<bool, String> {
    if file.ends_with(PURE) {
        return Ok(true);
    }
    if file.ends_with(WHEEL) {
        return Err(format!(
            "`{file}` is not pure: it was compiled for a machine, and a static Python loads nothing"
        ));
    }
    let archives = [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"];
    match archives.iter().any(|ending| file.ends_with(ending)) {
        true => Ok(false),
        false => Err(format!(
            "`{file}` is neither a wheel nor a source in a tar archive"
        )),
    }
}

/// The addresses that the Python Package Index gives its files by their names. It leads on from them to where the
/// files are, which no name tells.
pub(super) fn by_name(name: &str, version: &str, wheel: bool) -> Vec<String> {
    let (name, file) = (normalised(name), normalised(name).replace('-', "_"));
    let below = |kind: &str, file: String| {
        let first = &name[..1];
        format!("https://files.pythonhosted.org/packages/{kind}/{first}/{name}/{file}")
    };
    if wheel {
        let wheel = |python: &str| below(python, format!("{file}-{version}-{python}{PURE}"));
        return vec![wheel("py3"), wheel("py2.py3")];
    }
    let mut sources = vec![below("source", format!("{file}-{version}.tar.gz"))];
    if file != name {
        sources.push(below("source", format!("{name}-{version}.tar.gz")));
    }
    sources
}

impl Distribution {
    /// Where it lies below the directory of all of them: a wheel is a file, a source a directory.
    pub(super) fn place(&self) -> String {
        match self.addresses.first().map(|address| file_of(address)) {
            Some(file) if file.ends_with(WHEEL) => file.to_owned(),
            _ => format!("{}-{}", self.name, self.version),
        }
    }

    /// The file in its place.
    pub(super) fn input(
        &self,
        location: &'static Location<'static>,
    ) -> Result<Input<Artifact>, String> {
        let (first, others) = self.addresses.split_first().ok_or("it has no address")?;
        let pin = url(first, sha256(&self.sha256));
        let mut pin = others.iter().fold(pin, Pin::or_url);
        let place = RelPath::new(self.place()).map_err(|e| e.to_string())?;
        let mut at = AbsPath::root();
        if is_wheel(file_of(first))? {
            pin = pin.as_file(place.as_str(), Mode::FILE);
        } else {
            at = at.join(&place);
        }
        let Artifact::Plan(plan) = pin.tree_at(&self.name, &self.version, location)? else {
            unreachable!("a file is placed or unpacked by a plan");
        };
        let action = plan
            .action()
            .map_err(|error| error.message.clone())?
            .clone();
        let meta = Meta {
            version: Some(Version::new(self.version.as_str()).map_err(|e| e.to_string())?),
            purl: Some(format!("pkg:pypi/{}@{}", self.name, self.version)),
            ..Meta::default()
        };
        let name = Name::new(self.name.as_str()).map_err(|e| e.to_string())?;
        let of = Plan::named(name)
            .location(location)
            .meta(meta)
            .action(action)
            .into();
        Ok(Input { at, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_however_they_are_written() {
        for name in ["Jaraco.Text", "jaraco-text", "JARACO__text"] {
            assert_eq!(normalised(name), "jaraco-text");
        }
    }

    #[test]
    fn only_what_a_static_python_can_use_is_taken() {
        assert_eq!(is_wheel("a-1-py3-none-any.whl"), Ok(true));
        assert_eq!(is_wheel("a-1.tar.gz"), Ok(false));
        let why = |file| is_wheel(file).unwrap_err();
        assert!(why("a-1-cp313-cp313-musllinux_1_2_x86_64.whl").contains("not pure"));
        assert!(why("a-1.zip").contains("neither"));
    }

    #[test]
    fn files_of_the_index_have_addresses_by_name() {
        let wheel = by_name("Jaraco.Text", "4.0.0", true);
        let index = "https://files.pythonhosted.org/packages";
        assert_eq!(
            wheel[0],
            format!("{index}/py3/j/jaraco-text/jaraco_text-4.0.0-py3-none-any.whl")
        );
        assert_eq!(wheel.len(), 2);
        let source = by_name("Jaraco.Text", "4.0.0", false);
        assert_eq!(
            source[1],
            format!("{index}/source/j/jaraco-text/jaraco-text-4.0.0.tar.gz")
        );
        assert_eq!(by_name("idna", "3", false).len(), 1);
    }
}
