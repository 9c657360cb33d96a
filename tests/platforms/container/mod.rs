//! Containers, run by programs of the host that are not ours.
//!
//! What needs root is in [`as_root`]; the rest runs as anybody.

mod as_root;
mod layout;
mod podman;

use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use distill::cli::Target;
use distill::execline;
use distill::system::{File, Owner, Service, System, User};
use distill_platforms::container_rootfs;
use distill_services::var_log;
use distill_testing::{Lab, LabError};

use crate::succeed;

/// The longest that anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A daemon with a user of its own that tells when it is stopped; and one that reads a secret, on a port of root's.
fn system() -> System {
    let key = File::new("/etc/web.key", "secret").mode(0o400);
    let web = Service::longrun(
        "web",
        execline! {
            fdmove -c 2 1
            if { grep -q secret "/etc/web.key" }
            if { grep -q mine "/var/lib/web" }
            httpd -f -p 80 -h "/usr/share"
        },
    )
    .user(User::system("web"))
    .run_as("web")
    .listens("tcp/80")
    .after("var-mount")
    .file(key.owner(Owner::new("web", "web")))
    .file(
        File::new("/var/lib/web", "mine")
            .mode(0o400)
            .owner(Owner::new("web", "web"))
            .on_first_boot(),
    )
    .ready_when(execline! { grep -q ":0050 " "/proc/net/tcp" "/proc/net/tcp6" });
    let daemon = Service::longrun(
        "sleeper",
        execline! {
            fdmove -c 2 1
            foreground { echo started }
            sleep inf
        },
    )
    .finish(execline! { redirfd -a 1 "/var/lib/stopped" echo stopped })
    .user(User::system("sleeper"))
    .run_as("sleeper")
    .after("var-mount")
    .ready_when_started();
    System::new().services([daemon, web]).loggers(var_log())
}

/// A form of the image of [`system`].
fn form(lab: &Lab, name: &str) -> Result<Utf8PathBuf, LabError> {
    let platform = container_rootfs();
    let image = platform.image(&system()).expect("a system");
    let form = platform.forms.iter().find(|form| form.name == name);
    let form = form.expect("a form").of(&platform.config, image);
    lab.image(&Target::from(form))
}

/// The root archive, unpacked as its documentation says.
fn unpack(archive: &Path, root: &Path) {
    std::fs::create_dir_all(root).expect("a directory");
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--numeric-owner", "--file"]);
    tar.arg(archive).arg("--directory").arg(root);
    succeed(&mut tar);
}

/// A container that runs: `exec` makes a call that runs a shell script in it.
struct Inside<F>(F);

impl<F: Fn(&str) -> Command> Inside<F> {
    fn run(&self, script: &str) -> Output {
        (self.0)(script).output().expect("the runtime runs")
    }

    /// Tries until the script succeeds in the container; what it printed then.
    #[track_caller]
    fn wait(&self, script: &str) -> String {
        let start = Instant::now();
        loop {
            let output = self.run(script);
            if output.status.success() {
                let printed = String::from_utf8_lossy(&output.stdout);
                return printed.trim_end().to_owned();
            }
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(start.elapsed() < LIMIT, "`{script}`: {said}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The service runs as its user, what it says is logged, and directories are as they should be.
    #[track_caller]
    fn assert_works(&self) {
        self.wait("s6-svwait -U -t 20000 /run/service/sleeper");
        assert_eq!(self.wait("cat /proc/1/comm"), "s6-svscan");
        let user = self.wait("stat -c %U /proc/$(s6-svstat -o pid /run/service/sleeper)");
        assert_eq!(user, "sleeper");
        self.wait("grep -q started /var/log/sleeper/current");
        self.wait("s6-svwait -U -t 20000 /run/service/web");
        let files = self.wait("stat -c '%U %G %a' /etc/web.key /var/lib/web | tr '\\n' ' '");
        assert_eq!(files, "web web 400 web web 400");
        let modes = self.wait("stat -c '%u %a' /tmp /root | tr '\\n' ' '");
        assert_eq!(modes, "0 1777 0 700");
    }
}

/// Waits for the end of a container; its status.
fn end(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    panic!("the container does not end");
}
