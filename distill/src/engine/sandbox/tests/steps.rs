//! The steps, as text: this test needs no namespaces.

use std::fs;

use camino::Utf8Path;

use crate::engine::sandbox::job::Caller;
use crate::engine::sandbox::layout;
use crate::engine::sandbox::step::Step;
use crate::engine::sandbox::{Input, Limits, Method, Spec, Stack, Writable};

fn spec(method: Method) -> Spec {
    let stack = |at: &str, name: &str, layers: &[&str]| Stack {
        at: at.into(),
        layers: layers
            .iter()
            .map(|layer| Utf8Path::new("/store/trees").join(layer))
            .collect(),
        top: Utf8Path::new("/store/run").join(name),
    };
    Spec {
        root: vec![
            stack("/", "root", &["execline", "make", "gcc"]),
            stack("/sysroot/x86_64-linux-musl", "sysroot", &["musl"]),
        ],
        method,
        writable: vec![Writable {
            at: "/out".into(),
            directory: "/store/run/out".into(),
        }],
        program: "/build".into(),
        args: vec![],
        env: vec![("PATH".into(), "/bin".into())],
        cwd: "/tmp".into(),
        hostname: "builder".into(),
        jobserver: Some("/store/run/jobs".into()),
        limits: Limits::default(),
    }
}

fn list(steps: &[Step]) -> String {
    steps
        .iter()
        .map(Step::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

fn setup(method: Method) -> String {
    let caller = Caller {
        pid: 1234,
        uid: 1000,
        gid: 100,
    };
    let mut steps = layout::new_network(caller);
    steps.extend(layout::setup(&spec(method), caller).unwrap());
    list(&steps)
}

#[test]
fn setup_with_stacks() {
    insta::assert_snapshot!(setup(Method::Overlay), @r"
    write `deny` to `/proc/self/setgroups`
    write `0 1000 1` to `/proc/self/uid_map`
    write `0 100 1` to `/proc/self/gid_map`
    switch the loopback interface on
    die with process 1234
    connect the standard streams
    close inherited files
    give up gaining privileges
    set the umask to 000
    set the host name to `builder`
    set the domain name to `(none)`
    leave the session keyring, if allowed
    mount binfmt_misc on `/proc/sys/fs/binfmt_misc` with ``, if allowed
    open directory `/store/trees/execline`
    open directory `/store/trees/make`
    open directory `/store/trees/gcc`
    open directory `/store/run/root`
    enter directory `/proc/self/fd`
    mount overlay on `/store/run/root` with `ro,nosuid,nodev,lowerdir=6:5:4:3,redirect_dir=nofollow,index=off,metacopy=off,xino=off`
    close inherited files
    open directory `/store/trees/musl`
    open directory `/store/run/sysroot`
    enter directory `/proc/self/fd`
    mount overlay on `/store/run/root/sysroot/x86_64-linux-musl` with `ro,nosuid,nodev,lowerdir=4:3,redirect_dir=nofollow,index=off,metacopy=off,xino=off`
    close inherited files
    enter directory `/store/run/root`
    mount proc on `proc` with `ro,nosuid,nodev,noexec,hidepid=ptraceable,subset=pid`
    mount tmpfs on `dev` with `nosuid,mode=0755`
    make directory `dev/shm` with mode 1777
    make directory `dev/pts` with mode 0755
    make file `dev/null`
    bind `/dev/null` to `dev/null`
    make file `dev/zero`
    bind `/dev/zero` to `dev/zero`
    make file `dev/full`
    bind `/dev/full` to `dev/full`
    make file `dev/random`
    bind `/dev/random` to `dev/random`
    make file `dev/urandom`
    bind `/dev/urandom` to `dev/urandom`
    make file `dev/tty`
    bind `/dev/tty` to `dev/tty`
    link `dev/fd` to `/proc/self/fd`
    link `dev/stdin` to `fd/0`
    link `dev/stdout` to `fd/1`
    link `dev/stderr` to `fd/2`
    link `dev/ptmx` to `pts/ptmx`
    mount tmpfs on `tmp` with `nosuid,nodev,mode=1777`
    bind `/store/run/out` to `out`
    make the mount on `out` nosuid,nodev
    make file `dev/jobserver`
    bind `/store/run/jobs` to `dev/jobserver`
    bind `dev/shm` to `dev/shm`
    make the mount on `dev` ro, and all in it
    make the mount on `dev/shm` rw
    mount devpts on `dev/pts` with `nosuid,noexec,newinstance,ptmxmode=0666,mode=0620`, if allowed
    change the root
    set the umask to 022
    ");
}

#[test]
fn an_old_network_has_its_loopback_up() {
    insta::assert_snapshot!(list(&layout::old_network()), @r"
    write `deny` to `/proc/self/setgroups`
    write `0 0 1` to `/proc/self/uid_map`
    write `0 0 1` to `/proc/self/gid_map`
    ");
}

#[test]
fn setup_with_copies_differs_in_the_mounts_of_trees_only() {
    let copies = setup(Method::Copy);
    let stacks = setup(Method::Overlay);
    let new: Vec<_> = copies
        .lines()
        .filter(|line| !stacks.contains(line))
        .collect();
    insta::assert_snapshot!(new.join("\n"), @r"
    bind `/store/run/root` to `/store/run/root`
    make the mount on `/store/run/root` ro
    bind `/store/run/sysroot` to `/store/run/root/sysroot/x86_64-linux-musl`
    make the mount on `/store/run/root/sysroot/x86_64-linux-musl` ro
    ");
}

#[test]
fn launch_of_a_build_and_of_a_shell() {
    let launch = |input: &Input| list(&layout::launch(&spec(Method::Overlay), input).unwrap());
    let build = launch(&Input::Null);
    insta::assert_snapshot!(build, @r"
    enter directory `/tmp`
    start a session
    set limit RLIMIT_NOFILE to 1024
    set limit RLIMIT_STACK to 8388608
    set no limit RLIMIT_AS
    set no limit RLIMIT_FSIZE
    set limit RLIMIT_CORE to 0
    set no limit RLIMIT_CPU
    set no limit RLIMIT_DATA
    set no limit RLIMIT_RSS
    set no limit RLIMIT_LOCKS
    set no limit RLIMIT_RTTIME
    set limit RLIMIT_NPROC to 4096
    set limit RLIMIT_MEMLOCK to 65536
    set limit RLIMIT_SIGPENDING to 1024
    set limit RLIMIT_MSGQUEUE to 819200
    set limit RLIMIT_NICE to 0
    set limit RLIMIT_RTPRIO to 0
    keep capabilities 0x1b only
    fix addresses, if allowed
    reset signals
    filter system calls
    ");
    let terminal = fs::File::open("/dev/null").unwrap().into();
    let shell = launch(&Input::Terminal(terminal));
    assert_eq!(
        shell,
        build.replace("start a session\n", "start a session\ntake the terminal\n")
    );
}
