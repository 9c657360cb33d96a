//! Image layouts, read by skopeo: also those of several architectures.

use std::process::Command;

use camino::Utf8Path;
use distill::cli::Target;
use distill::package::{Arch, Config};
use distill::plan::Plan;
use distill::system::Platform;
use distill_platforms::{container, container_rootfs};
use distill_testing::{Lab, LabError};

use super::system;
use crate::{has, succeed};

/// skopeo, which trusts what is on this machine.
fn skopeo(words: &[&str]) -> String {
    succeed(Command::new("skopeo").arg("--insecure-policy").args(words))
}

/// A field of an image or of its configuration.
fn field(image: &str, format: &str, more: &[&str]) -> String {
    skopeo(&[more, &["inspect", "--format", format, image]].concat())
}

/// The image of a system for an architecture, without programs, which are not built for others here.
fn without_programs(arch: Arch, triple: &str) -> Plan {
    let native = container_rootfs();
    let build: Config = native.config.clone();
    let platform = Platform {
        config: build.derive(|target| {
            target.arch = arch;
            triple.clone_into(&mut target.triple);
            target.build = Some(build.clone());
        }),
        packages: Vec::new(),
        fallback: Vec::new(),
        ..native
    };
    let mut root = platform.root(&system()).expect("a system");
    root.packages.clear();
    container::image(&platform, &root)
}

/// The names of all files in a layout, which are the hashes of what they hold.
fn blobs(layout: &Utf8Path) -> usize {
    let blobs = layout.join("blobs/sha256").read_dir_utf8();
    blobs.expect("a directory").count()
}

#[test]
#[ignore = "builds an image"]
fn skopeo_reads_and_copies_it() -> Result<(), LabError> {
    if !has(&["skopeo"]) {
        return Ok(());
    }
    let lab = Lab::new()?;
    let image = container_rootfs().image(&system()).expect("a system");
    let layout = lab.image(&Target::from(image))?;
    let source = format!("oci:{layout}:container");
    assert_eq!(
        field(&source, "{{.Os}}/{{.Architecture}}", &[]),
        "linux/amd64"
    );
    let config = skopeo(&["inspect", "--config", &source]);
    for part in [
        r#""Entrypoint": ["#,
        r#""/init""#,
        r#""StopSignal": "SIGTERM""#,
    ] {
        assert!(config.contains(part), "no {part}: {config}");
    }
    // Every digest is held against its bytes when they are copied.
    let copy = lab.directory().join("copy");
    skopeo(&["copy", &source, &format!("oci:{copy}:container")]);
    assert_eq!(blobs(&copy), blobs(&layout));
    let digest = |image: &str| field(image, "{{.Digest}}", &[]);
    assert_eq!(digest(&format!("oci:{copy}")), digest(&source));
    Ok(())
}

#[test]
#[ignore = "builds images"]
fn an_index_gives_everybody_the_image_for_his_architecture() -> Result<(), LabError> {
    if !has(&["skopeo"]) {
        return Ok(());
    }
    let lab = Lab::new()?;
    let amd64 = without_programs(Arch::X86_64, "x86_64-linux-musl");
    let arm64 = without_programs(Arch::Aarch64, "aarch64-linux-musl");
    let config = container_rootfs().config;
    let both = container::index(&config, "Both", vec![amd64, arm64]);
    let layout = lab.image(&Target::from(both))?;
    let source = format!("oci:{layout}:both");
    for arch in ["amd64", "arm64"] {
        let mine = ["--override-arch", arch];
        assert_eq!(field(&source, "{{.Architecture}}", &mine), arch);
    }
    let copy = lab.directory().join("copy");
    skopeo(&["copy", "--all", &source, &format!("oci:{copy}:both")]);
    assert_eq!(blobs(&copy), blobs(&layout));
    Ok(())
}
