//! The layers of `distill`: the table in `docs/architecture.md` against the sources.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use crate::sources::{Sources, UnitTests};

/// `layer → layers that it may use`, from the table.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../../../docs/architecture.md");
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

/// The name at the crate's root that `path` begins with in `module`.
fn at_root<'p>(sources: &Sources, module: usize, path: &'p [String]) -> Option<&'p str> {
    let (first, rest) = path.split_first()?;
    let mut at = match first.as_str() {
        "crate" => 0,
        "self" => module,
        "super" => sources.modules[module].parent?,
        _ => return None,
    };
    for name in rest {
        match name.as_str() {
            "super" => at = sources.modules[at].parent?,
            name => return (at == 0).then_some(name),
        }
    }
    None
}

/// The layers that the code of `layer` names, each with the place that does; unit tests count.
fn used(sources: &Sources, layer: usize) -> BTreeMap<&str, String> {
    let mut found = BTreeMap::new();
    for (number, module) in sources.modules.iter().enumerate() {
        if sources.is_inside(number, layer) {
            let imported = module.imports.iter().map(|import| &import.of);
            for named in imported.chain(&module.named) {
                if let Some(name) = at_root(sources, number, &named.path) {
                    found.insert(name, format!("{}:{}", module.file, named.line));
                }
            }
        }
    }
    found
}

#[test]
fn each_layer_uses_only_what_the_table_allows() {
    let allowed = allowed();
    assert!(allowed.len() >= 8, "the table was not read: {allowed:?}");
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let sources = Sources::read(&root, UnitTests::Read);
    let mut links = 0;
    for (layer, may_use) in &allowed {
        let module = sources.modules[0].children.get(layer);
        let module = module.unwrap_or_else(|| panic!("`{layer}` of the table is no module"));
        for (name, place) in used(&sources, *module) {
            if allowed.contains_key(name) && name != layer {
                links += 1;
                assert!(
                    may_use.contains(name),
                    "`{layer}` may not use `{name}`, but {place} does"
                );
            }
        }
    }
    assert!(links >= 15, "hardly any use of a layer was found: {links}");
}

#[test]
fn every_directory_is_in_the_table() {
    let allowed = allowed();
    let sources = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
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
