//! Containers: a root file system for a kernel that somebody else runs.
//!
//! What comes out is an image as the Open Container Initiative defines it
//! (<https://github.com/opencontainers/image-spec>), called as the platform is:
//!
//! ```sh
//! cargo run --example container -- build --format oci      # ./target/images/container.oci.tar
//! podman load --input target/images/container.oci.tar      # podman knows it as localhost/container
//! podman run --detach --name web localhost/container
//! podman stop web                                          # stops the services in order
//! skopeo copy oci-archive:target/images/container.oci.tar docker://registry.example/web
//!
//! cargo run --example container -- build --format rootfs   # ./target/images/container.rootfs.tar.gz
//! tar --extract --numeric-owner --file target/images/container.rootfs.tar.gz --directory web
//! systemd-nspawn --boot --kill-signal=SIGTERM --directory web
//! ```
//!
//! podman runs it without root, too: services have users of their own, for which the user needs a range of
//! ids in `/etc/subuid` and `/etc/subgid`, as `useradd` makes it on most systems. systemd-nspawn wants root.
//!
//! An image is for one architecture, which it names. [`index`] makes one image of several, of which every
//! runtime takes its own; so does `podman manifest`, from images that are there already:
//!
//! ```sh
//! podman manifest create web
//! podman manifest add web oci-archive:container-amd64.oci.tar
//! podman manifest add web oci-archive:container-arm64.oci.tar
//! podman manifest push --all web oci:DIRECTORY:web
//! ```

use std::collections::BTreeSet;
use std::fmt::Write as _;

use distill::execline;
use distill::package::{Arch, Config, Recipe};
use distill::plan::Plan;
use distill::system::{File, ImageForm, ImageMaker, PATH, Platform, Root, Service};

use crate::disk::contents;
use crate::inputs::{own_file, tree_at};

/// What says what the engine forbids.
const CHECK: &str = "/usr/libexec/distill/container-check";

/// A container, for every OCI runtime: the image is an OCI image layout with one gzipped layer, as a tree.
///
/// Process 1 is s6's as everywhere, and needs no privileges in the container but those that runtimes give
/// by default. It mounts nothing, sets no kernel parameters, and leaves devices, network, host name and
/// clock to the runtime; `/run` and `/tmp` are emptied at the start. `SIGTERM`, which is the image's stop
/// signal, stops the services in order and ends the container with status 0; so do `poweroff`, `halt` and
/// `reboot` inside. What the engine forbids and the services need (to write to `/run`, `/tmp` and `/var`, to start
/// programs from `/run`, to become other users) is said at the start, and the container ends with status 1. With a
/// read-only root: `--read-only --tmpfs /run:exec --tmpfs /tmp --volume DATA:/var`. `/var` is a directory of the container: mount a volume there for what shall last.
///
/// Further forms: `oci` (the layout as a tar archive, which `podman load` takes) and `rootfs` (the root
/// file system as a tar archive, for systemd-nspawn, LXC, chroots).
///
/// ```
/// use distill::system::System;
/// use distill_platforms::container_rootfs;
///
/// let image = container_rootfs().image(&System::new()).unwrap();
/// assert_eq!(image.name().as_str(), "container-image");
/// ```
#[track_caller]
pub fn container_rootfs() -> Platform {
    let platform = Platform::new(
        "container",
        distill_packages::quick(),
        ImageMaker::new(image),
    );
    Platform {
        mounts: Vec::new(),
        writable: vec!["/root".into()],
        container: true,
        ..platform
    }
    .fallback(distill_packages::busybox)
    .package(distill_packages::s6_debian)
    .package(distill_packages::overflow)
    .capsh(distill_packages::capsh)
    .file(File::new(CHECK, include_str!("check.sh")).mode(0o755))
    // What another start of this container has left; what is mounted there stays.
    .preboot(execline! {
        foreground {
            redirfd -w 2 /dev/null
            find "/run" "/tmp" -xdev -mindepth 1 -delete
        }
        #{CHECK} "/run" "/tmp" "/var"
    })
    .service(var_directories())
    .forms([
        form("oci", "oci.tar", "archive"),
        form("rootfs", "rootfs.tar.gz", "rootfs"),
    ])
}

/// What everybody expects below `/var`, which is a directory of the container, or a volume.
#[track_caller]
pub fn var_directories() -> Service {
    Service::oneshot(
        "var-mount",
        execline! {
            if { mkdir -p "/var/cache" "/var/empty" "/var/home" "/var/lib" "/var/log" "/var/tmp" }
            if { chmod 1777 "/var/tmp" }
            ifelse { test -L "/var/run" } { true }
            ln -s "/run" "/var/run"
        },
    )
    .provides("/var")
}

/// The OCI image layout of a root file system.
pub fn image(platform: &Platform, root: &Root) -> Plan {
    let config = &platform.config;
    Recipe {
        name: format!("{}-image", platform.name),
        location: platform.location,
        tools: contents(platform, root),
        files: vec![
            own_file("permissions", permissions(root)),
            own_file("special", special(root)),
            own_file("config.json", image_config(config.arch())),
            own_file("layout.sh", include_str!("layout.sh")),
        ],
        script: execline! {
            sh "/layout.sh" #{architecture(config.arch())} #{reference(&platform.name)}
        },
        ..Recipe::new(config)
    }
    .plan()
}

/// One image for several architectures: an OCI image layout whose index names all images of `layouts`,
/// which are made by [`image`]. Whoever runs it takes the one for his processor.
///
/// ```
/// use distill::system::System;
/// use distill_platforms::{container, container_rootfs};
///
/// let platform = container_rootfs();
/// let one = platform.image(&System::new().hostname("one")).unwrap();
/// let both = container::index(&platform.config, "both", vec![one]);
/// assert!(both.action().is_ok());
/// ```
#[track_caller]
pub fn index(config: &Config, name: &str, layouts: Vec<Plan>) -> Plan {
    let placed = |(number, layout): (usize, Plan)| tree_at(&format!("/layout.d/{number}"), layout);
    Recipe {
        name: name.to_owned(),
        tools: layouts.into_iter().enumerate().map(placed).collect(),
        files: vec![own_file("index.sh", include_str!("index.sh"))],
        script: execline! { sh "/index.sh" #{reference(name)} },
        ..Recipe::new(config)
    }
    .plan()
}

/// A form of the image that one file holds.
fn form(name: &'static str, extension: &'static str, what: &'static str) -> ImageForm {
    ImageForm::new(name, extension, move |config, image| {
        Recipe {
            name: format!("{}.{extension}", image.name()),
            tools: vec![tree_at("/layout.d", image)],
            files: vec![own_file("archive.sh", include_str!("archive.sh"))],
            output_file: Some("image".into()),
            script: execline! { sh "/archive.sh" #{what} },
            ..Recipe::new(config)
        }
        .plan()
    })
}

/// What is not simply root's, one a line: mode, user, group, and the path between slashes.
fn permissions(root: &Root) -> String {
    let mut text = String::new();
    for each in &root.permissions {
        let (mode, uid, gid, path) = (each.mode.bits(), each.uid, each.gid, &each.path);
        let _ = writeln!(text, "{mode:04o} {uid} {gid} /{path}/");
    }
    text
}

/// The paths of what is not simply root's, sorted by their bytes, a NUL behind each.
fn special(root: &Root) -> String {
    let paths: BTreeSet<&str> = root
        .permissions
        .iter()
        .map(|each| each.path.as_str())
        .collect();
    paths.into_iter().map(|path| format!("{path}\0")).collect()
}

/// What runtimes call an image of this name. `podman load` makes `localhost/NAME:latest` of it.
fn reference(name: &str) -> String {
    let allowed = |char: char| match char.to_ascii_lowercase() {
        char @ ('a'..='z' | '0'..='9' | '.' | '-') => char,
        _ => '-',
    };
    let text: String = name.chars().map(allowed).collect();
    text.trim_matches(['.', '-']).to_owned()
}

/// What Go, and so the specification, calls an architecture.
fn architecture(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "amd64",
        Arch::Aarch64 => "arm64",
        Arch::Riscv64 => "riscv64",
        Arch::Ppc64le => "ppc64le",
    }
}

/// The image's configuration; `@DIFF_ID@` stands for what is only known when the layer is made.
fn image_config(arch: Arch) -> String {
    let arch = architecture(arch);
    format!(
        r#"{{"created":"1970-01-01T00:00:00Z","architecture":"{arch}","os":"linux","config":{{"Env":["PATH={PATH}"],"Entrypoint":["/init"],"WorkingDir":"/","StopSignal":"SIGTERM"}},"rootfs":{{"type":"layers","diff_ids":["sha256:@DIFF_ID@"]}},"history":[{{"created":"1970-01-01T00:00:00Z","created_by":"distill"}}]}}"#
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// Runs the check in a mount namespace of its own, after a script; how it ended and what it said. Nothing, if there
    /// can be no such namespace here.
    fn check(before: &str) -> Option<(Option<i32>, String)> {
        let place = tempfile::TempDir::new().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/container/check.sh");
        // There are no other users to become.
        let text = std::fs::read_to_string(script).unwrap();
        let text = text
            .replace("chown nobody", "chown 0")
            .replace("s6-setuidgid nobody", "env");
        let (own, run) = (place.path().join("check"), place.path().join("run"));
        std::fs::write(&own, text).unwrap();
        std::fs::create_dir(&run).unwrap();
        let words = format!(
            "run={}\n{before}\nexec sh {} \"$run\" /tmp",
            run.display(),
            own.display()
        );
        let unshare = |script: &str| {
            let mut command = Command::new("unshare");
            command
                .args(["--map-root-user", "--mount", "sh", "-ec", script])
                .output()
        };
        if !unshare("mount -t tmpfs none /mnt").is_ok_and(|output| output.status.success()) {
            return None;
        }
        let output = unshare(&words).unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Some((output.status.code(), said))
    }

    #[allow(clippy::print_stderr, reason = "a test that does not run says so")]
    fn skipped() {
        eprintln!("skipped: there can be no namespaces here");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"));
    }

    #[test]
    fn what_the_engine_forbids_is_said() {
        let Some(good) = check("mount -t tmpfs none $run") else {
            skipped();
            return;
        };
        assert_eq!(good, (Some(0), String::new()));
        let forbidden = |before: &str, what: &str, hint: &str| {
            let (status, said) = check(before).unwrap();
            assert_eq!(status, Some(1), "{said}");
            for part in [what, hint] {
                assert!(said.contains(part), "no {part}: {said}");
            }
        };
        let noexec = "no program can start from there (noexec)";
        forbidden("mount -t tmpfs -o noexec none $run", noexec, "--tmpfs");
        let read_only = "mount -t tmpfs -o ro none $run";
        forbidden(read_only, "cannot be written", "mount a volume there");
        let no_dev = "mount -t tmpfs none $run; mount -t tmpfs none /dev";
        forbidden(no_dev, "there is no /dev/null", "mount /dev as usual");
    }
}
