//! Modules as `go` finds them without a network: a directory that is laid out like a module proxy.
//!
//! Layout: <https://go.dev/ref/mod#goproxy-protocol>.

use std::collections::BTreeSet;
use std::panic::Location;

use super::pins::{Kind, ModuleFile, Pins};
use crate::plan::{
    AbsPath, Action, Artifact, Digest, Input, Literal, LiteralNode, Merge, Meta, MirrorFamily,
    Mode, Name, Origin, Place, Plan, RelPath, Source, Version,
};

/// A tree with all files of `pins`, each a source of its own, for a recipe that stands at `location`.
pub(super) fn tree(
    name: &str,
    pins: &Pins,
    location: &'static Location<'static>,
) -> Result<Plan, String> {
    let name = Name::new(name).map_err(|e| e.to_string())?;
    let mut inputs = Vec::with_capacity(pins.0.len() + 1);
    let mut versions = Literal::default();
    let mut seen = BTreeSet::new();
    for (file, hash) in &pins.0 {
        let path = RelPath::new(file.path()).map_err(|e| e.to_string())?;
        if !seen.insert(path.clone()) {
            return Err(format!("`go.pins` names `{path}` twice"));
        }
        let source = Source::new(
            Digest::Sha256(*hash),
            Origin::Mirror(MirrorFamily::Go, file.path()),
        );
        let place = Place {
            blob: source.into(),
            path,
            mode: Mode::FILE,
        };
        let of = Plan::named(label(file)?)
            .location(location)
            .meta(meta(file))
            .action(Action::Place(place));
        inputs.push(Input {
            at: AbsPath::root(),
            of: Artifact::Plan(of),
        });
        let info = format!("{}.info", file.path().trim_end_matches(".mod"));
        if file.kind == Kind::Mod {
            let contents = serde_json::json!({ "Version": file.version }).to_string();
            let node = LiteralNode::File {
                mode: Some(Mode::FILE),
                contents: contents.into(),
            };
            let info = RelPath::new(info).map_err(|e| e.to_string())?;
            versions.0.insert(info, node);
        }
    }
    inputs.push(Input {
        at: AbsPath::root(),
        of: versions.into(),
    });
    let action = Action::Merge(Merge { inputs });
    Ok(Plan::named(name).location(location).action(action))
}

/// What the file is called in messages: the module's path is no name.
fn label(file: &ModuleFile) -> Result<Name, String> {
    let last = file.module.rsplit('/').next().unwrap_or(&file.module);
    let name = format!("{last}-{}.{}", file.version, file.kind.extension());
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-._".contains(c) {
            c
        } else {
            '_'
        }
    };
    Name::new(name.chars().map(plain).collect::<String>()).map_err(|e| e.to_string())
}

fn meta(file: &ModuleFile) -> Meta {
    let (module, version) = (&file.module, &file.version);
    Meta {
        version: Version::new(version.as_str()).ok(),
        purl: (file.kind == Kind::Zip).then(|| format!("pkg:golang/{module}@{version}")),
        ..Meta::default()
    }
}
