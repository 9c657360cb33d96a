//! Fields of a package.

use distill::package::Config;
use distill::plan::Plan;
use distill::{cargo_package, cc_package, cmake_package, cmmi_package, go_package, meson_package, package, prebuilt, python_package};

fn missing(config: &Config) -> Plan {
    cmmi_package! { config, name: "mpfr" }
}

fn missing_one(config: &Config) -> Plan {
    package! { config, version: "1" }
}

fn unknown(config: &Config) -> Plan {
    package! { config,
        name: "mpfr",
        lib: [missing],
    }
}

fn unknown_and_unlike_any(config: &Config) -> Plan {
    package! { config, name: "mpfr", colour: "blue" }
}

fn unknown_to_cc(config: &Config) -> Plan {
    cc_package! { config, name: "mpfr", version: "4", source: None, script: Vec::new(), cflag: ["-g"] }
}

fn unknown_to_cmmi(config: &Config) -> Plan {
    cmmi_package! { config, name: "mpfr", version: "4", source: None, build: "make" }
}

fn twice(config: &Config) -> Plan {
    package! { config,
        name: "mpfr",
        version: "4.2.1",
        version: "4.2.2",
    }
}

fn no_config() -> Plan {
    cc_package! { name: "mpfr", version: "4.2.2" }
}

fn no_value(config: &Config) -> Plan {
    package! { config, name: }
}

fn missing_to_cmake(config: &Config) -> Plan {
    cmake_package! { config, name: "mpfr", version: "4" }
}

fn unknown_to_cmake(config: &Config) -> Plan {
    cmake_package! { config, name: "mpfr", version: "4", source: None, option: ["-DTESTS=OFF"] }
}

fn of_configure(config: &Config) -> Plan {
    meson_package! { config, name: "mpfr", version: "4", source: None, extra_configure: ["-Dtests=false"] }
}

fn of_cmake(config: &Config) -> Plan {
    cargo_package! { config, name: "mpfr", version: "4", source: None, options: ["--release"] }
}

fn of_cargo(config: &Config) -> Plan {
    go_package! { config, name: "mpfr", version: "4", source: None, features: ["tls"] }
}

fn of_source(config: &Config) -> Plan {
    prebuilt! { config, name: "mpfr", version: "4", source: None, programs: [], script: execline! { true } }
}

fn of_sdist(config: &Config) -> Plan {
    python_package! { config, name: "mpfr", version: "4", source: None, lock: "idna==3.10" }
}

fn main() {}
