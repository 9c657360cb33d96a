//! The seed's gcc under the triple's names, with specs that make it forget its own C library and link static
//! PIEs against musl.
//!
//! Specs: <https://gcc.gnu.org/onlinedocs/gcc/Spec-Files.html>.

use distill::package::Config;
use distill::plan::{Literal, LiteralNode, Mode, RelPath};

use crate::libstdcxx;

/// A compiler: what it is called, and how its specs differ.
struct Compiler {
    /// The names for the triple; all are one program.
    names: [&'static str; 2],
    /// The seed's program.
    program: &'static str,
    /// The part of the specs' file name that is its own.
    specs: &'static str,
    /// How the C library's headers are named: in C++ they come behind all others, for C++ has headers of the
    /// same names, which go on to them.
    headers: &'static str,
}

const C: Compiler = Compiler {
    names: ["cc", "gcc"],
    program: "gcc-14",
    specs: "",
    headers: "-isystem",
};

const CXX: Compiler = Compiler {
    names: ["c++", "g++"],
    program: "g++-14",
    specs: "-c++",
    headers: "-idirafter",
};

/// The C compiler and its companions by their names for the triple.
pub fn wrapper(config: &Config) -> Literal {
    const TOOLS: [&str; 12] = [
        "addr2line",
        "ar",
        "as",
        "ld",
        "nm",
        "objcopy",
        "objdump",
        "ranlib",
        "readelf",
        "size",
        "strings",
        "strip",
    ];
    let triple = config.triple();
    let mut files = compiler(config, &C, &specs(config, &C));
    for tool in TOOLS {
        let target = format!("x86_64-linux-gnu-{tool}");
        files
            .0
            .insert(path(format!("usr/bin/{triple}-{tool}")), link(target));
    }
    files
}

/// The C++ compiler by its names for the triple. It knows the headers of our C++ library only.
pub fn cxx_wrapper(config: &Config) -> Literal {
    let root = format!("{}/{}", config.sysroot(), libstdcxx::HEADERS);
    let headers = [
        root.clone(),
        format!("{root}/{}", config.triple()),
        format!("{root}/backward"),
    ];
    let headers = headers
        .map(|directory| format!("-isystem {directory}"))
        .join(" ");
    let own = format!("*cc1plus:\n-nostdinc++ %{{!nostdinc++:{headers}}}\n\n");
    compiler(config, &CXX, &(specs(config, &CXX) + &own))
}

fn specs(config: &Config, compiler: &Compiler) -> String {
    include_str!("musl.specs")
        .replace("@SYSROOT@", config.sysroot().as_str())
        .replace("@HEADERS@", compiler.headers)
        .replace("@EMULATION@", "elf_x86_64")
}

fn compiler(config: &Config, of: &Compiler, specs: &str) -> Literal {
    let triple = config.triple();
    let (program, [name, other]) = (of.program, of.names);
    let file = format!("usr/lib/{triple}{}.specs", of.specs);
    let script = format!("#!/bin/sh\nexec /usr/bin/{program} -specs=/{file} \"$@\"\n");
    let node = |mode, text: &str| LiteralNode::File {
        mode: Some(mode),
        contents: text.into(),
    };
    let files = [
        (path(file), node(Mode::FILE, specs)),
        (
            path(format!("usr/bin/{triple}-{name}")),
            node(Mode::EXECUTABLE, &script),
        ),
        (
            path(format!("usr/bin/{triple}-{other}")),
            link(format!("{triple}-{name}")),
        ),
    ];
    Literal(files.into_iter().collect())
}

fn path(path: String) -> RelPath {
    RelPath::new(path).expect("made of a triple and constants")
}

fn link(target: String) -> LiteralNode {
    LiteralNode::Symlink { target }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quick;

    /// The lines of a compiler's specs.
    fn lines(of: &Compiler) -> Vec<String> {
        specs(&quick(), of).lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_compilers_differ_in_where_the_c_library_s_headers_stand() {
        let (c, cxx) = (lines(&C), lines(&CXX));
        assert_eq!(c.len(), cxx.len());
        let differ: Vec<_> = c.iter().zip(&cxx).filter(|(c, cxx)| c != cxx).collect();
        assert_eq!(differ.len(), 2);
        for (c, cxx) in differ {
            assert_eq!(&c.replace("-isystem", "-idirafter"), cxx);
        }
    }

    #[test]
    fn no_place_is_left_to_be_filled_in() {
        for line in lines(&C).into_iter().chain(lines(&CXX)) {
            assert!(!line.contains('@'), "{line}");
        }
    }
}
