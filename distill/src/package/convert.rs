//! Packages: functions of a config, and what they may return.

use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use super::config::Config;
use crate::plan::{AbsPath, Artifact, Literal, Plan, Source};

/// What tells packages apart: the function's own type, or the address of a closure that holds data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Function(TypeId),
    Closure(usize),
}

type Function = dyn Fn(&Config) -> Items + Send + Sync;

/// A package: a function of the config. Made from any function or closure that returns plans,
/// artifacts or further packages.
#[derive(Clone)]
pub struct Package {
    name: &'static str,
    identity: Option<TypeId>,
    call: Arc<Function>,
}

impl<F, R> From<F> for Package
where
    F: Fn(&Config) -> R + Send + Sync + 'static,
    R: Into<Items>,
{
    fn from(function: F) -> Package {
        // A function item has no size, and a type of its own: that type is its identity.
        let identity = (size_of::<F>() == 0).then(TypeId::of::<F>);
        let call = Arc::new(move |config: &Config| function(config).into());
        Package {
            name: type_name::<F>(),
            identity,
            call,
        }
    }
}

impl From<&Package> for Package {
    fn from(package: &Package) -> Package {
        package.clone()
    }
}

impl From<Plan> for Package {
    fn from(plan: Plan) -> Package {
        Package::from(move |_: &Config| plan.clone())
    }
}

impl From<Artifact> for Package {
    fn from(artifact: Artifact) -> Package {
        Package::from(move |_: &Config| artifact.clone())
    }
}

impl Package {
    /// The path of the function, such as `distill_packages::zlib::zlib`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What the function returns for `config`.
    pub(super) fn call(&self, config: &Config) -> Items {
        (self.call)(config)
    }

    pub(super) fn key(&self) -> Key {
        match self.identity {
            Some(function) => Key::Function(function),
            None => Key::Closure(Arc::as_ptr(&self.call).cast::<()>().addr()),
        }
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Several packages: a tuple of whatever a [`Package`] can be made of, such as `(curl, jq)`, or a list
/// of packages.
///
/// (A list of functions would not do: in a list all have one type, so that they forget who they are.)
pub trait Packages {
    /// The packages.
    fn packages(self) -> Vec<Package>;
}

impl Packages for Vec<Package> {
    fn packages(self) -> Vec<Package> {
        self
    }
}

macro_rules! packages_from_tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Into<Package>, $($rest: Into<Package>),*> Packages for ($first, $($rest,)*) {
            #[allow(non_snake_case, reason = "the types' names serve for the values")]
            fn packages(self) -> Vec<Package> {
                let ($first, $($rest,)*) = self;
                vec![$first.into(), $($rest.into()),*]
            }
        }
        packages_from_tuples! { $($rest)* }
    };
    () => {};
}

packages_from_tuples! { A B C D E F G H I J K L M N O P }

/// What a package may return, piece by piece.
#[derive(Debug, Clone)]
pub enum Item {
    /// An artifact, to lie where its user puts it.
    Artifact(Artifact),
    /// An artifact that must lie at a place of its own.
    At(AbsPath, Artifact),
    /// Another package, expanded with the same config.
    Package(Package),
}

/// What a package returns: any number of [`Item`]s.
#[derive(Debug, Clone, Default)]
pub struct Items(pub Vec<Item>);

macro_rules! items_from {
    ($($type:ty => $make:expr),* $(,)?) => {$(
        impl From<$type> for Items {
            fn from(value: $type) -> Items {
                Items(vec![$make(value)])
            }
        }
    )*};
}

items_from! {
    Plan => |plan| Item::Artifact(Artifact::Plan(plan)),
    Source => |source| Item::Artifact(Artifact::Source(source)),
    Literal => |literal| Item::Artifact(Artifact::Literal(literal)),
    Artifact => Item::Artifact,
    Package => Item::Package,
    Item => |item| item,
}

impl<T: Into<Items>> From<Vec<T>> for Items {
    fn from(list: Vec<T>) -> Items {
        list.into_iter().collect()
    }
}

impl<T: Into<Items>, const N: usize> From<[T; N]> for Items {
    fn from(list: [T; N]) -> Items {
        list.into_iter().collect()
    }
}

impl<T: Into<Items>> FromIterator<T> for Items {
    fn from_iter<I: IntoIterator<Item = T>>(list: I) -> Items {
        Items(list.into_iter().flat_map(|items| items.into().0).collect())
    }
}

/// An artifact, and its place if it insists on one.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Where it must lie; nothing if its user decides.
    pub at: Option<AbsPath>,
    /// The artifact.
    pub of: Artifact,
}
