//! Commands that explain: `plan`, `why`, `log`, `sum`, `sources`, `doctor`.

use super::*;

#[test]
fn plan_lists_the_graph_before_and_after() {
    let world = World::new();
    let target = target(&world);
    let before = world.run(&target, &["plan"]);
    world.run(&target, &["build", "zlib"]);
    let after = world.run(&target, &["plan"]);
    insta::assert_snapshot!(format!("{}\n{}", before.stdout, after.stdout), @r"
    missing  VFAgMgJP place   zlib-1.3.1
    missing  -        merge   base
    missing  -        merge   image

    there    VFAgMgJP place   zlib-1.3.1
    missing  YOglqp33 merge   base
    missing  -        merge   image
    ");
}

#[test]
fn plan_shows_what_decides_the_output() {
    let world = World::new();
    let target = target(&world);
    let zlib = world.run(&target, &["plan", "zlib"]);
    insta::assert_snapshot!(zlib.shown(), @r#"
    exit status 0
    --- stdout
    {
      "distill-plan": 2,
      "version": 1,
      "action": {
        "place": {
          "blob": "blake2b:OKKT6yNFMfON_l-3v351421ygmswsn39sk161l5bTMU=",
          "path": "usr/include/zlib.h",
          "mode": "0644"
        }
      }
    }
    --- stderr
    zlib-1.3.1 RECIPE
    plan   VFAgMgJPUYJpfSpE5h4mnH8jKvryWYTDe6TjpK7lbR4=
    made from
       zlib.h
    "#);
    let base = world.run(&target, &["plan", "base"]);
    assert!(
        base.stderr
            .contains("its hash is known once these are built"),
        "{}",
        base.stderr
    );
    assert_eq!(base.stdout, "zlib-1.3.1\n");
    let told = "made from\n  / zlib-1.3.1  RECIPE\n";
    assert!(base.stderr.contains(told), "{}", base.stderr);
    world.run(&target, &["build", "zlib"]);
    let value = described(&world, &target, "base");
    assert_eq!(value["inputs"][0]["label"], "zlib-1.3.1");
    assert_eq!(value["inputs"][0]["at"], "/");
    assert_eq!(
        value["encoding"]["action"]["merge"]["inputs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_plan_is_found_by_the_beginning_of_its_hash() {
    let world = World::new();
    let target = target(&world);
    let value = described(&world, &target, "zlib");
    let prefix = format!("@{}", &value["plan"].as_str().unwrap()[..6]);
    assert_eq!(described(&world, &target, &prefix), value);
    // A plan that ran once is found also by a program that knows nothing of it.
    assert_eq!(world.run(&target, &["build", "zlib"]).code, 0);
    let other = Target::new("other", merge("image", []));
    assert_eq!(described(&world, &other, &prefix), value["encoding"]);
}

fn described(world: &World, target: &Target, package: &str) -> serde_json::Value {
    let ran = world.run(target, &["plan", "--json", package]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.shown()))
}

#[test]
fn why_shows_the_way() {
    let world = World::new();
    let target = target(&world);
    insta::assert_snapshot!(world.run(&target, &["why", "zlib"]).shown(), @r"
    exit status 0
    --- stdout
    image
    └ base
      └ zlib-1.3.1
    --- stderr
    ");
    let source = world.run(&target, &["why", "zlib.h"]);
    assert!(
        source.stdout.ends_with("zlib-1.3.1\n    └ zlib.h\n"),
        "{}",
        source.stdout
    );
    let extra = target.with_package("extra", merge("extra", []));
    let ran = world.run(&extra, &["why", "extra"]);
    assert_eq!(
        ran.stderr,
        "error: the image `droplet` does not need `extra`\n"
    );
}

#[test]
fn two_plans_of_one_name_are_told_apart_by_hash() {
    let world = World::new();
    let (one, two) = (merge("x", [file("1", "1")]), merge("x", [file("2", "2")]));
    let target = Target::new("droplet", merge("image", [one.into(), two.into()]));
    let ran = world.run(&target, &["plan", "x"]);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.stderr, @r"
    error: cannot tell which plan `x` is:
      h0cup3m0  x (RECIPE)
      4gMelXc3  x (RECIPE)
    hint: give the label or the hash instead of the name
    ");
}

#[test]
fn a_log_is_found_by_name_and_by_hash() {
    let world = World::new();
    let target = target(&world);
    let none = world.run(&target, &["log", "zlib"]);
    assert!(
        none.stderr.contains("there is no log of `zlib`"),
        "{}",
        none.stderr
    );
    let described = described(&world, &target, "zlib");
    let plan: crate::plan::PlanHash = described["plan"].as_str().unwrap().parse().unwrap();
    for text in ["first\n", "second\n"] {
        let mut log = world.store().begin_log(&plan).unwrap();
        log.write_all(text.as_bytes()).unwrap();
        log.finish().unwrap();
    }
    assert_eq!(world.run(&target, &["log", "zlib"]).stdout, "second\n");
    assert_eq!(
        world
            .run(&target, &["log", "zlib", "--list"])
            .stdout
            .lines()
            .count(),
        2
    );
}

#[test]
fn sums_are_as_recipes_write_them() {
    let world = World::new();
    std::fs::write(world.path("work/abc"), "abc").unwrap();
    let sums = "\
sha256(\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\")  abc
blake2b(\"vd2BPGNCOXIxce8_7phXm5SWTjuxyz5CcmLIwGjVIxk=\")  abc
";
    let target = target(&world);
    assert_eq!(world.run(&target, &["sum", "abc"]).stdout, sums);
    let (mut host, stdout, stderr) = world.host(&["sum"]);
    host.stdin = Box::new(&b"abc"[..]);
    let ran = world.run_host(&target, host, &stdout, &stderr);
    assert_eq!(ran.stdout, sums.replace("  abc", "  -"));
    let missing = world.run(&target, &["sum", "missing"]);
    assert_eq!(missing.code, 1);
    assert!(
        missing.stderr.starts_with("error: cannot open `missing`"),
        "{}",
        missing.stderr
    );
}

#[test]
fn modules_of_go_are_pinned_by_what_go_has_fetched() {
    let world = World::new();
    let (target, write) = (target(&world), |path: &str, text: &str| {
        let path = world.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    });
    write(
        "work/shop/go.sum",
        "a.example/Text v1.0.0 h1:x=\na.example/Text v1.0.0/go.mod h1:y=\na.example/old v0.1.0/go.mod h1:z=\n",
    );
    let sum = || {
        let (mut host, stdout, stderr) = world.host(&["sum", "--go", "shop"]);
        host.env = Environment::from_iter([("GOPATH", world.path("gopath").as_str())]);
        world.run_host(&target, host, &stdout, &stderr)
    };
    let nothing = sum();
    assert_eq!(nothing.code, 1, "{}", nothing.stderr);
    assert!(
        nothing.stderr.contains("go mod download"),
        "{}",
        nothing.stderr
    );
    let cache = "cache/download/a.example/!text/@v/v1.0.0";
    write(&format!("gopath/pkg/mod/{cache}.zip"), "abc");
    write(&format!("gopath/pkg/mod/{cache}.mod"), "");
    let ran = sum();
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 0
    --- stdout
    a.example/Text v1.0.0 zip ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
    a.example/Text v1.0.0 mod e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    --- stderr
    1 file that `go.sum` names, and `go mod download` did not fetch, not in `go.pins`
    ");
}

#[test]
fn a_directory_of_ones_own_is_told_among_the_sources() {
    let world = World::new();
    let directory = world.path("shop");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("main.c"), "").unwrap();
    let source = crate::package::source::local(directory.clone());
    let Artifact::Plan(plan) = source.tree("shop", "1").unwrap() else {
        panic!("a plan of its own");
    };
    let target = Target::new("image", plan);
    let ran = world.run(&target, &["sources"]);
    assert_eq!(ran.stdout, "local   /world/shop shop\n", "{}", ran.stderr);
}

#[test]
fn sources_travel() {
    let (here, there) = (World::new(), World::new());
    let ran = here.run(&target(&here), &["sources"]);
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 0
    --- stdout
    missing blake2b:OKKT6yNFMfON_l-3v351421ygmswsn39sk161l5bTMU= zlib.h
    --- stderr
    ");
    let carried = here.path("carried");
    let ran = here.run(&target(&here), &["sources", "export", carried.as_str()]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "/world/carried\n"),
        "{}",
        ran.stderr
    );
    let image = target(&there);
    std::fs::remove_file(there.path("zlib.h")).unwrap();
    assert_eq!(there.run(&image, &["build", "zlib", "--offline"]).code, 13);
    let with_cache = ["build", "zlib", "--offline", "--cache", carried.as_str()];
    assert_eq!(there.run(&image, &with_cache).code, 0);
    let third = World::new();
    let image = target(&third);
    std::fs::remove_file(third.path("zlib.h")).unwrap();
    let ran = third.run(&image, &["sources", "import", carried.as_str()]);
    assert!(
        ran.stderr.starts_with("1 new source (9 B)"),
        "{}",
        ran.stderr
    );
    assert_eq!(third.run(&image, &["build", "zlib", "--offline"]).code, 0);
}

#[test]
fn a_directory_that_is_no_cache_is_refused() {
    let world = World::new();
    let ran = world.run(&target(&world), &["sources", "import", "."]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("as a cache"), "{}", ran.stderr);
}

#[test]
fn the_doctor_works_without_a_place_for_the_store() {
    let world = World::new();
    std::fs::create_dir(world.path("tmp")).unwrap();
    let (mut host, stdout, stderr) = world.host(&["doctor"]);
    host.env = Environment::default();
    let ran = world.run_host(&target(&world), host, &stdout, &stderr);
    assert_eq!(ran.code, 15, "{}", ran.stderr);
    let told = "unfit  store          cannot tell where to keep what is built\n\
                \u{20}                     hint: say where with `--store DIRECTORY`, or set";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    assert!(ran.stdout.contains(" namespaces "), "{}", ran.stdout);
    assert_eq!(world.path("tmp").read_dir().unwrap().count(), 0);
}

#[test]
fn the_doctor_sees_the_store_and_the_mirrors() {
    let world = World::new();
    let apt = world.path("etc/apt");
    std::fs::create_dir(&apt).unwrap();
    let line = "deb http://mirror.example/debian trixie main\n";
    std::fs::write(apt.join("sources.list"), line).unwrap();
    let ran = world.run(&target(&world), &["doctor", "--json"]);
    let findings: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |subject: &str| {
        let found = findings
            .iter()
            .find(|finding| finding["subject"] == subject);
        found
            .unwrap_or_else(|| panic!("{subject}: {}", ran.stdout))
            .clone()
    };
    assert_eq!(
        of("debian")["text"],
        "http://mirror.example/debian (apt's own)"
    );
    assert!(
        of("store")["text"]
            .as_str()
            .unwrap()
            .starts_with("`/world/store`")
    );
    assert_eq!(of("certificates")["grade"], "weak");
    of("namespaces");
}

/// A platform without anything, and a system with two mistakes.
fn mistaken() -> Target {
    use crate::execline;
    use crate::package::{Arch, Config, Target as For};
    use crate::system::{ImageMaker, Platform, Service, System};

    let config = Config::new(For::new(Arch::X86_64, "x86_64-linux-musl"));
    let image = ImageMaker::new(|_, _| merge("image", []));
    let idle = |name| Service::longrun(name, execline! { sleep inf });
    let clock = idle("clock").ready_when_started();
    let system = System::new().services([clock, idle("a").after("clok"), idle("b").writes("/x")]);
    Target::from((Platform::new("board", config, image), system))
}

#[test]
fn check_tells_all_mistakes_of_a_system() {
    let world = World::new();
    let ran = world.run(&mistaken(), &["check"]);
    // The lines of this file move.
    let lines = without_lines(&ran.shown());
    insta::assert_snapshot!(lines);
    let json = world.run(&mistaken(), &["check", "--json"]);
    let value: serde_json::Value = serde_json::from_str(json.stdout.trim()).unwrap();
    assert_eq!(value["findings"].as_array().unwrap().len(), 2);
    assert_eq!(value["findings"][0]["hints"][0], "did you mean `clock`?");
    assert_eq!(value["exit"], 1);
}

/// The text with `LINE` for line numbers behind a file's name.
fn without_lines(text: &str) -> String {
    let word = |word: &str| match word.split_once(".rs:") {
        Some((file, _)) => format!("{file}.rs:LINE:"),
        None => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn check_warns_of_packages_that_do_not_say_what_they_are() {
    use crate::package::{Arch, Config, Recipe, Target as For};

    let config = Config::new(For::new(Arch::X86_64, "x86_64-linux-musl"));
    let tool = |licence: &str| {
        let recipe = Recipe {
            name: "tool".into(),
            version: "1".into(),
            licence: licence.into(),
            homepage: "https://example.org/tool".into(),
            ..Recipe::new(&config)
        };
        merge("image", [recipe.plan().into()])
    };
    let world = World::new();
    let ran = world.run(&tool("GPL").into(), &["check"]);
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 0
    --- stdout
    --- stderr
    warning: tool-1 (x86_64-linux-musl) (RECIPE) has the licence `GPL`, which is no SPDX expression: unknown term
    hint: the names are those of https://spdx.org/licenses; one of your own begins with `LicenseRef-`
    `image` is sound: 2 plans, no mistakes, 1 warning
    ");
    let json = world.run(&tool("").into(), &["check", "--json"]);
    let value: serde_json::Value = serde_json::from_str(json.stdout.trim()).unwrap();
    let told = value["warnings"][0].as_str().unwrap();
    assert!(told.contains("says nothing of its licence"), "{told}");
    let ran = world.run(&tool("MIT").into(), &["check"]);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

#[test]
fn check_looks_into_recipes_and_builds_nothing() {
    let world = World::new();
    let sound = target(&world);
    let ran = world.run(&sound, &["check"]);
    assert_eq!(
        ran.shown(),
        "exit status 0\n--- stdout\n--- stderr\n`droplet` is sound: 3 plans, no mistakes\n"
    );
    let broken = Plan::named(name("zlib")).invalid("has no source");
    let ran = world.run(&merge("image", [broken.into()]).into(), &["check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("has no source"), "{}", ran.stderr);
}

#[test]
fn a_plan_shows_on_which_machine_it_is_built() {
    use crate::package::{Arch, Config, Recipe, Target as For};

    let world = World::new();
    let config = Config::new(For::new(Arch::Riscv64, "riscv64-linux-musl"));
    let board = Recipe {
        name: "board".into(),
        needs: vec!["kvm".into()],
        ..Recipe::new(&config)
    };
    let target = Target::new("droplet", board.plan());
    let platform = serde_json::json!({"arch": "riscv64", "needs": ["kvm"]});
    let value = described(&world, &target, "board");
    assert_eq!(value["platform"], platform);
    let encoded = &value["encoding"]["action"]["build"]["platform"];
    assert_eq!(*encoded, platform);
    // No machine has what nobody says that it has.
    let ran = world.run(&target, &[]);
    let machine = crate::engine::Machine::here();
    let told = format!(
        "error: cannot build on this machine: `board (riscv64-linux-musl)` needs a machine of \
         `riscv64 with kvm`, and this one is `{machine}`\n"
    );
    assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    assert_eq!(ran.code, 15, "{}", ran.stderr);
    assert!(world.store().objects().unwrap().is_empty());
}

#[test]
fn no_password_of_a_mirror_or_proxy_is_told() {
    for written in [
        "http://hugo:s3cret@mirror.example/debian",
        "http://hugo:s3/cret@mirror.example/debian",
        "hugo:s3cret@mirror.example/debian",
        "http://hugo:12,s3cret@mirror.example/debian",
    ] {
        let world = World::new();
        let apt = world.path("etc/apt");
        std::fs::create_dir(&apt).unwrap();
        let line = format!("deb {written} trixie main\n");
        std::fs::write(apt.join("sources.list"), line).unwrap();
        let variables = [
            ("DISTILL_DEBIAN_MIRROR", written),
            ("http_proxy", written),
            ("https_proxy", written),
        ];
        for (env, args) in [
            (&variables[..], &["doctor"][..]),
            (&variables[1..], &["doctor", "--json"]),
            (&variables[..], &["build", "zlib"]),
            (&variables[..], &["sources", "--verbose"]),
        ] {
            let (mut host, stdout, stderr) = world.host(args);
            let store = ("DISTILL_STORE", world.path("store"));
            let env = env.iter().copied().chain([(store.0, store.1.as_str())]);
            host.env = env.collect();
            let ran = world.run_host(&target(&world), host, &stdout, &stderr);
            for secret in ["hugo", "s3", "cret"] {
                let told = format!("{}{}", ran.stdout, ran.stderr);
                assert!(!told.contains(secret), "{args:?} tells: {told}");
            }
        }
    }
}
