//! What `Cargo.toml` says of files: where targets begin, and where other packages lie.
//!
//! Format: <https://doc.rust-lang.org/cargo/reference/manifest.html>.

use toml::{Table, Value};

/// A manifest.
pub(super) struct Manifest(Table);

/// The tables of dependencies, wherever they stand.
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

impl Manifest {
    /// Reads a manifest; an error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Manifest, String> {
        let table = text.parse::<Table>();
        table
            .map(Manifest)
            .map_err(|error| error.message().to_owned())
    }

    /// The files in which targets begin that the manifest names, relative to its directory.
    pub(super) fn targets(&self) -> Vec<&str> {
        let lib = self.0.get("lib").and_then(|lib| lib.get("path"));
        let build = self
            .0
            .get("package")
            .and_then(|package| package.get("build"));
        let single = lib.into_iter().chain(build).filter_map(Value::as_str);
        let lists = ["bin", "example", "test", "bench"];
        let lists = lists
            .iter()
            .filter_map(|kind| self.0.get(*kind)?.as_array());
        let mut targets: Vec<&str> = single.collect();
        for list in lists {
            for target in list {
                targets.extend(target.get("path").and_then(Value::as_str));
            }
        }
        targets
    }

    /// The manifest without what it says of lints: an empty program may not please them.
    pub(super) fn without_lints(mut self) -> String {
        self.0.remove("lints");
        if let Some(Value::Table(workspace)) = self.0.get_mut("workspace") {
            workspace.remove("lints");
        }
        self.0.to_string()
    }

    /// Packages that the manifest names by their paths: the name and the path.
    pub(super) fn path_dependencies(&self) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        gather(&self.0, &mut found);
        found
    }
}

/// Looks into all tables: dependencies stand at the top, below `target.*`, `workspace` and `patch.*`.
fn gather<'a>(table: &'a Table, found: &mut Vec<(&'a str, &'a str)>) {
    for (key, value) in table {
        let Value::Table(inner) = value else {
            continue;
        };
        if key == "patch" {
            let registries = inner.values().filter_map(Value::as_table);
            registries.for_each(|registry| found.extend(paths(registry)));
        } else if DEPENDENCIES.contains(&key.as_str()) {
            found.extend(paths(inner));
        } else {
            gather(inner, found);
        }
    }
}

fn paths(dependencies: &Table) -> impl Iterator<Item = (&str, &str)> {
    dependencies.iter().filter_map(|(name, value)| {
        let path = value.get("path")?.as_str()?;
        Some((name.as_str(), path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_where_the_manifest_names_them() {
        let text = r#"
            package = { name = "shop", build = "make.rs" }
            lib = { path = "lib/shop.rs" }
            [[bin]]
            name = "a"
            path = "cli.rs"
            [[bin]]
            name = "b"
            [[bench]]
            path = "speed.rs"
        "#;
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!(
            manifest.targets(),
            ["lib/shop.rs", "make.rs", "cli.rs", "speed.rs"]
        );
    }

    #[test]
    fn packages_are_found_by_their_paths_wherever_they_are_named() {
        let text = r#"
            [dependencies]
            serde = "1"
            a = { path = "a" }
            [target.'cfg(unix)'.build-dependencies]
            b = { path = "../b", version = "1" }
            [workspace.dependencies]
            c = { path = "c" }
            [patch.crates-io]
            d = { path = "d" }
            [profile.release.package.e]
            path = "no dependency"
        "#;
        let manifest = Manifest::parse(text).unwrap();
        let mut found = manifest.path_dependencies();
        found.sort_unstable();
        assert_eq!(found, [("a", "a"), ("b", "../b"), ("c", "c"), ("d", "d")]);
    }

    #[test]
    fn lints_are_all_that_is_left_out() {
        let text = r#"
            lints.workspace = true
            package = { name = "shop", version = "1.0.0" }
            workspace = { members = ["a"], lints = { rust = { missing_docs = "deny" } } }
        "#;
        let without = Manifest::parse(text).unwrap().without_lints();
        let table: Table = without.parse().unwrap();
        assert_eq!(table.keys().collect::<Vec<_>>(), ["package", "workspace"]);
        assert_eq!(table["workspace"].as_table().unwrap().len(), 1);
        assert_eq!(table["package"]["version"].as_str(), Some("1.0.0"));
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        assert!(Manifest::parse("[package").is_err());
    }
}
