//! Options of the kernel and of busybox that cannot be: kconfig drops them without a word.

use std::io::Write;
use std::sync::{Arc, Mutex};

use distill::cli::{Exit, Host, Target, run_on};
use distill::kconfig;
use distill::package::Config;
use distill::package::kconfig::{Fragment, Options};
use distill::plan::Plan;
use distill_packages::busybox::{self, Base};
use distill_packages::{linux, quick};

/// What is written to it can be read by whoever has a copy.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Builds a plan, which has to fail; what is said.
fn failure(plan: Plan) -> String {
    let said = Shared::default();
    let host = Host {
        args: ["test", "build"].map(Into::into).into(),
        stdout: Box::new(said.clone()),
        stderr: Box::new(said.clone()),
        signals: false,
        ..Host::process().expect("a working directory")
    };
    let status = run_on(host, &Target::from(plan));
    let said = said.0.lock().expect("no panic").clone();
    let said = String::from_utf8(said).expect("text");
    assert_eq!(status, Exit::BuildFailed.code(), "{said}");
    said
}

fn mine() -> Fragment {
    // Of the first two there is none; the third needs another option.
    kconfig! { "mine": NO_SUCH_OPTION=y NO_SUCH_APPLET=y NFS_V4=y TTY=y }
}

#[track_caller]
fn assert_names_what_did_not_take(make: impl Fn(&Config) -> Plan) {
    let said = failure(make(&quick()));
    for option in ["NO_SUCH_OPTION", "NO_SUCH_APPLET", "NFS_V4"] {
        let line = format!("CONFIG_{option}=y asked by `mine`: it is n");
        assert!(said.contains(&line), "{said}");
    }
    assert!(said.contains("options that did not take: 3 of"), "{said}");
}

#[test]
#[ignore = "configures a kernel"]
fn an_option_that_the_kernel_drops_is_named_with_who_asked() {
    assert_names_what_did_not_take(|config| {
        let options = Options::merge([linux::virt(), mine()]);
        linux::linux(config, "linux-mine", options)
    });
}

#[test]
#[ignore = "configures busybox"]
fn an_option_that_busybox_drops_is_named_with_who_asked() {
    for (base, own) in [
        (Base::Everything, busybox::full()),
        (Base::Nothing, busybox::core()),
    ] {
        assert_names_what_did_not_take(|config| {
            let options = Options::merge([own.clone(), mine()]);
            busybox::busybox_with(config, "busybox-mine", base, options)
        });
    }
}
