//! Parts of a package's output, and packages put together. Neither costs a build.

use super::definition::{Config, Package, Placed};
use crate::plan::{AbsPath, Action, Artifact, Input, Merge, Name, PathSet, Pick, Plan};

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
    let (package, location) = (package.into(), std::panic::Location::caller());
    let (name, include) = (name.to_owned(), include.map(str::to_owned));
    Package::from(move |config: &Config| {
        let builder = Plan::named(named(&name)).location(location);
        let (tree, meta) = match single(config, &package) {
            Ok((plan, meta)) => (plan, meta),
            Err(message) => return builder.invalid(message),
        };
        match PathSet::new(include.clone()) {
            Ok(include) => {
                let exclude = PathSet::default();
                builder.meta(meta).action(Action::Pick(Pick {
                    tree,
                    include,
                    exclude,
                }))
            }
            Err(e) => builder.invalid(e.to_string()),
        }
    })
}

/// All but the paths and globs `exclude` of what `package` makes.
#[track_caller]
pub fn without<const N: usize>(
    package: impl Into<Package>,
    name: &str,
    exclude: [&str; N],
) -> Package {
    let (package, location) = (package.into(), std::panic::Location::caller());
    let (name, exclude) = (name.to_owned(), exclude.map(str::to_owned));
    Package::from(move |config: &Config| {
        let builder = Plan::named(named(&name)).location(location);
        match (single(config, &package), PathSet::new(exclude.clone())) {
            (Ok((tree, meta)), Ok(exclude)) => {
                let include = PathSet::default();
                builder.meta(meta).action(Action::Pick(Pick {
                    tree,
                    include,
                    exclude,
                }))
            }
            (Err(message), _) => builder.invalid(message),
            (_, Err(e)) => builder.invalid(e.to_string()),
        }
    })
}

/// The one tree that `package` makes, and what is known of it.
fn single(config: &Config, package: &Package) -> Result<(Artifact, crate::plan::Meta), String> {
    let mut placed = config.expand(package);
    match (placed.pop(), placed.is_empty()) {
        (Some(Placed { of, .. }), true) => {
            let meta = match &of {
                Artifact::Plan(plan) => plan.meta().clone(),
                _ => crate::plan::Meta::default(),
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
