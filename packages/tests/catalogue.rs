//! The whole catalogue: every package expands without a mistake, says where it comes from and under
//! which licence, and pins its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use distill::package::lint;
use distill::plan::{Action, Artifact, Plan, Source, closure};
use distill_packages as packages;

fn plans() -> Vec<Plan> {
    let config = packages::quick();
    let placed = packages::all()
        .iter()
        .flat_map(|(_, package)| config.expand(package))
        .collect::<Vec<_>>();
    let plan = |artifact: Artifact| match artifact {
        Artifact::Plan(plan) => Some(plan),
        Artifact::Source(_) | Artifact::Literal(_) => None,
    };
    placed
        .into_iter()
        .filter_map(|placed| plan(placed.of))
        .collect()
}

/// The modules whose functions are what packages are made with, not what a system may name.
const NO_PACKAGES: [&str; 2] = ["seed", "toolchain"];

/// The names of the functions in the sources below `dir` that are packages.
fn written(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).expect("the sources") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().unwrap_or_default();
        if NO_PACKAGES.iter().any(|module| stem == *module) {
            continue;
        }
        if path.is_dir() {
            written(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            let names = text.lines().filter_map(package_name);
            found.extend(names.map(str::to_owned));
        }
    }
}

/// The name of the package that a line begins, if it does.
fn package_name(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix("pub fn ")?.split_once('(')?;
    let takes = ["_: &Config)", "config: &Config)"];
    let rest = takes.iter().find_map(|takes| rest.strip_prefix(takes))?;
    [" -> Plan {", " -> Package {"]
        .contains(&rest)
        .then_some(name)
}

#[test]
fn every_recipe_is_in_the_catalogue() {
    let mut recipes = BTreeSet::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    written(&sources, &mut recipes);
    let named: BTreeSet<String> = packages::all()
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(recipes, named);
}

#[test]
fn every_package_expands() {
    let plans = plans();
    assert_eq!(plans.len(), packages::all().len(), "a package is one plan");
    let mistakes: Vec<String> = closure(&plans)
        .into_iter()
        .filter_map(|plan| plan.action().err().map(ToString::to_string))
        .collect();
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn names_are_unique() {
    let mut seen = BTreeMap::new();
    for plan in plans() {
        let first = seen.insert(plan.name().to_string(), plan.location());
        assert!(
            first.is_none(),
            "`{}` twice: {first:?}, {}",
            plan.name(),
            plan.location()
        );
    }
}

#[test]
fn what_is_built_has_a_licence_and_what_is_not_ours_a_page() {
    let plans = plans();
    for plan in closure(&plans)
        .into_iter()
        .filter(|plan| plan.action().is_ok_and(Action::is_build))
    {
        let meta = plan.meta();
        assert!(meta.licence.is_some(), "`{}` has no licence", plan.label());
        let ours = meta.version.is_none() || plan.name().as_str() == "gcc-compat";
        assert!(
            ours || meta.homepage.is_some(),
            "`{}` has no homepage",
            plan.label()
        );
    }
}

/// What is a warning for others is a mistake here.
#[test]
fn every_package_says_its_licence_and_its_page_as_others_read_them() {
    let plans = plans();
    let told: Vec<String> = closure(&plans)
        .into_iter()
        .flat_map(|plan| {
            lint(plan)
                .into_iter()
                .map(|lint| format!("{}: {lint}", plan.label()))
        })
        .collect();
    assert_eq!(told, [""; 0]);
}

/// What is in C waits for no C++ library.
#[test]
fn who_needs_the_cxx_library_says_so() {
    let plans = plans();
    let needs = |plan: &&Plan| {
        let mut all = closure([*plan]).into_iter();
        all.any(|plan| plan.name().as_str() == "libstdc++")
    };
    let names: BTreeSet<_> = plans
        .iter()
        .filter(needs)
        .map(|plan| plan.name().as_str())
        .collect();
    let in_cxx = ["gptfdisk", "libinih", "libstdc++", "ninja"];
    assert_eq!(names, BTreeSet::from(in_cxx));
}

#[test]
fn every_source_has_an_origin_and_one_pin() {
    let plans = plans();
    let mut pins = BTreeMap::new();
    for plan in closure(&plans) {
        for artifact in plan.action().map(Action::inputs).unwrap_or_default() {
            let Artifact::Source(Source {
                digest,
                file_name,
                origins,
            }) = artifact
            else {
                continue;
            };
            assert!(!origins.is_empty(), "`{file_name}` has no origin");
            let other = pins.insert(origins.clone(), *digest);
            assert!(
                other.is_none_or(|other| other == *digest),
                "`{file_name}` has two pins"
            );
        }
    }
    assert!(pins.len() > 100, "the sources were not found");
}
