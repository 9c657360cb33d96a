//! The machine's own apt configuration: which mirrors of Debian's archive it uses.
//!
//! Both formats are read, as sources.list(5) describes them: one line an entry in `*.list`, and
//! paragraphs (deb822) in `*.sources`.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::address::Address;

/// A part of apt's configuration that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`")]
pub struct AptError {
    /// The file or directory.
    pub path: Utf8PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// One entry of apt's configuration that is switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AptSource {
    /// Base addresses, as they are written.
    pub uris: Vec<Address>,
    /// Distributions, such as `trixie` or `trixie-updates`.
    pub suites: Vec<String>,
    /// Such as `main` or `contrib`.
    pub components: Vec<String>,
    /// The keys that sign it.
    pub signed_by: Option<String>,
}

impl AptSource {
    /// Whether it may be Debian's main archive, or a copy of it: other archives have other pools.
    ///
    /// Debian's key says so; else a suite that Debian has, or `debian` as a part of the path.
    fn is_main_archive(&self) -> bool {
        let has = |list: &[String], what: fn(&str) -> bool| list.iter().any(|item| what(item));
        let security = |suite: &str| suite.ends_with("-security") || suite.ends_with("/updates");
        has(&self.components, |component| component == "main")
            && !has(&self.suites, security)
            && (self.is_signed_by_debian()
                || has(&self.suites, is_debian_suite)
                || self.uris.iter().any(|uri| is_debian_path(uri.exposed())))
    }

    fn is_signed_by_debian(&self) -> bool {
        let key = self.signed_by.as_deref();
        key.is_some_and(|key| key.contains("debian-archive"))
    }

    /// The addresses of the archive on servers; those in a list of mirrors instead of the list.
    fn base_addresses(&self, root: &Utf8Path) -> Result<Vec<Address>, AptError> {
        let mut bases = Vec::new();
        for uri in &self.uris {
            match mirror_list(uri.exposed()) {
                Some(path) => {
                    let list = read(&root.join(path.trim_start_matches('/')))?;
                    bases.extend(list.lines().filter_map(web_address));
                }
                None => bases.extend(web_address(uri.exposed())),
            }
        }
        Ok(bases)
    }
}

/// The path of the list that `mirror+file:…` names (apt-transport-mirror(1)): an address a line, and
/// after a tab what apt wants to know of it. Debian's cloud images use this.
fn mirror_list(uri: &str) -> Option<&str> {
    uri.strip_prefix("mirror+file:")
}

/// The address at the beginning of `text`, if it is one that we can fetch from, without the slash at
/// its end.
fn web_address(text: &str) -> Option<Address> {
    let address = text.split_whitespace().next()?;
    let web = address.starts_with("http://") || address.starts_with("https://");
    let plain = web && !address.contains("$(");
    plain.then(|| address.trim_end_matches('/').into())
}

/// Whether Debian has a suite of this name. Its releases are named after a film's characters.
fn is_debian_suite(suite: &str) -> bool {
    const SUITES: [&str; 14] = [
        "oldoldstable",
        "oldstable",
        "stable",
        "testing",
        "unstable",
        "experimental",
        "sid",
        "stretch",
        "buster",
        "bullseye",
        "bookworm",
        "trixie",
        "forky",
        "duke",
    ];
    let release = ["-updates", "-backports", "-proposed-updates"]
        .iter()
        .find_map(|suffix| suite.strip_suffix(suffix));
    SUITES.contains(&release.unwrap_or(suite))
}

fn is_debian_path(uri: &str) -> bool {
    uri.split('/').skip(3).any(|part| part == "debian")
}

/// The mirrors of Debian's main archive that the system below `root` uses, in its order, none
/// twice. A system without apt has none.
pub fn read_apt(root: &Utf8Path) -> Result<Vec<Address>, AptError> {
    let mut sources = Vec::new();
    for path in configuration_files(&root.join("etc/apt"))? {
        let text = read(&path)?;
        if path.extension() == Some("list") {
            sources.extend(parse_apt_list(&text));
        } else {
            sources.extend(parse_apt_sources(&text));
        }
    }
    let mut mirrors = Vec::new();
    for source in sources.iter().filter(|source| source.is_main_archive()) {
        for mirror in source.base_addresses(root)? {
            if !mirrors.contains(&mirror) {
                mirrors.push(mirror);
            }
        }
    }
    Ok(mirrors)
}

/// `sources.list`, then what lies in `sources.list.d`, by name, as apt reads it.
fn configuration_files(apt: &Utf8Path) -> Result<Vec<Utf8PathBuf>, AptError> {
    let dir = apt.join("sources.list.d");
    let error = |source| AptError {
        path: dir.clone(),
        source,
    };
    let mut parts = Vec::new();
    match dir.read_dir_utf8() {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        entries => {
            for entry in entries.map_err(error)? {
                parts.push(entry.map_err(error)?.into_path());
            }
        }
    }
    parts.retain(|path| matches!(path.extension(), Some("list" | "sources")));
    parts.sort();
    parts.insert(0, apt.join("sources.list"));
    Ok(parts)
}

/// The text of a file; none if it is missing.
fn read(path: &Utf8Path) -> Result<String, AptError> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(AptError {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Reads the format of `sources.list`: `deb [options] uri suite component…`. Lines that are
/// something else are left out.
pub fn parse_apt_list(text: &str) -> Vec<AptSource> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<AptSource> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let (kind, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    // A disc's name may hold anything, also white space.
    if !matches!(kind, "deb" | "deb-src") || rest.starts_with("cdrom:") {
        return None;
    }
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace().map(ToOwned::to_owned);
    let signed_by = options
        .split_whitespace()
        .find_map(|option| option.strip_prefix("signed-by="));
    Some(AptSource {
        uris: vec![words.next()?.into()],
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by: signed_by.map(ToOwned::to_owned),
    })
}

/// Reads the format of `*.sources`: paragraphs of `Field: value`. Paragraphs that are switched off
/// are left out.
pub fn parse_apt_sources(text: &str) -> Vec<AptSource> {
    let mut sources = Vec::new();
    let mut paragraph: Vec<(String, String)> = Vec::new();
    // A comment may stand between a field and its next line; an empty line ends a paragraph.
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for line in lines.chain([""]) {
        if line.trim().is_empty() {
            sources.extend(source(&std::mem::take(&mut paragraph)));
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = paragraph.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((field, value)) = line.split_once(':') {
            paragraph.push((field.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    sources
}

fn source(paragraph: &[(String, String)]) -> Option<AptSource> {
    let field = |name: &str| {
        let found = paragraph.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    };
    let words = |name| -> Vec<String> {
        let value = field(name).unwrap_or_default();
        value.split_whitespace().map(ToOwned::to_owned).collect()
    };
    let off = ["no", "false", "without", "off", "disable", "0"];
    let enabled = field("enabled").is_none_or(|value| !off.contains(&value));
    let types = words("types");
    let wanted = types.iter().any(|kind| kind == "deb" || kind == "deb-src");
    (enabled && wanted).then(|| AptSource {
        uris: words("uris").into_iter().map(Address::from).collect(),
        suites: words("suites"),
        components: words("components"),
        signed_by: field("signed-by").map(ToOwned::to_owned),
    })
}

#[cfg(test)]
mod tests;
