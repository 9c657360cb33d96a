//! What may be written for a field of a template.
//!
//! `package!` and its kin turn each value into the field's type by [`Field`], and each bracketed list by [`list`], so that `version: "1.2"`, `libs: [zlib]` and
//! `configure: ["--static", flags]` can be written plainly. A template of another crate implements
//! both for the types of its own fields.

use std::time::Duration;

use super::Package;
use super::script::{Script, Variables, Words};
use super::source::{Patch, Pin};
use crate::plan::Artifact;

/// A type of field, or of a list's items, that can be made from values of type `V`.
#[diagnostic::on_unimplemented(
    message = "a `{V}` cannot stand for a field or item of type `{Self}`",
    label = "this cannot be made into a `{Self}`"
)]
pub trait Field<V> {
    /// The field's value.
    fn field(value: V) -> Self;
}

/// A type of field that can be written as a list in brackets, with items of one type.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` takes one value, not a list",
    label = "a list in brackets"
)]
pub trait List {
    /// What the items are turned into.
    type Item;

    /// The field's value.
    fn list(items: Vec<Self::Item>) -> Self;
}

/// The value of a field that is written as a list in brackets.
pub fn list<L: List>(items: Vec<L::Item>) -> L {
    L::list(items)
}

macro_rules! field_into {
    ($($type:ty: $into:ty),* $(,)?) => {$(
        impl<V: Into<$into>> Field<V> for $type {
            fn field(value: V) -> $type {
                let value: $into = value.into();
                value.into()
            }
        }
    )*};
}

field_into! {
    String: String,
    Option<String>: String,
    Option<Duration>: Option<Duration>,
    Option<Pin>: Option<Pin>,
    Script: Script,
    Words: Words,
    Option<Words>: Words,
    Variables: Variables,
    // Items of lists.
    Package: Package,
    Pin: Pin,
    Patch: Patch,
    Artifact: Artifact,
}

impl Field<bool> for bool {
    fn field(value: bool) -> bool {
        value
    }
}

impl<T, V: Into<T>> Field<Vec<V>> for Vec<T> {
    fn field(list: Vec<V>) -> Vec<T> {
        list.into_iter().map(Into::into).collect()
    }
}

impl<T, V: Into<T>, const N: usize> Field<[V; N]> for Vec<T> {
    fn field(list: [V; N]) -> Vec<T> {
        list.into_iter().map(Into::into).collect()
    }
}

impl<T, V: Into<T> + Clone> Field<&[V]> for Vec<T> {
    fn field(list: &[V]) -> Vec<T> {
        list.iter().cloned().map(Into::into).collect()
    }
}

impl<T> List for Vec<T> {
    type Item = T;

    fn list(items: Vec<T>) -> Vec<T> {
        items
    }
}

impl List for Words {
    type Item = Words;

    fn list(items: Vec<Words>) -> Words {
        items.into()
    }
}

impl List for Option<Words> {
    type Item = Words;

    fn list(items: Vec<Words>) -> Option<Words> {
        Some(items.into())
    }
}

impl List for Variables {
    type Item = Variables;

    fn list(items: Vec<Variables>) -> Variables {
        items.into()
    }
}
