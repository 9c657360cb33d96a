//! The build systems of a config.

use std::panic::Location;

use super::definition::{BuildSystems, Config, Package};
use crate::plan::{Name, Plan};

/// What makes a `configure`.
pub(super) fn autotools(config: &Config, user: &'static Location<'static>) -> Vec<Package> {
    chosen(config, user, "autotools", |systems| &systems.autotools)
}

/// CMake and ninja.
pub(super) fn cmake(config: &Config, user: &'static Location<'static>) -> Vec<Package> {
    chosen(config, user, "cmake", |systems| &systems.cmake)
}

/// Meson and ninja.
pub(super) fn meson(config: &Config, user: &'static Location<'static>) -> Vec<Package> {
    chosen(config, user, "meson", |systems| &systems.meson)
}

/// The packages of a build system; a mistake of the recipe that wants one which its config has not.
fn chosen(
    config: &Config,
    user: &'static Location<'static>,
    name: &str,
    choose: impl Fn(&BuildSystems) -> &Vec<Package>,
) -> Vec<Package> {
    let build = config.build();
    let packages = choose(&build.target().build_systems);
    if !packages.is_empty() {
        return packages.clone();
    }
    let message = format!(
        "the config for `{}`, on which this is built, has no such build system\n\
         hint: name its packages in the config's `Target::build_systems.{name}`",
        build.triple()
    );
    let name = Name::new(name).expect("a constant");
    vec![Plan::named(name).location(user).invalid(message).into()]
}
