//! libstdc++: GCC's C++ library.

use distill::cc_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

use crate::seed;

/// Where its headers lie, below the sysroot.
pub(crate) const HEADERS: &str = "usr/include/c++";

/// What of GCC is not unpacked: tests, the compilers, and another language's library. Its `configure` reads
/// files from all over the rest, and goes on with wrong answers if one is not there.
const LEFT_OUT: [&str; 3] = ["*/testsuite/*/*", "*/gcc/*/*", "*/libgo"];

/// GCC's C++ library as static archives, without the rest of GCC. Its locales are C's alone, since that is what
/// musl has: `std::locale("")` throws when `LANG` or `LC_ALL` is anything but unset, `C` or `POSIX`.
pub fn libstdcxx(config: &Config) -> Plan {
    let (version, triple) = ("14.2.0", config.triple().to_owned());
    let left_out = LEFT_OUT.map(|pattern| format!("--exclude={pattern}"));
    cc_package! { config,
        name: "libstdc++", version,
        licence: "GPL-3.0-or-later WITH GCC-exception-3.1", homepage: "https://gcc.gnu.org/", cpe: "gnu:gcc",
        // Debian's file: an archive of upstream's, which has lost its documentation.
        source: debian("g/gcc-14/gcc-14_$version.orig.tar.gz",
            sha256("e162a5ef3f0077ecae598c6556908d2ab80841532df3398072a96a6df6e6aa29"))
            .include(["*/gcc-$version-dfsg.tar.xz"]),
        // The compiler alone: a C++ library of the build machine's would be found, too.
        tools: [seed::cxx],
        cflags: ["-O2"],
        script: execline! {
            importas -i cc CC
            importas -i cflags CFLAGS
            if { tar -x --no-same-owner --strip-components=1 #{left_out} -f #{format!("gcc-{version}-dfsg.tar.xz")} }
            if { mkdir -p "_build/libgcc" "_build/libstdc++" }
            // Without this file there are no threads in it, and no word about that.
            if { cp "libgcc/gthr-posix.h" "_build/libgcc/gthr-default.h" }
            cd "_build/libstdc++"
            // The C driver compiles C++, too, and does not link with the library that is yet to be.
            if { "../../libstdc++-v3/configure" --build=#{triple.clone()} --host=#{triple.clone()}
                --prefix=/usr --libdir=/usr/lib --with-gxx-include-dir=/#{HEADERS}
                --disable-shared --enable-static --disable-multilib --disable-nls --disable-cet
                --disable-libstdcxx-pch "--enable-clocale=generic"
                CC=$cc CXX=${cc}" -shared-libgcc -nostdinc++" CFLAGS=$cflags CXXFLAGS=$cflags }
            if { make }
            if { make install DESTDIR=/out }
            if { test -s "/out/usr/lib/libstdc++.a" }
            if { grep -q "define _GLIBCXX_HAS_GTHREADS 1" /out/#{HEADERS}/#{triple}/"bits/c++config.h" }
            if { rm -rf "/out/usr/share" }
            find "/out" "(" -name "*.la" -o -name "*-gdb.py" ")" -delete
        },
    }
}
