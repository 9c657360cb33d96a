use super::super::{Config, Target};
use super::*;
use crate::plan::Arch;

/// A recipe for riscv64 that is built on aarch64.
fn crossed() -> Recipe {
    let build = Config::new(Target::new(Arch::Aarch64, "aarch64-linux-gnu"));
    let config = Config::new(Target {
        build: Some(build),
        ..Target::new(Arch::Riscv64, "riscv64-linux-musl")
    });
    Recipe {
        name: "x".into(),
        ..Recipe::new(&config)
    }
}

fn platform(recipe: Recipe) -> BuildPlatform {
    match recipe.plan().action() {
        Ok(Action::Build(build)) => build.platform.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recipe_runs_on_the_build_machine_of_its_config() {
    assert_eq!(platform(crossed()).to_string(), "aarch64");
    let native = Recipe {
        name: "x".into(),
        ..Recipe::new(crossed().config.build())
    };
    assert_eq!(platform(native).to_string(), "aarch64");
}

#[test]
fn a_recipe_may_need_more_of_a_machine() {
    let needs = |needs: &[&str]| Recipe {
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        ..crossed()
    };
    let platform = platform(needs(&["kvm", "big-memory", "kvm"]));
    assert_eq!(platform.to_string(), "aarch64 with big-memory, kvm");
    let plan = needs(&["a b"]).plan();
    let error = plan.action().unwrap_err().to_string();
    assert!(error.contains("invalid name `a b`"), "{error}");
}

#[test]
fn a_directory_that_a_build_would_not_see_is_a_mistake_of_the_recipe() {
    let plan = Recipe {
        dir: "/tmp/work".into(),
        ..crossed()
    }
    .plan();
    let error = plan.action().unwrap_err();
    assert_eq!(error.subject, "x");
    assert!(error.location.file().ends_with("recipe/tests.rs"));
    assert!(error.message.contains("`/tmp/work`"), "{error}");
}
