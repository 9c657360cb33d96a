//! What every root file system has, whatever else is in it.

use super::account::Accounts;
use super::file::File;
use super::places::NAMELESS;

/// Mount points, the links that make `/usr` hold everything, and the files that programs expect.
pub(super) fn files(accounts: &Accounts, hostname: Option<&str>) -> Vec<File> {
    let mut files = Vec::new();
    files.extend(["/dev", "/proc", "/sys", "/run", "/var"].map(File::dir));
    files.extend(["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64"].map(File::dir));
    files.push(File::dir("/tmp").mode(0o1777));
    files.push(File::dir("/root").mode(0o700));
    files.extend(
        ["bin", "sbin", "lib", "lib64"]
            .map(|name| File::symlink(format!("/{name}"), format!("usr/{name}"))),
    );
    files.push(File::symlink("/etc/mtab", "/proc/self/mounts"));
    files.push(File::symlink("/etc/resolv.conf", "/run/resolv.conf"));
    files.extend(texts(accounts, hostname).map(|(path, text)| File::new(path, text)));
    files
}

fn texts(accounts: &Accounts, hostname: Option<&str>) -> [(&'static str, String); 9] {
    let name = hostname.unwrap_or(NAMELESS);
    [
        ("/etc/passwd", accounts.passwd()),
        ("/etc/group", accounts.group()),
        // glibc, which some programs bring, looks here before it looks into the files.
        (
            "/etc/nsswitch.conf",
            include_str!("etc/nsswitch.conf").to_owned(),
        ),
        ("/etc/profile", format!("export PATH={}\n", super::PATH)),
        ("/etc/shells", "/bin/sh\n".to_owned()),
        ("/etc/hostname", format!("{name}\n")),
        ("/etc/hosts", hosts(name)),
        ("/etc/services", include_str!("etc/services").to_owned()),
        ("/etc/protocols", include_str!("etc/protocols").to_owned()),
    ]
}

fn hosts(name: &str) -> String {
    let own = if name == NAMELESS {
        String::new()
    } else {
        format!(" {name}")
    };
    format!("127.0.0.1 localhost{own}\n::1 localhost ip6-localhost{own}\n")
}
