//! What a package of a catalogue must say beside what it does: under which licence it may be used, and where it comes
//! from.

use url::Url;

use crate::plan::{Action, Artifact, Plan};

/// What a package says too little or wrongly. It can be built all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lint {
    /// Nothing is said of its licence.
    #[error(
        "says nothing of its licence\nhint: add `licence`, an SPDX expression such as \"MIT OR Apache-2.0\""
    )]
    NoLicence,
    /// Its licence is no SPDX expression.
    #[error(
        "has the licence `{licence}`, which is no SPDX expression: {why}\nhint: the names are those of https://spdx.org/licenses; one of your own begins with `LicenseRef-`"
    )]
    Licence {
        /// What it says.
        licence: String,
        /// What is wrong with that.
        why: String,
    },
    /// Nothing is said of where it comes from.
    #[error("says nothing of where it comes from\nhint: add `homepage`, the address of its page")]
    NoHomepage,
    /// Its page is no address.
    #[error("has the homepage `{homepage}`, which is no address\nhint: write one with `https://`")]
    Homepage {
        /// What it says.
        homepage: String,
    },
}

/// What is missing from what a plan says of itself. Only what is built from somebody's source has to say anything.
pub fn lint(plan: &Plan) -> Vec<Lint> {
    if !is_package(plan) {
        return Vec::new();
    }
    let meta = plan.meta();
    let licence = match &meta.licence {
        None => Some(Lint::NoLicence),
        Some(licence) => wrong_licence(licence),
    };
    let homepage = match &meta.homepage {
        None if is_local(plan) => None,
        None => Some(Lint::NoHomepage),
        Some(homepage) => (!is_page(homepage)).then(|| Lint::Homepage {
            homepage: homepage.clone(),
        }),
    };
    licence.into_iter().chain(homepage).collect()
}

/// Whether a plan builds what lies beside its recipe: that is where it comes from.
fn is_local(plan: &Plan) -> bool {
    plan.dependencies().any(|plan| plan.meta().local.is_some())
}

/// Whether a plan builds something of a source, or says that it is a version of something.
fn is_package(plan: &Plan) -> bool {
    let Ok(Action::Build(build)) = plan.action() else {
        return false;
    };
    let is_source = |artifact: &Artifact| match artifact {
        Artifact::Source(_) => true,
        Artifact::Plan(plan) => matches!(
            plan.action(),
            Ok(Action::Unpack(unpack)) if matches!(unpack.archive, Artifact::Source(_))
        ),
        Artifact::Literal(_) => false,
    };
    plan.meta().version.is_some() || build.inputs.iter().any(|input| is_source(&input.of))
}

fn wrong_licence(licence: &str) -> Option<Lint> {
    let error = spdx::Expression::parse(licence).err()?;
    Some(Lint::Licence {
        licence: licence.to_owned(),
        why: error.reason.to_string(),
    })
}

fn is_page(homepage: &str) -> bool {
    let parsed = Url::parse(homepage);
    parsed.is_ok_and(|url| ["https", "http"].contains(&url.scheme()) && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::testing::config;
    use crate::package::{Config, Recipe, execline};
    use crate::plan::{Literal, Meta, Name};

    fn recipe(licence: &str, homepage: &str) -> Recipe {
        let config: Config = config();
        Recipe {
            name: "tool".to_owned(),
            version: "1".to_owned(),
            licence: licence.to_owned(),
            homepage: homepage.to_owned(),
            script: execline! { true },
            ..Recipe::new(&config)
        }
    }

    fn said(licence: &str, homepage: &str) -> Vec<String> {
        let lints = lint(&recipe(licence, homepage).plan());
        lints.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_said_well_is_not_mentioned() {
        for licence in [
            "MIT",
            "GPL-2.0-only AND (bzip2-1.0.6 OR LicenseRef-mine)",
            "GPL-2.0-only WITH Linux-syscall-note",
        ] {
            assert_eq!(
                said(licence, "https://example.org/tool"),
                [""; 0],
                "{licence}"
            );
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_with_what_to_write() {
        insta::assert_snapshot!(said("", "").join("\n"), @r#"
        says nothing of its licence
        hint: add `licence`, an SPDX expression such as "MIT OR Apache-2.0"
        says nothing of where it comes from
        hint: add `homepage`, the address of its page
        "#);
        insta::assert_snapshot!(said("GPL", "example.org").join("\n"), @r"
        has the licence `GPL`, which is no SPDX expression: unknown term
        hint: the names are those of https://spdx.org/licenses; one of your own begins with `LicenseRef-`
        has the homepage `example.org`, which is no address
        hint: write one with `https://`
        ");
        insta::assert_snapshot!(said("MIT and more", "mailto:me@example.org").join("\n"), @r"
        has the licence `MIT and more`, which is no SPDX expression: unknown term
        hint: the names are those of https://spdx.org/licenses; one of your own begins with `LicenseRef-`
        has the homepage `mailto:me@example.org`, which is no address
        hint: write one with `https://`
        ");
    }

    #[test]
    fn what_comes_from_nobody_need_not_say_so() {
        let step = Recipe {
            version: String::new(),
            ..recipe("", "")
        };
        assert_eq!(lint(&step.plan()), []);
        let literal = Plan::named(Name::new("files").unwrap()).meta(Meta::default());
        let merge = crate::plan::Merge {
            inputs: vec![crate::plan::Input {
                at: crate::plan::AbsPath::root(),
                of: Literal::default().into(),
            }],
        };
        assert_eq!(lint(&literal.action(Action::Merge(merge))), []);
    }
}
