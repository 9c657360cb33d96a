//! How trees become the root, and where writes go.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use camino::Utf8PathBuf;

use super::fixture::Trial;
use crate::engine::sandbox::{MAX_LAYERS, Method, populate, spread};

fn read(path: impl AsRef<std::path::Path>) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn writes_land_in_writable_places_only() {
    let script = "echo a > /src/new; echo c > /out/made
                  for try in '> /new' '>> /low' '> /sysroot/new' '> /dev/new'; do
                      (eval \"echo $try\") 2>/dev/null && echo did $try || true
                  done
                  rm /gone 2>/dev/null || true; mkdir /new 2>/dev/null || true";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let trial = trial
        .with_layer(&[("low", "original"), ("gone", "still here")])
        .with_stack("/sysroot", &[&[("s", "")]]);
    assert_eq!(trial.succeed(), "");
    assert_eq!(read(trial.spec.writable[1].directory.join("new")), "a\n");
    assert_eq!(read(trial.out().join("made")), "c\n");
    let layer = &trial.spec.root[0].layers[1];
    assert_eq!(read(layer.join("low")), "original");
    assert_eq!(read(layer.join("gone")), "still here");
    assert!(!trial.top().join("new").exists());
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
fn a_second_stack_lies_at_its_place() {
    let script = "cd /sysroot/x86_64-linux-musl; cat a b; ls";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let at = "/sysroot/x86_64-linux-musl";
    let trial = trial.with_stack(at, &[&[("a", "one ")], &[("b", "two\n")]]);
    assert_eq!(trial.succeed(), "one two\na\nb\n");
}

#[test]
fn a_stack_may_be_empty() {
    let Some(trial) = Trial::sh("ls -A /sysroot; (: > /sysroot/a) 2>/dev/null || echo closed")
    else {
        return;
    };
    let trial = trial.with_stack("/sysroot", &[]);
    assert_eq!(trial.succeed(), "closed\n");
}

/// Whatever the umask and the clock of the caller say, and whatever the layers have there.
#[test]
fn mount_points_are_plain_directories() {
    let script = "ls -ld --time-style=+%s / /sysroot /sysroot/deep /out /src /usr";
    for method in [Method::Overlay, Method::Copy] {
        let Some(trial) = Trial::sh(script) else {
            return;
        };
        let mut trial = trial
            .with_layer(&[("sysroot/mine", ""), ("usr/mine", "")])
            .with_stack("/sysroot/deep", &[&[("a", "")]]);
        let layer = trial.spec.root[0].layers[1].clone();
        fs::set_permissions(layer.join("sysroot"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(layer.join("usr"), fs::Permissions::from_mode(0o750)).unwrap();
        fs::File::open(layer.join("usr"))
            .unwrap()
            .set_modified(std::time::UNIX_EPOCH)
            .unwrap();
        trial.spec.method = method;
        populate(&trial.spec).unwrap();
        for writable in &trial.spec.writable {
            fs::set_permissions(&writable.directory, fs::Permissions::from_mode(0o755)).unwrap();
            let directory = fs::File::open(&writable.directory).unwrap();
            directory.set_modified(std::time::UNIX_EPOCH).unwrap();
        }
        let printed = trial.succeed();
        let modes_and_times = printed.lines().map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            format!("{} {} {}", words[0], words[5], words[6])
        });
        let expected = [
            "drwxr-xr-x 0 /",
            "drwxr-xr-x 0 /out",
            "drwxr-xr-x 0 /src",
            "drwxr-xr-x 0 /sysroot",
            "drwxr-xr-x 0 /sysroot/deep",
            "drwxr-x--- 0 /usr",
        ];
        assert_eq!(modes_and_times.collect::<Vec<_>>(), expected, "{method:?}");
    }
}

/// As when a second program is started on what the first one left.
#[test]
fn a_link_in_the_place_of_a_mount_point_is_not_followed() {
    let Some(trial) = Trial::sh("ls /sysroot/x; echo made > /tmp/file") else {
        return;
    };
    let trial = trial.with_stack("/sysroot/x", &[&[("there", "")]]);
    let elsewhere = trial.layer(&[]);
    symlink(&elsewhere, trial.top().join("sysroot")).unwrap();
    symlink(&elsewhere, trial.top().join("tmp")).unwrap();
    assert_eq!(trial.succeed(), "there\n");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_second_run_sees_what_the_first_left() {
    let Some(mut trial) = Trial::sh("echo left > /src/file") else {
        return;
    };
    trial.succeed();
    trial.spec.args = vec!["-c".into(), "cat /src/file".into()];
    assert_eq!(trial.succeed(), "left\n");
}

#[test]
fn the_output_can_be_renamed_afterwards() {
    let Some(trial) = Trial::sh("mkdir -p /out/a/b; echo c > /out/a/b/c") else {
        return;
    };
    trial.succeed();
    let kept = trial.directory().join("kept");
    fs::rename(trial.out(), &kept).unwrap();
    assert_eq!(read(kept.join("a/b/c")), "c\n");
}

#[test]
fn copies_behave_as_stacks_do() {
    let script = "cat /shared/a /shared/b; echo c > /out/c
                  (echo new > /shared/a) 2>/dev/null && echo wrote || true
                  (echo new > /sysroot/s) 2>/dev/null && echo wrote || true
                  cat /sysroot/s; ls -l /shared/run /shared/link";
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
    assert_eq!(read(trial.out().join("c")), "c\n");
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
    assert_eq!(seen(trial.top().join("d/a")), (1, 1));
    assert_eq!(seen(trial.top().join("d/b")), (1, 1));
    assert_eq!(seen(trial.top().join("d")).0, 1);
}

#[test]
fn populate_leaves_stacks_alone() {
    let Some(trial) = Trial::sh("") else { return };
    populate(&trial.spec).unwrap();
    assert_eq!(fs::read_dir(trial.top()).unwrap().count(), 0);
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
