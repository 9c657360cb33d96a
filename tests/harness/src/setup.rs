//! A machine that is about to be started.

use std::sync::Arc;

use camino::Utf8PathBuf;
use distill::cli::Target;
use distill::machine::{
    Accel, Card, Console as Serial, DiskKind, Firmware, Forward, KernelBoot, MachineSpec, Metadata,
    Network, free_port,
};
use distill::store::io::At as _;
use distill::system::{Emulation, Platform, System};

use crate::agent;
use crate::error::LabError;
use crate::lab::Lab;
use crate::machine::{Machine, Plan};
use crate::net::Net;

/// How large a disk is if nothing is said: the room costs nothing.
const DISK_SIZE: u64 = 2 << 30;

/// The first port of the host that is tried for a forward.
const FIRST_PORT: u16 = 20_000;

/// What the cloud around a machine says about it.
pub(crate) type Tell = Arc<dyn Fn(Metadata) -> Metadata + Send + Sync>;

/// A machine that is about to be started: see [`Lab::machine`].
#[must_use = "a machine runs after `start`"]
pub struct Setup<'l> {
    lab: &'l Lab,
    name: String,
    platform: Platform,
    system: System,
    memory: u32,
    cpus: u32,
    disk_size: Option<u64>,
    disks: Vec<Utf8PathBuf>,
    firmware: Option<Firmware>,
    screen: bool,
    clock: Option<String>,
    uplink: bool,
    forwards: Vec<u16>,
    metadata: Option<Tell>,
    nets: Vec<Net>,
}

impl Lab {
    /// A machine with `system` on `platform`, to be described further and started.
    pub fn machine<'l>(&'l self, name: &str, platform: &Platform, system: &System) -> Setup<'l> {
        Setup {
            lab: self,
            name: name.to_owned(),
            platform: platform.clone(),
            system: agent::with_agent(system),
            memory: 512,
            cpus: 1,
            disk_size: None,
            disks: Vec::new(),
            firmware: None,
            screen: false,
            clock: None,
            uplink: false,
            forwards: Vec::new(),
            metadata: None,
            nets: Vec::new(),
        }
    }
}

impl<'l> Setup<'l> {
    /// With so much memory: 512 MiB, if nothing is said.
    pub fn memory(self, mebibytes: u32) -> Setup<'l> {
        Setup {
            memory: mebibytes,
            ..self
        }
    }

    /// With so many processors.
    pub fn cpus(self, cpus: u32) -> Setup<'l> {
        Setup { cpus, ..self }
    }

    /// With a disk of so many bytes: 2 GiB, or twice the image, if nothing is said.
    pub fn disk_size(self, bytes: u64) -> Setup<'l> {
        Setup {
            disk_size: Some(bytes),
            ..self
        }
    }

    /// With another disk, of virtio, that is a copy of the raw image `path`: the letters of such disks
    /// are in the order in which they are named.
    pub fn disk(mut self, path: impl Into<Utf8PathBuf>) -> Setup<'l> {
        self.disks.push(path.into());
        self
    }

    /// With other firmware than the platform's.
    pub fn firmware(self, firmware: Firmware) -> Setup<'l> {
        Setup {
            firmware: Some(firmware),
            ..self
        }
    }

    /// With a screen, which [`Machine::screenshot`] shows.
    pub fn screen(self) -> Setup<'l> {
        Setup {
            screen: true,
            ..self
        }
    }

    /// With a clock that shows this time whenever the machine is switched on, such as `1970-01-01T00:00:00`: one that
    /// does not run without power.
    pub fn clock(self, time: &str) -> Setup<'l> {
        Setup {
            clock: Some(time.to_owned()),
            ..self
        }
    }

    /// With a card that leads to the host and the host's network, by way of a router with a DHCP
    /// server that is QEMU itself. It is the first card, `eth0`.
    pub fn uplink(self) -> Setup<'l> {
        Setup {
            uplink: true,
            ..self
        }
    }

    /// With a port of the host's loopback address that leads to TCP port `port` of the machine, and
    /// the [uplink](Setup::uplink) that this takes. [`Machine::port`] tells which one.
    pub fn forward(mut self, port: u16) -> Setup<'l> {
        self.forwards.push(port);
        self.uplink()
    }

    /// In a cloud, whose metadata service says what `tell` makes of what it would say anyway; with an
    /// [uplink](Setup::uplink). A platform that is a cloud has one without this, too.
    pub fn metadata(
        self,
        tell: impl Fn(Metadata) -> Metadata + Send + Sync + 'static,
    ) -> Setup<'l> {
        Setup {
            metadata: Some(Arc::new(tell)),
            ..self.uplink()
        }
    }

    /// With a card on this network. Cards are `eth0`, `eth1`, …, in the order in which they are named;
    /// an uplink is before all of them.
    pub fn net(mut self, net: &Net) -> Setup<'l> {
        self.nets.push(net.clone());
        self
    }

    /// Builds the image, makes a disk of it, and switches the machine on.
    pub fn start(self) -> Result<Machine, LabError> {
        let emulation = self.platform.emulation.clone();
        let emulation = emulation.ok_or_else(|| LabError::NoEmulation {
            platform: self.platform.name.clone(),
        })?;
        let directory = self.lab.directory().join(&self.name);
        std::fs::create_dir(&directory).at("create", &directory)?;
        let mut spec = self.spec(&emulation)?;
        let target = Target::from((self.platform.clone(), self.system.clone()));
        let image = self.lab.image(&target)?;
        spec.kernel = KernelBoot::of(&image);
        let length = image.metadata().at("examine", &image)?.len();
        let metadata = spec.network.as_ref().filter(|network| network.metadata);
        let metadata = metadata.map(|network| {
            let metadata = Metadata::new(&self.name, network.addressing());
            match &self.metadata {
                Some(tell) => tell(metadata),
                None => metadata,
            }
        });
        Machine::start(Plan {
            spec,
            directory,
            image,
            disk_size: self.disk_size.unwrap_or(DISK_SIZE.max(2 * length)),
            metadata,
            disks: self.disks,
            nets: self.nets,
            limit: self.lab.time_limit(),
        })
    }

    fn spec(&self, emulation: &Emulation) -> Result<MachineSpec, LabError> {
        let mut hardware = emulation.hardware;
        hardware.firmware = self.firmware.unwrap_or(hardware.firmware);
        let directory = self.lab.directory().join(&self.name);
        Ok(MachineSpec {
            qemu: self.lab.tree(&self.platform.config, &emulation.qemu)?,
            name: self.name.clone(),
            hardware,
            disk: directory.join("disk.img"),
            disk_kind: DiskKind::Raw,
            disks: (1..=self.disks.len())
                .map(|number| directory.join(format!("disk{number}.img")))
                .collect(),
            kernel: None,
            memory: self.memory,
            cpus: self.cpus,
            accel: Accel::Tcg,
            network: self.network(emulation)?,
            cards: self.cards(),
            ports: vec![agent::PORT.to_owned()],
            screen: self.screen,
            clock: self.clock.clone(),
            console: Serial::Stream,
        })
    }

    fn network(&self, emulation: &Emulation) -> Result<Option<Network>, LabError> {
        if !self.uplink {
            return Ok(None);
        }
        let mut forwards: Vec<Forward> = Vec::new();
        for guest in &self.forwards {
            let first = forwards.last().map_or(FIRST_PORT, |last| last.host + 1);
            let host = free_port(first).at("listen on", "127.0.0.1")?;
            let guest = *guest;
            forwards.push(Forward { host, guest });
        }
        Ok(Some(Network {
            forwards,
            metadata: emulation.metadata || self.metadata.is_some(),
        }))
    }

    /// A card for each network, with an address that nobody else has there.
    fn cards(&self) -> Vec<Card> {
        let card = |(index, net): (usize, &Net)| Card {
            name: format!("net{index}"),
            mac: net.new_mac(),
        };
        self.nets.iter().enumerate().map(card).collect()
    }
}
