//! `sum --go`: what the modules of a program in Go are pinned to.

use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::digests::digests;
use crate::cli::error::CliError;
use crate::cli::invocation::Invocation;
use crate::cli::units;
use crate::package::{GO_PINS, ModuleFile, ModuleFileKind};
use crate::store::io::At as _;

/// Prints a line for each file of a module that `go.sum` names and Go's own cache has: `go` fetched it, and has held it
/// against `go.sum`. What it did not fetch it does not need.
pub(super) fn print(invocation: &Invocation<'_>, directory: &Utf8Path) -> Result<(), CliError> {
    let place = invocation.settings.directory.join(directory).join("go.sum");
    let sums = std::fs::read_to_string(&place).at("read", &place)?;
    let cache = cache(invocation)?;
    let (named, ui) = (named(&sums), &invocation.ui);
    let mut missing = 0;
    let mut lines = Vec::new();
    for file in &named {
        let path = cache.join(file.path());
        match File::open(&path) {
            Ok(mut bytes) => lines.push((file, digests(&mut bytes).at("read", &path)?.0)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => missing += 1,
            Err(error) => Err(error).at("open", &path)?,
        }
    }
    if lines.is_empty() && !named.is_empty() {
        return Err(CliError::Definition(format!(
            "none of the modules that `{directory}/go.sum` names are in `{cache}`\n\
             hint: run `go mod download` in `{directory}` first"
        )));
    }
    for (
        ModuleFile {
            module,
            version,
            kind,
        },
        hash,
    ) in lines
    {
        let kind = kind.extension();
        match ui.is_json() {
            true => ui.json(&json!({
                "module": module, "version": version, "kind": kind, "sha256": hash,
            }))?,
            false => ui.data(format_args!("{module} {version} {kind} {hash}"))?,
        }
    }
    if missing > 0 {
        let files = units::count(missing, "file");
        ui.status(format_args!(
            "{files} that `go.sum` names, and `go mod download` did not fetch, not in `{GO_PINS}`"
        ));
    }
    Ok(())
}

/// The files that a `go.sum` names, each once, in its order. A line is `MODULE VERSION[/go.mod] HASH`.
fn named(sums: &str) -> Vec<ModuleFile> {
    let mut files: Vec<ModuleFile> = Vec::new();
    for line in sums.lines() {
        let mut words = line.split_whitespace();
        let (Some(module), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        let (version, kind) = match version.strip_suffix("/go.mod") {
            Some(version) => (version, ModuleFileKind::Mod),
            None => (version, ModuleFileKind::Zip),
        };
        let (module, version) = (module.to_owned(), version.to_owned());
        let file = ModuleFile {
            module,
            version,
            kind,
        };
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// Where `go` keeps what it has fetched: see `go help environment`.
fn cache(invocation: &Invocation<'_>) -> Result<Utf8PathBuf, CliError> {
    let env = &invocation.env;
    let modules = match (env.get("GOMODCACHE"), env.get("GOPATH"), env.get("HOME")) {
        (Some(cache), ..) => Utf8PathBuf::from(cache),
        (None, Some(paths), _) => {
            let first = paths.split(':').next().unwrap_or(paths);
            Utf8Path::new(first).join("pkg/mod")
        }
        (None, None, Some(home)) => Utf8Path::new(home).join("go/pkg/mod"),
        (None, None, None) => {
            let message = "cannot tell where Go keeps modules\nhint: set `GOMODCACHE` or `HOME`";
            return Err(CliError::Usage(message.to_owned()));
        }
    };
    Ok(invocation
        .settings
        .directory
        .join(modules)
        .join("cache/download"))
}
