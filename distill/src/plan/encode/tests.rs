use super::super::*;
use super::*;

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
            "build of a file, with a setuid program",
            Resolved::new(Action::Build(Build {
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
    ]
}

/// A change here changes the hash of every plan: users rebuild everything.
#[test]
fn encodings_and_hashes_are_golden() {
    let table: String = samples()
        .iter()
        .map(|(name, plan)| {
            let text = String::from_utf8(plan.encode()).unwrap();
            format!("{name}\n{text}{}\n\n", plan.hash())
        })
        .collect();
    insta::assert_snapshot!(table);
}

#[test]
fn decode_gives_the_same_value() {
    for (name, plan) in samples() {
        assert_eq!(Resolved::decode(&plan.encode()).unwrap(), plan, "{name}");
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
    let hashes: std::collections::BTreeSet<_> =
        samples().iter().map(|(_, plan)| plan.hash()).collect();
    assert_eq!(hashes.len(), samples().len());
}

#[test]
fn refuses_other_bytes_and_versions() {
    let text = String::from_utf8(samples()[0].1.encode()).unwrap();
    let spaced = text.replace(',', ", ");
    assert!(matches!(
        Resolved::decode(spaced.as_bytes()),
        Err(DecodeError::NotCanonical)
    ));
    let later = text.replace("\"distill-plan\":1", "\"distill-plan\":2");
    assert!(matches!(
        Resolved::decode(later.as_bytes()),
        Err(DecodeError::Version(2))
    ));
    let odd = text.replace("\"output\"", "\"outputs\"");
    assert!(matches!(
        Resolved::decode(odd.as_bytes()),
        Err(DecodeError::Syntax(_))
    ));
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
