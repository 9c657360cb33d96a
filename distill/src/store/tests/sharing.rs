//! Who else uses the store, and what the directory around it hands down.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::*;

fn mode(path: &Utf8Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

fn set_mode(path: &Utf8Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_store_is_private_unless_its_owner_says_otherwise() {
    let (dir, root) = scratch();
    let parent = Utf8Path::from_path(dir.path()).unwrap();
    set_mode(parent, 0o2777);
    let store = Store::open(&root).unwrap();
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("tmp")), 0o700);
    assert_eq!(mode(store.temp_root()), 0o700);
    drop(store);
    set_mode(&root, 0o750);
    set_mode(&root.join("tmp"), 0o777);
    let _store = Store::open(&root).unwrap();
    assert_eq!(mode(&root), 0o750, "a group was let in by hand");
    assert_eq!(mode(&root.join("tmp")), 0o700, "but not here");
}

#[test]
fn a_store_in_a_directory_that_is_there_is_private_too() {
    let (_dir, root) = scratch();
    std::fs::create_dir(&root).unwrap();
    set_mode(&root, 0o755);
    let _store = Store::open(&root).unwrap();
    assert_eq!(mode(&root), 0o700);
}

/// The name of a process's own directory must not be one that a process of the same number has in
/// another container.
#[test]
fn two_processes_of_one_number_do_not_meet() {
    let (_dir, root) = scratch();
    let one = Store::open(&root).unwrap();
    let two = Store::open(&root).unwrap();
    assert_ne!(one.temp_root(), two.temp_root());
    for store in [&one, &two] {
        let name = store.temp_root().file_name().unwrap();
        let random = name.strip_prefix("run-").unwrap();
        assert_eq!(random.len(), 32, "{name}");
        land(store, name);
    }
    let marks: Vec<_> = root.join("unsynced").read_dir_utf8().unwrap().collect();
    assert_eq!(marks.len(), 2);
    let third = Store::open(&root).unwrap();
    assert!(one.temp_root().exists() && two.temp_root().exists());
    assert_eq!(root.join("unsynced").read_dir_utf8().unwrap().count(), 2);
    drop((one, two, third));
    assert_eq!(root.join("unsynced").read_dir_utf8().unwrap().count(), 0);
    assert_eq!(root.join("tmp").read_dir_utf8().unwrap().count(), 0);
}

#[test]
fn a_version_that_is_empty_is_written_again_and_all_is_verified() {
    for blank in ["", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"] {
        let (_dir, root) = scratch();
        let store = Store::open(&root).unwrap();
        let (whole, torn) = (land(&store, "whole"), land(&store, "torn"));
        std::fs::write(store.path(&torn).join("file"), "").unwrap();
        drop(store);
        std::fs::write(root.join("version"), blank).unwrap();
        let store = Store::open(&root).unwrap();
        assert_eq!(store.objects().unwrap(), [whole]);
        assert_eq!(store.recovered().unwrap().objects, 2);
        drop(store);
        assert!(Store::open(&root).unwrap().recovered().is_none());
    }
}

#[test]
fn a_store_that_was_only_begun_is_made() {
    let (_dir, root) = scratch();
    std::fs::create_dir_all(root.join("trees")).unwrap();
    std::fs::write(root.join("version"), "").unwrap();
    assert_eq!(Store::open(&root).unwrap().objects().unwrap(), []);
}

#[test]
fn an_old_store_says_how_to_remove_it() {
    for version in ["distill-store 1\n", ""] {
        let (dir, _) = scratch();
        let root = Utf8Path::from_path(dir.path()).unwrap().join("it's old");
        std::fs::create_dir_all(root.join("outputs")).unwrap();
        std::fs::write(root.join("version"), version).unwrap();
        let error = Store::open(&root).unwrap_err().to_string();
        let path = root.as_str().replace('\'', r"'\''");
        let command = format!("`chmod -R u+rwX '{path}' && rm -rf '{path}'`");
        assert!(error.contains("`distill-store 1`"), "{error}");
        assert!(error.contains(&command), "{error}");
        let shell = command.trim_matches('`');
        let status = std::process::Command::new("/bin/sh")
            .args(["-c", shell])
            .status();
        assert!(status.unwrap().success());
        assert!(!root.exists());
    }
}
