//! Tells the program how much the compiler was asked to optimise it: see `cli/profile.rs`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo sets it for build scripts, and for nothing else.
    let level = std::env::var("OPT_LEVEL").unwrap_or_default();
    println!("cargo::rustc-env=DISTILL_OPT_LEVEL={level}");
}
