//! All crates of the workspace, their tests and examples among them: files do not name each other in circles.

use std::collections::BTreeSet;
use std::process::Command;

use camino::Utf8PathBuf;

use crate::circles::{circles, uses};
use crate::paths::Named;
use crate::sources::{Sources, UnitTests};

/// The workspace's directory, and the root modules of its crates.
fn crates() -> (Utf8PathBuf, Vec<Utf8PathBuf>) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let output = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let targets = packages
        .iter()
        .flat_map(|package| package["targets"].as_array().expect("targets"));
    let path = |value: &serde_json::Value| Utf8PathBuf::from(value.as_str().expect("a path"));
    let roots = targets.map(|target| path(&target["src_path"])).collect();
    (path(&metadata["workspace_root"]), roots)
}

#[test]
fn files_do_not_name_each_other_in_circles() {
    let (workspace, roots) = crates();
    let (mut files, mut found) = (BTreeSet::new(), Vec::new());
    for root in roots {
        let sources = Sources::read(&root, UnitTests::LeftOut);
        let uses = uses(&sources, &workspace);
        found.extend(circles(&uses));
        files.extend(uses.into_keys());
    }
    assert!(files.len() > 300, "only {} files use others", files.len());
    let mut message = String::new();
    for circle in &found {
        message += &format!("a circle of {} files:\n", circle.len());
        circle
            .iter()
            .for_each(|step| message += &format!("  {step}\n"));
    }
    assert!(found.is_empty(), "{message}");
}

/// What is not understood would be no use of anything.
#[test]
fn every_path_from_a_crates_own_root_is_understood() {
    let (_, roots) = crates();
    let mut unknown = BTreeSet::new();
    for root in roots {
        let sources = Sources::read(&root, UnitTests::LeftOut);
        for (number, module) in sources.modules.iter().enumerate() {
            let imports = module.imports.iter().map(|import| &import.of);
            for Named { path, line } in imports.chain(&module.named) {
                let is_own = ["crate", "self", "super"].contains(&path[0].as_str());
                if is_own && sources.meanings(number, path).is_empty() {
                    unknown.insert(format!("{}:{line}: {}", module.file, path.join("::")));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "what is meant by these? {unknown:#?}");
}
