//! Where things lie, in the image and while the machine runs.

/// What runs scripts. The kernel starts it by this path, so it has to be a compiled program.
pub const EXECLINEB: &str = "/usr/lib/execline/bin/execlineb";
/// Where programs are looked for.
pub const PATH: &str = "/usr/bin:/usr/sbin:/usr/lib/execline/bin";
/// What drops lines for a logger that is stuck, so that nobody waits who writes them. A platform that has it there
/// (`distill_packages::overflow`) has it before the logger for everything that no other logger reads.
pub const OVERFLOW: &str = "/usr/libexec/distill/overflow";
/// Where the services live while the machine runs, each as a service directory.
pub const SCANDIR: &str = "/run/service";
/// The service directories as the image has them.
pub(super) const TEMPLATE: &str = "/etc/s6/service";
/// The FIFOs between services.
pub(super) const PIPES: &str = "/run/pipe";
/// Below this lies what is copied to where it belongs when the machine starts.
pub(super) const FIRST_BOOT: &str = "/usr/share/distill/first-boot";
/// What a machine is called that has no name.
pub(super) const NAMELESS: &str = "localhost";
