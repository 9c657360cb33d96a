//! Rust's standard library for the host.

use distill::package;
use distill::package::{Config, Crate, Package, execline, vendored};
use distill::plan::{AbsPath, Plan};

use crate::seed;

/// Crates that the list of the library names and the source does not bring: name, version, and the checksum of
/// that list. None of them is compiled, but cargo wants to see them.
const FURTHER: [(&str, &str, &str); 5] = [
    (
        "cc",
        "1.2.0",
        "1aeb932158bd710538c73702db6945cb68a8fb08c519e6e12706b94263b36db8",
    ),
    (
        "rand",
        "0.9.2",
        "6db2770f06117d490610c7488547d543617b21bfa07796d7a12f6f1bd53850d1",
    ),
    (
        "rand_core",
        "0.9.3",
        "99d9a13982dcf210057a8a78572b2217b667c3beacbf3a0d8b454f6f82837d38",
    ),
    (
        "rand_xorshift",
        "0.4.0",
        "513962919efc330f829edb2535844d1b912b0fbe2ca165d613e4e8788bb05a5a",
    ),
    (
        "shlex",
        "1.3.0",
        "0fda2ff0d084019ba4d7c6f371c95d8fd75ce3524c3cb8fb653a3023f6323e64",
    ),
];

/// Where they lie.
const VENDOR: &str = "/further";

/// Rust's standard library, where rustc looks for it, with what it needs to unwind a stack taken from the C
/// compiler's library. It is made as Rust's own releases make it: each crate as one unit, with what link-time
/// optimisation wants, and without debugging information.
pub fn rust_std(config: &Config) -> Plan {
    let crates = FURTHER.map(|(name, version, checksum)| Crate::new(name, version, checksum));
    let further = vendored("rust-std-crates", &crates);
    let further = Package::at(AbsPath::new(VENDOR).expect("a constant"), further);
    let target = config.target().rust.target.clone();
    let libraries = format!("/out/usr/lib/rustlib/{target}/lib");
    package! { config,
        name: "rust-std", version: seed::RUST_VERSION,
        licence: "MIT OR Apache-2.0", homepage: "https://www.rust-lang.org/", cpe: "rust-lang:rust",
        tools: [seed::rust, seed::rust_source, further],
        dir: "/src/library",
        env: [
            // The library uses what is not stable, and this compiler is the one that it is for.
            ("RUSTC_BOOTSTRAP", "1"),
            // Names of symbols that no crate of a program has.
            ("__CARGO_DEFAULT_LIB_METADATA", "stablestd"),
            ("CARGO_PROFILE_DIST_DEBUG", "false"),
            ("RUSTFLAGS", "-Zforce-unstable-if-unmarked --remap-path-prefix=/src/library=/rustc/library"),
        ],
        script: execline! {
            if { cp -r /#{seed::RUST_LIBRARY}/. . }
            if { cp -r #{VENDOR}/. vendor }
            if { cargo --config "source.crates-io.replace-with='vendored'"
                --config "source.vendored.directory='/src/library/vendor'"
                // Not `--locked`: the list has crates for Windows, too, which this source does without.
                build --offline --profile dist --target #{target.clone()}
                --manifest-path "sysroot/Cargo.toml" --features "backtrace panic-unwind" }
            if { mkdir -p #{libraries.clone()} }
            if { find target/#{target}/dist/deps -name "*.rlib" -exec cp -t #{libraries.clone()} "{}" + }
            // The C compiler's library unwinds: who asks for LLVM's finds nothing in its place.
            redirfd -w 1 #{libraries}/"libunwind.a"
            echo "!<arch>"
        },
    }
}
