//! `build`: what comes out, what is told, how it ends.

use super::*;
use crate::plan::{PathSet, Pick};

#[test]
fn an_image_lands_in_its_place_and_the_last_line_is_its_path() {
    let world = World::new();
    let target = disk("one");
    let ran = world.run(&target, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout, "/world/work/target/images/droplet.img\n");
    let image = world.path("work/target/images/droplet.img");
    assert_eq!(&std::fs::read(&image).unwrap()[510..512], [0x55, 0xaa]);
    let left = image.parent().unwrap().read_dir().unwrap().count();
    assert_eq!(left, 1, "nothing else is there");
}

#[test]
fn an_image_that_is_there_is_not_copied_again_unless_it_was_changed() {
    use std::os::unix::fs::MetadataExt as _;
    let world = World::new();
    let target = disk("one");
    let image = world.path("work/target/images/droplet.img");
    let inode = || image.metadata().unwrap().ino();
    world.run(&target, &[]);
    let first = inode();
    world.run(&target, &[]);
    assert_eq!(inode(), first);
    let good = std::fs::read(&image).unwrap();
    std::fs::write(&image, "changed").unwrap();
    world.run(&target, &[]);
    assert!(std::fs::read(&image).unwrap() == good);
}

#[test]
fn a_failed_build_leaves_the_image_alone() {
    let world = World::new();
    let image = world.path("work/out.img");
    std::fs::write(&image, "precious").unwrap();
    let broken = Target::new(
        "droplet",
        Plan::named(name("image")).invalid("says nothing"),
    );
    let ran = world.run(&broken, &["-o", "out.img"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(read(&image), "precious");
}

#[test]
fn plain_lines_tell_what_happens() {
    let world = World::new();
    let ran = world.run(&target(&world), &["build", "zlib", "-j1", "--verbose"]);
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 0
    --- stdout
    /world/store/trees/TXkfxN8f-K5_n5E_io4O-Vzki4KFsfnJFLntDBivRSw=
    --- stderr
    fetching zlib.h from /world/zlib.h
    fetched zlib.h (9 B) in TIME [1/2]
    making zlib-1.3.1
    made zlib-1.3.1 in TIME [2/2]
    fetched 1 (9 B) in TIME, with TIME of processor time
    ");
    let again = world.run(&target(&world), &["build", "zlib"]);
    assert_eq!((again.stdout, again.stderr.as_str()), (ran.stdout, ""));
}

#[test]
fn json_tells_what_happens_as_objects() {
    let world = World::new();
    let ran = world.run(&target(&world), &["build", "zlib", "-j1", "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let events: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = events
        .iter()
        .map(|event| {
            let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("event"), text("label"))
        })
        .collect();
    insta::assert_snapshot!(names.join("\n"), @r"
    planned zlib.h
    planned zlib-1.3.1
    downloading zlib.h
    downloaded zlib.h
    finished zlib.h
    started zlib-1.3.1
    finished zlib-1.3.1
    output zlib-1.3.1
    ");
    assert_eq!(events.last().unwrap()["event"], "output");
}

#[test]
fn a_package_can_be_put_somewhere() {
    let world = World::new();
    let ran = world.run(&target(&world), &["build", "base", "--output", "here/base"]);
    assert_eq!(ran.stdout, "/world/work/here/base\n", "{}", ran.stderr);
    assert_eq!(read(&world.path("work/here/base/etc/motd")), "hello\n");
    let again = world.run(&target(&world), &["build", "base", "--output", "here/base"]);
    assert_eq!(again.code, 2);
    assert!(
        again.stderr.contains("there is something already"),
        "{}",
        again.stderr
    );
}

#[test]
fn packages_that_the_image_does_not_need_can_be_built_by_name() {
    let world = World::new();
    let extra = merge("extra", [file("x", "x")]);
    let target = target(&world).with_package("more", extra);
    for package in ["extra", "more", "droplet", "zlib-1.3.1"] {
        let ran = world.run(&target, &["build", package]);
        assert_eq!(ran.code, 0, "{package}: {}", ran.stderr);
    }
}

#[test]
fn a_dry_run_does_nothing() {
    let world = World::new();
    let ran = world.run(&target(&world), &["-n"]);
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 0
    --- stdout
    zlib.h
    zlib-1.3.1
    base
    image
    --- stderr
    4 jobs to do
    ");
    assert!(world.store().objects().unwrap().is_empty());
    assert!(!world.path("work/target").exists());
}

#[test]
fn a_package_that_is_not_there_is_a_usage_error_with_a_guess() {
    let world = World::new();
    insta::assert_snapshot!(world.run(&target(&world), &["build", "zlip"]).shown(), @r"
    exit status 2
    --- stdout
    --- stderr
    error: cannot find a package or plan `zlip`
    hint: there is a `zlib`
    ");
}

#[test]
fn a_wrong_pin_is_exit_status_12() {
    let world = World::new();
    let mut zlib = source(&world, "zlib.h", "a header\n");
    zlib.digest = Hash::of("another").into();
    let place = Place {
        blob: zlib.into(),
        path: path("zlib.h"),
        mode: Mode::FILE,
    };
    let image = Plan::named(name("image")).action(Action::Place(place));
    insta::assert_snapshot!(world.run(&image.into(), &[]).shown(), @r"
    exit status 12
    --- stdout
    --- stderr
    fetching zlib.h from /world/zlib.h
    failed zlib.h
    error: zlib.h: cannot fetch `zlib.h` with the hash `blake2b:ZvuFxErXKyzGIPhiXjlxOLADdwaG_APS6AH-Qq4Bw0o=`
      `/world/zlib.h` has other bytes: got `blake2b:OKKT6yNFMfON_l-3v351421ygmswsn39sk161l5bTMU=`, expected `blake2b:ZvuFxErXKyzGIPhiXjlxOLADdwaG_APS6AH-Qq4Bw0o=`
      defined:  RECIPE
    hint: if upstream replaced the file, compare both versions before changing the pin
    error: 1 job failed, and 1 more could not be tried
    ");
}

/// The tree of a source that is nowhere to be had.
fn lost(file_name: &str) -> Plan {
    let url = Origin::File(format!("/nowhere/{file_name}").into());
    let place = Place {
        blob: Source::new(Hash::of(file_name), url).into(),
        path: path(file_name),
        mode: Mode::FILE,
    };
    Plan::named(name(file_name)).action(Action::Place(place))
}

#[test]
fn a_source_that_cannot_be_reached_is_exit_status_13() {
    let world = World::new();
    insta::assert_snapshot!(world.run(&lost("zlib.tar.gz").into(), &[]).shown(), @r"
    exit status 13
    --- stdout
    --- stderr
    fetching zlib.tar.gz from /nowhere/zlib.tar.gz
    failed zlib.tar.gz
    error: zlib.tar.gz: cannot fetch `zlib.tar.gz` with the hash `blake2b:2JKbNwxw4b6hY1ChsJ_uHJIQxSwAuPgTG8zflPkRK0E=`
      `/nowhere/zlib.tar.gz` cannot be read: No such file or directory (os error 2)
      defined:  RECIPE
    error: 1 job failed, and 1 more could not be tried
    ");
}

#[test]
fn offline_all_that_is_missing_is_told_before_any_work() {
    let world = World::new();
    let here = source(&world, "here.h", "a header\n");
    let place = Place {
        blob: here.into(),
        path: path("here.h"),
        mode: Mode::FILE,
    };
    let here = Plan::named(name("here")).action(Action::Place(place));
    // Nobody knows yet what this is made of, but it will be needed.
    let later = merge("later", [lost("b.tar").into(), here.into()]);
    let image = merge(
        "image",
        [lost("a.tar").into(), later.into(), lost("a.tar").into()],
    );
    insta::assert_snapshot!(world.run(&image.clone().into(), &["--offline"]).shown(), @r"
    exit status 13
    --- stdout
    --- stderr
    error: cannot build without the network, since these sources are not on this machine:
      a.tar (blake2b:uhvIng9_3pGI0RAtj-TcgPxJV__TdrtjVkp2CJSLjdk=)
      b.tar (blake2b:dHe-EZtXjawUKVvmuEa7t0Xvy1cd2W8OxO4kK_zD8gI=)
    hint: run once without `--offline`, or bring them from another machine with `sources export` and `sources import`
    ");
    assert!(world.store().objects().unwrap().is_empty());
    let ran = world.run(&image.into(), &["--offline", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(error["sources"][1]["file_name"], "b.tar");
}

#[test]
fn what_a_recipe_gets_wrong_is_exit_status_1() {
    let world = World::new();
    let one = merge("one", [file("etc/motd", "one")]);
    let two = merge("two", [file("etc/motd", "two")]);
    let conflict = merge("image", [one.clone().into(), two.into()]);
    insta::assert_snapshot!("conflict", world.run(&conflict.into(), &[]).shown());
    let include = PathSet::new(["usr/**"]).unwrap();
    let pick = Pick {
        tree: one.into(),
        include,
        exclude: PathSet::default(),
    };
    let nothing = Plan::named(name("image")).action(Action::Pick(pick));
    insta::assert_snapshot!("unmatched", world.run(&nothing.into(), &[]).shown());
    let broken = Plan::named(name("zlib")).invalid("has no source\nhint: give it one");
    let broken = merge("image", [broken.into()]);
    insta::assert_snapshot!("invalid", world.run(&broken.into(), &[]).shown());
    let system = Target::computed("droplet", || {
        Err::<Plan, _>("the service `a` comes after `b`")
    });
    insta::assert_snapshot!("system", world.run(&system, &[]).shown());
}

#[test]
fn going_on_tells_every_failure_and_the_highest_status_counts() {
    let world = World::new();
    let (one, two) = (
        merge("one", [file("x", "1")]),
        merge("two", [file("x", "2")]),
    );
    let conflict = merge("conflict", [one.into(), two.into()]);
    let image = merge(
        "image",
        [conflict, lost("a.tar"), lost("b.tar")].map(Artifact::Plan),
    );
    let ran = world.run(&image.into(), &["-k", "-j1", "--json"]);
    let last: serde_json::Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(
        (ran.code, &last["exit"]),
        (13, &13.into()),
        "{}",
        ran.stderr
    );
    let failures = last["failures"].as_array().unwrap();
    let mut codes: Vec<_> = failures
        .iter()
        .map(|failure| failure["exit"].as_u64().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [1, 13, 13]);
    assert_eq!(
        ran.stderr.matches("cannot fetch").count(),
        2,
        "{}",
        ran.stderr
    );
}

#[test]
fn stopped_is_exit_status_130() {
    let world = World::new();
    let (host, stdout, stderr) = world.host(&["build"]);
    host.cancel.cancel();
    let ran = world.run_host(&target(&world), host, &stdout, &stderr);
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(!ran.stderr.contains("failed"), "{}", ran.stderr);
    assert!(
        ran.stderr
            .ends_with("error: stopped; what was built stays built\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_store_that_is_none_or_cannot_be_written_is_exit_status_15() {
    let world = World::new();
    std::fs::write(world.path("store/precious"), "x").unwrap();
    insta::assert_snapshot!("not_a_store", world.run(&target(&world), &[]).shown());
    let file = world.path("file");
    std::fs::write(&file, "x").unwrap();
    let ran = world.run(&target(&world), &["--store", file.join("x").as_str()]);
    assert!(
        ran.stderr
            .starts_with("error: cannot create `/world/file/x`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_output_that_cannot_be_written_is_found_before_the_work() {
    let world = World::new();
    std::fs::write(world.path("work/target"), "a file").unwrap();
    let ran = world.run(&disk("one"), &[]);
    assert_eq!(ran.code, 15);
    assert!(
        ran.stderr
            .contains("hint: choose another place with `--output`"),
        "{}",
        ran.stderr
    );
    assert!(world.store().objects().unwrap().is_empty());
}

#[test]
fn an_output_that_is_in_the_way_is_found_before_the_work() {
    let world = World::new();
    std::fs::create_dir_all(world.path("work/full/x")).unwrap();
    let tree = world.run(&target(&world), &["-o", "full"]);
    insta::assert_snapshot!(tree.shown(), @r"
    exit status 2
    --- stdout
    --- stderr
    error: cannot put a tree at `/world/work/full`: there is something already
    hint: choose another place with `--output`
    ");
    let image = world.run(&disk("one"), &["-o", "full"]);
    insta::assert_snapshot!(image.shown(), @r"
    exit status 2
    --- stdout
    --- stderr
    error: cannot put a file at `/world/work/full`: it is a directory
    hint: name the file too, as in `--output /world/work/full/image`
    ");
    assert!(world.store().objects().unwrap().is_empty());
}

#[test]
fn an_image_that_is_a_tree_stays_in_the_store_unless_it_is_wanted_elsewhere() {
    let world = World::new();
    let ran = world.run(&target(&world), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("/world/store/trees/"),
        "{}",
        ran.stdout
    );
    assert!(!world.path("work/target").exists());
    let ran = world.run(&target(&world), &["-o", "here"]);
    assert_eq!(ran.stdout, "/world/work/here\n", "{}", ran.stderr);
    assert_eq!(read(&world.path("work/here/etc/motd")), "hello\n");
}

#[test]
fn the_image_is_put_in_its_place_also_without_the_way_back_to_its_plan() {
    let world = World::new();
    world.run(&disk("one"), &["build", "droplet"]);
    let makers = world.path("store/makers");
    std::fs::remove_dir_all(&makers).unwrap();
    std::fs::create_dir(&makers).unwrap();
    let ran = world.run(&disk("one"), &["-o", "out.img"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(world.path("work/out.img").is_file());
    assert_eq!(world.store().roots().unwrap()[0].name, "droplet");
}

#[test]
fn a_dry_run_names_each_label_once() {
    let world = World::new();
    let twice = ["1", "2"].map(|text| Artifact::Plan(merge("twin", [file(text, text)])));
    let ran = world.run(&merge("image", twice).into(), &["-n"]);
    assert_eq!(ran.stdout.matches("twin\n").count(), 1, "{}", ran.stdout);
    assert_eq!(ran.stderr, "4 jobs to do\n");
}

#[test]
fn a_repetition_that_differs_names_both_results() {
    let world = World::new();
    let target = target(&world);
    let built = world.run(&target, &["build", "base"]);
    assert_eq!(built.code, 0, "{}", built.stderr);
    // As if the first run had made something else.
    let store = world.store();
    let other = world.run(&Target::new("x", merge("x", [file("etc/motd", "x")])), &[]);
    let other = other.stdout.trim().rsplit('/').next().unwrap().to_owned();
    let is = built.stdout.trim().rsplit('/').next().unwrap().to_owned();
    for record in world.path("store/records").read_dir_utf8().unwrap() {
        let path = record.unwrap().into_path();
        let text = read(&path).replace(&is, &other);
        std::fs::write(&path, text).unwrap();
    }
    drop(store);
    let ran = world.run(&target, &["build", "base", "--check"]);
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 14
    --- stdout
    --- stderr
    failed base
    error: base: the build is not reproducible: `etc/motd`, `usr`, `usr/include`, `usr/include/zlib.h` differ
      defined:  RECIPE
      plan:     YOglqp330e277APXPfKeEBIEAYFys5cs7lBb32Lz0eA=
      recorded: /world/store/trees/CQJ5X9x_F9BG7fEJNFptLxclbtezUxZazySK_1HEFUE=
      now:      /world/store/trees/jE-4PsbJ_nb7UomkllH3CaS7z5NS4UQ8fQPoRRXPOrA=
    error: 1 job failed
    ");
}

#[test]
fn without_a_runner_an_image_cannot_be_run() {
    let world = World::new();
    let ran = world.run(&disk("one"), &["run"]);
    assert_eq!(ran.code, 1);
    let seen = std::sync::Arc::new(Mutex::new(String::new()));
    let runner = {
        let seen = seen.clone();
        move |context: &crate::cli::RunContext<'_>| {
            *seen.lock().unwrap() = context.image.to_string();
            assert_eq!(context.options.memory, 512);
            Ok(7)
        }
    };
    let target = disk("one").with_runner(runner);
    let dry = world.run(&target, &["run", "--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(
        dry.stderr.contains("1 job to do\nthe machine"),
        "{}",
        dry.stderr
    );
    assert_eq!(*seen.lock().unwrap(), "", "nothing is there to be run");
    for words in [["--attach", "more.img"], ["--ssh-key", "mine.pub"]] {
        let refused = world.run(&target, &["run", words[0], words[1]]);
        let said = &refused.stderr;
        assert!(said.contains(words[1]) && !said.contains("built"), "{said}");
    }
    let ran = world.run(&target, &["run"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(
        seen.lock()
            .unwrap()
            .ends_with("work/target/images/droplet.img")
    );
}
