//! Forms of a disk image: what other virtual machines and clouds take instead of the disk's bytes.
//!
//! Each conversion is a plan over the one raw image, and gives the same bytes every time: no clock, no
//! random identifiers. Virtual machines take [`Qcow2`](ImageFormat::Qcow2) (QEMU, libvirt, Proxmox,
//! `OpenStack`) or [`Vmdk`](ImageFormat::Vmdk) (`VMware`, `VirtualBox`); for clouds see each format.

use distill::package::{Config, Recipe, execline};
use distill::plan::{Mode, Plan};
use distill::system::ImageForm;
use distill_packages::qemu_img;

use crate::inputs::{blob_at, own_file};

/// A form of a disk image.
///
/// ```
/// use distill::system::System;
/// use distill_platforms::{image::ImageFormat, qemu_x86_64};
///
/// let platform = qemu_x86_64();
/// let raw = platform.image(&System::new()).unwrap();
/// let qcow2 = ImageFormat::Qcow2.convert(&platform.config, raw);
/// assert_eq!(qcow2.name().as_str(), "qemu-x86_64-disk.qcow2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// The disk's bytes, one after the other: `dd` writes them to a disk.
    Raw,
    /// QEMU's own format, version 3, not compressed: blocks of zeros take no room. Also `OpenStack`,
    /// `DigitalOcean`, Oracle, Proxmox.
    Qcow2,
    /// A fixed VHD, the disk's bytes and a footer: Azure, which wants whole mebibytes, and Hyper-V; also
    /// Amazon's import.
    Vhd,
    /// A VMDK of the kind `streamOptimized`, compressed: `VMware` (`ESXi` by way of `vmkfstools` or an
    /// OVA), `VirtualBox`, Amazon's import.
    Vmdk,
    /// `disk.raw` of whole gibibytes in a compressed tar archive: Google Compute Engine.
    GceTar,
    /// The disk's bytes, compressed by gzip. `DigitalOcean` takes it.
    RawGz,
    /// The disk's bytes, compressed by xz: slow and small.
    RawXz,
    /// The disk's bytes, compressed by zstd.
    RawZstd,
}

impl ImageFormat {
    /// All of them.
    pub const ALL: [ImageFormat; 8] = [
        ImageFormat::Raw,
        ImageFormat::Qcow2,
        ImageFormat::Vhd,
        ImageFormat::Vmdk,
        ImageFormat::GceTar,
        ImageFormat::RawGz,
        ImageFormat::RawXz,
        ImageFormat::RawZstd,
    ];

    /// What `build --format` calls it.
    pub fn name(self) -> &'static str {
        match self {
            ImageFormat::Raw => "raw",
            ImageFormat::Qcow2 => "qcow2",
            ImageFormat::Vhd => "vhd",
            ImageFormat::Vmdk => "vmdk",
            ImageFormat::GceTar => "gce",
            ImageFormat::RawGz => "raw.gz",
            ImageFormat::RawXz => "raw.xz",
            ImageFormat::RawZstd => "raw.zst",
        }
    }

    /// How the name of a file of this form ends, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            ImageFormat::GceTar => "tar.gz",
            other => other.name(),
        }
    }

    /// The raw disk image `image` in this form.
    #[track_caller]
    pub fn convert(self, config: &Config, image: Plan) -> Plan {
        if self == ImageFormat::Raw {
            return image;
        }
        let name = format!("{}.{}", image.name(), self.extension());
        // The name in the directory is the one that Google wants.
        let mut tools = vec![blob_at("/image.d", "disk.raw", image, Mode::FILE)];
        if matches!(self, ImageFormat::Qcow2 | ImageFormat::Vmdk) {
            tools.push(qemu_img.into());
        }
        Recipe {
            name,
            tools,
            files: vec![
                own_file("convert.sh", include_str!("image/convert.sh")),
                own_file("vhd.pl", include_str!("image/vhd.pl")),
                own_file("vmdk.pl", include_str!("image/vmdk.pl")),
            ],
            output_file: Some("image".into()),
            script: execline! { sh "/convert.sh" #{self.name()} },
            ..Recipe::new(config)
        }
        .plan()
    }

    /// The form, for a platform.
    pub fn form(self) -> ImageForm {
        ImageForm::new(self.name(), self.extension(), move |config, image| {
            self.convert(config, image)
        })
    }

    /// All forms, for a platform whose image is a raw disk.
    pub fn forms() -> impl Iterator<Item = ImageForm> {
        ImageFormat::ALL.into_iter().map(ImageFormat::form)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use distill::plan::{Action, Name};

    use super::*;
    use crate::inputs::path;

    #[test]
    fn names_are_unique_and_every_format_expands() {
        let config = distill_packages::quick();
        let blob = Plan::named(Name::new("disk").unwrap());
        let extract = distill::plan::Extract {
            tree: own_file("disk", "bytes"),
            path: path("disk"),
        };
        let disk = blob.action(Action::Extract(extract));
        let names: BTreeSet<String> = ImageFormat::ALL
            .iter()
            .map(|format| {
                let plan = format.convert(&config, disk.clone());
                assert!(plan.action().unwrap().makes_blob());
                plan.name().to_string()
            })
            .collect();
        assert_eq!(names.len(), ImageFormat::ALL.len());
    }
}
