//! Values of a package's fields.

use distill::package::Config;
use distill::plan::Plan;
use distill::package;

struct Colour;

fn text(config: &Config) -> Plan {
    package! { config, name: 4 }
}

fn item(config: &Config) -> Plan {
    package! { config, name: "mpfr", libs: [text, Colour] }
}

fn words(config: &Config) -> Plan {
    package! { config, name: "mpfr", env: [("CC", Colour)] }
}

fn a_list(config: &Config) -> Plan {
    package! { config, name: ["mpfr"] }
}

fn no_list(config: &Config) -> Plan {
    package! { config, name: "mpfr", libs: text }
}

fn flag(config: &Config) -> Plan {
    distill::cmmi_package! { config,
        name: "mpfr", version: "1", source: gnu("mpfr", sha256("00")),
        serial: "yes",
    }
}

fn language(config: &Config) -> Plan {
    distill::meson_package! { config,
        name: "mpfr", version: "1", source: gnu("mpfr", sha256("00")),
        cxx: "c++20",
    }
}

fn name_in_scope(config: &Config) -> Plan {
    package! { config, name: "mpfr", libs: [libgmp] }
}

fn main() {}
