//! What of a program's source decides which crates it is made from, and how they are compiled: the manifests. With
//! an empty program in place of each of its own, the crates can be compiled before, and need not be compiled
//! again when only the program changes.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::manifest::Manifest;
use crate::package::directory::{self, joined};
use crate::plan::{Literal, LiteralNode, RelPath};

/// Cargo's own configuration, which may choose features of the compiler.
const CONFIGURATION: [&str; 2] = [".cargo/config.toml", ".cargo/config"];

/// The skeleton of the program whose source is `files`. A mistake in a manifest is a phrase for a definition.
pub(super) fn skeleton(files: &Literal) -> Result<Literal, String> {
    let mut skeleton = Literal::default();
    let mut roots = BTreeSet::new();
    let mut packages = Vec::new();
    for (path, node) in &files.0 {
        let configures = |name: &&str| path.as_str().ends_with(*name);
        let node = match path.file_name() {
            "Cargo.toml" => {
                let directory = path.parent().map(|parent| parent.as_str().to_owned());
                let directory = directory.unwrap_or_default();
                let manifest = manifest(files, path)?;
                stays_inside(path, &directory, &manifest)?;
                let targets = manifest.targets().into_iter();
                roots.extend(targets.filter_map(|target| joined(&directory, target)));
                packages.push(directory);
                file(manifest.without_lints())
            }
            "Cargo.lock" => node.clone(),
            _ if CONFIGURATION.iter().any(configures) => node.clone(),
            _ => continue,
        };
        skeleton.0.insert(path.clone(), node);
    }
    for path in files.0.keys() {
        let below = |directory: &String| match directory.as_str() {
            "" => Some(path.as_str()),
            directory => path.as_str().strip_prefix(directory)?.strip_prefix('/'),
        };
        let is_root = |directory: &String| below(directory).is_some_and(begins_a_target);
        if roots.contains(path.as_str()) || packages.iter().any(is_root) {
            let node = file("fn main() {}\n".to_owned());
            skeleton.0.insert(path.clone(), node);
        }
    }
    Ok(skeleton)
}

fn file(text: String) -> LiteralNode {
    let contents = text.into();
    LiteralNode::File {
        mode: None,
        contents,
    }
}

fn is_rust(path: &str) -> bool {
    Utf8Path::new(path).extension() == Some("rs")
}

/// Whether a target begins in this file of a package, as cargo finds them when the manifest does not say.
fn begins_a_target(path: &str) -> bool {
    if ["src/lib.rs", "src/main.rs", "build.rs"].contains(&path) {
        return true;
    }
    let places = ["src/bin/", "examples/", "tests/", "benches/"];
    let Some(rest) = places.iter().find_map(|place| path.strip_prefix(place)) else {
        return false;
    };
    match rest.split_once('/') {
        None => is_rust(rest),
        Some((_, file)) => file == "main.rs",
    }
}

fn manifest(files: &Literal, path: &RelPath) -> Result<Manifest, String> {
    let text = directory::text(files, path.as_str())?;
    Manifest::parse(&text.unwrap_or_default())
        .map_err(|error| format!("`{path}` cannot be read: {error}"))
}

/// Refuses what no build would find.
fn stays_inside(path: &RelPath, directory: &str, manifest: &Manifest) -> Result<(), String> {
    let leaves = |(_, place): &(&str, &str)| joined(directory, place).is_none();
    match manifest.path_dependencies().into_iter().find(leaves) {
        None => Ok(()),
        Some((name, place)) => Err(format!(
            "`{path}` names the package `{name}` by the path `{place}`, which is not part of the source\n\
             hint: let the source be a directory that holds both, and say in `subdir` where the program's \
             `Cargo.toml` lies below it"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::package::directory::read;
    use crate::plan::{Contents, PathSet};

    const LIBRARY: &str = "[package]\nname = \"a\"\n[lib]\npath = \"lib/a.rs\"\n";

    fn of(files: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path()).unwrap();
        for (file, text) in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let all = read(root, &PathSet::default(), &PathSet::default())?;
        let shown = |(path, node): (&RelPath, &LiteralNode)| match node {
            LiteralNode::File {
                contents: Contents::Bytes(_),
                ..
            } if is_rust(path.as_str()) => format!("{path}: empty"),
            _ => path.to_string(),
        };
        Ok(skeleton(&all)?.0.iter().map(shown).collect())
    }

    #[test]
    fn manifests_stay_and_targets_become_empty() {
        let found = of(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\"]\n[package]\nname = \"shop\"\n",
            ),
            ("Cargo.lock", ""),
            (".cargo/config.toml", ""),
            ("build.rs", ""),
            ("src/main.rs", ""),
            ("src/page.rs", ""),
            ("src/bin/admin/main.rs", ""),
            ("src/bin/admin/list.rs", ""),
            ("templates/page.html", ""),
            ("a/Cargo.toml", LIBRARY),
            ("a/lib/a.rs", ""),
            ("a/lib/b.rs", ""),
        ]);
        let expected = [
            ".cargo/config.toml",
            "Cargo.lock",
            "Cargo.toml",
            "a/Cargo.toml",
            "a/lib/a.rs: empty",
            "build.rs: empty",
            "src/bin/admin/main.rs: empty",
            "src/main.rs: empty",
        ];
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn a_package_outside_of_the_source_is_told_with_what_to_write() {
        let manifest = "[dependencies]\ncommon = { path = \"../common\" }\n";
        let told = of(&[("Cargo.toml", manifest)]).unwrap_err();
        assert!(told.contains("`common` by the path `../common`"), "{told}");
        assert!(
            told.contains("hint: ") && told.contains("`subdir`"),
            "{told}"
        );
        assert!(of(&[("shop/Cargo.toml", manifest)]).is_ok());
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_told_by_its_path() {
        let told = of(&[("Cargo.toml", "[package")]).unwrap_err();
        assert!(told.contains("Cargo.toml` cannot be read"), "{told}");
    }
}
