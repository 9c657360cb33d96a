//! What a virtual machine consists of, as data.

use camino::{Utf8Path, Utf8PathBuf};

use super::network::Network;

/// A virtual machine: everything that QEMU has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSpec {
    /// The tree that QEMU comes in: `usr/bin/qemu-system-x86_64`, its loader, libraries, firmware.
    pub qemu: Utf8PathBuf,
    /// What it is called, in messages and in the list of processes.
    pub name: String,
    /// The kind of machine.
    pub hardware: Hardware,
    /// The disk, an image that is written to.
    pub disk: Utf8PathBuf,
    /// What the disk's file is.
    pub disk_kind: DiskKind,
    /// Further disks, of virtio: raw images that are written to.
    pub disks: Vec<Utf8PathBuf>,
    /// A kernel that is started instead of what lies on the disk, as a boot server would.
    pub kernel: Option<KernelBoot>,
    /// Memory in MiB.
    pub memory: u32,
    /// Processors.
    pub cpus: u32,
    /// How processors are made.
    pub accel: Accel,
    /// The network card that leads out, if there is one.
    pub network: Option<Network>,
    /// Further network cards.
    pub cards: Vec<Card>,
    /// Names of serial ports of virtio, which the machine finds at
    /// `/sys/class/virtio-ports/*/name`. [`Machine::port`](super::Machine::port) is the other end.
    pub ports: Vec<String>,
    /// Whether there is a screen (VGA), which [`Monitor::screendump`](super::Monitor::screendump) shows.
    pub screen: bool,
    /// What its clock shows when it is switched on, such as `1970-01-01T00:00:00`; the time, if nothing is said.
    pub clock: Option<String>,
    /// What the first serial port is connected with.
    pub console: Console,
}

/// A network card on a wire of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// A name of your choice: letters and digits. The wire's other end is who listens on
    /// [`Card::socket`] in the machine's directory when the machine starts, and speaks Ethernet frames,
    /// each after its length as a big-endian `u32`.
    pub name: String,
    /// Its address, such as `52:54:00:12:34:57`.
    pub mac: String,
}

impl Card {
    /// The file name of the wire's other end.
    pub fn socket(&self) -> String {
        format!("{}.sock", self.name)
    }
}

/// What the file of a disk is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DiskKind {
    /// The disk's bytes.
    #[default]
    Raw,
    /// What differs from another file, as [`make_overlay`](super::make_overlay) begins it.
    Overlay,
}

/// A kernel that is started without a boot loader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelBoot {
    /// The kernel.
    pub kernel: Utf8PathBuf,
    /// Its initial root file system.
    pub initrd: Utf8PathBuf,
    /// Its command line.
    pub cmdline: String,
}

impl KernelBoot {
    /// What a boot server has in `directory`: `vmlinuz`, `initramfs` and `cmdline`; nothing if that is
    /// no such directory.
    pub fn of(directory: &Utf8Path) -> Option<KernelBoot> {
        let cmdline = std::fs::read_to_string(directory.join("cmdline")).ok()?;
        Some(KernelBoot {
            kernel: directory.join("vmlinuz"),
            initrd: directory.join("initramfs"),
            cmdline: cmdline.trim_end().to_owned(),
        })
    }
}

/// What kind of machine it is: what a platform knows, and no user has to choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Board.
    pub chipset: Chipset,
    /// What starts the boot loader.
    pub firmware: Firmware,
    /// How the disk is attached.
    pub bus: Bus,
    /// The network card that leads out.
    pub card: CardKind,
    /// Whose machine it says that it is.
    pub cloud: Option<Cloud>,
}

/// A network card.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CardKind {
    /// virtio-net.
    #[default]
    Virtio,
    /// Intel 82574L, which many real machines have.
    E1000e,
}

/// A cloud, as its machines' firmware names it (SMBIOS, <https://www.dmtf.org/standards/smbios>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Amazon EC2.
    Amazon,
    /// Google Compute Engine.
    Google,
    /// Microsoft Azure.
    Azure,
    /// `OpenStack`, whoever runs it.
    OpenStack,
    /// `DigitalOcean`.
    DigitalOcean,
}

/// The board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Chipset {
    /// Intel Q35 of 2009: PCI Express, AHCI.
    #[default]
    Q35,
    /// Intel 440FX of 1996: PCI, IDE. What many clouds give.
    Pc,
}

/// What starts the boot loader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Firmware {
    /// `SeaBIOS`.
    #[default]
    Bios,
    /// OVMF. Its variables are a file in the machine's directory.
    Uefi,
}

/// How the disk is attached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bus {
    /// virtio-blk: `/dev/vda`.
    #[default]
    Virtio,
    /// virtio-scsi: `/dev/sda`.
    Scsi,
    /// `NVMe`: `/dev/nvme0n1`.
    Nvme,
    /// AHCI: `/dev/sda`.
    Sata,
}

/// How processors are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Accel {
    /// Translation of code. Works everywhere.
    #[default]
    Tcg,
    /// The host's own, by `/dev/kvm`. There are machines that have it and hang when it is used, so
    /// it is never chosen unasked.
    Kvm,
}

/// What the first serial port is connected with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Console {
    /// A terminal on standard input and output, which is set to raw mode. Ctrl-A X ends the machine,
    /// Ctrl-A C leads to QEMU's monitor and back, Ctrl-A H tells more.
    #[default]
    Terminal,
    /// Standard input and output, byte by byte.
    Stream,
    /// A file that gets what the machine writes.
    File(Utf8PathBuf),
}
