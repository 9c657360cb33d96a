//! The kind of machine that a build needs.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::Name;

/// An instruction set, as triples and plans name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Arch {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit Arm.
    #[serde(rename = "aarch64")]
    Aarch64,
    /// 64-bit POWER, little-endian.
    #[serde(rename = "powerpc64le")]
    Ppc64le,
    /// 64-bit RISC-V.
    #[serde(rename = "riscv64")]
    Riscv64,
}

impl Arch {
    /// All of them.
    pub const ALL: [Arch; 4] = [Arch::X86_64, Arch::Aarch64, Arch::Ppc64le, Arch::Riscv64];

    /// The name in a triple.
    pub fn name(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::Aarch64 => "aarch64",
            Arch::Ppc64le => "powerpc64le",
            Arch::Riscv64 => "riscv64",
        }
    }

    /// What Linux's build system calls it (`make ARCH=…`).
    pub fn kernel(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86",
            Arch::Aarch64 => "arm64",
            Arch::Ppc64le => "powerpc",
            Arch::Riscv64 => "riscv",
        }
    }
}

/// The machine that a build's programs run on (GNU's *build*, not its *host*): a program of one
/// architecture does nothing on another, and what it finds out about its machine may end up in the
/// output.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildPlatform {
    /// The instruction set of `/build` and of everything that it runs.
    pub arch: Arch,
    /// What a machine must offer beyond that, by names that whoever runs the machines gives.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<Name>,
}

impl BuildPlatform {
    /// Any machine of that architecture.
    pub fn any(arch: Arch) -> BuildPlatform {
        BuildPlatform {
            arch,
            needs: BTreeSet::new(),
        }
    }
}

impl fmt::Display for BuildPlatform {
    /// `x86_64`, or `x86_64 with big-memory, kvm`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.arch.name())?;
        for (index, need) in self.needs.iter().enumerate() {
            let word = if index == 0 { " with " } else { ", " };
            write!(f, "{word}{need}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_and_triples_have_the_same_names() {
        for arch in Arch::ALL {
            let name = serde_json::Value::from(arch.name());
            assert_eq!(serde_json::to_value(arch).unwrap(), name);
        }
    }

    #[test]
    fn needs_are_sorted_and_left_out_if_there_are_none() {
        let any = BuildPlatform::any(Arch::X86_64);
        assert_eq!(serde_json::to_string(&any).unwrap(), r#"{"arch":"x86_64"}"#);
        assert_eq!(any.to_string(), "x86_64");
        let needs = ["kvm", "big-memory"].map(|name| Name::new(name).unwrap());
        let one = BuildPlatform {
            needs: BTreeSet::from(needs),
            ..any
        };
        let text = r#"{"arch":"x86_64","needs":["big-memory","kvm"]}"#;
        assert_eq!(serde_json::to_string(&one).unwrap(), text);
        assert_eq!(one.to_string(), "x86_64 with big-memory, kvm");
    }
}
