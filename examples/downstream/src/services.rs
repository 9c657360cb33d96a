//! Services: what is started on the machines of this crate.

use distill::execline;
use distill::system::{File, Service, User};

use crate::packages;

const CONFIG: &str = "/etc/ngircd.conf";

/// ngIRCd as its own user, on port 6667. To the network of servers it is called `name`, which has a dot in
/// it.
///
/// ```
/// let service = chat_server::services::ngircd("irc.example.org");
/// assert_eq!(service.listens, ["tcp/6667"]);
/// let service = chat_server::services::ngircd("localhost");
/// assert_eq!(service.problems, ["name: `localhost` has no dot in it"]);
/// ```
#[track_caller]
pub fn ngircd(name: &str) -> Service {
    let service = Service::longrun("ngircd", execline! {
        fdmove -c 2 1
        "/usr/sbin/ngircd" --nodaemon --config #{CONFIG}
    })
    .package(packages::ngircd)
    .user(User::system("ngircd"))
    .run_as("ngircd")
    .file(File::new(CONFIG, config(name)))
    .listens("tcp/6667")
    .ready_when(execline! { nc -z "127.0.0.1" 6667 });
    match name.contains('.') {
        true => service,
        false => service.invalid(format!("name: `{name}` has no dot in it")),
    }
}

/// The configuration: who connects is not looked up, and is greeted with the machine's own message.
fn config(name: &str) -> String {
    format!("[Global]\nName = {name}\nMotdFile = /etc/motd\n\n[Options]\nDNS = no\nIdent = no\nPAM = no\n")
}
