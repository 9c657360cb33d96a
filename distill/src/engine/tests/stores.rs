//! Builds are the same whatever the store lies on, and whatever else is in it.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::super::sandbox::tests::fixture::{elsewhere, run_elsewhere, skipped, unprivileged};
use super::lab::{Lab, at, script, text};
use crate::plan::{Action, Artifact, Name, Object, PathSet, Pick, Plan};

/// Does everything by which file systems, and layers of them, differ.
const FILES: &str = "
import os
os.chdir('/src/tree')
def refused(what, *args):
    try: what(*args); return 'done'
    except OSError as e: return os.strerror(e.errno)
print('directory renamed:', refused(os.rename, 'sub', 'sub2'), os.listdir('sub2/deep'))
print('moved out of it:', refused(os.rename, 'sub2/deep/f', 'f'), refused(os.rename, 'sub2/deep', 'deep'))
inode = os.stat('f').st_ino
with open('f', 'a') as f: f.write('more')
print('inode kept:', os.stat('f').st_ino == inode)
reader = open('g')
with open('g', 'w') as g: g.write('new')
print('read while changed:', reader.read())
print('names of one file:', os.stat('l1').st_nlink, os.stat('l2').st_nlink)
os.link('g', 'h')
print('linked:', os.stat('g').st_nlink, os.path.samefile('g', 'h'))
os.close(os.open('.', os.O_TMPFILE | os.O_RDWR))
print('kinds:', sorted((e.name, e.is_dir(follow_symlinks=False), e.is_symlink()) for e in os.scandir('.')))
print('times:', [os.stat(d).st_mtime for d in ['/', '/src', 'kept', 'kept/f', '/in', '/in/d', '/in/d/f']])
print('input renamed:', refused(os.rename, '/in/d', '/in/e'))
print('input written:', refused(open, '/in/d/f', 'a'), refused(os.mkdir, '/in/new'), refused(os.unlink, '/in/d/f'))
print('root written:', refused(os.mkdir, '/new'))
print('names in an input:', os.stat('/in/l1').st_nlink, os.stat('/in/l2').st_nlink)
";

const SEEN: &str = "\
directory renamed: done ['f']
moved out of it: done done
inode kept: True
read while changed: new
names of one file: 1 1
linked: 2 True
kinds: [('d', True, False), ('deep', True, False), ('f', False, False), ('g', False, False), ('h', False, False), \
('kept', True, False), ('l1', False, False), ('l2', False, False), ('link', False, True), \
('sub2', True, False)]
times: [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
input renamed: Read-only file system
input written: Read-only file system Read-only file system Read-only file system
root written: Read-only file system
names in an input: 1 1
";

/// What the program above sees in a build in a store below `place`.
fn seen(place: &Utf8Path) -> Option<String> {
    let lab = Lab::below(place)?;
    let tree = "cd /out; mkdir -p sub/deep kept d; echo f > sub/deep/f; echo g > g; echo k > kept/f
                echo d > d/f; echo l > l1; ln l1 l2; ln -s g link";
    let tree = script(tree, vec![]);
    let inputs = vec![at("/src/tree", &tree), at("/in", &tree)];
    let printed = lab.python(FILES, inputs);
    if printed.is_none() {
        skipped("the host has no python3 to look at files with");
    }
    printed
}

#[test]
fn builds_are_the_same_on_the_file_system_of_temporary_files() {
    if let Some(seen) = seen(Utf8Path::from_path(&std::env::temp_dir()).unwrap()) {
        assert_eq!(seen, SEEN);
    }
}

#[test]
fn builds_are_the_same_in_memory() {
    run_elsewhere(
        concat!(module_path!(), "::files_elsewhere"),
        "mkdir \"$TMPDIR\"/memory; mount -t tmpfs none \"$TMPDIR\"/memory; export TMPDIR=$TMPDIR/memory",
    );
}

#[test]
fn builds_are_the_same_on_an_overlay() {
    let script = "cd \"$TMPDIR\"; mkdir low upper work merged
                  mount -t overlay -o userxattr,lowerdir=low,upperdir=upper,workdir=work none merged
                  export TMPDIR=$TMPDIR/merged";
    run_elsewhere(concat!(module_path!(), "::files_elsewhere"), script);
}

#[test]
fn files_elsewhere() {
    if elsewhere()
        && let Some(seen) = seen(Utf8Path::from_path(&std::env::temp_dir()).unwrap())
    {
        assert_eq!(seen, SEEN);
    }
}

#[test]
fn builds_are_the_same_on_xfs() {
    on_device("mkfs.xfs");
}

#[test]
fn builds_are_the_same_on_btrfs() {
    on_device("mkfs.btrfs");
}

fn on_device(mkfs: &str) {
    if let Some(volume) = Volume::make(mkfs)
        && let Some(seen) = seen(&volume.path())
    {
        assert_eq!(seen, SEEN);
    }
}

/// A file system in a file, mounted; root's only.
struct Volume(TempDir);

impl Volume {
    fn make(mkfs: &str) -> Option<Volume> {
        if !nix::unistd::geteuid().is_root() {
            unprivileged(&format!("only root can mount what `{mkfs}` makes"));
            return None;
        }
        let directory = TempDir::new().unwrap();
        let image = directory.path().join("image");
        fs::File::create(&image)
            .unwrap()
            .set_len(512 << 20)
            .unwrap();
        if Command::new(mkfs).arg("-q").arg(&image).output().is_err() {
            skipped(&format!("there is no `{mkfs}`"));
            return None;
        }
        let place = directory.path().join("mounted");
        fs::create_dir(&place).unwrap();
        let mounted = Command::new("mount")
            .args(["-o", "loop"])
            .args([&image, &place])
            .output();
        let mounted = mounted.unwrap();
        if !mounted.status.success() {
            skipped(&format!(
                "cannot mount it: {}",
                String::from_utf8_lossy(&mounted.stderr)
            ));
            return None;
        }
        Some(Volume(directory))
    }

    fn path(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.0.path().join("mounted")).unwrap()
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

/// Plans that have nothing to do with a build have made parts of its input; or its input came otherwise.
#[test]
fn what_else_is_in_the_store_cannot_be_seen() {
    let Some(lab) = Lab::new() else { return };
    let made = script("cd /out; echo a > a; ln a b; echo c > c", vec![]);
    let part = Plan::named(Name::new("part").unwrap()).action(Action::Pick(Pick {
        tree: Artifact::from(&made),
        include: PathSet::new(["a", "c"]).unwrap(),
        exclude: PathSet::default(),
    }));
    lab.build(&part).unwrap();
    let look = "stat -c '%n %h %s' /in/a /in/b /in/c /src/in/a > /out/seen";
    let look = script(look, vec![at("/in", &made), at("/src/in", &made)]);
    let output = lab.build(&look).unwrap();
    assert_eq!(
        lab.read(&output, "seen"),
        "/in/a 1 2\n/in/b 1 2\n/in/c 1 2\n/src/in/a 1 2\n"
    );
}

/// Shared hosts set a default access control list on directories, which would take the place of the
/// umask; and set-group-id bits, which hand down the group.
#[test]
fn the_directory_of_the_store_hands_nothing_down() {
    let Some(lab) = Lab::new() else { return };
    let shared = lab.directory().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(
        &shared,
        std::os::unix::fs::PermissionsExt::from_mode(0o2777),
    )
    .unwrap();
    if let Err(error) = xattr::set(&shared, "system.posix_acl_default", &open_list()) {
        return skipped(&format!("no access control lists here: {error}"));
    }
    let Some(there) = Lab::below(&shared) else {
        return;
    };
    let made = script(
        "mkdir -p /out/a/b; echo x > /out/a/f; mkdir /src/new; stat -c '%a %g' / /src /src/new \
         /src/in /src/in/f /out /out/a /in /in/f /tmp > /out/seen",
        vec![at("/in", text("f", "x")), at("/src/in", text("f", "x"))],
    );
    let (here, there_) = (lab.build(&made).unwrap(), there.build(&made).unwrap());
    assert_eq!(there.read(&there_, "seen"), lab.read(&here, "seen"));
    assert_eq!(here, there_);
    let Object::Tree(tree) = here else {
        panic!("no tree")
    };
    let modes: String = lab
        .store
        .manifest(&tree)
        .unwrap()
        .iter()
        .map(|(path, node)| format!("{path} {node:?}\n"))
        .collect();
    assert!(
        !modes.contains("0777") && !modes.contains("0666"),
        "{modes}"
    );
}

/// Read and write for everybody, in the form of `linux/posix_acl_xattr.h`: a version, then tag,
/// permissions and id for owner, owning group, another user, mask, others.
fn open_list() -> Vec<u8> {
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in [
        (1_u16, 7_u16, u32::MAX),
        (2, 7, 1000),
        (4, 7, u32::MAX),
        (0x10, 7, u32::MAX),
        (0x20, 6, u32::MAX),
    ] {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

/// A directory of the sources can be changed in every way, and the store's tree stays as it was.
#[test]
fn sources_are_the_builds_own() {
    let Some(lab) = Lab::new() else { return };
    let source = script(
        "mkdir /out/d; echo old > /out/d/f; echo old > /out/g",
        vec![],
    );
    let change = "cd /src/it; echo new > d/f; mv d e; rm g; chmod 700 /src/it; cp e/f /out/f";
    let output = lab
        .build(&script(change, vec![at("/src/it", &source)]))
        .unwrap();
    assert_eq!(lab.read(&output, "f"), "new\n");
    let kept = lab.build(&source).unwrap();
    assert!(lab.store.is_sound(&kept));
    assert_eq!(lab.read(&kept, "d/f"), "old\n");
}
