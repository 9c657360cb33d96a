//! nginx: a web server and proxy.

mod config;
mod directive;
mod print;
mod problems;
mod server;
mod trial;
mod variant;

use distill::system::{Directory, Service, Signal, User};
use distill::{execline, kconfig};

use crate::check::Checked;
use print::PID;

pub use config::{ErrorLog, NginxConfig};
pub use server::{Handler, Listen, Location, Path, Server, Tls};

const CONFIG: &str = "/etc/nginx/nginx.conf";

/// nginx. What it serves is read by the user `nginx`; what it says goes to its log: access to standard
/// output, the rest to standard error.
///
/// The configuration is read by nginx itself when the image is built ([`NginxConfig::check`]). What it
/// keeps while it works (large requests and answers) lies below `/var/lib/nginx`. It is ready when it
/// listens on all its ports. At the end it answers what it was asked before.
///
/// ```
/// use distill::system::{File, System};
/// use distill_services::nginx::{NginxConfig, Server};
/// use distill_services::{nginx, var_mount};
///
/// let site = Server::new().name("www.example.org").root("/usr/share/www");
/// let system = System::new()
///     .services([var_mount(), nginx(NginxConfig::new().server(site))])
///     .file(File::new("/usr/share/www/index.html", "<p>hello\n"));
/// # assert!(system.services[1].problems.is_empty());
/// ```
#[track_caller]
pub fn nginx(config: NginxConfig) -> Service {
    let run = execline! {
        fdmove -c 2 1
        if { rm -f #{PID} }
        setpriv --nnp
        "/usr/sbin/nginx" -e stderr -c #{CONFIG} -g "daemon off;"
    };
    let service = Service::longrun("nginx", run)
        .package(distill_packages::nginx)
        .package(checked(&config))
        .after("var-mount")
        .user(User::system("nginx"))
        .directory(Directory::new("/run/nginx"))
        .directory(Directory::new("/var/lib/nginx"))
        .kernel(kconfig! { "nginx": EPOLL=y EVENTFD=y })
        .down_signal(Signal::Quit)
        .ready_when(execline! { test -s #{PID} });
    // Addresses of its own have to be there before it listens on them.
    let service = match config.has_own_addresses() {
        true => service.after_all("net.*"),
        false => service,
    };
    service.ports(config.listens()).problems(config.problems())
}

/// The configuration, read by nginx first if that is wanted.
#[track_caller]
fn checked(config: &NginxConfig) -> distill::package::Package {
    let check = match config.check {
        true => execline! {
            if { mkdir -p "/run/nginx" "/var/lib/nginx" }
            sh -c #{trial::CHECK} sh #{trial::CONFIG}
        },
        false => execline! { true },
    };
    Checked {
        name: "nginx".to_owned(),
        file: (CONFIG.to_owned(), config.to_string()),
        trial: trial::files(config),
        program: distill_packages::nginx.into(),
        check,
    }
    .package()
}
