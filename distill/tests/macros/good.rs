//! What a recipe may write.

use distill::package::{Config, Package, Recipe, Words, env};
use distill::plan::Plan;
use distill::{
    cargo_package, cc_package, cmake_package, cmmi_package, execline, go_package, meson_package, package,
    prebuilt, python_package, words,
};

fn zlib(config: &Config) -> Plan {
    let version = "1.3.1";
    cmmi_package! { config,
        name: "zlib", version,
        source: url("https://zlib.net/zlib-$version.tar.gz", sha256("00")),
        configure: ["--static", env::triple, words!["a", 1]],
        make: [],
    }
}

fn by_cmake(config: &Config) -> Plan {
    cmake_package! { config,
        name: "tool", version: "1",
        source: gnu("tool/tool-$version.tar.gz", sha256("00")),
        cxx: true,
        subdir: "build/cmake",
        options: ["-DTESTS=OFF", env::triple],
        targets: ["tool"],
        install: ["--component", "tool"],
    }
}

fn by_cargo(config: &Config) -> Plan {
    cargo_package! { config,
        name: "shop", version: env!("CARGO_PKG_VERSION"), licence: "MIT",
        source: local!("../shop").exclude(["docs"]),
        bins: ["shop"], features: ["tls"],
        libs: [zlib],
        cleanup: execline! { if { rm -rf "/out/etc" } },
    }
}

fn by_go(config: &Config) -> Plan {
    go_package! { config,
        name: "shop", version: "1",
        source: local!("../shop"),
        packages: ["./cmd/shop"],
        pins: include_str!("good.rs"),
    }
}

fn in_python(config: &Config) -> Plan {
    python_package! { config,
        name: "shop", version: "1",
        source: local!("../shop").exclude(["docs"]),
        requirements: "idna==3.10 --hash=sha256:60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb",
        subdir: "server",
        cleanup: execline! { if { rm -rf "/out/usr/share" } },
    }
}

fn by_others(config: &Config) -> Plan {
    prebuilt! { config,
        name: "agent", version: "1",
        source: url("https://example.org/agent-$version.tar.gz",
            sha256("60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb")),
        programs: ["usr/bin/agent"],
    }
}

fn from_crates_io(config: &Config) -> Plan {
    cargo_package! { config,
        name: "ripgrep", version: "14.1.1",
        source: crates_io("ripgrep", "$version",
            sha256("60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb")),
        lock: "version = 4",
        no_default_features: true,
    }
}

fn by_meson(config: &Config) -> Plan {
    meson_package! { config,
        name: "tool", version: "1",
        source: gnu("tool/tool-$version.tar.gz", sha256("00")),
        libs: [zlib],
        options: words!["-Dtests=false"],
        cleanup: execline! { if { rm -r "/out/usr/share" } },
    }
}

fn by_autotools(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "tool", version: "1",
        source: gnu("tool/tool-$version.tar.gz", sha256("00")),
        autoreconf: true,
    }
}

fn with_parameter(level: u8) -> impl Fn(&Config) -> Plan + Clone {
    move |config: &Config| {
        cc_package! { config,
            name: format!("tool-{level}"), version: "1",
            source: gnu("tool/tool-$version.tar.gz", sha256("00")),
            libs: [zlib, |_: &Config| Package::from(zlib)],
            cflags: ["-O2", String::from("-g0")],
            env: [("A", "1"), ("B", env::cflags), env::cc_env_for_build],
            no_libc: true,
            script: execline! { make CC=#{env::cc} },
        }
    }
}

/// What looks like a shell's, and is meant.
fn quoted(find: &str) -> distill::package::Script {
    execline! {
        if { find #{find} -exec rm "{}" ";" }
        if { echo "&&" "||" "|" ">" "2>&1" "$(date)" "a;b" a* -x=[1] }
        background { sleep 1 }
        backtick -E now { date }
        cp --target-directory=/out
            file
    }
}

fn from_a_function(config: &Config) -> Plan {
    let packages = vec![Package::from(zlib), with_parameter(1).into()];
    package! { config, name: "bundle", libs: packages, script: |_: &Config| Words::from("true"), output_file: "x" }
}

fn main() {
    let _: [fn(&Config) -> Plan; 10] = [
        zlib, from_a_function, by_cmake, by_meson, by_autotools, by_cargo, from_crates_io, by_go, by_others, in_python,
    ];
    let _ = (Recipe::new, quoted);
}
