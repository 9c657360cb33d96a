//! OpenSSH's server, for keys only.

mod config;

use distill::execline;
use distill::system::{Directory, File, Service, User};

use config::HOST_KEYS;

pub use config::{LogLevel, PermitRootLogin, SshdConfig};

const CONFIG: &str = "/etc/ssh/sshd_config";

/// OpenSSH's server. Users log in with keys or certificates; nobody has a password.
///
/// The host's own key is made on the first start and kept on `/var`. Keys come from the image
/// ([`SshdConfig::authorized_key`]), from services that write `/run/ssh/authorized_keys/USER`, such
/// as those that ask a cloud for them, and from users' home directories. If one of these services is
/// called `pubkeys`, the server starts after it: who keeps trying while the keys are not there yet
/// would be refused for a while by OpenSSH's `PerSourcePenalties`, also with the right key.
///
/// ```
/// use distill::system::System;
/// use distill_services::{sshd, sshd::SshdConfig, var_mount};
///
/// const CA: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0zcu0w0Zr3H3PqFQ6M1nB8v1p ca";
/// let system = System::new()
///     .service(var_mount())
///     .service(sshd(SshdConfig::trusting(CA)));
/// # let _ = system;
/// ```
#[track_caller]
#[allow(
    clippy::needless_pass_by_value,
    reason = "a configuration is written where it is used"
)]
pub fn sshd(config: SshdConfig) -> Service {
    let key = config::host_key();
    let new = format!("{HOST_KEYS}/new");
    let make = execline! {
        if { rm -f #{&new} #{format!("{new}.pub")} }
        if { ssh-keygen -q -t ed25519 -N "" -C "" -f #{&new} }
        // A key that is there is whole.
        if { sync }
        mv #{&new} #{&key}
    };
    let service = Service::longrun(
        "sshd",
        execline! {
            fdmove -c 2 1
            if { if -t -n { test -s #{&key} } #{make} }
            if { rm -f "/run/sshd.pid" }
            "/usr/sbin/sshd" -D -e -f #{CONFIG}
        },
    )
    .package(distill_packages::openssh_server)
    .after("var-mount")
    .after_if_present("pubkeys")
    .user(User::system("sshd").home("/var/empty"))
    .file(File::new(CONFIG, config.to_string()).mode(0o600))
    .directory(Directory::new(HOST_KEYS).mode(0o700))
    .directory(Directory::new("/var/empty"))
    .directory(Directory::new("/run/ssh/authorized_keys"))
    .writes("/run/sshd.pid")
    .ready_when(execline! { test -s "/run/sshd.pid" });
    let service = config.files().into_iter().fold(service, Service::file);
    service
        .ports(config.ports().map(|port| format!("tcp/{port}")))
        .problems(config.problems())
}
