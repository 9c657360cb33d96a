//! Directories of this machine as sources: for a program that is written beside its recipe.

use std::fs::FileType;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::{DirEntry, WalkBuilder};

use crate::plan::{Contents, Literal, LiteralNode, PathSet, RelPath};

/// The files and links below `directory` that belong to its source, as git sees it: without `.git`, and without
/// what a `.gitignore` names. A directory that is marked as a cache, as cargo's `target` is, is left out, too.
///
/// A file is executable or not, and nothing else is taken of its mode; directories are there for what is in
/// them. So the same sources are the same tree, whoever has checked them out.
///
/// Errors are phrases for a definition: the directory is not there, a link leads out of it, or something in it
/// is neither a file nor a link.
pub(super) fn read(
    directory: &Utf8Path,
    include: &PathSet,
    exclude: &PathSet,
) -> Result<Literal, String> {
    if !directory.is_dir() {
        return Err(format!(
            "the directory `{directory}` is not there\n\
             hint: the path of `local!` begins at the directory of the `Cargo.toml` whose crate has the recipe"
        ));
    }
    let mut literal = Literal::default();
    for entry in walk(directory) {
        let entry = entry.map_err(|error| format!("`{directory}` cannot be read: {error}"))?;
        let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else {
            continue;
        };
        let file = Utf8Path::from_path(entry.path())
            .ok_or_else(|| format!("the name of `{}` is not UTF-8", entry.path().display()))?;
        let below = file.strip_prefix(directory).unwrap_or(file);
        let path = RelPath::new(below.as_str()).map_err(|error| error.to_string())?;
        let included = include.is_empty() || include.contains(&path);
        if included && !exclude.contains(&path) {
            let node = node(file, &path, kind)?;
            literal.0.insert(path, node);
        }
    }
    match literal.0.is_empty() {
        true => Err(format!(
            "there is nothing in the directory `{directory}` that git would not ignore"
        )),
        false => Ok(literal),
    }
}

/// Everything below `directory`. Only files that belong to the sources say what to ignore: nothing of the
/// user's or the machine's own does, so a `.gitignore` above counts only within one repository.
fn walk(directory: &Utf8Path) -> ignore::Walk {
    let in_repository = directory.ancestors().any(|at| at.join(".git").exists());
    let belongs = |entry: &DirEntry| {
        let is_cache = || entry.depth() > 0 && entry.path().join("CACHEDIR.TAG").is_file();
        entry.file_name() != ".git" && !is_cache()
    };
    WalkBuilder::new(directory)
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .parents(in_repository)
        .filter_entry(belongs)
        .build()
}

fn node(file: &Utf8Path, path: &RelPath, kind: FileType) -> Result<LiteralNode, String> {
    if kind.is_file() {
        return Ok(LiteralNode::File {
            mode: None,
            contents: Contents::Local(file.to_owned()),
        });
    }
    if !kind.is_symlink() {
        return Err(format!(
            "`{file}` is neither a file, a directory nor a link"
        ));
    }
    let target = file
        .read_link_utf8()
        .map_err(|error| format!("the link `{file}` cannot be read: {error}"))?;
    let parent = path.parent().map(|parent| parent.as_str().to_owned());
    match joined(parent.as_deref().unwrap_or_default(), target.as_str()) {
        Some(_) => Ok(LiteralNode::Symlink {
            target: target.into_string(),
        }),
        None => Err(format!(
            "the link `{file}` leads out of the source, to `{target}`, which no build would find\n\
             hint: put there what it leads to, or leave the link out with `.exclude([\"{path}\"])`"
        )),
    }
}

/// The text of a file of a directory that was [read](read()); none if it is not there.
pub(super) fn text(files: &Literal, path: &str) -> Result<Option<String>, String> {
    let path = RelPath::new(path.trim_start_matches('/')).map_err(|e| e.to_string())?;
    let Some(LiteralNode::File {
        contents: Contents::Local(file),
        ..
    }) = files.0.get(&path)
    else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| format!("`{file}` cannot be read: {error}"))?;
    Ok(Some(text))
}

/// Where `path` leads from `directory`, both of them relative to one place; none if it leads out of that.
pub(super) fn joined(directory: &str, path: &str) -> Option<String> {
    let mut joined = Utf8PathBuf::from(directory);
    for component in Utf8Path::new(path).components() {
        match component {
            camino::Utf8Component::CurDir => {}
            camino::Utf8Component::Normal(name) => joined.push(name),
            camino::Utf8Component::ParentDir if joined.pop() => {}
            _ => return None,
        }
    }
    Some(joined.into_string())
}

#[cfg(test)]
mod tests;
