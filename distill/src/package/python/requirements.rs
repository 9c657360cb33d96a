//! `requirements.txt`: what a program needs, each with the hash of one file.
//!
//! Format: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>.

use std::collections::BTreeSet;

use super::distribution::{Distribution, by_name, file_of, is_wheel, normalised};

/// Options that say how pip goes about it, and nothing about what is in the list.
const WITHOUT_MEANING: [&str; 4] = [
    "--require-hashes",
    "--prefer-binary",
    "--only-binary",
    "--pre",
];

/// Reads the list; an error is a phrase for a definition.
pub(super) fn parse(text: &str) -> Result<Vec<Distribution>, String> {
    let mut sources = BTreeSet::new();
    let mut requirements = Vec::new();
    for line in lines(text) {
        match line.starts_with('-') {
            true => option(&line, &mut sources)?,
            false => requirements.push(line),
        }
    }
    let one = |line: &String| requirement(line, &sources);
    requirements.iter().map(one).collect()
}

/// The lines that say something: without comments, and put together where one goes on in the next.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut begun = String::new();
    for line in text.lines() {
        let comment = line
            .find(" #")
            .or_else(|| line.trim_start().starts_with('#').then_some(0));
        let line = line[..comment.unwrap_or(line.len())].trim();
        let (line, goes_on) = match line.strip_suffix('\\') {
            Some(line) => (line, true),
            None => (line, false),
        };
        if !begun.is_empty() {
            begun.push(' ');
        }
        begun.push_str(line.trim_end());
        if !goes_on && !begun.trim().is_empty() {
            lines.push(std::mem::take(&mut begun));
        }
    }
    lines.extend((!begun.is_empty()).then_some(begun));
    lines
}

/// A line that begins with `-`. Those of which a source is wanted are noted.
fn option(line: &str, sources: &mut BTreeSet<String>) -> Result<(), String> {
    let (option, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
    let value = value.trim();
    match option {
        "--no-binary" => sources.extend(value.split([',', ' ']).map(normalised)),
        "-i" | "--index-url" if value.trim_end_matches('/') == "https://pypi.org/simple" => {}
        _ if WITHOUT_MEANING.contains(&option) => {}
        "-e" | "--editable" => {
            return Err(format!(
                "`{line}` names a directory, which has no hash\n\
                 hint: make it a package of its own with `source: local!(…)`, or let it be the source of this one"
            ));
        }
        "-r" | "-c" | "--requirement" | "--constraint" => {
            return Err(format!(
                "`{line}` names a further list\n\
                 hint: `pip-compile --generate-hashes` writes one list of all that is needed"
            ));
        }
        _ => {
            return Err(format!(
                "`{line}` says where or how pip would look, and a build has no network\n\
                 hint: name a file by its address: `name @ https://…/name-1.0-py3-none-any.whl --hash=sha256:…`"
            ));
        }
    }
    Ok(())
}

/// A line that names a requirement.
fn requirement(line: &str, sources: &BTreeSet<String>) -> Result<Distribution, String> {
    let mut words = line.split(" --hash");
    let wanted = words.next().unwrap_or_default().trim();
    let hashes: Vec<&str> = words
        .map(|word| word.trim_start_matches(['=', ' ']).trim())
        .collect();
    if let Some((wanted, marker)) = wanted.split_once(';') {
        return Err(format!(
            "`{}` is wanted on some machines only: {}\n\
             hint: a list for one machine has no such conditions: delete the line, or what stands behind `;`",
            wanted.trim(),
            marker.trim()
        ));
    }
    let (name, version, addresses) = match wanted.split_once('@') {
        Some((name, address)) => by_address(name, address.trim())?,
        None => by_version(wanted, sources)?,
    };
    let sha256 = the_hash(&name, &version, &hashes, &addresses)?;
    Ok(Distribution {
        name,
        version,
        sha256,
        addresses,
    })
}

/// A name, a version, and addresses.
type Named = (String, String, Vec<String>);

/// `name @ https://…`
fn by_address(name: &str, address: &str) -> Result<Named, String> {
    let name = named(name)?;
    if !address.starts_with("https://") && !address.starts_with("http://") {
        return Err(format!(
            "`{name}` comes from {address}, which is no file with a hash\n\
             hint: name an archive of it: `{name} @ https://….tar.gz --hash=sha256:…`"
        ));
    }
    let file = file_of(address);
    let wheel = is_wheel(file)?;
    let rest = file
        .split_once('-')
        .map(|(_, rest)| rest)
        .unwrap_or_default();
    let version = match wheel {
        true => rest.split('-').next(),
        // A source's name may have `-` in it, a version has none.
        false => file
            .rsplit_once('-')
            .map(|(_, rest)| rest.split(".t").next().unwrap_or(rest)),
    };
    let version = version.filter(|version| !version.is_empty()).unwrap_or("0");
    Ok((name, version.to_owned(), vec![address.to_owned()]))
}

/// `name==1.2.3`
fn by_version(wanted: &str, sources: &BTreeSet<String>) -> Result<Named, String> {
    let Some((name, version)) = wanted.split_once("==") else {
        let git = ["git+", "hg+", "svn+", "bzr+"]
            .iter()
            .any(|kind| wanted.starts_with(kind));
        return Err(match git || wanted.contains('/') {
            true => format!(
                "`{wanted}` is no file with a hash\n\
                 hint: name an archive of it: `name @ https://….tar.gz --hash=sha256:…`"
            ),
            false => format!(
                "`{wanted}` does not say which version\n\
                 hint: `pip-compile --generate-hashes` writes a list that says `name==1.2.3` with hashes"
            ),
        });
    };
    let (name, version) = (named(name)?, version.trim_start_matches('=').trim());
    if version.is_empty() || version.contains(['*', ',', ' ']) {
        return Err(format!("`{wanted}` does not say which version of `{name}`"));
    }
    let wheel = !sources.contains(&name) && !sources.contains(":all:");
    let addresses = by_name(&name, version, wheel);
    Ok((name, version.to_owned(), addresses))
}

/// The name before a version or an address. Extras say what else belongs to the list, and it is in it.
fn named(text: &str) -> Result<String, String> {
    let name = text.split('[').next().unwrap_or_default().trim();
    let valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match !normalised(name).is_empty() && name.chars().all(valid) {
        true => Ok(normalised(name)),
        false => Err(format!("`{name}` is no name of a package")),
    }
}

/// The one hash of a line.
fn the_hash(
    name: &str,
    version: &str,
    hashes: &[&str],
    addresses: &[String],
) -> Result<String, String> {
    let file = file_of(&addresses[0]);
    match hashes {
        [] => Err(format!(
            "`{name}` {version} has no hash\n\
             hint: `pip hash {file}` prints the one of a file that `pip download {name}=={version}` has fetched"
        )),
        [hash] => match hash.strip_prefix("sha256:") {
            Some(hash) => Ok(hash.to_owned()),
            None => Err(format!(
                "the hash of `{name}` {version} is not a SHA-256: {hash}"
            )),
        },
        _ => Err(format!(
            "`{name}` {version} has {} hashes, which do not say which file each is of\n\
             hint: keep the one of `{file}`, as `pip hash` prints it; or write a `pylock.toml` instead, which says \
             where each file is: `pip lock`, `uv export --format pylock.toml`",
            hashes.len()
        )),
    }
}

#[cfg(test)]
mod tests;
