use super::super::OWN;
use super::super::root;
use super::super::sandbox::{MOUNT_POINTS, Method};
use super::*;
use crate::plan::tree::{Directory, Memory, Workbench};
use crate::plan::{AbsPath, Mode, PROGRAM, Tree};

/// Nodes in memory, none of which is missing.
#[derive(Default)]
struct Here(Memory);

impl Nodes for Here {
    type Error = StoreError;

    fn node(&self, hash: &Hash) -> Result<std::sync::Arc<Directory>, StoreError> {
        Ok(self.0.node(hash).unwrap())
    }
}

const FILE: Node = Node::File {
    mode: Mode::EXECUTABLE,
    size: 0,
    hash: Hash::from_bytes([0; 32]),
};

/// A part with these paths: those that end in `/` are directories, those with an `@` links, the
/// others files.
fn part(label: &str, at: &str, paths: &[&str]) -> (Part, Tree) {
    let mut tree = Tree::new();
    for path in paths {
        let (path, node) = match (path.strip_suffix('/'), path.strip_suffix('@')) {
            (Some(dir), _) => (dir, Node::DIR),
            (_, Some(link)) => {
                let target = "x".to_owned();
                (link, Node::Symlink { target })
            }
            _ => (*path, FILE),
        };
        tree.insert(RelPath::new(path).unwrap(), node).unwrap();
    }
    let part = Part {
        label: label.to_owned(),
        at: AbsPath::new(at).unwrap(),
        tree: tree.hash(),
        path: "/nowhere".into(),
    };
    (part, tree)
}

/// What is wrong with these parts and a program; nothing, if they are sound.
fn said(parts: impl IntoIterator<Item = (Part, Tree)>) -> String {
    let program = part("program", "/", &["build"]);
    let (parts, trees): (Vec<_>, Vec<_>) = std::iter::once(program).chain(parts).unzip();
    let mut here = Here::default();
    let nodes = trees.iter().flat_map(Tree::directories);
    nodes.for_each(|(_, directory)| {
        here.0.put(directory);
    });
    match root::check(&Workbench::over(&here), &parts) {
        Ok(_) => String::new(),
        Err(error) => error.to_string().lines().next().unwrap().to_owned(),
    }
}

/// The definition's list of them, and the sandbox's own.
#[test]
fn the_places_of_the_sandbox_are_known() {
    let directory = tempfile::tempdir().unwrap();
    let scratch = camino::Utf8Path::from_path(directory.path()).unwrap();
    let spec = root::spec(&[], scratch, Method::Overlay).unwrap();
    let own = spec.writable.iter().map(|writable| writable.at.to_string());
    let mounted = MOUNT_POINTS.iter().map(|name| format!("/{name}"));
    let mut places: Vec<_> = own
        .chain(mounted)
        .filter(|at| !OWN.contains(&at.as_str()))
        .collect();
    places.sort();
    assert_eq!(places, SANDBOX_PLACES);
}

#[test]
fn what_an_input_has_where_the_sandbox_is_is_named() {
    assert_eq!(
        said([part("base-files", "/", &["etc/x", "tmp/", "var/tmp/x"])]),
        ""
    );
    assert_eq!(
        said([part("base-files", "/", &["dev/null"])]),
        "`base-files` has `/dev/null`, but a build has a `/dev` of its own, which would hide it"
    );
    for unseen in ["dev", "dev/pts/", "out/x", "proc/self/", "tmp@"] {
        assert!(!said([part("x", "/", &[unseen])]).is_empty(), "{unseen}");
        assert_eq!(said([part("x", "/image.d", &[unseen])]), "");
    }
}

/// A definition does not get so far, but a plan may come from elsewhere.
#[test]
fn an_input_at_a_place_that_is_taken_is_named() {
    for at in ["/tmp", "/proc/x", "/out", "/dev", "/build"] {
        let said = said([part("x", at, &["y"])]);
        let begins = format!("cannot place `x`: `{at}` is not a place for an input: ");
        assert!(said.starts_with(&begins), "{said}");
    }
    assert_eq!(said([part("x", "/sys", &["y"])]), "");
}

#[test]
fn what_another_input_would_lie_over_is_named() {
    let hidden = |outer: (Part, Tree), at| said([outer, part("inner", at, &["f"])]);
    assert_eq!(
        hidden(part("outer", "/", &["src/x/y"]), "/src"),
        "`outer` has `/src/x`, which what lies at `/src` would hide"
    );
    assert_eq!(
        hidden(part("outer", "/src", &["lib/", "lib/x"]), "/src/lib"),
        "`outer` has `/src/lib/x`, which what lies at `/src/lib` would hide"
    );
    assert_eq!(
        hidden(part("outer", "/in/a", &["b/c/d"]), "/in/a/b/c"),
        "`outer` has `/in/a/b/c/d`, which what lies at `/in/a/b/c` would hide"
    );
    // The place itself is a directory of both, and siblings do not touch.
    assert_eq!(hidden(part("outer", "/", &["src/"]), "/src"), "");
    assert_eq!(hidden(part("outer", "/src", &["lib/"]), "/src/lib"), "");
    assert_eq!(hidden(part("outer", "/src/a", &["x"]), "/src/ab"), "");
    // Two at one place are stacked, not mounted over each other.
    assert_eq!(hidden(part("outer", "/src", &["x"]), "/src"), "");
}

#[test]
fn an_input_below_a_file_or_a_link_of_another_is_a_conflict() {
    for (outer, has, at) in [
        ("/", "src", "/src"),
        ("/", "src@", "/src/x"),
        ("/src", "x", "/src/x/y"),
        ("/", "lib@", "/lib"),
    ] {
        let said = said([part("outer", outer, &[has]), part("inner", at, &["f"])]);
        assert!(
            said.starts_with("`inner` and `outer` both have `"),
            "{has} {at}: {said}"
        );
    }
}

#[test]
fn an_input_inside_of_another_needs_a_directory_there() {
    let inner = || part("inner", "/src/a/b", &["f"]);
    assert_eq!(
        said([part("outer", "/src/a", &["x"]), inner()]),
        "`inner` cannot lie at `/src/a/b`: `outer` lies around it, and has no directory there"
    );
    assert_eq!(said([part("outer", "/src/a", &["b/"]), inner()]), "");
    let beside = part("beside", "/src/a", &["b/"]);
    assert_eq!(said([part("outer", "/src/a", &["x"]), beside, inner()]), "");
    // The innermost of those around it counts.
    let around = part("around", "/src", &["a/"]);
    assert_ne!(said([around, part("outer", "/src/a", &["x"]), inner()]), "");
    // In the root, directories are made.
    assert_eq!(said([part("outer", "/", &["x"]), inner()]), "");
}

/// The program's name is said twice: to who defines builds, and to who runs them.
#[test]
fn the_program_is_the_one_that_definitions_know() {
    assert_eq!(PROGRAM, crate::engine::PROGRAM);
}
