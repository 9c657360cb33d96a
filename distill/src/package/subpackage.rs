//! Parts of a package's output, and packages put together. Neither costs a build.

use std::panic::Location;

use super::definition::{Config, Package, Placed};
use crate::plan::{AbsPath, Action, Artifact, Input, Merge, Meta, Name, PathSet, Pick, Plan};

/// What a library's users need to compile and link: `lib`, `include`, `share` below `usr`.
pub const LIBS: [&str; 4] = [
    "usr/lib",
    "usr/include",
    "usr/share/pkgconfig",
    "usr/share/aclocal",
];

/// What programs consist of.
pub const BINARIES: [&str; 8] = [
    "bin",
    "sbin",
    "libexec",
    "usr/bin",
    "usr/sbin",
    "usr/libexec",
    "usr/share",
    "etc",
];

/// The paths and globs `include` of what `package` makes. A pattern that matches nothing is an
/// error when it is built.
#[track_caller]
pub fn subpackage<const N: usize>(
    package: impl Into<Package>,
    name: &str,
    include: [&str; N],
) -> Package {
    pick(package.into(), name, &include, &[])
}

/// All but the paths and globs `exclude` of what `package` makes.
#[track_caller]
pub fn without<const N: usize>(
    package: impl Into<Package>,
    name: &str,
    exclude: [&str; N],
) -> Package {
    pick(package.into(), name, &[], &exclude)
}

/// What `include` names, or everything if it names nothing, but for what `exclude` names.
#[track_caller]
fn pick(package: Package, name: &str, include: &[&str], exclude: &[&str]) -> Package {
    let (name, location) = (name.to_owned(), Location::caller());
    let (include, exclude) = (paths(include), paths(exclude));
    Package::from(move |config: &Config| {
        let builder = Plan::named(named(&name)).location(location);
        let picked = || -> Result<(Pick<Artifact>, Meta), String> {
            let (tree, meta) = single(config, &package)?;
            let (include, exclude) = (include.clone()?, exclude.clone()?);
            let pick = Pick {
                tree,
                include,
                exclude,
            };
            Ok((pick, meta))
        };
        match picked() {
            Ok((pick, meta)) => builder.meta(meta).action(Action::Pick(pick)),
            Err(message) => builder.invalid(message),
        }
    })
}

fn paths(patterns: &[&str]) -> Result<PathSet, String> {
    PathSet::new(patterns.iter().copied()).map_err(|error| error.to_string())
}

/// The one tree that `package` makes, and what is known of it.
fn single(config: &Config, package: &Package) -> Result<(Artifact, Meta), String> {
    let mut placed = config.expand(package);
    match (placed.pop(), placed.is_empty()) {
        (Some(Placed { of, .. }), true) => {
            let meta = match &of {
                Artifact::Plan(plan) => plan.meta().clone(),
                _ => Meta::default(),
            };
            Ok((of, meta))
        }
        _ => Err(format!(
            "`{}` is not one tree, so no part of it can be taken",
            package.name()
        )),
    }
}

/// All of `artifacts` as one tree, each at its place or at the root.
#[track_caller]
pub fn merged(name: &str, artifacts: impl IntoIterator<Item = Placed>) -> Plan {
    let root = AbsPath::root();
    let input = |Placed { at, of }| Input {
        at: at.unwrap_or_else(|| root.clone()),
        of,
    };
    let inputs = artifacts.into_iter().map(input).collect();
    Plan::named(named(name)).action(Action::Merge(Merge { inputs }))
}

fn named(name: &str) -> Name {
    Name::new(name).unwrap_or_else(|_| Name::new("unnamed").expect("a name"))
}
