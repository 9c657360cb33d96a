//! The fields that templates have: a name that is not among them is answered with all that are.
//!
//! The structs stand in `distill::package`, which a macro cannot look into; a test there holds these
//! lists against them.

use proc_macro2::Ident;
use syn::Error;

/// What every template has, in the order of its documentation.
const COMMON: &[&str] = &[
    "name",
    "version",
    "licence",
    "homepage",
    "cpe",
    "source",
    "sources",
    "dir",
    "patches",
    "tools",
    "libs",
    "cross",
    "files",
    "env",
    "output_file",
    "setid",
    "needs",
    "timeout",
];

/// The fields of a template: those that all have, and its own.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) own: &'static [&'static str],
}

impl Fields {
    fn all(self) -> impl Iterator<Item = &'static str> + Clone {
        COMMON.iter().chain(self.own).copied()
    }

    /// An error at `name`, unless it is a field of the template that `template!` fills in.
    pub(crate) fn check(self, template: &str, name: &Ident) -> Result<(), Error> {
        let text = name.to_string();
        if self.all().any(|field| field == text) {
            return Ok(());
        }
        let meant = self
            .nearest(&text)
            .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let all = self.all().collect::<Vec<_>>().join(", ");
        let message = format!("`{template}!` has no field `{text}`{meant}\nits fields are: {all}");
        Err(Error::new(name.span(), message))
    }

    /// The field that is least away from what was written, if one is near.
    fn nearest(self, written: &str) -> Option<&'static str> {
        let distance = |field: &&str| strsim::damerau_levenshtein(written, field);
        self.all()
            .min_by_key(distance)
            .filter(|field| distance(field) <= (written.chars().count() / 3).max(1))
    }
}
