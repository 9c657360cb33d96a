//! What a virtual machine consists of, as data.

use camino::Utf8PathBuf;

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
    /// The disk, a raw image that is written to.
    pub disk: Utf8PathBuf,
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

/// What kind of machine it is: what a platform knows, and no user has to choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Board.
    pub chipset: Chipset,
    /// What starts the boot loader.
    pub firmware: Firmware,
    /// How the disk is attached.
    pub bus: Bus,
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
