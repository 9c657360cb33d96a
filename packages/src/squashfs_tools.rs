//! squashfs-tools: makes and unpacks squashfs file systems.

use distill::cc_package;
use distill::package::{Config, env, execline, strip_all};
use distill::plan::Plan;

use crate::{libxz, libzstd, zlib};

/// `mksquashfs` and `unsquashfs`. The same tree gives the same bytes with any number of processors.
pub fn squashfs_tools(config: &Config) -> Plan {
    cc_package! { config,
        name: "squashfs-tools", version: "4.6.1",
        licence: "GPL-2.0-or-later", homepage: "https://github.com/plougher/squashfs-tools", cpe: "squashfs_project:squashfs",
        source: github("plougher/squashfs-tools/archive/refs/tags/$version.tar.gz",
            sha256("94201754b36121a9f022a190c75f718441df15402df32c2b520ca331a107511c"))
            .or_debian("s/squashfs-tools/squashfs-tools_$version.orig.tar.gz"),
        libs: [zlib, libxz, libzstd],
        cflags: ["-O2"],
        script: execline! {
            cd squashfs-tools
            importas -i flags CFLAGS
            importas -i ldflags LDFLAGS
            if { make #{env::make_overrides} CONFIG=1 COMP_DEFAULT=zstd XATTR_SUPPORT=1
                GZIP_SUPPORT=1 XZ_SUPPORT=1 ZSTD_SUPPORT=1 LZO_SUPPORT=0 LZ4_SUPPORT=0 LZMA_XZ_SUPPORT=0
                EXTRA_CFLAGS=$flags EXTRA_LDFLAGS=$ldflags mksquashfs unsquashfs }
            if { install -D -m 755 -t "/out/usr/bin" mksquashfs unsquashfs }
            #{strip_all()}
        },
    }
}
