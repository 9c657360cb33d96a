//! The layers point one way: the table in `docs/architecture.md` against the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// `layer → layers that it may use`, from the table.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../../docs/architecture.md");
    let section = text
        .split("## Layers")
        .nth(1)
        .expect("the section is there");
    let section = section.split("\n## ").next().expect("the first part");
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let layer = names(cells[0]).pop_first().expect("a layer's name");
        (layer, names(cells[2]))
    })
    .collect()
}

/// The layers that the code of `dir` names, with a file that does; comments do not count.
fn used(dir: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(dir).expect("a layer's directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            used(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for part in code.flat_map(|line| line.split("crate::").skip(1)) {
                let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
                let name: String = part.chars().take_while(is_word).collect();
                found.insert(name, path.display().to_string());
            }
        }
    }
}

#[test]
fn each_layer_uses_only_what_the_table_allows() {
    let allowed = allowed();
    assert!(allowed.len() >= 8, "the table was not read: {allowed:?}");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (layer, may_use) in &allowed {
        let dir = sources.join(layer);
        assert!(dir.is_dir(), "`{layer}` of the table has no directory");
        let mut found = BTreeMap::new();
        used(&dir, &mut found);
        for (name, file) in found.iter().filter(|(name, _)| allowed.contains_key(*name)) {
            assert!(
                name == layer || may_use.contains(name),
                "`{layer}` may not use `{name}`, but {file} does"
            );
        }
    }
}

#[test]
fn every_directory_is_in_the_table() {
    let allowed = allowed();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(sources).expect("the sources") {
        let entry = entry.expect("an entry");
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().expect("a name");
            assert!(
                allowed.contains_key(&name),
                "`{name}` is not in the table of layers"
            );
        }
    }
}
