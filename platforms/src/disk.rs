//! The disk image of a platform: a squashfs root, and the kernel as one file for BIOS and UEFI.
//!
//! | partition | type | what |
//! |---|---|---|
//! | `bios` | BIOS boot | the loader's second stage, in the gap behind the table |
//! | `esp` | EFI system | `EFI/BOOT/BOOTX64.EFI`: kernel, command line and stub in one |
//! | `root` | root of the architecture | the root file system, a squashfs |
//!
//! `/var` is appended on the first boot, in what is free behind these.

use std::collections::BTreeMap;

use distill::disk::{
    Attributes, BiosLoader, BootEntry, CMDLINE_MAX, Contents, DiskSize, FatFile, FatLabel, FatPath,
    FatVolume, Guid, Label, Layout, Partition, PartitionType, SectorSize, Size, Uki, VolumeId,
};
use distill::package::{Arch, Config, Package, Placed, Recipe, execline};
use distill::plan::{
    AbsPath, Action, Artifact, Extract, Fill, Hash, Input, Merge, Name, Plan, RelPath,
};
use distill::system::{Platform, Root};

use crate::inputs::{own_file, tree_at};
use crate::os_release;

/// The disk image of a root file system for a machine with BIOS or UEFI.
pub fn disk(platform: &Platform, root: &Root) -> Plan {
    plan(platform, layout(platform, root))
}

/// The disk image of a root file system for a machine with UEFI: [`disk()`] without the loader for a BIOS.
pub fn uefi_disk(platform: &Platform, root: &Root) -> Plan {
    let without = |layout| Layout {
        bios: None,
        ..layout
    };
    plan(platform, layout(platform, root).map(without))
}

fn plan(platform: &Platform, layout: Result<Layout<Artifact>, String>) -> Plan {
    let named = Plan::named(name(&format!("{}-disk", platform.name))).location(platform.location);
    match layout {
        Ok(layout) => named.action(Action::Disk(layout)),
        Err(message) => named.invalid(message),
    }
}

/// The root file system as a squashfs, a blob.
pub fn squashfs(platform: &Platform, root: &Root) -> Plan {
    let mut tools = vec![distill_packages::squashfs_tools.into()];
    tools.extend(contents(platform, root));
    Recipe {
        name: format!("{}-root", platform.name),
        location: platform.location,
        tools,
        files: vec![own_file("permissions", root.pseudo_file())],
        output_file: Some("root.squashfs".into()),
        script: execline! {
            mksquashfs "/root.d" "/out/root.squashfs" -noappend -all-root -pseudo-override -pf "/permissions"
                -comp zstd -Xcompression-level 19 -no-exports -no-xattrs -no-progress -quiet
        },
        ..Recipe::new(&platform.config)
    }
    .plan()
}

/// Everything that the root file system holds, at `/root.d`; and what cannot be made if it has permissions for
/// something that is not there.
pub(crate) fn contents(platform: &Platform, root: &Root) -> Vec<Package> {
    let tree = tree(platform, root);
    let named = root.named_in(&tree).map(|named| tree_at("/named.d", named));
    [tree_at("/root.d", tree)]
        .into_iter()
        .chain(named)
        .collect()
}

/// Everything that the root file system holds, as one tree.
fn tree(platform: &Platform, root: &Root) -> Plan {
    let own = Placed {
        at: None,
        of: os_release::beside(platform, &root.files).into(),
    };
    let packages = platform.config.expand_all(&root.packages);
    let first = together(platform, "files", packages.into_iter().chain([own]));
    let fallback = platform.config.expand_all(&platform.fallback);
    let from = together(platform, "fallback", fallback).into();
    let tree = first.into();
    Plan::named(name(&format!("{}-tree", platform.name))).action(Action::Fill(Fill { tree, from }))
}

/// Packages as one tree, defined where the platform is: it is not this file's fault if they do not go together.
fn together(platform: &Platform, part: &str, all: impl IntoIterator<Item = Placed>) -> Plan {
    let root = AbsPath::root();
    let input = |Placed { at, of }| Input {
        at: at.unwrap_or_else(|| root.clone()),
        of,
    };
    let inputs = all.into_iter().map(input).collect();
    Plan::named(name(&format!("{}-{part}", platform.name)))
        .location(platform.location)
        .action(Action::Merge(Merge { inputs }))
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap_or_else(|_| Name::new("image").expect("a constant"))
}

/// One file of what a package makes, as a blob.
pub(crate) fn file(config: &Config, package: &Package, path: &str) -> Result<Artifact, String> {
    let Some(Placed { of: tree, .. }) = config.expand(package).pop() else {
        return Err(format!("the package `{}` makes nothing", package.name()));
    };
    let path = RelPath::new(path).map_err(|e| e.to_string())?;
    let name = name(path.file_name());
    Ok(Plan::named(name)
        .action(Action::Extract(Extract { tree, path }))
        .into())
}

fn layout(platform: &Platform, root: &Root) -> Result<Layout<Artifact>, String> {
    let config = &platform.config;
    let seed = seed(platform, root)?;
    let guid = |label: &str| Guid::derive(&seed, label);
    let label = |text: &str| Label::new(text).expect("a constant");
    let boot = FatPath::new(boot_path(config.arch())).map_err(|e| e.to_string())?;
    let root_guid = guid("root");
    let esp = FatVolume {
        label: FatLabel::new("ESP").expect("a constant"),
        id: VolumeId::derive(&seed, "esp"),
        files: BTreeMap::from([(boot.clone(), FatFile::Uki(uki(platform, root_guid)?))]),
    };
    let loader: Package = distill_packages::bios_loader.into();
    Ok(Layout {
        sector_size: SectorSize::B512,
        alignment: 1 << 20,
        size: DiskSize::Minimal { slack: 0 },
        guid: guid("disk"),
        bios: Some(BiosLoader {
            mbr: file(config, &loader, distill_packages::boot::MBR_OUTPUT)?,
            stage2: file(config, &loader, distill_packages::boot::STAGE2_OUTPUT)?,
            label: label("bios"),
            guid: guid("bios"),
            boots: BootEntry {
                partition: label("esp"),
                path: boot,
            },
        }),
        partitions: vec![
            Partition {
                label: label("esp"),
                kind: PartitionType::Esp,
                guid: guid("esp"),
                attributes: Attributes::NONE,
                size: Size::Minimal,
                contents: Contents::Fat(esp),
            },
            Partition {
                label: label("root"),
                kind: root_type(config.arch()),
                guid: root_guid,
                attributes: Attributes::READ_ONLY,
                size: Size::Minimal,
                contents: Contents::Raw(squashfs(platform, root).into()),
            },
        ],
    })
}

/// Where UEFI looks for what to boot, on a disk that it does not know.
fn boot_path(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "EFI/BOOT/BOOTX64.EFI",
        Arch::Aarch64 => "EFI/BOOT/BOOTAA64.EFI",
        Arch::Riscv64 => "EFI/BOOT/BOOTRISCV64.EFI",
        Arch::Ppc64le => "EFI/BOOT/BOOT.EFI",
    }
}

fn root_type(arch: Arch) -> PartitionType {
    match arch {
        Arch::X86_64 => PartitionType::LinuxRootX86_64,
        _ => PartitionType::LinuxGeneric,
    }
}

fn uki(platform: &Platform, root: Guid) -> Result<Uki<Artifact>, String> {
    let config = &platform.config;
    let kernel = platform
        .kernel
        .as_ref()
        .ok_or("the platform has no kernel")?;
    let cmdline = cmdline(platform, root)?;
    let stub: Package = distill_packages::efi_stub.into();
    Ok(Uki {
        stub: file(config, &stub, distill_packages::boot::EFI_STUB_OUTPUT)?,
        linux: file(config, kernel, "boot/vmlinuz")?,
        osrel: os_release::text(platform),
        cmdline,
        initrd: None,
    })
}

/// What every kernel is told: to start again after a panic, and to make no interfaces that nobody has asked for, which
/// these two drivers do by themselves.
pub(crate) const EVERYWHERE: &str = "panic=10 bonding.max_bonds=0 dummy.numdummies=0";

/// The whole command line: where the root is, and what the platform adds.
fn cmdline(platform: &Platform, root: Guid) -> Result<String, String> {
    let more = platform
        .cmdline
        .texts(&platform.config)
        .map_err(|e| e.to_string())?;
    // `gpt`: if the power failed while the first copy of the partition table was written, Linux is to take the
    // second one, which it does not look for by itself.
    let root = format!("gpt root=PARTUUID={root} rootfstype=squashfs ro rootwait init=/init");
    let line = [vec![root, EVERYWHERE.to_owned()], more].concat().join(" ");
    match line.len() {
        0..=CMDLINE_MAX => Ok(line),
        length => Err(format!(
            "the kernel's command line has {length} bytes, but only {CMDLINE_MAX} fit"
        )),
    }
}

/// What tells the identifiers of one image from those of another: its name, the files that it writes
/// itself, and who owns what.
fn seed(platform: &Platform, root: &Root) -> Result<Vec<u8>, String> {
    let files = distill::store::intake::literal_tree(&root.files).map_err(|e| e.to_string())?;
    let text = format!(
        "{}\n{}\n{}",
        platform.name,
        files.hash(),
        root.pseudo_file()
    );
    Ok(Hash::of(text).as_bytes().to_vec())
}
