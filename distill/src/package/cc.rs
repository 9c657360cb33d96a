//! The template for what a C compiler builds.

use super::env;
use super::recipe::{Recipe, common, template};
use super::script::Script;
use crate::plan::Plan;

template! {
    /// A package that is compiled: its config's toolchain and C library are there, and the usual
    /// variables (`CC`, `CFLAGS`, …) are set.
    Cc {
        /// What builds it; a chain of execline commands.
        script: Script,
        /// Leaves out the C library and the kernel's headers: for what the C library itself needs.
        no_libc: bool,
        /// For the C compiler, after the config's own flags.
        cflags: Vec<String>,
        /// For linking, after the config's own flags.
        ldflags: Vec<String>,
    }
}

impl Cc {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(mut self) -> Plan {
        let toolchain = self.config.target().toolchain.clone();
        self.tools.extend(toolchain.tools);
        if !self.no_libc {
            self.libs.extend(toolchain.libc);
        }
        self.env = env::variables(&self.config, &self.cflags, &self.ldflags).with(self.env);
        common!(self => Recipe { script: self.script }).plan()
    }
}
