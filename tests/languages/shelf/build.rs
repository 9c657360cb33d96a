//! Runs on the build machine, and tells the program for which one it is.

fn main() {
    let target = std::env::var("TARGET").expect("cargo sets it");
    println!("cargo::rustc-env=FOR={target}");
}
