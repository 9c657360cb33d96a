//! How trees become the root, and where writes go.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use camino::Utf8PathBuf;

use super::fixture::Trial;
use crate::build::sandbox::{MAX_LAYERS, Method, populate, spread};

fn read(path: impl AsRef<std::path::Path>) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn writes_land_in_upper_and_out() {
    let script = "echo a > /new; echo b > /low; echo c > /out/made; rm /gone";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let trial = trial.with_layer(&[("low", "original"), ("gone", "still here")]);
    trial.succeed();
    assert_eq!(read(trial.upper().join("new")), "a\n");
    assert_eq!(read(trial.upper().join("low")), "b\n");
    assert_eq!(read(trial.spec.out.join("made")), "c\n");
    let layer = &trial.spec.root[0].layers[1];
    assert_eq!(read(layer.join("low")), "original");
    assert_eq!(read(layer.join("gone")), "still here");
}

#[test]
fn upper_layers_hide_lower_ones() {
    let Some(trial) = Trial::sh("cat /a /b /c") else {
        return;
    };
    let trial = trial
        .with_layer(&[("a", "a1 "), ("b", "b1 "), ("c", "c1")])
        .with_layer(&[("a", "a2 "), ("b", "b2 ")])
        .with_layer(&[("a", "a3 ")]);
    assert_eq!(trial.succeed(), "a3 b2 c1");
}

#[test]
fn sixty_layers_are_merged() {
    let Some(trial) = Trial::sh("cat /shared/*") else {
        return;
    };
    let mut expected = String::new();
    let trial = (10..70).fold(trial, |trial, number| {
        write!(expected, "{number} ").unwrap();
        trial.with_layer(&[(&format!("shared/{number}"), &format!("{number} "))])
    });
    assert_eq!(trial.succeed(), expected);
}

#[test]
fn as_many_layers_work_as_are_promised() {
    let Some(mut trial) = Trial::sh("echo works") else {
        return;
    };
    let layer = trial.layer(&[]);
    for number in 1..MAX_LAYERS {
        let copy = layer.join(number.to_string());
        fs::create_dir(&copy).unwrap();
        trial.spec.root[0].layers.push(copy);
    }
    assert_eq!(trial.succeed(), "works\n");
}

#[test]
fn a_second_stack_has_its_own_upper_layer() {
    let script = "cd /sysroot/x86_64-linux-musl; cat a b; echo new > a; echo new > c";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let at = "/sysroot/x86_64-linux-musl";
    let trial = trial.with_stack(at, &[&[("a", "one ")], &[("b", "two")]]);
    assert_eq!(trial.succeed(), "one two");
    let upper = &trial.spec.root[1].upper;
    assert_eq!(
        (read(upper.join("a")), read(upper.join("c"))),
        ("new\n".into(), "new\n".into())
    );
    assert_eq!(read(trial.spec.root[1].layers[0].join("a")), "one ");
    let below = fs::read_dir(trial.upper().join("sysroot/x86_64-linux-musl")).unwrap();
    assert_eq!(below.count(), 0, "a write went to the root's upper layer");
}

#[test]
fn a_stack_may_be_empty() {
    let Some(trial) = Trial::sh("echo made > /sysroot/file") else {
        return;
    };
    let trial = trial.with_stack("/sysroot", &[]);
    trial.succeed();
    assert_eq!(read(trial.spec.root[1].upper.join("file")), "made\n");
}

#[test]
fn mount_points_are_plain_directories() {
    let Some(trial) = Trial::sh("") else { return };
    let trial = trial.with_stack("/sysroot/deep", &[]);
    trial.succeed();
    for name in ["dev", "proc", "tmp", "out", "sysroot", "sysroot/deep"] {
        let metadata = fs::symlink_metadata(trial.upper().join(name)).unwrap();
        assert!(metadata.is_dir());
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o755, "{name}");
    }
}

/// As when a shell is opened in what a failed build left.
#[test]
fn a_link_in_the_place_of_a_mount_point_is_not_followed() {
    let Some(trial) = Trial::sh("echo made > /sysroot/x/file; echo made > /tmp/file") else {
        return;
    };
    let trial = trial.with_stack("/sysroot/x", &[]);
    let elsewhere = trial.layer(&[]);
    symlink(&elsewhere, trial.upper().join("sysroot")).unwrap();
    symlink(&elsewhere, trial.upper().join("tmp")).unwrap();
    trial.succeed();
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_second_run_sees_what_the_first_left() {
    let Some(mut trial) = Trial::sh("echo left > /file") else {
        return;
    };
    trial.succeed();
    let work = trial.directory().join("work2");
    fs::create_dir(&work).unwrap();
    trial.spec.root[0].work = work;
    trial.spec.args = vec!["-c".into(), "cat /file".into()];
    assert_eq!(trial.succeed(), "left\n");
}

#[test]
fn a_lower_directory_can_be_replaced() {
    let script = "rm -r /d; mkdir /d; echo new > /d/b; ls /d";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let trial = trial.with_layer(&[("d/a", "")]);
    assert_eq!(trial.succeed(), "b\n");
}

#[test]
fn the_output_can_be_renamed_afterwards() {
    let Some(trial) = Trial::sh("mkdir -p /out/a/b; echo c > /out/a/b/c") else {
        return;
    };
    trial.succeed();
    let kept = trial.directory().join("kept");
    fs::rename(&trial.spec.out, &kept).unwrap();
    assert_eq!(read(kept.join("a/b/c")), "c\n");
}

#[test]
fn copies_behave_as_stacks_do() {
    let script = "cat /shared/a /shared/b; echo new > /shared/a; echo c > /out/c
                  cat /sysroot/s; echo new > /sysroot/s; ls -l /shared/run /shared/link";
    let Some(mut trial) = Trial::sh(script) else {
        return;
    };
    trial = trial
        .with_layer(&[("shared/a", "a "), ("shared/run", "")])
        .with_layer(&[("shared/b", "b ")])
        .with_stack("/sysroot", &[&[("s", "s\n")]]);
    let layer = trial.spec.root[0].layers[1].clone();
    symlink("/nowhere", layer.join("shared/link")).unwrap();
    fs::set_permissions(layer.join("shared/run"), fs::Permissions::from_mode(0o4711)).unwrap();
    fs::set_permissions(layer.join("shared"), fs::Permissions::from_mode(0o555)).unwrap();
    trial.spec.method = Method::Copy;
    populate(&trial.spec).unwrap();
    let printed = trial.succeed();
    fs::set_permissions(layer.join("shared"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(printed.starts_with("a b s\n"), "{printed}");
    assert!(printed.contains("-rws--x--x"), "{printed}");
    assert!(printed.contains("/shared/link -> /nowhere"), "{printed}");
    assert_eq!(read(layer.join("shared/a")), "a ");
    assert_eq!(read(trial.spec.root[1].layers[0].join("s")), "s\n");
    assert_eq!(read(trial.spec.out.join("c")), "c\n");
}

#[test]
fn copies_share_no_file_and_keep_times() {
    let Some(mut trial) = Trial::sh("") else {
        return;
    };
    trial = trial.with_layer(&[("d/a", "text")]);
    let layer = trial.spec.root[0].layers[1].clone();
    fs::hard_link(layer.join("d/a"), layer.join("d/b")).unwrap();
    let past = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
    for path in ["d/a", "d"] {
        fs::File::open(layer.join(path))
            .unwrap()
            .set_modified(past)
            .unwrap();
    }
    trial.spec.method = Method::Copy;
    populate(&trial.spec).unwrap();
    let seen = |path: Utf8PathBuf| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.mtime(), metadata.nlink())
    };
    assert_eq!(seen(trial.upper().join("d/a")), (1, 1));
    assert_eq!(seen(trial.upper().join("d/b")), (1, 1));
    assert_eq!(seen(trial.upper().join("d")).0, 1);
}

#[test]
fn populate_leaves_stacks_alone() {
    let Some(trial) = Trial::sh("") else { return };
    populate(&trial.spec).unwrap();
    assert_eq!(fs::read_dir(trial.upper()).unwrap().count(), 0);
}

/// Whether or not the file system knows the mark.
#[test]
fn a_directory_can_be_marked_twice() {
    let Some(trial) = Trial::sh("echo works") else {
        return;
    };
    let known = spread(trial.directory()).unwrap();
    assert_eq!(spread(trial.directory()).unwrap(), known);
    assert_eq!(trial.succeed(), "works\n");
    assert!(spread(&trial.directory().join("missing")).is_err());
}
