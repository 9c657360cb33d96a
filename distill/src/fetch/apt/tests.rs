use super::*;

/// A system whose `etc/apt` has these files.
fn system(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    for (name, text) in files {
        let path = root.join("etc/apt").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    (dir, root)
}

fn mirrors(files: &[(&str, &str)]) -> Vec<Address> {
    let (_dir, root) = system(files);
    read_apt(&root).unwrap()
}

#[test]
fn lines() {
    let text = "\
# deb http://off.example/debian trixie main
deb http://mirror.example/debian/ trixie main contrib # the nearest one
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://b.example/x y main
deb cdrom:[Debian GNU/Linux 13.0.0 _Trixie_ - Official amd64 DVD]/ trixie main
deb-src\thttp://source.example/debian trixie main
rpm http://c.example/ d e
deb http://short.example/
";
    insta::assert_debug_snapshot!(parse_apt_list(text));
}

#[test]
fn paragraphs() {
    let text = "\
Types: deb deb-src
# the nearest ones
URIs: http://one.example/debian/
 http://two.example/debian
# and a comment inside
\thttps://three.example/debian
Suites: trixie trixie-updates
components: main non-free-firmware
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main


Types: deb
URIs: http://last.example/debian
Suites: sid
Components: main";
    insta::assert_debug_snapshot!(parse_apt_sources(text));
}

#[test]
fn in_apts_order_and_none_twice() {
    let files = [
        (
            "sources.list",
            "deb http://a.example/debian trixie main\n\
             deb http://a.example/debian/ trixie-updates main\n\
             deb http://security.example/debian-security trixie-security main\n",
        ),
        (
            "sources.list.d/z.list",
            "deb http://z.example/debian trixie main\n",
        ),
        (
            "sources.list.d/debian.sources",
            "Types: deb\nURIs: http://d.example/debian\nSuites: trixie\nComponents: main\n",
        ),
        (
            "sources.list.d/old.list.disabled",
            "deb http://old.example/debian trixie main\n",
        ),
    ];
    let expected = ["a", "d", "z"].map(|host| format!("http://{host}.example/debian"));
    assert_eq!(mirrors(&files), expected.map(Address::from));
}

#[test]
fn only_debians_main_archive() {
    let kept = [
        "deb http://a.example/debian trixie main",
        "deb http://a.example/mirror trixie-backports main contrib",
        "deb http://a.example/archive/debian/20260101T000000Z unheard-of main",
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/x y main",
    ];
    let dropped = [
        "deb http://a.example/debian-security trixie-security main",
        "deb http://a.example/debian-security buster/updates main",
        "deb [signed-by=/k/debian-archive-keyring.gpg] http://a.example/x trixie-security main",
        "deb http://a.example/ubuntu noble main",
        "deb http://a.example/linux/debian trixie stable",
        "deb http://a.example/apt tool-trixie main",
        "deb http://a.example/flat/ ./",
        "deb file:/srv/debian trixie main",
        "deb cdrom:[Debian]/ trixie main",
        "deb http://a.example/$(ARCH)/debian trixie main",
    ];
    for line in kept {
        assert_eq!(mirrors(&[("sources.list", line)]).len(), 1, "{line}");
    }
    for line in dropped {
        assert_eq!(mirrors(&[("sources.list", line)]), [""; 0], "{line}");
    }
}

#[test]
fn lists_of_mirrors() {
    let sources = "Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\n\
                   Components: main\n";
    let files = [
        ("sources.list.d/debian.sources", sources),
        (
            "mirrors/debian.list",
            "# ours\nhttps://one.example/debian\tpriority:1\n\nhttp://two.example/debian\nfile:/x\n",
        ),
    ];
    let expected = ["https://one.example/debian", "http://two.example/debian"];
    assert_eq!(mirrors(&files), expected.map(Address::from));
}

#[test]
fn no_apt_no_mirrors() {
    assert_eq!(mirrors(&[]), [""; 0]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let (_dir, root) = system(&[("sources.list/a", "")]);
    let error = read_apt(&root).unwrap_err();
    let path = root.join("etc/apt/sources.list");
    assert_eq!(error.to_string(), format!("cannot read `{path}`"));
}
