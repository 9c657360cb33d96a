use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Cargo, TARGET, VENDOR};
use crate::package::source::{crates_io, local, sha256};
use crate::package::testing::{config, crossed, here, mistakes, text};
use crate::package::{Config, Pin};
use crate::plan::{Action, Artifact, Plan, closure};

const LOCK: &str = r#"
version = 4
[[package]]
name = "itoa"
version = "1.0.19"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
[[package]]
name = "shop"
version = "0.1.0"
dependencies = ["itoa"]
"#;

/// A program beside the recipe.
struct Shop {
    _temp: tempfile::TempDir,
    directory: Utf8PathBuf,
}

impl Shop {
    fn new() -> Shop {
        let temp = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temp.path()).unwrap().join("shop");
        let shop = Shop {
            _temp: temp,
            directory,
        };
        shop.write(
            "Cargo.toml",
            "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n",
        );
        shop.write("Cargo.lock", LOCK);
        shop.write("src/main.rs", "mod page;");
        shop.write("src/page.rs", "");
        shop
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.directory.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn recipe(&self, config: &Config) -> Cargo {
        recipe(config, local(self.directory.clone()))
    }
}

fn recipe(config: &Config, source: Pin) -> Cargo {
    Cargo {
        name: "shop".into(),
        version: "1".into(),
        source: Some(source),
        bins: vec!["shop".into()],
        features: vec!["tls".into(), "log".into()],
        no_default_features: true,
        rustflags: vec!["-Copt-level=s".into()],
        ..Cargo::new(config)
    }
}

fn pinned() -> Pin {
    crates_io("shop", "0.1.0", sha256("b".repeat(64)))
}

/// The plan of this name that `plan` needs.
fn of<'p>(plan: &'p Plan, name: &str) -> Option<&'p Plan> {
    closure([plan])
        .into_iter()
        .find(|plan| plan.name().to_string() == name)
}

/// Where the inputs of a build lie that are not at the root.
fn places(plan: &Plan) -> Vec<String> {
    let Ok(Action::Build(build)) = plan.action() else {
        panic!("{plan:?}");
    };
    let places = build
        .inputs
        .iter()
        .filter(|input| input.at.relative().is_some());
    places.map(|input| input.at.to_string()).collect()
}

fn shown(plan: &Plan) -> String {
    format!("{:?}", plan.action().unwrap())
}

#[test]
fn crates_are_compiled_anew_only_if_the_manifests_change() {
    let shop = Shop::new();
    let config = here();
    let plan = || shop.recipe(&config).plan();
    let crates = || {
        let plan = plan();
        let crates = of(&plan, "shop-dependencies").expect("a plan of its own");
        shown(crates)
    };
    let before = crates();
    shop.write("src/page.rs", "fn page() {}");
    shop.write("src/text.rs", "");
    shop.write("src/main.rs", "mod page; mod text;");
    assert_eq!(crates(), before);
    shop.write("src/bin/admin.rs", "");
    let with_another_program = crates();
    assert_ne!(with_another_program, before);
    assert_eq!(
        places(&plan()),
        [VENDOR, TARGET, "/sysroot/x86_64-linux-musl", "/src/shop-1"]
    );
}

#[test]
fn every_crate_is_a_source_of_its_own() {
    let shop = Shop::new();
    let plan = shop.recipe(&here()).plan();
    let itoa = of(&plan, "itoa").unwrap();
    assert_eq!(itoa.meta().purl.as_deref(), Some("pkg:cargo/itoa@1.0.19"));
    assert_eq!(itoa.label(), "itoa-1.0.19");
    let Action::Unpack(unpack) = itoa.action().unwrap() else {
        panic!("{itoa:?}");
    };
    let Artifact::Source(source) = &unpack.archive else {
        panic!("{unpack:?}");
    };
    assert_eq!(
        source.digest.to_string(),
        format!("sha256:{}", "a".repeat(64))
    );
    assert_eq!(source.origins.len(), 2, "{source:?}");
    let vendored = shown(of(&plan, "shop-crates").unwrap());
    assert!(
        vendored.contains("itoa-1.0.19/.cargo-checksum.json"),
        "{vendored}"
    );
}

#[test]
fn a_source_from_outside_brings_its_list_with_the_recipe() {
    let cargo = recipe(&here(), pinned());
    let told = mistakes(&cargo.clone().plan()).concat();
    assert!(told.contains("lock: include_str!"), "{told}");
    let lock = Some(LOCK.to_owned());
    let plan = Cargo { lock, ..cargo }.plan();
    assert_eq!(mistakes(&plan), [""; 0]);
    assert_eq!(text(&plan, "Cargo.lock"), LOCK);
    assert!(of(&plan, "shop-dependencies").is_none());
}

#[test]
fn mistakes_are_told_with_what_to_write() {
    let shop = Shop::new();
    let told = |cargo: Cargo| mistakes(&cargo.plan()).concat();
    let with_a_list = Cargo {
        lock: Some(LOCK.to_owned()),
        ..shop.recipe(&here())
    };
    assert!(told(with_a_list).contains("`lock` is for sources from outside"));
    assert!(told(shop.recipe(&config())).contains("`Target::rust`"));
    fs::remove_file(shop.directory.join("Cargo.lock")).unwrap();
    assert!(told(shop.recipe(&here())).contains("cargo generate-lockfile"));
    let nowhere = recipe(&here(), local("/nowhere/shop"));
    assert!(told(nowhere).contains("`/nowhere/shop` is not there"));
}

#[test]
fn the_list_of_a_workspace_lies_at_its_top() {
    let shop = Shop::new();
    let cargo = Cargo {
        subdir: "member".into(),
        ..shop.recipe(&here())
    };
    let plan = cargo.plan();
    assert_eq!(mistakes(&plan), [""; 0]);
    assert!(
        text(&plan, "build").contains("cd member"),
        "{}",
        text(&plan, "build")
    );
}

#[test]
fn cargo_is_told_the_toolchain() {
    let shop = Shop::new();
    let program = text(&shop.recipe(&crossed()).plan(), "build");
    let words = [
        "CARGO",
        "RUSTFLAGS",
        "unknown_linux",
        "HOST_",
        "PKG_CONFIG",
        "cargo",
        "FLAGS",
    ];
    let told = |line: &&str| words.iter().any(|word| line.contains(word));
    let told: Vec<_> = program.lines().filter(told).map(str::trim).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    export AR_powerpc64le_unknown_linux_musl powerpc64le-linux-musl-ar
    export CARGO_INCREMENTAL 0
    export CARGO_PROFILE_RELEASE_DEBUG false
    export CARGO_TARGET_DIR /src/.target
    export CARGO_TARGET_POWERPC64LE_UNKNOWN_LINUX_MUSL_LINKER powerpc64le-linux-musl-cc
    export CC_powerpc64le_unknown_linux_musl powerpc64le-linux-musl-cc
    unexport CFLAGS
    export CFLAGS_powerpc64le_unknown_linux_musl -Os
    unexport CXXFLAGS
    export HOST_AR build-ar
    export HOST_CC build-cc
    unexport LDFLAGS
    export PKG_CONFIG pkg-config
    export PKG_CONFIG_ALLOW_CROSS 1
    export PKG_CONFIG_ALL_STATIC 1
    unexport PKG_CONFIG_LIBDIR
    export PKG_CONFIG_LIBDIR_powerpc64le_unknown_linux_musl
    unexport PKG_CONFIG_SYSROOT_DIR
    export PKG_CONFIG_SYSROOT_DIR_powerpc64le_unknown_linux_musl /sysroot/powerpc64le-linux-musl
    export RANLIB_powerpc64le_unknown_linux_musl powerpc64le-linux-musl-ranlib
    export RUSTFLAGS "-Clink-self-contained=no -Copt-level=s"
    cargo --config /cargo/config.toml build --release --locked --target powerpc64le-unknown-linux-musl
    "#);
}
