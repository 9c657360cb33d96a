//! Recipes: one module a package or a family that is released together.

use distill::package::Package;

pub mod boot;
pub mod bootloader;
pub mod bubblewrap;
pub mod busybox;
pub mod bzip2;
pub mod ca_certificates;
pub mod chrony;
pub mod curl;
pub mod dhcpcd;
pub mod dnsmasq;
pub mod dosfstools;
pub mod e2fsprogs;
pub mod gptfdisk;
pub mod iproute2;
pub mod iptables;
pub mod jq;
pub mod json_c;
pub mod libcap;
pub mod libedit;
pub mod libevent;
pub mod libffi;
pub mod libinih;
pub mod libseccomp;
pub mod libsodium;
pub mod libstdcxx;
pub mod linux;
pub mod memcached;
pub mod minisign;
pub mod mtools;
pub mod musl;
pub mod ncurses;
pub mod netfilter;
pub mod nginx;
pub mod ninja;
pub mod oniguruma;
pub mod openntpd;
pub mod openssh;
pub mod openssl;
mod overflow;
mod own_file;
pub mod pcre2;
pub mod popt;
pub mod python;
pub mod qemu;
pub mod radvd;
pub mod rust_std;
pub mod s6_debian;
pub mod seed;
pub mod skarnet;
pub mod sqlite;
pub mod squashfs_tools;
pub mod toolchain;
pub mod tor;
pub mod unbound;
pub mod util_linux;
pub mod wget;
pub mod xz;
pub mod zlib;
pub mod zstd;

pub use toolchain::quick;

/// Names packages at the root of the crate, and lists them all.
macro_rules! catalogue {
    ($($module:ident::{$($package:ident),+ $(,)?}),+ $(,)?) => {
        $(pub use $module::{$($package),+};)+

        /// Every package that a system may name, with that name.
        pub fn all() -> Vec<(&'static str, Package)> {
            vec![$($((stringify!($package), Package::from($package)),)+)+]
        }
    };
}

catalogue! {
    bootloader::{bios_loader, efi_stub},
    bubblewrap::{bubblewrap},
    busybox::{busybox, busybox_core},
    bzip2::{bzip2, libbz2},
    ca_certificates::{ca_certificates},
    chrony::{chrony},
    curl::{curl, libcurl},
    dhcpcd::{dhcpcd},
    dnsmasq::{dnsmasq},
    dosfstools::{dosfstools},
    e2fsprogs::{e2fsprogs, e2fsprogs_all},
    gptfdisk::{gptfdisk},
    iproute2::{iproute2},
    iptables::{iptables},
    jq::{jq},
    json_c::{json_c},
    libcap::{capsh, libcap},
    libedit::{libedit},
    libevent::{libevent},
    libffi::{libffi},
    libinih::{libinih},
    libseccomp::{libseccomp},
    libsodium::{libsodium},
    libstdcxx::{libstdcxx},
    linux::{linux_headers, linux_metal, linux_virt},
    memcached::{memcached},
    minisign::{minisign},
    mtools::{mtools},
    musl::{musl},
    ncurses::{ncurses},
    netfilter::{libmnl, libnftnl, nftables},
    nginx::{nginx},
    ninja::{ninja},
    oniguruma::{oniguruma},
    openntpd::{openntpd},
    openssh::{openssh, openssh_client, openssh_server},
    openssl::{openssl},
    overflow::{overflow},
    pcre2::{pcre2},
    popt::{popt},
    python::{python3},
    qemu::{qemu, qemu_img},
    radvd::{radvd},
    rust_std::{rust_std},
    s6_debian::{s6_debian},
    skarnet::{execline, s6, s6_rc, skalibs},
    sqlite::{sqlite},
    squashfs_tools::{squashfs_tools},
    tor::{tor},
    unbound::{unbound, unbound_all},
    util_linux::{partitioning, sfdisk, util_linux},
    wget::{wget},
    xz::{libxz, xz},
    zlib::{zlib},
    zstd::{libzstd, zstd},
}
