//! What packages can be made of, and what they may return.

use super::definition::{Config, Item, Items, Package};
use crate::plan::{AbsPath, Artifact, Literal, Plan, Source};

impl From<&Package> for Package {
    fn from(package: &Package) -> Package {
        package.clone()
    }
}

impl Package {
    /// A package that is `of`, and insists on lying at `place`.
    pub fn at(place: AbsPath, of: impl Into<Artifact>) -> Package {
        let of = of.into();
        Package::from(move |_: &Config| Item::At(place.clone(), of.clone()))
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
