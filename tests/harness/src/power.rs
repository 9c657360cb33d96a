//! Switching a machine on and off, and pulling its plugs.

use std::process::Stdio;
use std::time::Instant;

use distill::machine::{
    Machine as Qemu, MachineError, Monitor, Streams, listen, make_blank, make_disk,
};
use distill::store::io::{At as _, remove_if_there};

use crate::agent;
use crate::channel::Channel;
use crate::error::LabError;
use crate::machine::{Machine, Plan, Power, Running};
use crate::wait;

impl Machine {
    /// Switches the machine on, with the disk as it is. Without effect if it is on.
    pub fn boot(&self) -> Result<(), LabError> {
        let mut power = self.power();
        if let Power::On(_) = *power {
            return Ok(());
        }
        self.console.begin_boot();
        for (card, net) in self.plan.spec.cards.iter().zip(&self.plan.nets) {
            let socket = self.plan.directory.join(card.socket());
            remove_if_there(&socket)?;
            net.plug(listen(&self.plan.directory, &card.socket())?);
        }
        let streams = Streams {
            input: Stdio::piped(),
            output: Stdio::piped(),
            error: Stdio::inherit(),
        };
        let metadata = self.plan.metadata.clone();
        let start = Instant::now();
        let mut qemu = Qemu::start(&self.plan.spec, &self.plan.directory, metadata, streams)
            .map_err(|source| self.broken(source))?;
        if let Some(output) = qemu.take_output() {
            self.console.record(output);
        }
        let input = qemu.take_input().expect("a pipe, as was asked for");
        let channel = self.channel(&mut qemu)?;
        *power = Power::On(Box::new(Running {
            qemu,
            input,
            channel,
            since: start,
        }));
        Ok(())
    }

    /// The way to the agent: there as soon as QEMU has made its socket.
    fn channel(&self, qemu: &mut Qemu) -> Result<Channel, LabError> {
        let stream = wait::until(self.limit(), || match qemu.port(agent::PORT) {
            Ok(stream) => Ok(Some(stream)),
            Err(error) => match qemu.ended() {
                Ok(None) => Ok(None),
                _ => Err(self.broken(error)),
            },
        })?;
        let stream = stream.ok_or_else(|| self.timed_out("QEMU", self.limit()))?;
        Ok(Channel::new(stream).at("use the serial port of", self.name())?)
    }

    /// Makes the disks again, as if the machine had never run. It has to be off.
    pub fn wipe(&self) -> Result<(), LabError> {
        if let Power::On(_) = *self.power() {
            return Err(self.broken(MachineError::Monitor("the machine is on".to_owned())));
        }
        self.make_disks()
    }

    pub(crate) fn make_disks(&self) -> Result<(), LabError> {
        let Plan {
            image,
            spec,
            disk_size,
            ..
        } = &self.plan;
        let made = match spec.kernel {
            Some(_) => make_blank(&spec.disk, *disk_size),
            None => make_disk(image, &spec.disk, *disk_size),
        };
        made.map_err(|source| self.broken(source))?;
        for (disk, from) in spec.disks.iter().zip(&self.plan.disks) {
            let length = from.metadata().at("examine", from)?.len();
            make_disk(from, disk, length).map_err(|source| self.broken(source))?;
        }
        Ok(())
    }

    /// Powers the machine off as its user would, and waits until it has ended well.
    pub fn power_off(&self) -> Result<(), LabError> {
        self.order("poweroff")?;
        self.wait_off()
    }

    /// Restarts the machine as its user would, and waits until it has booted.
    pub fn reboot(&self) -> Result<(), LabError> {
        let before = self.boot_id()?;
        self.console.begin_boot();
        self.order("reboot")?;
        self.wait_other_boot(&before)
    }

    /// Cuts the power: all that the machine has not yet handed to its disk is lost.
    pub fn crash(&self) -> Result<(), LabError> {
        let mut power = self.power();
        let Power::On(running) = &mut *power else {
            return Err(self.off());
        };
        let killed = running.qemu.kill();
        *power = Power::Off;
        killed.map_err(|source| self.broken(source))
    }

    /// Presses the power button.
    pub fn press_power_button(&self) -> Result<(), LabError> {
        self.monitor("the power button", Monitor::power_button)
    }

    /// Waits until the machine has powered itself off.
    pub fn wait_off(&self) -> Result<(), LabError> {
        let mut power = self.power();
        let Power::On(running) = &mut *power else {
            return Ok(());
        };
        let ended = wait::until(self.limit(), || {
            running.qemu.ended().map_err(|source| self.broken(source))
        })?;
        let status = ended.ok_or_else(|| self.timed_out("its end", self.limit()))?;
        *power = Power::Off;
        if status.success() {
            return Ok(());
        }
        Err(self.ended(&status.to_string(), "its end"))
    }

    /// Whether the machine is on.
    pub fn is_on(&self) -> bool {
        match &mut *self.power() {
            Power::Off => false,
            Power::On(running) => matches!(running.qemu.ended(), Ok(None)),
        }
    }

    /// Pulls the plugs of all network cards.
    pub fn block_network(&self) -> Result<(), LabError> {
        self.links(false)
    }

    /// Puts the plugs of all network cards in again.
    pub fn unblock_network(&self) -> Result<(), LabError> {
        self.links(true)
    }

    fn links(&self, up: bool) -> Result<(), LabError> {
        let uplink = self.plan.spec.network.iter().map(|_| "network");
        let cards = self.plan.spec.cards.iter().map(|card| card.name.as_str());
        for card in uplink.chain(cards) {
            self.monitor("a network card", |monitor| monitor.link(card, up))?;
        }
        Ok(())
    }
}
