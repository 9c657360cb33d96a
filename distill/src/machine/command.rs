//! The command line of QEMU for a machine.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::network::{MAC, METADATA, Network};
use super::socket::{METADATA_SOCKET, MONITOR_SOCKET, port_socket};
use super::spec::{
    Accel, Bus, Card, CardKind, Chipset, Cloud, Console, DiskKind, Firmware, MachineSpec,
};

/// The file with UEFI's variables, in the machine's directory.
pub(super) const UEFI_VARIABLES: &str = "uefi-variables.fd";

/// Where UEFI lies in the tree of QEMU.
const UEFI_CODE: &str = "usr/share/OVMF/OVMF_CODE_4M.fd";

/// Where the first contents of UEFI's variables lie in the tree of QEMU.
pub(super) const UEFI_FIRST_VARIABLES: &str = "usr/share/OVMF/OVMF_VARS_4M.fd";

/// The program and its arguments. Sockets and UEFI's variables are relative to the working
/// directory, which is the machine's own: a socket's path may have 107 bytes only.
pub fn command_line(spec: &MachineSpec) -> Vec<String> {
    let mut line = program(&spec.qemu);
    let mut add = |words: &[&str]| line.extend(words.iter().map(ToString::to_string));
    add(&["-name", &escape(&spec.name)]);
    // Nothing but what is named here, whatever the host's configuration says.
    add(&["-no-user-config", "-nodefaults", "-display", "none"]);
    add(&["-machine", machine(spec), "-cpu", cpu(spec.accel)]);
    add(&[
        "-smp",
        &processors(spec),
        "-m",
        &format!("{}M", spec.memory),
    ]);
    add(&["-device", "virtio-rng-pci"]);
    if let Some(cloud) = spec.hardware.cloud {
        line.extend(smbios(cloud).iter().flat_map(|table| {
            let table = (*table).to_owned();
            ["-smbios".to_owned(), table]
        }));
    }
    firmware(&mut line, spec);
    kernel(&mut line, spec);
    disk(&mut line, spec);
    further_disks(&mut line, &spec.disks);
    if let Some(network) = &spec.network {
        card(&mut line, network, spec.hardware.card);
    }
    for wired in &spec.cards {
        wire(&mut line, wired);
    }
    ports(&mut line, &spec.ports);
    if spec.screen {
        line.extend(["-device", "VGA"].map(str::to_owned));
    }
    if let Some(clock) = &spec.clock {
        line.extend(["-rtc".to_owned(), format!("base={}", escape(clock))]);
    }
    console(&mut line, &spec.console);
    let monitor = format!("socket,id=control,path={MONITOR_SOCKET},server=on,wait=off");
    let words = ["-chardev", &monitor, "-mon", "chardev=control,mode=control"];
    line.extend(words.map(str::to_owned));
    line
}

/// QEMU by its own loader, with its own libraries and its own firmware.
fn program(tree: &Utf8Path) -> Vec<String> {
    let at = |path: &str| tree.join(path).into_string();
    vec![
        at("usr/lib64/ld-linux-x86-64.so.2"),
        "--library-path".to_owned(),
        at("usr/lib/x86_64-linux-gnu"),
        at("usr/bin/qemu-system-x86_64"),
        "-L".to_owned(),
        at("usr/share/qemu"),
        "-L".to_owned(),
        at("usr/share/seabios"),
    ]
}

fn machine(spec: &MachineSpec) -> &'static str {
    match (spec.hardware.chipset, spec.accel) {
        (Chipset::Q35, Accel::Tcg) => "q35,accel=tcg",
        (Chipset::Q35, Accel::Kvm) => "q35,accel=kvm",
        (Chipset::Pc, Accel::Tcg) => "pc,accel=tcg",
        (Chipset::Pc, Accel::Kvm) => "pc,accel=kvm",
    }
}

fn cpu(accel: Accel) -> &'static str {
    match accel {
        Accel::Tcg => "max",
        Accel::Kvm => "host",
    }
}

/// How many processors there are, and how many there may be.
///
/// Where there can be only one, QEMU's translator makes plain loads and stores of locked
/// instructions, of which Linux's memory barrier is one. A virtio device, which runs in a thread of
/// its own, may then miss a request, for which the machine would wait for ever
/// (`docs/decisions/0008-room-for-a-second-processor.md`).
fn processors(spec: &MachineSpec) -> String {
    match (spec.accel, spec.cpus) {
        (Accel::Tcg, 1) => "1,maxcpus=2".to_owned(),
        (_, count) => count.to_string(),
    }
}

fn firmware(line: &mut Vec<String>, spec: &MachineSpec) {
    if spec.hardware.firmware == Firmware::Uefi {
        let code = escape(spec.qemu.join(UEFI_CODE).as_str());
        line.extend([
            "-drive".to_owned(),
            format!("if=pflash,format=raw,readonly=on,file={code}"),
        ]);
        line.extend([
            "-drive".to_owned(),
            format!("if=pflash,format=raw,file={UEFI_VARIABLES}"),
        ]);
    }
}

/// What the firmware says whose machine it is: by this cloud-init recognises them, too.
fn smbios(cloud: Cloud) -> &'static [&'static str] {
    match cloud {
        Cloud::Amazon => &["type=1,manufacturer=Amazon EC2,product=m5.large"],
        Cloud::Google => &["type=1,manufacturer=Google,product=Google Compute Engine"],
        Cloud::Azure => &[
            "type=1,manufacturer=Microsoft Corporation,product=Virtual Machine",
            "type=3,asset=7783-7084-3265-9085-8269-3286-77",
        ],
        Cloud::OpenStack => &["type=1,manufacturer=OpenStack Foundation,product=OpenStack Nova"],
        Cloud::DigitalOcean => &["type=1,manufacturer=DigitalOcean,product=Droplet"],
    }
}

/// Starts a kernel without a boot loader.
fn kernel(line: &mut Vec<String>, spec: &MachineSpec) {
    if let Some(boot) = &spec.kernel {
        let words = [
            "-kernel",
            boot.kernel.as_str(),
            "-initrd",
            boot.initrd.as_str(),
            "-append",
            &boot.cmdline,
        ];
        line.extend(words.map(str::to_owned));
    }
}

fn disk(line: &mut Vec<String>, spec: &MachineSpec) {
    let file = escape(spec.disk.as_str());
    // What the machine flushes, the host's page cache has: that survives the death of QEMU.
    let format = match spec.disk_kind {
        DiskKind::Raw => "raw",
        DiskKind::Overlay => "qcow2",
    };
    let drive = format!("if=none,id=disk,format={format},discard=unmap,file={file}");
    let devices: &[&str] = match (spec.hardware.bus, spec.hardware.chipset) {
        (Bus::Virtio, _) => &["virtio-blk-pci,drive=disk,bootindex=1"],
        (Bus::Scsi, _) => &["virtio-scsi-pci", "scsi-hd,drive=disk,bootindex=1"],
        (Bus::Nvme, _) => &["nvme,drive=disk,serial=disk,bootindex=1"],
        (Bus::Sata, Chipset::Q35) => &["ide-hd,drive=disk,bootindex=1"],
        (Bus::Sata, Chipset::Pc) => &["ahci,id=ahci", "ide-hd,bus=ahci.0,drive=disk,bootindex=1"],
    };
    line.extend(["-drive".to_owned(), drive]);
    for device in devices {
        line.extend(["-device".to_owned(), (*device).to_owned()]);
    }
}

fn further_disks(line: &mut Vec<String>, disks: &[Utf8PathBuf]) {
    for (index, disk) in disks.iter().enumerate() {
        let file = escape(disk.as_str());
        let drive = format!("if=none,id=disk{index},format=raw,discard=unmap,file={file}");
        let device = format!("virtio-blk-pci,drive=disk{index}");
        line.extend(["-drive".to_owned(), drive, "-device".to_owned(), device]);
    }
}

fn card(line: &mut Vec<String>, network: &Network, kind: CardKind) {
    let addressing = network.addressing();
    let (base, bits) = addressing.network;
    let mut backend = format!(
        "user,id=network,ipv6=off,net={base}/{bits},host={},dns={},dhcpstart={}",
        addressing.gateway, addressing.nameserver, addressing.guest,
    );
    for forward in &network.forwards {
        let _ = write!(
            backend,
            ",hostfwd=tcp:127.0.0.1:{}-:{}",
            forward.host, forward.guest
        );
    }
    if network.metadata {
        let _ = write!(backend, ",guestfwd=tcp:{METADATA}:80-chardev:metadata");
        let socket = format!("socket,id=metadata,path={METADATA_SOCKET}");
        line.extend(["-chardev".to_owned(), socket]);
    }
    // No boot from the network, hence no ROM for it.
    let model = match kind {
        CardKind::Virtio => "virtio-net-pci",
        CardKind::E1000e => "e1000e",
    };
    let device = format!("{model},netdev=network,mac={MAC},romfile=");
    line.extend(["-netdev".to_owned(), backend, "-device".to_owned(), device]);
}

/// A card, and QEMU's end of its wire.
fn wire(line: &mut Vec<String>, wired: &Card) {
    let Card { name, mac } = wired;
    let backend = format!(
        "stream,id={name},server=off,addr.type=unix,addr.path={}",
        wired.socket()
    );
    let device = format!("virtio-net-pci,netdev={name},mac={mac},romfile=");
    line.extend(["-netdev".to_owned(), backend, "-device".to_owned(), device]);
}

fn ports(line: &mut Vec<String>, names: &[String]) {
    if !names.is_empty() {
        line.extend(["-device", "virtio-serial-pci"].map(str::to_owned));
    }
    for (index, name) in names.iter().enumerate() {
        let socket = escape(&port_socket(name));
        let backend = format!("socket,id=port{index},path={socket},server=on,wait=off");
        let device = format!("virtserialport,chardev=port{index},name={}", escape(name));
        line.extend(["-chardev".to_owned(), backend, "-device".to_owned(), device]);
    }
}

fn console(line: &mut Vec<String>, console: &Console) {
    let (device, monitor) = match console {
        Console::Terminal => ("stdio,id=console,mux=on,signal=off".to_owned(), true),
        Console::Stream => ("stdio,id=console,signal=off".to_owned(), false),
        Console::File(path) => (
            format!("file,id=console,path={}", escape(path.as_str())),
            false,
        ),
    };
    line.extend(["-chardev", &device, "-serial", "chardev:console"].map(str::to_owned));
    if monitor {
        line.extend(["-mon", "chardev=console,mode=readline"].map(str::to_owned));
    }
}

/// A value inside an option of QEMU: a comma is written twice.
fn escape(value: &str) -> String {
    value.replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use super::super::network::Forward;
    use super::super::spec::{Hardware, KernelBoot};
    use super::*;

    fn spec() -> MachineSpec {
        MachineSpec {
            qemu: "/store/trees/qemu".into(),
            name: "droplet".to_owned(),
            hardware: Hardware::default(),
            disk: "disk.img".into(),
            disk_kind: DiskKind::Raw,
            disks: Vec::new(),
            kernel: None,
            memory: 512,
            cpus: 1,
            accel: Accel::Tcg,
            network: None,
            cards: Vec::new(),
            ports: Vec::new(),
            screen: false,
            clock: None,
            console: Console::Terminal,
        }
    }

    /// An option and its value on a line.
    fn shown(spec: &MachineSpec) -> String {
        let line = command_line(spec).join(" ");
        line.replace(" -", "\n  -").replace(" /", "\n  /")
    }

    #[test]
    fn a_terminal_and_bios() {
        insta::assert_snapshot!(shown(&spec()));
    }

    #[test]
    fn a_cloud_with_uefi() {
        let network = Network {
            forwards: vec![
                Forward {
                    host: 2222,
                    guest: 22,
                },
                Forward {
                    host: 8080,
                    guest: 80,
                },
            ],
            metadata: true,
        };
        let hardware = Hardware {
            chipset: Chipset::Pc,
            firmware: Firmware::Uefi,
            bus: Bus::Scsi,
            ..Hardware::default()
        };
        let console = Console::File("/logs/a,b".into());
        let spec = MachineSpec {
            disk: "/disks/a,b.img".into(),
            accel: Accel::Kvm,
            cpus: 4,
            network: Some(network),
            hardware,
            console,
            ..spec()
        };
        insta::assert_snapshot!(shown(&spec));
    }

    #[test]
    fn a_kernel_from_a_boot_server_on_a_cloud_of_old_cards() {
        let hardware = Hardware {
            card: CardKind::E1000e,
            cloud: Some(Cloud::Azure),
            ..Hardware::default()
        };
        let kernel = KernelBoot {
            kernel: "/boot/vmlinuz".into(),
            initrd: "/boot/initramfs".into(),
            cmdline: "console=ttyS0".to_owned(),
        };
        let spec = MachineSpec {
            hardware,
            disk: "disk.qcow2".into(),
            disk_kind: DiskKind::Overlay,
            kernel: Some(kernel),
            network: Some(Network::default()),
            ..spec()
        };
        insta::assert_snapshot!(shown(&spec));
    }

    #[test]
    fn disks_wires_ports_and_a_screen() {
        let card = |name: &str, mac: &str| Card {
            name: name.to_owned(),
            mac: mac.to_owned(),
        };
        let spec = MachineSpec {
            cards: vec![
                card("net0", "52:54:00:12:34:57"),
                card("net1", "52:54:00:12:34:58"),
            ],
            disks: vec!["more,1.img".into(), "more2.img".into()],
            ports: vec!["test".to_owned()],
            screen: true,
            clock: Some("1970-01-01T00:00:00".to_owned()),
            ..spec()
        };
        insta::assert_snapshot!(shown(&spec));
    }

    #[test]
    fn every_bus_on_every_board() {
        let mut lines = String::new();
        for chipset in [Chipset::Q35, Chipset::Pc] {
            for bus in [Bus::Virtio, Bus::Scsi, Bus::Nvme, Bus::Sata] {
                let mut words = Vec::new();
                let hardware = Hardware {
                    chipset,
                    bus,
                    ..Hardware::default()
                };
                disk(&mut words, &MachineSpec { hardware, ..spec() });
                let _ = writeln!(lines, "{chipset:?} {bus:?}: {}", words[2..].join(" "));
            }
        }
        insta::assert_snapshot!(lines);
    }
}
