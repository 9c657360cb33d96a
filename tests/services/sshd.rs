//! OpenSSH's server: who is let in, and who is not.

use distill::system::User;
use distill_platforms::qemu_x86_64;
use distill_services::sshd::{PermitRootLogin, SshdConfig};
use distill_services::{dhcp, sshd};
use distill_systems::minimal;
use distill_testing::{Key, Lab, LabError};

/// SSH's own exit status: there was no session.
const REFUSED: i32 = 255;

#[test]
#[ignore = "builds an image and boots it"]
fn keys_and_certificates_let_in_and_nothing_else() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let [ada, stranger, authority, forger] =
        ["ada", "stranger", "authority", "forger"].map(|name| Key::derived(&lab, name));
    let (ada, stranger) = (ada?, stranger?);
    let config = SshdConfig {
        permit_root_login: PermitRootLogin::No,
        ..SshdConfig::trusting(authority.as_ref().expect("made").public()?)
    };
    let config = ["ada", "root"].iter().try_fold(config, |config, user| {
        Ok::<_, LabError>(config.authorized_key(*user, ada.public()?))
    })?;
    let system = minimal()
        .user(User::person("ada"))
        .user(User::person("grace"))
        .services([dhcp("eth0"), sshd(config)]);
    let machine = lab
        .machine("server", &qemu_x86_64(), &system)
        .forward(22)
        .start()?;
    machine.wait_ready("sshd")?;
    machine.wait_ready("dhcp.eth0")?;

    let output = machine.ssh(&ada, "ada", "whoami; pwd; touch mine; stat -c %a .")?;
    assert_eq!(
        output.text(),
        "ada\n/var/home/ada\n700",
        "{}",
        output.errors()
    );
    assert_eq!(machine.ssh(&ada, "root", "true")?.status, REFUSED);
    assert_eq!(machine.ssh(&ada, "grace", "true")?.status, REFUSED);
    assert_eq!(machine.ssh(&stranger, "ada", "true")?.status, REFUSED);

    // Who has no key there has a certificate, for one name only.
    authority?.certify(&stranger, "grace")?;
    let output = machine.ssh(&stranger, "grace", "whoami")?;
    assert_eq!(output.text(), "grace", "{}", output.errors());
    assert_eq!(machine.ssh(&stranger, "ada", "true")?.status, REFUSED);
    let forged = Key::derived(&lab, "forged")?;
    forger?.certify(&forged, "grace")?;
    assert_eq!(machine.ssh(&forged, "grace", "true")?.status, REFUSED);

    let key = "ssh-keygen -y -f /var/lib/sshd/ssh_host_ed25519_key";
    let before = machine.succeed(key)?;
    machine.reboot()?;
    machine.wait_ready("sshd")?;
    assert_eq!(machine.succeed(key)?, before, "the host's key is made once");
    Ok(())
}
