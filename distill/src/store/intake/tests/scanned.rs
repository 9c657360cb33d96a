use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use nix::sys::stat;
use nix::unistd::mkfifo;

use super::*;

fn scan_plain(dir: &Utf8Path) -> Result<Tree, IntakeError> {
    scan(dir, &PathSet::default())
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
    let error = scan(&dir, &PathSet::new(["bin/su"]).unwrap()).unwrap_err();
    assert!(matches!(error, IntakeError::Setid(paths) if paths == [path("bin/wall")]));
    let tree = scan(&dir, &PathSet::new(["bin"]).unwrap()).unwrap();
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
