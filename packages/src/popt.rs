//! popt: parses command lines.

use distill::cmmi_package;
use distill::package::Config;
use distill::plan::Plan;

/// popt: parses command lines, as a library. Debian has repacked upstream's archive, so that this hash is not
/// upstream's.
pub fn popt(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "popt", version: "1.19",
        licence: "MIT", homepage: "https://github.com/rpm-software-management/popt", cpe: "popt_project:popt",
        source: debian("p/popt/popt_$version+dfsg.orig.tar.xz",
            sha256("4cd0cd2963d0c4078f65949599d97135c15ee6c09cf3a36a9a1b2753025bb06b")),
    }
}
