//! A system on a platform as a target, and what `run` does for one that is imitated by QEMU.

use std::io::IsTerminal as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{FirmwareChoice, RunOptions};
use super::error::CliError;
use super::exit::Exit;
use super::keys::Keys;
use super::ports::{SSH, forwards};
use super::settings::quoted;
use super::target::{RunContext, Target};
use super::terminal::Terminal;
use super::ui::Ui;
use super::units;
use crate::machine::{
    Accel, Console, DiskKind, End, Firmware, Hardware, KernelBoot, Machine, MachineSpec, Metadata,
    Network, Streams, command_line, make_blank, make_disk, make_overlay,
};
use crate::package::Config;
use crate::plan::{Artifact, Object, Plan};
use crate::store::io::At as _;
use crate::system::{Emulation, Platform, System};

/// How large a disk is if nothing is said: the room costs nothing.
const DISK_SIZE: u64 = 2 << 30;

/// A system on a platform; the target is called as the platform is, and run as that says.
impl From<(Platform, System)> for Target {
    fn from((platform, system): (Platform, System)) -> Target {
        let (config, emulation) = (platform.config.clone(), platform.emulation.clone());
        let (name, forms) = (platform.name.clone(), platform.forms.clone());
        let (running, with) = (platform.clone(), system.clone());
        let listens = move || running.tcp_ports(&with);
        let target = Target::computed(name, move || platform.image(&system));
        let add = |target: Target, form| target.with_form(form, &config);
        let target = forms.into_iter().fold(target, add);
        match emulation {
            Some(emulation) => {
                target.with_runner(move |context| run(context, &config, &emulation, &listens()))
            }
            None => target,
        }
    }
}

/// Boots the image in a machine; gives the exit status.
fn run(
    context: &RunContext<'_>,
    config: &Config,
    emulation: &Emulation,
    listens: &[u16],
) -> Result<u8, CliError> {
    let options = context.options;
    let qemu = qemu(context, config, emulation)?;
    let keys = Keys::gather(&options.ssh_key, context.env)?;
    let directory = context.store.temp_dir()?;
    let metadata = emulation.metadata && !options.no_metadata;
    let kernel = KernelBoot::of(context.image);
    let spec = MachineSpec {
        qemu,
        name: context.name.to_owned(),
        hardware: hardware(emulation.hardware, options),
        disk: disk_path(context, directory.path()),
        disk_kind: match options.snapshot && kernel.is_none() {
            true => DiskKind::Overlay,
            false => DiskKind::Raw,
        },
        disks: attached(&options.attach, context.directory)?,
        kernel,
        memory: options.memory,
        cpus: options.cpus,
        accel: if options.kvm { Accel::Kvm } else { Accel::Tcg },
        network: Some(Network {
            forwards: forwards(&options.port, listens)?,
            metadata,
        }),
        cards: Vec::new(),
        ports: Vec::new(),
        screen: false,
        clock: None,
        console: console(),
    };
    if options.dry_run {
        let line: Vec<String> = command_line(&spec)
            .iter()
            .map(|word| quoted(word))
            .collect();
        context.ui.data(line.join(" "))?;
        return Ok(Exit::Success.code());
    }
    prepare_disk(context, &spec)?;
    announce(context.ui, &spec, &keys);
    let metadata = spec.network.as_ref().filter(|network| network.metadata);
    let metadata = metadata.map(|network| Metadata {
        public_keys: keys.public,
        ..Metadata::new(context.name, network.addressing())
    });
    boot(context, &spec, directory.path(), metadata)
}

fn boot(
    context: &RunContext<'_>,
    spec: &MachineSpec,
    directory: &Utf8Path,
    metadata: Option<Metadata>,
) -> Result<u8, CliError> {
    // Dropped after the machine, which may have to be killed.
    let _terminal = Terminal::keep();
    let mut machine = Machine::start(spec, directory, metadata, Streams::inherited())?;
    let end = machine.wait(context.options.timeout, &|| context.cancel.is_cancelled())?;
    Ok(match end {
        End::Exited(status) => status
            .code()
            .and_then(|code| code.try_into().ok())
            .unwrap_or(1),
        End::TimedOut => Exit::Timeout.code(),
        End::Stopped => Exit::Interrupted.code(),
    })
}

/// The tree of QEMU, built if need be.
fn qemu(
    context: &RunContext<'_>,
    config: &Config,
    emulation: &Emulation,
) -> Result<Utf8PathBuf, CliError> {
    let plans: Vec<Plan> = config
        .expand(&emulation.qemu)
        .into_iter()
        .filter_map(|placed| match placed.of {
            Artifact::Plan(plan) => Some(plan),
            _ => None,
        })
        .collect();
    match (context.build)(&plans)?.as_slice() {
        [tree @ Object::Tree(_)] => Ok(context.store.path(tree)),
        _ => {
            let name = emulation.qemu.name();
            Err(CliError::Definition(format!(
                "cannot run `{name}`: it is not one tree"
            )))
        }
    }
}

fn hardware(hardware: Hardware, options: &RunOptions) -> Hardware {
    let firmware = match options.firmware {
        None => hardware.firmware,
        Some(FirmwareChoice::Bios) => Firmware::Bios,
        Some(FirmwareChoice::Uefi) => Firmware::Uefi,
    };
    Hardware {
        firmware,
        ..hardware
    }
}

/// A terminal is for people, and has keys that end the machine; anything else gets every byte.
fn console() -> Console {
    if std::io::stdin().is_terminal() {
        Console::Terminal
    } else {
        Console::Stream
    }
}

/// Where the disk is: kept beside the image or where the user wants it, or gone with the machine.
fn disk_path(context: &RunContext<'_>, directory: &Utf8Path) -> Utf8PathBuf {
    let options = context.options;
    match &options.disk {
        // QEMU works in another directory.
        Some(disk) => std::path::absolute(disk)
            .ok()
            .and_then(|path| Utf8PathBuf::from_path_buf(path).ok())
            .unwrap_or_else(|| disk.clone()),
        None if options.keep => beside(context),
        None => directory.join("disk.img"),
    }
}

/// Further disks, from `directory`. QEMU works in another one.
pub(super) fn attached(
    files: &[Utf8PathBuf],
    directory: &Utf8Path,
) -> Result<Vec<Utf8PathBuf>, CliError> {
    let absolute = |file: &Utf8PathBuf| {
        let found = directory.join(file).canonicalize_utf8();
        Ok(found.at("attach", file)?)
    };
    files.iter().map(absolute).collect()
}

/// Where a disk is kept: beside the image, or where an image that is a file would be.
fn beside(context: &RunContext<'_>) -> Utf8PathBuf {
    if context.image.is_file() {
        return context.image.with_extension("disk");
    }
    let path = format!("target/images/{}.disk", context.name);
    context.directory.join(path)
}

fn prepare_disk(context: &RunContext<'_>, spec: &MachineSpec) -> Result<(), CliError> {
    let disk = &spec.disk;
    if disk.exists() {
        let text = "as an earlier run left it; remove it to begin with the image anew";
        context.ui.status(format_args!("disk: {disk}, {text}"));
        return Ok(());
    }
    if let Some(parent) = disk.parent() {
        std::fs::create_dir_all(parent).at("create", parent)?;
    }
    if spec.kernel.is_some() {
        return Ok(make_blank(
            disk,
            context.options.disk_size.unwrap_or(DISK_SIZE),
        )?);
    }
    let image = context.image.metadata().at("examine", context.image)?.len();
    let size = context
        .options
        .disk_size
        .unwrap_or_else(|| DISK_SIZE.max(2 * image));
    if size < image {
        let (size, needed) = (units::bytes(size), units::bytes(image));
        return Err(CliError::Usage(format!(
            "cannot make a disk of {size}: the image `{}` has {needed}, and /var takes what is behind it\n\
             hint: leave out `--disk-size`, or give it more, such as `--disk-size 1G`",
            context.image
        )));
    }
    match spec.disk_kind {
        DiskKind::Raw => Ok(make_disk(context.image, disk, size)?),
        DiskKind::Overlay => Ok(make_overlay(context.image, disk, size)?),
    }
}

/// Tells how to get in and out.
fn announce(ui: &Ui, spec: &MachineSpec, keys: &Keys) {
    let network = spec.network.as_ref();
    let ssh = network.and_then(|network| network.forwards.iter().find(|port| port.guest == SSH));
    if let Some(port) = ssh {
        ui.status(format_args!("ssh: {}", ssh_line(port.host, &keys.private)));
        let told = network.is_some_and(|network| network.metadata);
        for key in keys.public.iter().filter(|_| told) {
            ui.status(format_args!("it lets in: {}", short(key)));
        }
        if !told {
            ui.status("it lets in whoever has a key of the image");
        }
    }
    for port in network.into_iter().flat_map(|network| &network.forwards) {
        if port.guest != SSH {
            ui.status(format_args!("port {}: 127.0.0.1:{}", port.guest, port.host));
        }
    }
    if ssh.is_some() && network.is_some_and(|network| network.metadata) && keys.public.is_empty() {
        ui.warn("there is no SSH key to let in; make one with `ssh-keygen`, or name one with `--ssh-key`");
    }
    if spec.console == Console::Terminal {
        ui.status("console: Ctrl-A X ends the machine, Ctrl-A C is QEMU's monitor");
    }
}

/// A public key as people know it: its kind and its comment, or else its end.
fn short(key: &str) -> String {
    let mut words = key.splitn(3, ' ');
    let (kind, body) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    match words.next() {
        Some(comment) => format!("{kind} {comment}"),
        None => format!("{kind} …{}", &body[body.len().saturating_sub(8)..]),
    }
}

/// A command line that logs in. Each machine has a new host key, which is not worth remembering.
fn ssh_line(port: u16, keys: &[Utf8PathBuf]) -> String {
    let mut line = format!(
        "ssh -p {port} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
    );
    for key in keys {
        line += &format!(" -i {}", quoted(key.as_str()));
    }
    line + " root@127.0.0.1"
}
