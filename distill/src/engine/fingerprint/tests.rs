use std::collections::BTreeSet;

use super::*;
use crate::plan::archive::Format;
use crate::plan::{
    AbsPath, Arch, Build, BuildPlatform, Contents, Input, Merge, Name, Origin, OutputKind, PathSet,
    Pick, RelPath, Source, Unpack,
};

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn named(name: &str, action: Action<Artifact>) -> Plan {
    Plan::named(Name::new(name).unwrap()).action(action)
}

fn file(at: &str, mode: Mode, contents: impl Into<Contents>) -> Artifact {
    Artifact::file(path(at), mode, contents)
}

fn at(place: &str, of: impl Into<Artifact>) -> Input<Artifact> {
    let at = AbsPath::new(place).unwrap();
    Input { at, of: of.into() }
}

fn merge(inputs: Vec<Input<Artifact>>) -> Plan {
    named("merged", Action::Merge(Merge { inputs }))
}

fn build(inputs: Vec<Input<Artifact>>) -> Build<Artifact> {
    Build {
        platform: BuildPlatform::any(Arch::X86_64),
        inputs,
        output: OutputKind::Tree,
        setid: PathSet::default(),
    }
}

fn of(plan: Plan) -> Hash {
    fingerprint(&[plan]).unwrap()
}

#[test]
fn whatever_reaches_a_plan_reaches_it() {
    let x = || file("x", Mode::FILE, "x");
    let source = |text: &str| {
        Source::new(
            Hash::of(text),
            Origin::Url(format!("https://a.example/{text}")),
        )
    };
    let unpack = |strip| {
        named(
            "u",
            Action::Unpack(Unpack {
                archive: source("a").into(),
                format: Format::TarGz,
                strip,
                include: PathSet::default(),
                exclude: PathSet::default(),
                no_end_marker: false,
            }),
        )
    };
    let pick = |include: &[&str], exclude: &[&str]| {
        let set = |patterns: &[&str]| PathSet::new(patterns.iter().copied()).unwrap();
        named(
            "p",
            Action::Pick(Pick {
                tree: unpack(true).into(),
                include: set(include),
                exclude: set(exclude),
            }),
        )
    };
    let (one, two) = (
        merge(vec![at("/", x())]),
        merge(vec![at("/", file("y", Mode::FILE, "x"))]),
    );
    let all = [
        merge(vec![]),
        one.clone(),
        two.clone(),
        merge(vec![at("/in", x())]),
        merge(vec![at("/", file("x", Mode::FILE, "y"))]),
        merge(vec![at("/", file("x", Mode::EXECUTABLE, "x"))]),
        merge(vec![at("/", Artifact::symlink(path("x"), "x"))]),
        merge(vec![at("/", Artifact::dir(path("x"), Mode::DIR))]),
        merge(vec![at("/", x()), at("/in", x())]),
        merge(vec![at("/", source("a"))]),
        merge(vec![at("/", source("b"))]),
        merge(vec![at("/", one.clone())]),
        merge(vec![at("/", two.clone())]),
        merge(vec![at("/", one.clone()), at("/", two.clone())]),
        unpack(true),
        unpack(false),
        pick(&["a"], &[]),
        pick(&[], &["a"]),
        pick(&["a", "b"], &[]),
        pick(&["ab"], &[]),
        named("b", Action::Build(build(vec![at("/", x())]))),
        named(
            "b",
            Action::Build(Build {
                output: OutputKind::File(path("x")),
                ..build(vec![at("/", x())])
            }),
        ),
        named(
            "b",
            Action::Build(Build {
                setid: PathSet::new(["x"]).unwrap(),
                ..build(vec![at("/", x())])
            }),
        ),
        named(
            "b",
            Action::Build(Build {
                platform: BuildPlatform::any(Arch::Aarch64),
                ..build(vec![at("/", x())])
            }),
        ),
    ];
    let different: BTreeSet<Hash> = all.iter().cloned().map(of).collect();
    assert_eq!(different.len(), all.len());
    let roots = [
        vec![one.clone()],
        vec![one.clone(), two.clone()],
        vec![two.clone(), one.clone()],
        vec![one.clone(), one],
    ];
    let different: BTreeSet<Option<Hash>> = roots.iter().map(|roots| fingerprint(roots)).collect();
    assert_eq!(different.len(), roots.len());
}

#[test]
fn what_never_reaches_a_plan_does_not() {
    let merged = |name: &str, source: Source| {
        let inputs = vec![at("/", source)];
        named(name, Action::Merge(Merge { inputs }))
    };
    let url = |address: &str| Source::new(Hash::of("x"), Origin::Url(address.to_owned()));
    let plain = of(merged("a", url("https://a.example/x")));
    assert_eq!(
        of(merged(
            "b",
            url("https://b.example/y").or(Origin::File("/z".into()))
        )),
        plain
    );
    let lazy = Contents::lazy(|| "text");
    let computed = of(merge(vec![at("/", file("x", Mode::FILE, lazy))]));
    assert_eq!(
        of(merge(vec![at("/", file("x", Mode::FILE, "text"))])),
        computed
    );
}

#[test]
fn a_file_of_the_recipe_is_read_each_time() {
    let directory = tempfile::tempdir().unwrap();
    let local = camino::Utf8PathBuf::from_path_buf(directory.path().join("local")).unwrap();
    let contents = || Contents::Local(local.clone());
    let literal = || {
        Artifact::Literal(Literal::of(
            path("x"),
            LiteralNode::File {
                mode: None,
                contents: contents(),
            },
        ))
    };
    let plan = merge(vec![at("/", literal())]);
    assert_eq!(
        fingerprint(std::slice::from_ref(&plan)),
        None,
        "it is not there"
    );
    std::fs::write(&local, "one").unwrap();
    let one = of(plan.clone());
    std::fs::write(&local, "two").unwrap();
    assert_ne!(of(plan.clone()), one);
    std::fs::write(&local, "one").unwrap();
    assert_eq!(of(plan.clone()), one);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&local, executable).unwrap();
    assert_ne!(of(plan), one);
}

#[test]
fn a_mistake_has_none() {
    let wrong = Plan::named(Name::new("wrong").unwrap()).invalid("no");
    assert_eq!(fingerprint(&[merge(vec![at("/", wrong)])]), None);
}

#[test]
fn large_pieces_are_hashed_as_they_are() {
    let text = |length: usize| "x".repeat(length);
    let lengths = [LARGE - 1, LARGE, LARGE + 1, 3 * LARGE];
    let plan = |length: usize| merge(vec![at("/", file("x", Mode::FILE, text(length)))]);
    let different: BTreeSet<Hash> = lengths.map(plan).map(of).into();
    assert_eq!(different.len(), lengths.len());
}
