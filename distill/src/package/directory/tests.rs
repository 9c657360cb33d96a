use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use camino::{Utf8Path, Utf8PathBuf};

use super::{joined, read};
use crate::plan::{LiteralNode, PathSet, RelPath};

/// A directory with files, each of which holds its own name.
fn directory(files: &[&str]) -> (tempfile::TempDir, Utf8PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temp.path()).unwrap().join("shop");
    for file in files {
        write(&root, file, file);
    }
    (temp, root)
}

fn write(root: &Utf8Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The paths that are read, each with `@` behind a link.
fn paths(root: &Utf8Path) -> Vec<String> {
    let literal = read(root, &PathSet::default(), &PathSet::default()).unwrap();
    let mark = |node: &LiteralNode| match node {
        LiteralNode::Symlink { .. } => "@",
        _ => "",
    };
    let shown = literal.0.iter();
    shown
        .map(|(path, node)| format!("{path}{}", mark(node)))
        .collect()
}

fn mistake(root: &Utf8Path) -> String {
    read(root, &PathSet::default(), &PathSet::default()).unwrap_err()
}

#[test]
fn what_git_ignores_is_left_out() {
    let (_temp, root) = directory(&[
        "src/main.rs",
        "notes.txt",
        "data/kept",
        "data/dropped",
        ".env",
    ]);
    write(&root, ".gitignore", "/notes.txt\n");
    write(&root, "data/.gitignore", "dropped\n");
    let expected = [
        ".env",
        ".gitignore",
        "data/.gitignore",
        "data/kept",
        "src/main.rs",
    ];
    assert_eq!(paths(&root), expected);
}

#[test]
fn caches_and_the_history_are_left_out() {
    let files = [
        ".git/HEAD",
        "target/CACHEDIR.TAG",
        "target/debug/x",
        "src/target/mod.rs",
    ];
    let (_temp, root) = directory(&files);
    assert_eq!(paths(&root), ["src/target/mod.rs"]);
}

#[test]
fn only_the_repository_says_what_to_ignore() {
    let (temp, root) = directory(&["a.log", "b.tmp"]);
    let above = Utf8Path::from_path(temp.path()).unwrap();
    write(above, ".gitignore", "*.log\n");
    write(&root, ".ignore", "*.tmp\n");
    assert_eq!(paths(&root), [".ignore", "a.log", "b.tmp"]);
    write(above, ".git/HEAD", "");
    assert_eq!(paths(&root), [".ignore", "b.tmp"]);
}

#[test]
fn patterns_choose_among_the_files() {
    let (_temp, root) = directory(&["src/a.rs", "src/b.rs", "docs/a"]);
    let set = |pattern: &str| PathSet::new([pattern]).unwrap();
    let literal = read(&root, &set("src"), &set("**/b.rs")).unwrap();
    let paths: Vec<_> = literal.0.keys().map(RelPath::as_str).collect();
    assert_eq!(paths, ["src/a.rs"]);
}

#[test]
fn links_may_lead_to_what_is_there() {
    let (_temp, root) = directory(&["a/b/file"]);
    symlink("../b/file", root.join("a/b/inside")).unwrap();
    assert_eq!(paths(&root), ["a/b/file", "a/b/inside@"]);
    for out in ["../../../file", "/etc/passwd"] {
        let link = root.join("a/b/outside");
        symlink(out, &link).unwrap();
        let told = mistake(&root);
        assert!(told.contains("a/b/outside` leads out"), "{told}");
        assert!(told.contains(&format!("to `{out}`")), "{told}");
        fs::remove_file(link).unwrap();
    }
}

#[test]
fn what_cannot_be_a_source_is_told() {
    let (_temp, root) = directory(&[".gitignore"]);
    fs::remove_file(root.join(".gitignore")).unwrap();
    assert!(mistake(&root).contains("there is nothing in"));
    assert!(mistake(&root.join("nowhere")).contains("is not there"));
    nix::unistd::mkfifo(
        root.join("pipe").as_std_path(),
        nix::sys::stat::Mode::S_IRWXU,
    )
    .unwrap();
    assert!(mistake(&root).contains("neither a file"));
}

#[test]
fn of_the_mode_nothing_is_said_but_what_the_file_says() {
    let (_temp, root) = directory(&["run"]);
    fs::set_permissions(root.join("run"), fs::Permissions::from_mode(0o710)).unwrap();
    let literal = read(&root, &PathSet::default(), &PathSet::default()).unwrap();
    let nodes: Vec<_> = literal.0.values().collect();
    assert!(
        matches!(nodes[..], [LiteralNode::File { mode: None, .. }]),
        "{nodes:?}"
    );
}

#[test]
fn paths_are_joined_within_a_place() {
    assert_eq!(joined("a/b", "../c/./d").as_deref(), Some("a/c/d"));
    assert_eq!(joined("a", "..").as_deref(), Some(""));
    assert_eq!(joined("a", "../.."), None);
    assert_eq!(joined("", "/a"), None);
}
