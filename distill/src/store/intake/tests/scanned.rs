use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use nix::sys::stat;
use nix::unistd::mkfifo;

use super::*;

fn scan_with(dir: &Utf8Path, setid: &PathSet) -> Result<Tree, IntakeError> {
    scan(dir, setid, &NEVER).map(HashedTree::into_manifest)
}

fn scan_plain(dir: &Utf8Path) -> Result<Tree, IntakeError> {
    scan_with(dir, &PathSet::default())
}

#[test]
fn modes_times_links() {
    let place = Place::new();
    let dir = place.with(
        "out",
        &[
            ("bin/a", "program"),
            ("bin/b", ""),
            ("etc/secret", "x"),
            ("shut/x", "y"),
            ("tmp/z", ""),
        ],
    );
    fs::hard_link(dir.join("bin/a"), dir.join("again")).unwrap();
    symlink("/usr/bin/nowhere", dir.join("link")).unwrap();
    for (name, mode) in [
        ("bin/a", 0o751),
        ("etc/secret", 0o000),
        ("tmp", 0o1777),
        ("shut/x", 0o044),
        ("shut", 0o050),
        ("", 0o700),
    ] {
        chmod(&dir.join(name), mode);
    }
    let tree = scan_plain(&dir).unwrap();
    insta::assert_snapshot!(listing(&tree));
    assert_is(&dir, &tree);
    assert_eq!(scan_plain(&dir).unwrap(), tree, "the second time, too");
}

#[test]
fn many_files_on_several_threads() {
    let place = Place::new();
    let texts: Vec<_> = (0..500)
        .map(|i| (format!("d{}/f{i}", i % 5), "text".repeat(i * 3)))
        .collect();
    let files: Vec<_> = texts
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let dir = place.with("out", &files);
    let tree = scan_plain(&dir).unwrap();
    assert_eq!(tree.len(), 505);
    assert!(tree.size() > 1 << 20, "enough for several threads");
    assert_is(&dir, &tree);
}

#[test]
fn setid_must_be_declared() {
    let place = Place::new();
    let dir = place.with("out", &[("bin/su", ""), ("bin/wall", ""), ("bin/ls", "")]);
    chmod(&dir.join("bin/su"), 0o4755);
    chmod(&dir.join("bin/wall"), 0o2755);
    let error = scan_plain(&dir).unwrap_err();
    assert_eq!(
        error.to_string(),
        "undeclared set-user-id or set-group-id:\n  bin/su\n  bin/wall\n\
         hint: declare them with `setid`, or drop the bit"
    );
    let error = scan_with(&dir, &PathSet::new(["bin/su"]).unwrap()).unwrap_err();
    assert!(matches!(error, IntakeError::Setid(paths) if paths == [path("bin/wall")]));
    let tree = scan_with(&dir, &PathSet::new(["bin"]).unwrap()).unwrap();
    assert_eq!(
        listing(&tree),
        "0755 bin/\n0644 bin/ls 0\n4755 bin/su 0\n2755 bin/wall 0\n"
    );
    assert_is(&dir, &tree);
}

#[test]
fn what_no_tree_holds() {
    let place = Place::new();
    let dir = place.with("out", &[("a", "")]);
    mkfifo(dir.join("pipe").as_std_path(), stat::Mode::S_IRWXU).unwrap();
    let _socket = UnixListener::bind(dir.join("socket")).unwrap();
    let mut expected = "cannot keep what is no file, directory or symbolic link:".to_owned();
    let device = stat::mknod(
        dir.join("null").as_std_path(),
        stat::SFlag::S_IFCHR,
        stat::Mode::S_IRWXU,
        stat::makedev(1, 3),
    );
    if device.is_ok() {
        expected += "\n  null is a character device";
    }
    expected += "\n  pipe is a named pipe\n  socket is a socket";
    assert_eq!(scan_plain(&dir).unwrap_err().to_string(), expected);
}

#[test]
fn a_long_list_is_cut() {
    let place = Place::new();
    let dir = place.with("out", &[]);
    for index in 0..13 {
        mkfifo(
            dir.join(format!("pipe{index:02}")).as_std_path(),
            stat::Mode::S_IRWXU,
        )
        .unwrap();
    }
    let message = scan_plain(&dir).unwrap_err().to_string();
    assert_eq!(message.lines().count(), 12);
    assert!(message.ends_with("\n  and 3 more"), "{message}");
}

#[test]
fn what_is_not_utf8() {
    let place = Place::new();
    let dir = place.with("out", &[("d/a", "")]);
    let name = dir
        .join("d")
        .into_std_path_buf()
        .join(OsStr::from_bytes(b"caf\xe9"));
    fs::write(&name, "").unwrap();
    assert_eq!(
        scan_plain(&dir).unwrap_err().to_string(),
        format!("cannot keep `{dir}/d/caf\u{fffd}`: its name is not UTF-8")
    );
    fs::remove_file(&name).unwrap();
    symlink(OsStr::from_bytes(b"\xff"), dir.join("d/link")).unwrap();
    assert_eq!(
        scan_plain(&dir).unwrap_err().to_string(),
        format!("cannot keep `{dir}/d/link`: its target is not UTF-8")
    );
}

#[test]
fn names_what_is_not_there() {
    let place = Place::new();
    let dir = place.join("missing");
    let message = |dir: &Utf8Path| scan_plain(dir).unwrap_err().to_string();
    assert_eq!(message(&dir), format!("cannot open `{dir}`"));
    let elsewhere = place.with("elsewhere", &[]);
    chmod(&elsewhere, 0o700);
    symlink(&elsewhere, &dir).unwrap();
    assert_eq!(message(&dir), format!("cannot open `{dir}`"));
    assert_eq!(mode_of(&elsewhere), 0o700, "a link is not followed");
}

#[test]
fn nothing_is_a_tree() {
    let place = Place::new();
    let tree = scan_plain(&place.with("out", &[])).unwrap();
    assert!(tree.is_empty());
}

#[test]
fn drops_attributes() {
    let place = Place::new();
    let dir = place.with("out", &[("d/a", "x")]);
    if let Err(error) = xattr::set(dir.join("d"), "user.overlay.opaque", b"y") {
        eprintln!("skipped: {dir} takes no extended attributes: {error}");
        return;
    }
    xattr::set(dir.join("d/a"), "user.note", b"x").unwrap();
    chmod(&dir.join("d/a"), 0o444);
    // A list of access rights, which gives user 1 some: version, then (tag, rights, id) for owner,
    // user 1, group, mask, others.
    let acl: Vec<u8> = [
        (1, 4, !0),
        (2, 7, 1),
        (4, 4, !0),
        (0x10, 7, !0),
        (0x20, 4, !0_u32),
    ]
    .into_iter()
    .fold(vec![2, 0, 0, 0], |mut acl, (tag, rights, id)| {
        acl.extend([tag, 0, rights, 0]);
        acl.extend(id.to_le_bytes());
        acl
    });
    if xattr::set(dir.join("d/a"), "system.posix_acl_access", &acl).is_ok() {
        assert_eq!(mode_of(&dir.join("d/a")), 0o474);
    }
    let tree = scan_plain(&dir).unwrap();
    assert_is(&dir, &tree);
    for name in ["d", "d/a"] {
        let left: Vec<_> = xattr::list(dir.join(name)).unwrap().collect();
        assert!(
            left.iter()
                .all(|name| name.to_string_lossy().starts_with("security.")),
            "{left:?}"
        );
    }
}

/// What a build can give the directory itself, which becomes the tree's root.
#[test]
fn drops_what_the_directory_itself_carries() {
    let place = Place::new();
    let dir = place.with("out", &[("a", "x")]);
    if !give_attributes(&dir) {
        return;
    }
    // A default access control list: everything below would inherit it.
    let acl: Vec<u8> =
        [(1, 7), (4, 7), (0x20, 7)]
            .into_iter()
            .fold(vec![2, 0, 0, 0], |mut acl, (tag, rights)| {
                acl.extend([tag, 0, rights, 0]);
                acl.extend((!0_u32).to_le_bytes());
                acl
            });
    let _ = xattr::set(&dir, "system.posix_acl_default", &acl);
    chmod(&dir, 0o555);
    let tree = scan_plain(&dir).unwrap();
    assert_is(&dir, &tree);
    assert_eq!(attributes(&dir), Vec::<String>::new());
}

/// What is filled in a directory with a default access control list, as shared hosts have it.
#[test]
fn inherits_no_access_control_list() {
    let place = Place::new();
    let shared = place.with("shared", &[]);
    let acl: Vec<u8> =
        [(1, 7), (4, 7), (0x20, 7)]
            .into_iter()
            .fold(vec![2, 0, 0, 0], |mut acl, (tag, rights)| {
                acl.extend([tag, 0, rights, 0]);
                acl.extend((!0_u32).to_le_bytes());
                acl
            });
    if xattr::set(&shared, "system.posix_acl_default", &acl).is_err() {
        eprintln!("skipped: {shared} takes no access control list");
        return;
    }
    let literal = crate::plan::Literal::of(
        path("d/a"),
        crate::plan::LiteralNode::File {
            mode: None,
            contents: "text".into(),
        },
    );
    let out = shared.join("out");
    let tree = write_literal(&out, &literal).unwrap();
    assert_is(&out, tree.manifest());
    for name in ["", "d", "d/a"] {
        assert_eq!(attributes(&out.join(name)), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn drops_flags() {
    use rustix::fs::IFlags;
    let place = Place::new();
    let dir = place.with("out", &[("d/a", "x"), ("d/b", "y")]);
    if !set_flags(&dir.join("d/a"), IFlags::NODUMP) {
        eprintln!("skipped: {dir} takes no flags");
        return;
    }
    set_flags(&dir, IFlags::NODUMP);
    // Only root may set these.
    fs::hard_link(dir.join("d/a"), dir.join("c")).unwrap();
    let protected = set_flags(&dir.join("d/b"), IFlags::IMMUTABLE)
        && set_flags(&dir.join("d/a"), IFlags::IMMUTABLE)
        && set_flags(&dir.join("d"), IFlags::APPEND)
        && set_flags(&dir, IFlags::IMMUTABLE);
    if !protected {
        eprintln!("skipped in part: only root may protect files");
    }
    let tree = scan_plain(&dir).unwrap();
    assert_is(&dir, &tree);
    for name in ["", "c", "d", "d/a", "d/b"] {
        let left = flags(&dir.join(name)).unwrap();
        let dropped = IFlags::NODUMP | IFlags::IMMUTABLE | IFlags::APPEND;
        assert!(!left.intersects(dropped), "{name}: {left:?}");
    }
}

/// Each name gets a file of its own, also one whose other name lies outside; links, too.
#[test]
fn hard_links_are_broken() {
    let place = Place::new();
    let dir = place.with("out", &[("a", "one"), ("b", "two")]);
    fs::hard_link(dir.join("a"), dir.join("d")).unwrap();
    fs::hard_link(dir.join("a"), dir.join("e")).unwrap();
    let outside = place.with("outside", &[]);
    fs::hard_link(dir.join("b"), outside.join("b")).unwrap();
    symlink("a", dir.join("link")).unwrap();
    fs::hard_link(dir.join("link"), outside.join("link")).unwrap();
    let tree = scan_plain(&dir).unwrap();
    assert_eq!(
        listing(&tree),
        "0644 a 3\n0644 b 3\n0644 d 3\n0644 e 3\nlink link -> a\n"
    );
    assert_is(&dir, &tree);
    assert_eq!(fs::symlink_metadata(dir.join("link")).unwrap().nlink(), 1);
    fs::write(outside.join("b"), "changed").unwrap();
    assert_eq!(fs::read_to_string(dir.join("b")).unwrap(), "two");
    let names = dir.read_dir_utf8().unwrap().count();
    assert_eq!(names, 5, "no copy is left behind");
}

/// Makes directories of such names, one in the other, however long the path is.
fn make_deep(dir: &Utf8Path, names: &[&str]) {
    use nix::fcntl::{OFlag, open, openat};
    use std::os::fd::AsFd;
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut at = open(dir.as_std_path(), flags, stat::Mode::empty()).unwrap();
    for name in names {
        stat::mkdirat(at.as_fd(), *name, stat::Mode::S_IRWXU).unwrap();
        at = openat(at.as_fd(), *name, flags, stat::Mode::empty()).unwrap();
    }
    let flags = OFlag::O_CREAT | OFlag::O_WRONLY;
    let file = openat(at.as_fd(), "file", flags, stat::Mode::S_IRUSR).unwrap();
    xattr::FileExt::set_xattr(&fs::File::from(file), "user.note", b"x").unwrap_or(());
}

/// Whether a tree can be taken in must not depend on how long the path of the store is.
#[test]
fn paths_up_to_a_limit_wherever_the_store_lies() {
    let name = "x".repeat(190);
    let place = Place::new();
    // With the path of the store it is longer than the kernel takes.
    let (dir, names) = (place.with(&"y".repeat(200), &[]), [name.as_str(); 20]);
    make_deep(&dir, &names);
    let tree = scan_plain(&dir).unwrap();
    assert_eq!(tree.len(), 21);
    assert_eq!(verify_tree(&dir, &NEVER).unwrap(), tree);
    let out = place.join(&"z".repeat(200));
    let origin = |path: &RelPath| Origin {
        tree: dir.clone(),
        path: path.clone(),
    };
    copy_tree(&tree, origin, &out, &NEVER).unwrap();
    assert_eq!(verify_tree(&out, &NEVER).unwrap(), tree);

    let deeper = place.with("deeper", &[]);
    make_deep(&deeper, &[name.as_str(); 21]);
    let error = scan_plain(&deeper).unwrap_err();
    assert!(matches!(error, IntakeError::TooLong { .. }), "{error}");
    for dir in [dir, out, deeper] {
        remove_tree(&dir).unwrap();
    }
}

/// A build exchanged a directory for a link: nothing outside is touched.
#[test]
fn follows_no_link() {
    let place = Place::new();
    let outside = place.with("outside", &[("secret", "x")]);
    chmod(&outside.join("secret"), 0o600);
    let dir = place.with("out", &[]);
    symlink(&outside, dir.join("sub")).unwrap();
    symlink(outside.join("secret"), dir.join("file")).unwrap();
    let before = fs::metadata(outside.join("secret")).unwrap().mtime();
    let tree = scan_plain(&dir).unwrap();
    let links = |node: &Node| matches!(node, Node::Symlink { .. });
    assert!(tree.iter().all(|(_, node)| links(node)));
    let meta = fs::metadata(outside.join("secret")).unwrap();
    assert_eq!((meta.mtime(), meta.mode() & 0o777), (before, 0o600));
}

/// More than a debug build would hash in minutes.
#[test]
fn a_wish_to_stop_ends_the_hashing_of_a_hole() {
    let place = Place::new();
    let dir = place.with("out", &[]);
    make_hole(&dir.join("hole"), 20 << 30);
    let setid = PathSet::default();
    let (scanned, late) = after_the_wish(|stop| scan(&dir, &setid, stop));
    assert!(matches!(scanned, Err(IntakeError::Stopped)), "{scanned:?}");
    assert!(late < Duration::from_secs(1), "{late:?}");
}

/// Bytes that this thread has read so far.
fn bytes_read() -> Option<u64> {
    let io = fs::read_to_string("/proc/thread-self/io").ok()?;
    io.lines()
        .find_map(|line| line.strip_prefix("rchar: "))?
        .parse()
        .ok()
}

#[test]
fn holes_are_hashed_and_not_read() {
    use std::io::Write as _;
    use std::os::unix::fs::FileExt as _;
    const SIZE: u64 = 48 << 20;
    let place = Place::new();
    let dir = place.with("out", &[]);
    let file = fs::File::create(dir.join("file")).unwrap();
    file.write_all_at(b"begin", 0).unwrap();
    file.write_all_at(b"middle", SIZE / 3).unwrap();
    file.set_len(SIZE).unwrap();
    if fs::metadata(dir.join("file")).unwrap().blocks() > 1000 {
        eprintln!("skipped: {dir} knows no holes");
        return;
    }
    let before = bytes_read();
    let tree = scan_plain(&dir).unwrap();
    let Some(read) = bytes_read().zip(before).map(|(now, before)| now - before) else {
        eprintln!("skipped: /proc/thread-self/io cannot be read");
        return;
    };
    assert!(read < 1 << 20, "{read} bytes were read");
    let mut hasher = crate::plan::Hasher::new();
    hasher
        .write_all(&fs::read(dir.join("file")).unwrap())
        .unwrap();
    let hash = hasher.finish();
    let expected = Node::File {
        mode: Mode::FILE,
        size: SIZE,
        hash,
    };
    assert_eq!(tree.get("file"), Some(&expected));
}
