mod effects;
mod messages;

use super::*;
use crate::execline;
use crate::package::{Arch, Config, Target};
use crate::plan::{Contents, LiteralNode, Name, Plan};

/// A config without tools.
fn config() -> Config {
    Config::new(Target::new(Arch::X86_64, "x86_64-linux-musl"))
}

fn platform() -> Platform {
    let image = |_: &Platform, _: &Root| Plan::named(Name::new("image").unwrap()).invalid("a test");
    Platform::new("test", config(), ImageMaker::new(image))
}

/// Two daemons, one of them logged, and two scripts.
fn system() -> System {
    let mount = Service::oneshot("var-mount", execline! { mount "/dev/vdb" "/var" })
        .provides("/var")
        .down(execline! { umount "/var" });
    let clock = Service::longrun(
        "clock",
        execline! { fdmove -c 2 1 clockd -f #{"/etc/clock"} },
    )
    .after("var-mount")
    .user(User::system("clock"))
    .run_as("clock")
    .directory(Directory::new("/var/lib/clock").owner(Owner::new("clock", "clock")))
    .file(
        File::new("/etc/clock", "a b\n")
            .mode(0o640)
            .owner(Owner::new("root", "clock")),
    )
    .ready_when(execline! { test -e "/run/clock" })
    .writes("/run/clock")
    .producer_for("clock-log")
    .timeout_up(std::time::Duration::from_secs(30));
    let log = Service::longrun("clock-log", execline! { s6-log -d3 t "/var/log/clock" })
        .after("var-mount")
        .notification_fd(3)
        .consumer_for("clock");
    let late = Service::oneshot("late", execline! { echo late })
        .after("clock")
        .after_if_present("nothing")
        .timeout_up(std::time::Duration::from_secs(2));
    System::new()
        .hostname("tester")
        .services([late, clock, log, mount])
}

/// The files of a root that lie below `prefix`, as text.
fn show(root: &Root, prefix: &str) -> String {
    let below = root
        .files
        .0
        .iter()
        .filter(|(path, _)| path.as_str().starts_with(prefix));
    let show = |(path, node): (&crate::plan::RelPath, &LiteralNode)| match node {
        LiteralNode::Dir { mode } => format!("== /{path} {mode} directory\n"),
        LiteralNode::Symlink { target } => format!("== /{path} -> {target}\n"),
        LiteralNode::File {
            mode,
            contents: Contents::Bytes(bytes),
        } => {
            let mode = mode.map(|mode| mode.to_string()).unwrap_or_default();
            format!("== /{path} {mode}\n{}", String::from_utf8_lossy(bytes))
        }
        LiteralNode::File { .. } => format!("== /{path} …\n"),
    };
    below.map(show).collect()
}

/// What is wrong with `system`.
fn findings(system: &System) -> Vec<Problem> {
    let error = platform().root(system).expect_err("something is wrong");
    error
        .findings
        .into_iter()
        .map(|finding| finding.problem)
        .collect()
}

#[track_caller]
fn idle(name: &str) -> Service {
    Service::longrun(name, execline! { sleep inf })
}

#[test]
fn boot_scripts() {
    let root = platform()
        .preboot(execline! { echo first })
        .root(&system())
        .unwrap();
    insta::assert_snapshot!("init", show(&root, "init"));
    insta::assert_snapshot!("programs", show(&root, "usr/libexec"));
    insta::assert_snapshot!("scandir", show(&root, "etc/s6/service/.s6-svscan"));
}

#[test]
fn service_directories() {
    let root = platform().root(&system()).unwrap();
    for name in ["clock", "clock-log", "late", "var-mount"] {
        insta::assert_snapshot!(name, show(&root, &format!("etc/s6/service/{name}/")));
    }
}

#[test]
fn s6_rc_source_directories() {
    let s6_rc = |_: &Config| Plan::named(Name::new("s6-rc").unwrap()).invalid("a test");
    let system = system()
        .service(Service::bundle("times", ["clock", "late"]))
        .init(Init::s6_rc(s6_rc));
    let root = platform().root(&system).unwrap();
    insta::assert_snapshot!("s6-rc", show(&root, "etc/s6-rc"));
    insta::assert_snapshot!(
        "s6-rc-shutdown",
        show(&root, "usr/libexec/distill/shutdown")
    );
    assert_eq!(root.packages.len(), 2, "s6-rc, and what it compiles");
    let init = show(&root, "init");
    assert!(
        init.contains("background { /usr/libexec/distill/start-services /etc/s6-rc/compiled"),
        "{init}"
    );
    let problems = findings(&system.service(idle("default")));
    assert!(matches!(&problems[..], [Problem::Reserved { service }] if service == "default"));
}

#[test]
fn skeleton() {
    let root = platform().root(&system()).unwrap();
    insta::assert_snapshot!(
        "accounts",
        show(&root, "etc/passwd") + &show(&root, "etc/group")
    );
    insta::assert_snapshot!("permissions", root.pseudo_file());
    let names: Vec<&str> = root
        .files
        .0
        .keys()
        .map(crate::plan::RelPath::as_str)
        .collect();
    insta::assert_snapshot!("paths", names.join("\n"));
}

#[test]
fn services_stop_after_what_depends_on_them() {
    let services = system().services;
    let (graph, findings) = Graph::new(&services);
    assert_eq!(findings, []);
    assert_eq!(
        graph.shutdown(),
        [
            vec!["late"],
            vec!["clock"],
            vec!["clock-log"],
            vec!["var-mount"]
        ]
    );
    assert_eq!(graph.after("late").collect::<Vec<_>>(), ["clock"]);
    assert_eq!(
        graph.all_before("late").into_iter().collect::<Vec<_>>(),
        ["clock", "var-mount"]
    );
}

#[test]
fn names_that_nobody_defines() {
    let system = system()
        .service(idle("x").after("var-mont"))
        .service(idle("y").after("nonsense"));
    let problems = findings(&system);
    let near = |problem: &Problem| match problem {
        Problem::UnknownService { near, .. } => near.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        problems.iter().map(near).collect::<Vec<_>>(),
        [Some("var-mount".into()), None]
    );
}

#[test]
fn rings() {
    let ring = ["a", "b", "c"].map(|name| idle(name).ready_when_started());
    let [a, b, c] = ring;
    let system = System::new().services([a.after("b"), b.after("c"), c.after("a")]);
    let problems = findings(&system);
    assert_eq!(
        problems,
        [Problem::Cycle {
            ring: ["a", "b", "c", "a"].map(String::from).into()
        }]
    );
    // A consumer is stopped after its producer, so it cannot start after it.
    let producer = idle("p").producer_for("q").ready_when_started();
    let system = System::new().services([producer, idle("q").consumer_for("p").after("p")]);
    assert!(matches!(findings(&system)[..], [Problem::Cycle { .. }]));
}

#[test]
fn bundles_stand_for_what_they_contain() {
    let services = [
        idle("a").ready_when_started(),
        idle("b").ready_when_started(),
        idle("first").ready_when_started(),
        Service::bundle("inner", ["b"]),
        Service::bundle("both", ["a", "inner"]).after("first"),
        idle("last").after("both"),
        idle("other").after_all("[ab]"),
    ];
    let (graph, findings) = Graph::new(&services);
    assert_eq!(findings, []);
    assert_eq!(graph.after("last").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(graph.after("a").collect::<Vec<_>>(), ["first"]);
    assert_eq!(graph.after("other").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(graph.services().count(), 5);
}

#[test]
fn daemons_that_never_become_ready() {
    let problems = findings(&System::new().services([idle("a"), idle("b").after("a")]));
    assert!(matches!(&problems[..], [Problem::NeverReady { name, .. }] if name == "a"));
}

#[test]
fn pipelines_have_two_ends() {
    let problems = findings(&System::new().services([
        idle("a").producer_for("b"),
        idle("b"),
        idle("c").consumer_for("nobody"),
        Service::oneshot("o", execline! { true }),
        idle("d").producer_for("o"),
    ]));
    assert_eq!(problems.len(), 3);
    assert!(
        problems
            .iter()
            .all(|problem| matches!(problem, Problem::Pipeline { .. }))
    );
}

#[test]
fn paths_that_cannot_be_written() {
    let mount = Service::oneshot("var-mount", execline! { true }).provides("/var");
    let problems = findings(
        &System::new().services([
            mount,
            idle("a").writes("/etc/a").writes("/run/a").writes("/tmp/a"),
            idle("b").directory(Directory::new("/var/lib/b")),
            idle("c")
                .directory(Directory::new("/var/lib/c"))
                .after("var-mount"),
            idle("d").writes("/variable"),
        ]),
    );
    let path = |problem: &Problem| match problem {
        Problem::ReadOnly { path, .. } | Problem::NotYetWritable { path, .. } => path.clone(),
        other => panic!("{other:?}"),
    };
    let paths: Vec<String> = problems.iter().map(path).collect();
    assert_eq!(paths, ["/etc/a", "/var/lib/b", "/variable"]);
}

#[test]
fn accounts_that_contradict() {
    let system = System::new()
        .user(User::system("a").uid(500))
        .user(User::system("b").uid(500))
        .user(User::system("c"))
        .user(User::system("c"))
        .user(User::system("d"))
        .user(User::system("d").shell("/bin/sh"))
        .group(Group::new("log").gid(1234))
        .user(User::system("Upper"))
        .service(idle("x").run_as("cc"))
        .file(File::new("/etc/x", "").owner(Owner::new("c", "nogroup")));
    let problems = findings(&system);
    let kinds: Vec<&str> = problems
        .iter()
        .map(|problem| match problem {
            Problem::SameId { free: 501, .. } => "same id",
            Problem::SameUser { .. } => "same user",
            Problem::SameGroup { .. } => "same group",
            Problem::Account { .. } => "malformed",
            Problem::NoSuchAccount { kind, .. } => kind,
            other => panic!("{other:?}"),
        })
        .collect();
    let mut sorted = kinds.clone();
    sorted.sort_unstable();
    // `Upper` is malformed as a user and as a group.
    let expected = [
        "group",
        "malformed",
        "malformed",
        "same group",
        "same id",
        "same user",
        "user",
    ];
    assert_eq!(sorted, expected, "{problems:#?}");
}

#[test]
fn files_that_contradict() {
    let problems = findings(
        &System::new()
            .file(File::new("/etc/passwd", "mine"))
            .file(File::new("etc/x", ""))
            .file(File::new("/etc/../x", "")),
    );
    assert!(
        matches!(
            problems[..],
            [
                Problem::SameFile { .. },
                Problem::Path { .. },
                Problem::Path { .. }
            ]
        ),
        "{problems:?}"
    );
}

#[test]
fn ports_and_names_that_are_taken() {
    let problems = findings(&System::new().hostname("-x").services([
        idle("a").listens("tcp/22"),
        idle("b").listens("tcp/22").notification_fd(2),
        idle("a"),
        idle("a b"),
    ]));
    assert_eq!(problems.len(), 5, "{problems:?}");
}

#[test]
fn a_port_on_two_addresses_is_two_ports() {
    let on = |name, port| idle(name).listens(port);
    let problems = findings(&System::new().services([
        on("a", "udp/127.0.0.1:53"),
        on("b", "udp/10.0.0.1:53"),
        on("c", "udp/53"),
        on("d", "http"),
    ]));
    assert!(
        matches!(
            &problems[..],
            [Problem::SamePort { service, first, .. }, Problem::Port { .. }]
                if service == "c" && first == "a"
        ),
        "{problems:?}"
    );
}

#[test]
fn options_that_the_kernel_has_not() {
    let has = crate::kconfig! { "kernel": NET=y NR_CPUS=64 };
    let needs = crate::kconfig! { "vpn": NET=y WIREGUARD=y NR_CPUS=2 DEBUG_KERNEL=n };
    let system = System::new().service(idle("vpn").kernel(needs));
    assert!(platform().root(&system).is_ok(), "nothing is known");
    let platform = platform().kernel_options([has]);
    let error = platform.root(&system).unwrap_err();
    let texts: Vec<String> = error
        .findings
        .iter()
        .map(|finding| finding.problem.to_string())
        .collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with(
        "`vpn` needs a kernel with CONFIG_NR_CPUS=2, and that of `test` has CONFIG_NR_CPUS=64\n"
    ));
    assert!(
        texts[1].contains("has CONFIG_WIREGUARD=n\nhint: "),
        "{texts:?}"
    );
}

#[test]
fn a_message_has_the_line_of_the_recipe() {
    let system = system().service(idle("x").after("clok"));
    let message = platform().root(&system).unwrap_err().to_string();
    let line = format!("{}:{}", file!(), line!() - 2);
    let expected = format!(
        "cannot make the root of `test`\n{line}: `x` comes after `clok`, which is no service of this system\nhint: did you mean `clock`?"
    );
    assert_eq!(message, expected);
}

#[test]
fn loggers_read_what_nobody_reads() {
    let logger = |service: &Service| {
        let name = format!("{}-log", service.name);
        Some(Service::longrun(name, execline! { s6-log "/run/log" }))
    };
    let services = Loggers::new(logger).apply(system().service(idle("x")).services);
    let (graph, findings) = Graph::new(&services);
    assert_eq!(findings, []);
    let names: Vec<&str> = graph
        .services()
        .map(|service| service.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["clock", "clock-log", "late", "var-mount", "x", "x-log"]
    );
}

#[test]
fn ids_stay_when_services_come_and_go() {
    let ids = |system: &System| {
        let root = platform().root(system).unwrap();
        root.accounts
            .users()
            .map(|user| (user.name.clone(), user.id()))
            .collect::<Vec<_>>()
    };
    let (few, many) = (
        system(),
        system()
            .user(User::system("another"))
            .user(User::person("ada")),
    );
    let many = ids(&System {
        services: many.services.iter().rev().cloned().collect(),
        ..many
    });
    assert!(ids(&few).iter().all(|id| many.contains(id)));
}

#[test]
fn homes_are_made_where_they_can_be() {
    let root = platform()
        .root(&system().user(User::person("ada")))
        .unwrap();
    let run = show(&root, "etc/s6/service/home/run");
    assert!(
        run.contains("install -d -m 0700 -o ada -g ada /var/home/ada"),
        "{run}"
    );
    let problems = findings(&System::new().user(User::person("ada")));
    assert!(
        matches!(problems[..], [Problem::ReadOnly { .. }]),
        "{problems:?}"
    );
}
