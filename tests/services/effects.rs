//! What a system declares has its effect while the machine runs: by s6 alone, and by s6-rc.

use distill::cli::Exit;
use distill::execline;
use distill::system::{Directory, File, Init, Owner, Service, System, User};
use distill_packages::s6_rc;
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;
use distill_testing::{Lab, LabError, Machine};

/// A script and a daemon that are not root, on a port of root's, with a file that lasts.
fn system() -> System {
    let owner = || Owner::new("web", "web");
    let note = execline! { redirfd -a 1 "/var/lib/web/order" id -un };
    let prepare = Service::oneshot("prepare", note)
        .down(execline! { redirfd -a 1 "/var/lib/web/order" echo down })
        .after("var-mount")
        .user(User::system("web"))
        .run_as("web")
        .directory(Directory::new("/var/lib/web").owner(owner()));
    let page = File::new("/var/lib/web/www/index.html", "first\n").mode(0o640);
    let web = Service::longrun(
        "web",
        execline! {
            fdmove -c 2 1
            setpriv --nnp
            httpd -f -p 80 -h "/var/lib/web/www"
        },
    )
    .after("prepare")
    .run_as("web")
    .listens("tcp/80")
    .file(page.owner(owner()).on_first_boot())
    .ready_when(execline! { nc -z "127.0.0.1" 80 });
    minimal()
        .services([prepare, web])
        .file(File::new("/var/lib/motd", "hello\n").on_first_boot())
}

fn works(machine: &Machine) -> Result<(), LabError> {
    machine.wait_ready("web")?;
    assert_eq!(machine.succeed("stat -c %U /proc/$(pidof httpd)")?, "web");
    let rights = machine
        .succeed("grep -E '^(CapEff|CapPrm|NoNewPrivs):' /proc/$(pidof httpd)/status | cut -f 2")?;
    assert_eq!(rights, "0000000000000400\n0000000000000400\n1");
    machine.wait_until("test -s /var/lib/motd")?;
    Ok(())
}

fn takes_effect(init: Init) -> Result<(), LabError> {
    let lab = Lab::new()?;
    let system = system().init(init);
    let machine = match lab.machine("effects", &qemu_x86_64(), &system).start() {
        Err(LabError::Build { status, .. }) if status == Exit::Unreachable.code() => {
            skipped();
            return Ok(());
        }
        machine => machine?,
    };
    works(&machine)?;
    assert_eq!(machine.succeed("cat /var/lib/web/order")?, "web");
    assert_eq!(
        machine.succeed("stat -c '%U %G %a' /var/lib/web/order")?,
        "web web 644"
    );
    let page = "/var/lib/web/www/index.html";
    assert_eq!(machine.succeed("wget -q -O - http://127.0.0.1/")?, "first");
    assert_eq!(
        machine.succeed(&format!("stat -c '%U %G %a' {page}"))?,
        "web web 640"
    );
    assert_eq!(
        machine.succeed("ls -A /var | grep -c first-boot || true")?,
        "0"
    );
    machine.succeed(&format!("echo second >{page}; rm /var/lib/motd"))?;
    machine.reboot()?;
    works(&machine)?;
    assert_eq!(machine.succeed("wget -q -O - http://127.0.0.1/")?, "second");
    assert_eq!(machine.succeed("cat /var/lib/motd")?, "hello");
    assert_eq!(machine.succeed("cat /var/lib/web/order")?, "web\ndown\nweb");
    machine.power_off()
}

/// Tells why a test was not run. Upstream's site is the only place that has the source.
#[allow(clippy::print_stderr, reason = "who reads the output has to know")]
fn skipped() {
    eprintln!("skipped: a source cannot be fetched here");
}

#[test]
#[ignore = "builds an image and boots it"]
fn what_is_declared_takes_effect() -> Result<(), LabError> {
    takes_effect(Init::S6)
}

#[test]
#[ignore = "builds an image and boots it"]
fn what_is_declared_takes_effect_by_s6_rc() -> Result<(), LabError> {
    takes_effect(Init::s6_rc(s6_rc))
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_machine_without_a_name_has_one() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let system = System {
        hostname: None,
        ..minimal()
    };
    let machine = lab.machine("nameless", &qemu_x86_64(), &system).start()?;
    assert_eq!(machine.succeed("hostname")?, "localhost");
    machine.power_off()
}
