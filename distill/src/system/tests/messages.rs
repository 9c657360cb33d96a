//! What is said about each mistake: the whole message, with what to do about it.

use super::*;

/// What the mistake is, and a system that has it.
type Mistake = (&'static str, System);

/// Who waits for whom, and who writes to whom.
fn relations() -> Vec<Mistake> {
    let system = System::new;
    let web = || idle("web");
    vec![
        (
            "a name with a typo",
            system().services([ready("database"), web().after("databse")]),
        ),
        (
            "a name like no other",
            system().service(web().after("database")),
        ),
        (
            "a bundle with a typo",
            system().services([ready("web"), Service::bundle("all", ["wep"])]),
        ),
        (
            "a pattern that cannot be read",
            system().service(web().after_all("net.[")),
        ),
        (
            "a ring",
            system().services([
                ready("a").after("b"),
                ready("b").after("c"),
                ready("c").after("a"),
            ]),
        ),
        (
            "a service that waits for itself",
            system().service(ready("a").after("a")),
        ),
        (
            "a daemon that never says that it is ready",
            system().services([idle("database"), web().after("database")]),
        ),
        (
            "a pipeline without an end",
            system().service(web().producer_for("web-log")),
        ),
        (
            "a pipeline whose end does not know",
            system().services([web().producer_for("web-log"), idle("web-log")]),
        ),
        (
            "a pipeline without a beginning",
            system().service(idle("web-log").consumer_for("web")),
        ),
    ]
}

/// What a service says of itself.
fn claims() -> Vec<Mistake> {
    let system = System::new;
    let web = || idle("web");
    let mount = || Service::oneshot("var-mount", execline! { true }).provides("/var");
    let kernel = crate::kconfig! { "vpn": WIREGUARD=y };
    vec![
        (
            "a notification on standard output",
            system().service(web().notification_fd(1)),
        ),
        (
            "two services of one name",
            system().services([web(), web()]),
        ),
        ("a day that there is not", system().not_before("2026-02-30")),
        (
            "a file that is not there",
            system().file(File::new(
                "/etc/motd",
                Contents::Local("/nowhere/motd".into()),
            )),
        ),
        (
            "a service whose name is none",
            system().service(idle("my web")),
        ),
        (
            "a service that says that it cannot be",
            system().service(web().invalid("port: 0 is too small")),
        ),
        (
            "two services on one port",
            system().services([web().listens("tcp/80"), idle("proxy").listens("tcp/80")]),
        ),
        (
            "a port of all addresses, and of one",
            system().services([
                web().listens("tcp/127.0.0.1:80"),
                idle("proxy").listens("tcp/80"),
            ]),
        ),
        (
            "a port that is none",
            system().service(web().listens("http")),
        ),
        (
            "an option that the kernel has not",
            system().service(idle("vpn").kernel(kernel)),
        ),
        (
            "a port that only root may listen on",
            system()
                .user(User::system("www"))
                .service(web().run_as("www").listens("tcp/8080").listens("tcp/80")),
        ),
        (
            "a path on the read-only root",
            system().services([mount(), web().after("var-mount").writes("/srv/www")]),
        ),
        (
            "a directory on the read-only root",
            system().service(web().directory(Directory::new("/var/lib/web"))),
        ),
        (
            "a path that can be written later",
            system().services([mount(), web().writes("/var/www")]),
        ),
    ]
}

/// What services of a kind do not have.
fn kinds() -> Vec<Mistake> {
    let system = |service| System::new().service(service);
    let script = || Service::oneshot("fetch", execline! { true });
    let bundle = || Service::bundle("all", [""; 0]);
    let check = || execline! { true };
    vec![
        (
            "a script with a check",
            system(script().ready_when(check())),
        ),
        (
            "a script with a descriptor",
            system(script().notification_fd(3)),
        ),
        (
            "a script that is ready at once",
            system(script().ready_when_started()),
        ),
        ("a script with an end", system(script().finish(check()))),
        (
            "a script in a pipeline",
            system(script().producer_for("log")),
        ),
        (
            "a script with a signal",
            system(script().down_signal(Signal::Hup)),
        ),
        (
            "a script that is changed as a daemon",
            system(script().update_longrun(|_| {})),
        ),
        (
            "a daemon with a script at shutdown",
            system(idle("web").down(check())),
        ),
        (
            "a daemon that is late, but never ready",
            system(idle("web").timeout_up(std::time::Duration::from_secs(1))),
        ),
        ("a bundle with a user", system(bundle().run_as("root"))),
        (
            "a bundle with ground",
            system(
                bundle()
                    .directory(Directory::new("/run/all"))
                    .listens("tcp/80"),
            ),
        ),
        (
            "a bundle with what is wrong",
            system(bundle().invalid("port: 0 is too small").writes("/run/x")),
        ),
    ]
}

/// Users and groups.
fn accounts() -> Vec<Mistake> {
    let system = System::new;
    let web = || idle("web");
    let owned = |owner| system().file(File::new("/etc/key", "x").owner(owner));
    vec![
        (
            "two users of one name",
            system().user(User::system("web")).user(User::person("web")),
        ),
        (
            "two users with one id",
            system()
                .user(User::system("web").uid(500))
                .user(User::system("proxy").uid(500)),
        ),
        (
            "two groups of one name",
            system()
                .group(Group::new("staff").gid(600))
                .group(Group::new("staff").gid(601)),
        ),
        (
            "a file of a user who does not exist",
            owned(Owner::new("wep", "log")).user(User::system("web")),
        ),
        (
            "a file of a group that does not exist",
            owned(Owner::new("root", "operators")),
        ),
        (
            "a daemon of a user who does not exist",
            system().service(web().run_as("www")),
        ),
        (
            "a directory of a user who does not exist",
            system().service(
                web().directory(Directory::new("/run/web").owner(Owner::new("www", "root"))),
            ),
        ),
        (
            "a user whose name is none",
            system().user(User::system("Web:x")),
        ),
    ]
}

/// What belongs to the machine as a whole.
fn machine() -> Vec<Mistake> {
    let system = System::new;
    let s6_rc = |_: &Config| Plan::named(Name::new("s6-rc").unwrap()).invalid("a test");
    vec![
        (
            "two files at one path",
            system()
                .file(File::new("/etc/motd", "1"))
                .file(File::new("/etc/motd", "2")),
        ),
        (
            "a path that is none",
            system().file(File::new("/etc/../motd", "")),
        ),
        (
            "a file where the root is",
            system().file(File::new("/", "")),
        ),
        (
            "permissions of the root",
            system().permission("/", 0o700, Owner::root()),
        ),
        (
            "a name with a line break",
            system().file(File::new("/etc/a\nb", "")),
        ),
        (
            "a file below a mount",
            system().file(File::new("/run/motd", "")),
        ),
        (
            "a file below what a service mounts",
            system()
                .service(Service::oneshot("var-mount", execline! { true }).provides("/var"))
                .service(idle("web").file(File::dir("/var/www"))),
        ),
        (
            "permissions below a mount",
            system().permission("/tmp/x", 0o700, Owner::root()),
        ),
        (
            "a file that is copied to where nobody can write",
            system().file(File::new("/etc/motd", "").on_first_boot()),
        ),
        (
            "a file that is copied before it can be",
            system()
                .service(Service::oneshot("var-mount", execline! { true }).provides("/var"))
                .service(idle("web").file(File::new("/var/www/index.html", "").on_first_boot())),
        ),
        ("a host name that is none", system().hostname("-web-")),
        (
            "a parameter of the kernel that is none",
            system().sysctl(Sysctl::new().set("net..x", 1)),
        ),
        (
            "a name that s6-rc keeps for itself",
            system().service(ready("default")).init(Init::s6_rc(s6_rc)),
        ),
    ]
}

/// A daemon that is ready at once.
#[track_caller]
fn ready(name: &str) -> Service {
    idle(name).ready_when_started()
}

/// The lines of this file move.
fn without_lines(message: &str) -> String {
    let mut parts = message.split(concat!(file!(), ":"));
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        // Within a message, a column follows the line.
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let column = rest.strip_prefix(':').filter(|rest| !rest.starts_with(' '));
        let rest = column.map_or(rest, |rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
        });
        text + "HERE:LINE" + rest
    })
}

#[test]
fn each_mistake_is_explained() {
    let platform = platform().kernel_options([crate::kconfig! { "kernel": NET=y }]);
    let all = [relations(), claims(), kinds(), accounts(), machine()];
    let said: Vec<String> = all
        .into_iter()
        .flatten()
        .map(|(what, system)| {
            let error = platform.root(&system).expect_err(what);
            let findings = error.findings.iter().map(Finding::to_string);
            let findings: Vec<String> = findings.map(|text| without_lines(&text)).collect();
            format!("== {what}\n{}", findings.join("\n"))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_line() {
    let first = line!() + 1;
    let web = idle("web").after("databse");
    let proxy = idle("proxy").writes("/srv");
    let key = File::new("/etc/key", "x").owner(Owner::new("wep", "log"));
    let user = User::system("web").uid(500);
    let other = User::system("other").uid(500);
    let system = System::new().services([idle("database"), web, proxy]);
    let system = system.file(key).user(user).user(other);
    let error = platform().root(&system).expect_err("four mistakes");
    let mut lines: Vec<u32> = error
        .findings
        .iter()
        .map(|finding| {
            assert_eq!(finding.location.file(), file!());
            finding.location.line() - first
        })
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [0, 1, 2, 3], "{error}");
    assert_eq!(
        error
            .to_string()
            .lines()
            .filter(|line| line.contains(file!()))
            .count(),
        4
    );
}

#[test]
fn what_is_made_for_a_service_is_wrong_where_the_service_is_defined() {
    let logger = |service: &Service| {
        let name = format!("{}-log", service.name);
        Some(idle(&name).directory(Directory::new("/nowhere")))
    };
    let line = line!() + 1;
    let (one, two) = (idle("web"), idle("web"));
    let system = System::new()
        .services([one, two])
        .loggers(Loggers::new(logger));
    let error = platform().root(&system).expect_err("two mistakes");
    let told = |finding: &Finding| (finding.location.line(), finding.problem.to_string());
    let told: Vec<(u32, String)> = error.findings.iter().map(told).collect();
    assert_eq!(told.len(), 2, "{error}");
    assert!(told.iter().all(|(at, _)| *at == line), "{error}");
    assert!(told[0].1.starts_with("there is another service `web`"));
    assert!(told[1].1.starts_with("`web-log` writes `/nowhere`"));
}
