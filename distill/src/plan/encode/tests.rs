use super::super::*;
use super::*;
use crate::disk::{DiskSize, Guid, Layout, SectorSize};

fn tree(text: &str) -> Object {
    Object::Tree(Hash::of(text))
}

fn input(at: &str, of: &str) -> Input<Object> {
    Input {
        at: AbsPath::new(at).unwrap(),
        of: tree(of),
    }
}

fn build(inputs: Vec<Input<Object>>) -> Resolved {
    let (output, setid) = (OutputKind::Tree, PathSet::default());
    Resolved::new(Action::Build(Build {
        platform: BuildPlatform::any(Arch::X86_64),
        inputs,
        output,
        setid,
    }))
}

fn samples() -> Vec<(&'static str, Resolved)> {
    let blob = Object::Blob(Digest::Blake2b(Hash::of("blob")));
    let set = |pattern| PathSet::new([pattern]).unwrap();
    vec![
        (
            "build",
            build(vec![input("/", "a"), input("/sysroot/x", "b")]),
        ),
        (
            "build of a file, with a setuid program, on a machine with more",
            Resolved::new(Action::Build(Build {
                platform: BuildPlatform {
                    arch: Arch::Aarch64,
                    needs: [Name::new("kvm").unwrap()].into(),
                },
                inputs: vec![input("/", "a")],
                output: OutputKind::File(RelPath::new("disk.img").unwrap()),
                setid: set("usr/bin/su"),
            })),
        ),
        (
            "unpack",
            Resolved::new(Action::Unpack(Unpack {
                archive: blob,
                format: archive::Format::TarXz,
                strip: true,
                include: set("src"),
                exclude: set("**/*.exe"),
                no_end_marker: false,
            })),
        ),
        (
            "place",
            Resolved::new(Action::Place(Place {
                blob,
                path: RelPath::new("etc/x").unwrap(),
                mode: Mode::FILE,
            })),
        ),
        (
            "extract",
            Resolved::new(Action::Extract(Extract {
                tree: tree("a"),
                path: RelPath::new("boot/vmlinuz").unwrap(),
            })),
        ),
        (
            "pick",
            Resolved::new(Action::Pick(Pick {
                tree: tree("a"),
                include: set("usr/lib"),
                exclude: PathSet::default(),
            })),
        ),
        (
            "fill",
            Resolved::new(Action::Fill(Fill {
                tree: tree("a"),
                from: tree("b"),
            })),
        ),
        (
            "merge",
            Resolved::new(Action::Merge(Merge {
                inputs: vec![input("/", "a"), input("/x", "b")],
            })),
        ),
        (
            "disk",
            Resolved::new(Action::Disk(Layout {
                sector_size: SectorSize::B512,
                alignment: 1 << 20,
                size: DiskSize::Minimal { slack: 1 << 20 },
                guid: Guid::derive(b"seed", "disk"),
                bios: None,
                partitions: Vec::new(),
            })),
        ),
    ]
}

/// A change of an encoding or a hash here changes the hash of every plan of that operation: users
/// rebuild those. It belongs to a new line in `plan/version.rs`, or to a new format.
#[test]
fn encodings_and_hashes_are_golden() {
    let table: String = samples()
        .iter()
        .map(|(name, plan)| {
            let text = String::from_utf8(plan.encode()).unwrap();
            let operation = plan.action().operation();
            let (version, hash) = (operation.version(), plan.hash());
            format!("{name}: moves with `{operation}`, now version {version}\n{text}{hash}\n\n")
        })
        .collect();
    insta::assert_snapshot!(table);
}

/// The samples whose hash is another one in a program that has a later version of `operation`.
fn moved_with(operation: Operation) -> Vec<&'static str> {
    let later = |each: Operation| each.version() + u32::from(each == operation);
    samples()
        .into_iter()
        .filter(|(_, plan)| PlanHash(Hash::of(plan.encode_as(later))) != plan.hash())
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn a_new_version_moves_the_plans_of_its_operation_and_no_others() {
    let all = samples();
    for operation in Operation::ALL {
        let own: Vec<_> = all
            .iter()
            .filter(|(_, plan)| plan.action().operation() == operation)
            .map(|(name, _)| *name)
            .collect();
        assert!(!own.is_empty(), "no sample of `{operation}`");
        assert_eq!(moved_with(operation), own, "`{operation}`");
    }
}

/// The version that is written is the one that belongs to the name that is written.
#[test]
fn names_of_operations_are_those_of_the_encoding() {
    for (name, plan) in samples() {
        let value = serde_json::to_value(&plan).unwrap();
        let names: Vec<_> = value["action"].as_object().unwrap().keys().collect();
        assert_eq!(names, [plan.action().operation().name()], "{name}");
    }
}

#[test]
fn decode_gives_the_same_value() {
    for (name, plan) in samples() {
        assert_eq!(Resolved::decode(&plan.encode()).unwrap(), plan, "{name}");
    }
}

/// What is not asked for is not there, so that plans from before there was the option have their hashes.
#[test]
fn an_option_is_in_the_encoding_when_it_is_given() {
    let unpack = |no_end_marker| {
        Resolved::new(Action::Unpack(Unpack {
            archive: Object::Blob(Digest::Blake2b(Hash::of("blob"))),
            format: archive::Format::Tar,
            strip: false,
            include: PathSet::default(),
            exclude: PathSet::default(),
            no_end_marker,
        }))
    };
    let text = |plan: &Resolved| String::from_utf8(plan.encode()).unwrap();
    let (without, with) = (unpack(false), unpack(true));
    assert!(!text(&without).contains("no_end_marker"));
    assert!(
        text(&with).contains(r#","no_end_marker":true}"#),
        "{}",
        text(&with)
    );
    for plan in [without, with] {
        assert_eq!(Resolved::decode(&plan.encode()).unwrap(), plan);
    }
}

#[test]
fn order_and_repetition_do_not_matter() {
    let (a, b) = (input("/", "a"), input("/x", "b"));
    let plan = build(vec![a.clone(), b.clone()]);
    assert_eq!(build(vec![b.clone(), a.clone(), b]).hash(), plan.hash());
}

#[test]
fn what_decides_the_output_is_inside() {
    let plan = build(vec![input("/", "a")]);
    assert_ne!(build(vec![input("/", "b")]).hash(), plan.hash());
    assert_ne!(build(vec![input("/a", "a")]).hash(), plan.hash());
    let Action::Build(mut elsewhere) = plan.action().clone() else {
        unreachable!("it is a build");
    };
    elsewhere.platform.arch = Arch::Riscv64;
    let elsewhere = Resolved::new(Action::Build(elsewhere));
    assert_ne!(elsewhere.hash(), plan.hash());
    let hashes: std::collections::BTreeSet<_> =
        samples().iter().map(|(_, plan)| plan.hash()).collect();
    assert_eq!(hashes.len(), samples().len());
}

fn refused(text: &str) -> DecodeError {
    Resolved::decode(text.as_bytes()).expect_err(text)
}

#[test]
fn refuses_other_bytes() {
    let text = String::from_utf8(samples()[0].1.encode()).unwrap();
    let spaced = text.replace(',', ", ");
    assert!(matches!(refused(&spaced), DecodeError::NotCanonical));
    for odd in [
        text.replace("\"output\"", "\"outputs\""),
        text.replace("\"version\":1,", ""),
        text.replace("\"version\"", "\"more\":1,\"version\""),
        text.replace("{\"build\"", "{\"pick\":1,\"build\""),
        String::new(),
    ] {
        assert!(matches!(refused(&odd), DecodeError::Syntax(_)), "{odd}");
    }
}

#[test]
fn a_plan_of_another_version_is_refused_whatever_else_it_says() {
    for (name, plan) in samples() {
        let operation = plan.action().operation();
        let later = |each: Operation| each.version() + 1;
        let bytes = plan.encode_as(later);
        match Resolved::decode(&bytes) {
            Err(DecodeError::Version {
                operation: of,
                needed,
            }) => assert_eq!((of, needed), (operation, operation.version() + 1), "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    let unpack = r#"{"distill-plan":2,"version":3,"action":{"unpack":{"new":"field"}}}"#;
    assert_eq!(
        refused(unpack).to_string(),
        "cannot carry out the plan: it needs `unpack` version 3, and this program knows version 1\n\
         hint: use the version of Distill that made it, or build the package anew from its recipe"
    );
    let squash = r#"{"distill-plan":2,"version":1,"action":{"squash":{"new":"field"}}}"#;
    assert!(matches!(refused(squash), DecodeError::Unknown(name) if name == "squash"));
    for (format, text) in [
        (
            1,
            r#"{"distill-plan":1,"action":{"build":{"inputs":[],"output":"tree"}}}"#,
        ),
        (3, r#"{"distill-plan":3,"something":"else"}"#),
    ] {
        assert!(matches!(refused(text), DecodeError::Format(found) if found == format));
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn any_input() -> impl Strategy<Value = Input<Object>> {
        ("(/[a-z]{1,3}){1,3}", any::<[u8; 32]>()).prop_map(|(at, hash)| Input {
            at: AbsPath::new(at).unwrap(),
            of: Object::Tree(Hash::from_bytes(hash)),
        })
    }

    proptest! {
        #[test]
        fn round_trips(inputs in proptest::collection::vec(any_input(), 0..8)) {
            let plan = build(inputs);
            prop_assert_eq!(Resolved::decode(&plan.encode()).unwrap(), plan);
        }
    }
}
