//! Every form of an image holds the same disk.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use camino::Utf8PathBuf;
use distill::cli::Target;
use distill::system::System;
use distill_packages::{busybox, qemu, xz, zstd};
use distill_platforms::image::ImageFormat;
use distill_platforms::qemu_x86_64;
use distill_testing::{Lab, LabError};

/// The disk, and what reads its other forms.
struct Forms {
    lab: Lab,
    raw: Vec<u8>,
}

impl Forms {
    fn new() -> Result<Forms, LabError> {
        let lab = Lab::new()?;
        let target = Target::from((qemu_x86_64(), System::new().hostname("forms")));
        let raw = std::fs::read(lab.image(&target)?).expect("the image");
        Ok(Forms { lab, raw })
    }

    /// The image in a form.
    fn make(&self, format: ImageFormat) -> Result<Utf8PathBuf, LabError> {
        let platform = qemu_x86_64();
        let raw = platform
            .image(&System::new().hostname("forms"))
            .expect("a system");
        self.lab
            .image(&Target::from(format.convert(&platform.config, raw)))
    }

    /// A call of the `qemu-img` that came with QEMU.
    fn qemu_img(&self, words: &[&str]) -> Result<String, LabError> {
        let program = self
            .lab
            .program(&qemu_x86_64().config, qemu, "usr/bin/qemu-img")?;
        let tree = program.ancestors().nth(3).expect("a tree");
        let output = Command::new(tree.join("usr/lib64/ld-linux-x86-64.so.2"))
            .arg("--library-path")
            .arg(tree.join("usr/lib/x86_64-linux-gnu"))
            .arg(&program)
            .args(words)
            .output()
            .expect("qemu-img runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "qemu-img {words:?}: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What qemu-img reads from a disk of its kind `kind`.
    fn read_back(&self, image: &Path, kind: &str) -> Result<Vec<u8>, LabError> {
        let to = self.lab.directory().join(format!("{kind}.raw"));
        let image = image.to_str().expect("UTF-8");
        self.qemu_img(&["convert", "-f", kind, "-O", "raw", image, to.as_str()])?;
        Ok(std::fs::read(to).expect("a disk"))
    }

    /// What a program prints that reads the image on its standard input.
    fn filter(image: &Path, program: Utf8PathBuf, words: &[&str]) -> Vec<u8> {
        let input = std::fs::File::open(image).expect("an image");
        let mut child = Command::new(program)
            .args(words)
            .stdin(input)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a program of ours runs");
        let mut bytes = Vec::new();
        let output = child.stdout.as_mut().expect("a pipe");
        output.read_to_end(&mut bytes).expect("its output");
        assert!(child.wait().expect("a child").success());
        bytes
    }

    #[track_caller]
    fn assert_is_the_disk(&self, bytes: &[u8], what: &str) {
        let length = self.raw.len();
        assert!(bytes.len() >= length, "{what}: {} bytes", bytes.len());
        // A comparison that prints megabytes helps nobody.
        assert!(bytes[..length] == self.raw[..], "{what}: other bytes");
        assert!(
            bytes[length..].iter().all(|byte| *byte == 0),
            "{what}: more than zeros behind"
        );
    }
}

#[test]
#[ignore = "builds an image and converts it"]
fn every_form_holds_the_same_disk() -> Result<(), LabError> {
    let forms = Forms::new()?;
    let config = qemu_x86_64().config;

    let qcow2 = forms.make(ImageFormat::Qcow2)?;
    forms.assert_is_the_disk(&forms.read_back(qcow2.as_std_path(), "qcow2")?, "qcow2");
    forms.qemu_img(&["check", "-f", "qcow2", qcow2.as_str()])?;

    let vmdk = forms.make(ImageFormat::Vmdk)?;
    forms.assert_is_the_disk(&forms.read_back(vmdk.as_std_path(), "vmdk")?, "vmdk");
    let info = forms.qemu_img(&["info", "-f", "vmdk", vmdk.as_str()])?;
    assert!(info.contains("create type: streamOptimized"), "{info}");
    assert!(
        info.contains(&format!("cid: {}", 0xffff_fffe_u32)),
        "{info}"
    );

    let vhd = forms.make(ImageFormat::Vhd)?;
    let bytes = std::fs::read(&vhd).expect("an image");
    let size = bytes.len() - 512;
    assert_eq!(size % (1 << 20), 0, "whole mebibytes");
    forms.assert_is_the_disk(&bytes[..size], "vhd");
    let read = forms.read_back(vhd.as_std_path(), "vpc")?;
    assert_eq!(read.len(), size, "the footer's size is believed");
    forms.assert_is_the_disk(&read, "vhd, read by qemu-img");

    let gz = forms.make(ImageFormat::RawGz)?;
    let unzip = forms.lab.program(&config, busybox, "usr/bin/busybox")?;
    let bytes = Forms::filter(gz.as_std_path(), unzip.clone(), &["gunzip"]);
    assert!(bytes == forms.raw, "raw.gz");
    let file = forms.make(ImageFormat::RawXz)?;
    let program = forms.lab.program(&config, xz, "usr/bin/xz")?;
    assert!(
        Forms::filter(file.as_std_path(), program, &["-dc"]) == forms.raw,
        "raw.xz"
    );
    let file = forms.make(ImageFormat::RawZstd)?;
    let program = forms.lab.program(&config, zstd, "usr/bin/zstd")?;
    assert!(
        Forms::filter(file.as_std_path(), program, &["-dc"]) == forms.raw,
        "raw.zst"
    );

    let gce = forms.make(ImageFormat::GceTar)?;
    let archive = Forms::filter(gce.as_std_path(), unzip, &["gunzip"]);
    assert!(
        archive.len() < forms.raw.len() + (1 << 20),
        "holes take no room"
    );
    let mut archive = tar::Archive::new(&archive[..]);
    let mut entry = archive
        .entries()
        .expect("an archive")
        .next()
        .expect("a file")
        .expect("a file");
    assert_eq!(
        entry.path().expect("a name").as_ref(),
        Path::new("disk.raw")
    );
    let mut disk = Vec::new();
    entry.read_to_end(&mut disk).expect("its bytes");
    assert_eq!(disk.len() % (1 << 30), 0, "whole gibibytes");
    forms.assert_is_the_disk(&disk, "disk.raw");
    Ok(())
}
