//! The template for what a C or C++ compiler builds.

use super::env;
use super::recipe::{Recipe, common, template};
use super::script::Script;
use crate::plan::{Hint, Plan};

template! {
    /// A package that is compiled: its config's toolchain and C library are there, and the usual
    /// variables (`CC`, `CFLAGS`, …) are set.
    Cc {
        /// What builds it; a chain of execline commands.
        script: Script,
        /// The package is in C++, or a part of it is: the C++ compiler and its library are there, and `CXX`,
        /// `CXXFLAGS` and `CXX_FOR_BUILD` are set. A package in C waits for none of these.
        cxx: bool,
        /// Leaves out the C library and the kernel's headers: for what the C library itself needs.
        no_libc: bool,
        /// For the compilers, after the config's own flags.
        cflags: Vec<String>,
        /// For linking, after the config's own flags.
        ldflags: Vec<String>,
    }
}

/// What a package meets that is in C++ and does not say so.
const NO_CXX: Hint = Hint {
    seen: &[
        "g++: not found",
        "g++: No such file",
        "c++: not found",
        "c++: No such file",
        "cc1plus",
        "cannot find -lstdc++",
        "No CMAKE_CXX_COMPILER could be found",
        "Unknown compiler(s): [['c++']",
        "'cpp' compiler binary not defined",
    ],
    text: "a package that is in C++, or has a part in it, says `cxx: true`",
};

impl Cc {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(mut self) -> Plan {
        let toolchain = self.config.target().toolchain.clone();
        self.tools.extend(toolchain.tools);
        if !self.no_libc {
            self.libs.extend(toolchain.libc);
        }
        let mut variables = env::cc_variables(&self.config, &self.cflags, &self.ldflags);
        if self.cxx {
            self.tools.extend(toolchain.cxx_tools);
            let for_build = env::for_build(&self.config).cxx_tools.clone();
            self.tools.extend(for_build);
            self.libs.extend(toolchain.libcxx);
            variables = variables.with(env::cxx_variables(&self.config, &self.cflags));
        } else {
            self.hints.push(NO_CXX);
        }
        self.env = variables.with(self.env);
        common!(self => Recipe { script: self.script }).plan()
    }
}
