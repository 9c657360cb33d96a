//! How a machine of a platform is imitated on the machine of whoever makes it.

use crate::machine::Hardware;
use crate::package::Package;

/// What `run` starts for an image of a platform.
#[derive(Debug, Clone)]
pub struct Emulation {
    /// QEMU with its libraries and firmware, to be run on the build machine.
    pub qemu: Package,
    /// The virtual machine.
    pub hardware: Hardware,
    /// Whether it finds the metadata service of a cloud.
    pub metadata: bool,
}

impl Emulation {
    /// The usual virtual machine, without a cloud around it.
    pub fn new(qemu: impl Into<Package>) -> Emulation {
        Emulation {
            qemu: qemu.into(),
            hardware: Hardware::default(),
            metadata: false,
        }
    }
}
