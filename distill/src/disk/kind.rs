//! What a partition is for: its type and its attributes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::guid::{Guid, GuidError};

macro_rules! partition_types {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $guid:literal;)+) => {
        /// A partition's type. The well-known ones have names; GUIDs and names are those of the
        /// UAPI group's Discoverable Partitions Specification and of the UEFI specification.
        ///
        /// Written as its name or, if it has none, as its GUID.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum PartitionType {
            $($(#[doc = $doc])+ $variant,)+
            /// Any other. Made by [`PartitionType::from`], a known GUID becomes the named variant.
            Other(Guid),
        }

        impl PartitionType {
            const KNOWN: &'static [(Self, &'static str)] = &[$((Self::$variant, $name)),+];

            /// The GUID that stands in the partition table.
            pub const fn guid(self) -> Guid {
                match self {
                    $(Self::$variant => Guid::from_u128($guid),)+
                    Self::Other(guid) => guid,
                }
            }
        }
    };
}

partition_types! {
    /// EFI system partition: FAT, read by the firmware.
    Esp "esp" 0xc12a7328_f81f_11d2_ba4b_00a0c93ec93b;
    /// Boot code for a BIOS that would otherwise lie in a gap that no table mentions.
    BiosBoot "bios-boot" 0x21686148_6449_6e6f_744e_656564454649;
    /// Any Linux file system.
    LinuxGeneric "linux-generic" 0x0fc63daf_8483_4772_8e79_3d69d8477de4;
    /// Linux root file system for x86-64.
    LinuxRootX86_64 "linux-root-x86-64" 0x4f68bce3_e8cd_4db1_96e7_fbcaf984b709;
    /// dm-verity hash tree of a root file system for x86-64.
    LinuxRootX86_64Verity "linux-root-x86-64-verity" 0x2c7357ed_ebd2_46d9_aec1_23d437ec2bf5;
    /// Linux root file system for 64-bit ARM.
    LinuxRootArm64 "linux-root-arm64" 0xb921b045_1df0_41c3_af44_4c6f280d3fae;
    /// dm-verity hash tree of a root file system for 64-bit ARM.
    LinuxRootArm64Verity "linux-root-arm64-verity" 0xdf3300ce_d69f_4c92_978c_9bfb0f38d820;
    /// Linux root file system for 64-bit RISC-V.
    LinuxRootRiscv64 "linux-root-riscv64" 0x72ec70a6_cf74_40e6_bd49_4bda08e8f224;
    /// dm-verity hash tree of a root file system for 64-bit RISC-V.
    LinuxRootRiscv64Verity "linux-root-riscv64-verity" 0xb6ed5582_440b_4209_b8da_5ff7c419ea3d;
    /// Linux root file system for little-endian 64-bit PowerPC.
    LinuxRootPpc64Le "linux-root-ppc64-le" 0xc31c45e6_3f39_412e_80fb_4809c4980599;
    /// dm-verity hash tree of a root file system for little-endian 64-bit PowerPC.
    LinuxRootPpc64LeVerity "linux-root-ppc64-le-verity" 0x906bd944_4589_4aae_a4e4_dd983917446a;
    /// Variable data, mounted at `/var`.
    LinuxVar "linux-var" 0x4d21b016_b534_45c2_a9fb_5c16e091fd2d;
    /// Swap space.
    LinuxSwap "linux-swap" 0x0657fd6d_a4ab_43c4_84e5_0933c84b4f4f;
}

impl From<Guid> for PartitionType {
    fn from(guid: Guid) -> Self {
        let known = Self::KNOWN.iter().find(|(kind, _)| kind.guid() == guid);
        known.map_or(Self::Other(guid), |(kind, _)| *kind)
    }
}

impl fmt::Display for PartitionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::KNOWN
            .iter()
            .find(|(kind, _)| kind.guid() == self.guid())
        {
            Some((_, name)) => f.write_str(name),
            None => self.guid().fmt(f),
        }
    }
}

impl FromStr for PartitionType {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Self, GuidError> {
        match Self::KNOWN.iter().find(|(_, name)| *name == text) {
            Some((kind, _)) => Ok(*kind),
            None => text.parse::<Guid>().map(Self::from),
        }
    }
}

impl TryFrom<String> for PartitionType {
    type Error = GuidError;

    fn try_from(text: String) -> Result<Self, GuidError> {
        text.parse()
    }
}

impl From<PartitionType> for String {
    fn from(kind: PartitionType) -> Self {
        kind.to_string()
    }
}

/// A partition's 64 attribute bits. Which bits from 48 on mean what depends on the type; the ones
/// named here are those of the Discoverable Partitions Specification.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Attributes(pub u64);

impl Attributes {
    /// No attribute.
    pub const NONE: Self = Self(0);
    /// The machine needs this partition: tools should not delete it.
    pub const REQUIRED: Self = Self(1);
    /// The firmware should not offer file access to it.
    pub const NO_BLOCK_IO: Self = Self(1 << 1);
    /// A BIOS boot loader may regard it as active.
    pub const LEGACY_BOOT: Self = Self(1 << 2);
    /// The file system may grow to the partition's size when it is mounted.
    pub const GROW_FILE_SYSTEM: Self = Self(1 << 59);
    /// To be mounted read-only.
    pub const READ_ONLY: Self = Self(1 << 60);
    /// Not to be mounted by itself.
    pub const NO_AUTO: Self = Self(1 << 63);

    /// These and those.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_type_survives_its_name_and_its_guid() {
        for (kind, name) in PartitionType::KNOWN {
            assert_eq!(name.parse(), Ok(*kind));
            assert_eq!(kind.to_string(), *name);
            assert_eq!(PartitionType::from(kind.guid()), *kind);
            assert_eq!(
                kind.guid().to_string().parse(),
                Ok(*kind),
                "a GUID gets its name"
            );
            assert_eq!(
                PartitionType::KNOWN
                    .iter()
                    .filter(|(k, _)| k.guid() == kind.guid())
                    .count(),
                1
            );
        }
    }

    #[test]
    fn an_unknown_type_is_its_guid() {
        let text = "12345678-1234-8234-8234-123456789abc";
        let kind: PartitionType = text.parse().unwrap();
        assert!(matches!(kind, PartitionType::Other(_)));
        assert_eq!(kind.to_string(), text);
        assert!("esp ".parse::<PartitionType>().is_err());
    }

    #[test]
    fn guids_agree_with_the_system_s_partition_tool() {
        let Ok(output) = std::process::Command::new("sfdisk")
            .args(["--label", "gpt", "-T"])
            .output()
        else {
            return crate::disk::tests::skipped("no sfdisk (package fdisk)");
        };
        let listed = String::from_utf8_lossy(&output.stdout).to_lowercase();
        for (kind, name) in PartitionType::KNOWN {
            assert!(
                listed.contains(&kind.guid().to_string()),
                "{name} {}",
                kind.guid()
            );
        }
    }
}
