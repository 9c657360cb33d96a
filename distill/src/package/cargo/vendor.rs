//! Crates as cargo finds them without a network: a directory for each.
//!
//! Format: <https://doc.rust-lang.org/cargo/reference/source-replacement.html#directory-sources>.

use std::panic::Location;

use crate::package::source::{crates_io, sha256};
use crate::plan::{
    AbsPath, Action, Artifact, Input, Literal, LiteralNode, Merge, Meta, Mode, Name, Plan, RelPath,
    Version,
};

/// A crate of crates.io.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crate {
    name: String,
    version: String,
    checksum: String,
}

impl Crate {
    /// The crate of this name and version, whose file has this SHA-256: 64 hexadecimal digits.
    pub fn new(
        name: impl Into<String>,
        version: impl Into<String>,
        checksum: impl Into<String>,
    ) -> Crate {
        Crate {
            name: name.into(),
            version: version.into(),
            checksum: checksum.into(),
        }
    }

    /// The address of the crate, as the package URL specification has it: `pkg:cargo/serde@1.0.228`.
    pub fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }

    /// The SHA-256 of the crate's file, as 64 hexadecimal digits.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// The name of its directory among others: `serde-1.0.228`.
    pub fn directory(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// The crate, unpacked.
    fn unpacked(&self, location: &'static Location<'static>) -> Result<Artifact, String> {
        let Crate {
            name,
            version,
            checksum,
        } = self;
        let pin = crates_io(name, version, sha256(checksum));
        let Artifact::Plan(plan) = pin.tree_at(name, version, location)? else {
            unreachable!("an archive is unpacked by a plan");
        };
        let meta = Meta {
            version: Some(Version::new(version.as_str()).map_err(|e| e.to_string())?),
            purl: Some(self.purl()),
            ..Meta::default()
        };
        let name = Name::new(name.as_str()).map_err(|e| e.to_string())?;
        let action = plan
            .action()
            .map_err(|error| error.message.clone())?
            .clone();
        Ok(Plan::named(name)
            .location(location)
            .meta(meta)
            .action(action)
            .into())
    }
}

/// A tree in which each crate has a directory of its own, with the file that cargo looks for in it; for a
/// recipe that stands at `location`.
pub(super) fn tree(
    name: &str,
    crates: &[Crate],
    location: &'static Location<'static>,
) -> Result<Plan, String> {
    let name = Name::new(name).map_err(|e| e.to_string())?;
    let mut checksums = Literal::default();
    let mut inputs = Vec::with_capacity(crates.len() + 1);
    for one in crates {
        let directory = RelPath::new(one.directory()).map_err(|e| e.to_string())?;
        let file = directory.join(&RelPath::new(".cargo-checksum.json").expect("a constant"));
        let contents = serde_json::json!({ "files": {}, "package": one.checksum }).to_string();
        checksums.0.insert(
            file,
            LiteralNode::File {
                mode: Some(Mode::FILE),
                contents: contents.into(),
            },
        );
        let (at, of) = (AbsPath::root().join(&directory), one.unpacked(location)?);
        inputs.push(Input { at, of });
    }
    inputs.push(Input {
        at: AbsPath::root(),
        of: checksums.into(),
    });
    let action = Action::Merge(Merge { inputs });
    Ok(Plan::named(name).location(location).action(action))
}

/// Crates as cargo reads them: `NAME-VERSION` for each, and in it what cargo looks for. A build names the place
/// of the tree in cargo's configuration.
///
/// A name or a checksum that cannot be one makes a plan that says so.
#[track_caller]
pub fn vendored(name: &str, crates: &[Crate]) -> Plan {
    let location = Location::caller();
    tree(name, crates, location).unwrap_or_else(|message| {
        let name = Name::new("crates").expect("a constant");
        Plan::named(name).location(location).invalid(message)
    })
}
