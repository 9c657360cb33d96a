//! The whole catalogue: every package expands without a mistake, says where it comes from and under
//! which licence, and pins its sources.

use std::collections::BTreeMap;

use distill::package::Package;
use distill::plan::{Action, Artifact, Plan, Source, closure};
use distill_packages as packages;

/// Every package that a system may name.
fn catalogue() -> Vec<Package> {
    vec![
        packages::bios_loader.into(),
        packages::busybox.into(),
        packages::busybox_core.into(),
        packages::ca_certificates.into(),
        packages::curl.into(),
        packages::dosfstools.into(),
        packages::e2fsprogs.into(),
        packages::efi_stub.into(),
        packages::iproute2.into(),
        packages::jq.into(),
        packages::libcurl.into(),
        packages::libxz.into(),
        packages::libzstd.into(),
        packages::linux_headers.into(),
        packages::linux_virt.into(),
        packages::mtools.into(),
        packages::musl.into(),
        packages::oniguruma.into(),
        packages::openssh.into(),
        packages::openssh_client.into(),
        packages::openssh_server.into(),
        packages::openssl.into(),
        packages::qemu.into(),
        packages::s6_debian.into(),
        packages::sfdisk.into(),
        packages::skarnet::execline.into(),
        packages::skarnet::s6.into(),
        packages::skarnet::s6_rc.into(),
        packages::skarnet::skalibs.into(),
        packages::squashfs_tools.into(),
        packages::util_linux.into(),
        packages::xz.into(),
        packages::zlib.into(),
        packages::zstd.into(),
    ]
}

fn plans() -> Vec<Plan> {
    let config = packages::quick();
    let placed = catalogue()
        .iter()
        .flat_map(|package| config.expand(package))
        .collect::<Vec<_>>();
    let plan = |artifact: Artifact| match artifact {
        Artifact::Plan(plan) => Some(plan),
        Artifact::Source(_) | Artifact::Literal(_) => None,
    };
    placed
        .into_iter()
        .filter_map(|placed| plan(placed.of))
        .collect()
}

#[test]
fn every_package_expands() {
    let plans = plans();
    assert_eq!(plans.len(), catalogue().len(), "a package is one plan");
    let mistakes: Vec<String> = closure(&plans)
        .into_iter()
        .filter_map(|plan| plan.action().err().map(ToString::to_string))
        .collect();
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn names_are_unique() {
    let mut seen = BTreeMap::new();
    for plan in plans() {
        let first = seen.insert(plan.name().to_string(), plan.location());
        assert!(
            first.is_none(),
            "`{}` twice: {first:?}, {}",
            plan.name(),
            plan.location()
        );
    }
}

#[test]
fn what_is_built_has_a_licence_and_what_is_not_ours_a_page() {
    let plans = plans();
    for plan in closure(&plans)
        .into_iter()
        .filter(|plan| plan.action().is_ok_and(Action::is_build))
    {
        let meta = plan.meta();
        assert!(meta.licence.is_some(), "`{}` has no licence", plan.label());
        let ours = meta.version.is_none() || plan.name().as_str() == "gcc-compat";
        assert!(
            ours || meta.homepage.is_some(),
            "`{}` has no homepage",
            plan.label()
        );
    }
}

#[test]
fn every_source_has_an_origin_and_one_pin() {
    let plans = plans();
    let mut pins = BTreeMap::new();
    for plan in closure(&plans) {
        for artifact in plan.action().map(Action::inputs).unwrap_or_default() {
            let Artifact::Source(Source {
                digest,
                file_name,
                origins,
            }) = artifact
            else {
                continue;
            };
            assert!(!origins.is_empty(), "`{file_name}` has no origin");
            let other = pins.insert(origins.clone(), *digest);
            assert!(
                other.is_none_or(|other| other == *digest),
                "`{file_name}` has two pins"
            );
        }
    }
    assert!(pins.len() > 100, "the sources were not found");
}
