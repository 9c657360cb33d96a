//! The macros of Distill. Use them by the names that the crate `distill` gives them, where each is
//! documented with the plain Rust that it stands for.

mod execline;
mod fields;
mod kconfig;
mod template;

use proc_macro::TokenStream;

use fields::Fields;
use template::Template;

/// A script, written as execline is written.
#[proc_macro]
pub fn execline(input: TokenStream) -> TokenStream {
    execline::expand(input.into()).into()
}

/// The plan of a `Recipe`.
#[proc_macro]
pub fn package(input: TokenStream) -> TokenStream {
    let template = Template {
        name: "package",
        structure: "Recipe",
        required: &["name"],
        fields: Fields { own: &["script"] },
    };
    template.expand(input.into()).into()
}

/// The plan of a `Cc`.
#[proc_macro]
pub fn cc_package(input: TokenStream) -> TokenStream {
    let template = Template {
        name: "cc_package",
        structure: "Cc",
        required: &["name", "version", "source", "script"],
        fields: Fields {
            own: &["script", "cxx", "no_libc", "cflags", "ldflags"],
        },
    };
    template.expand(input.into()).into()
}

/// The plan of a `Cmmi`.
#[proc_macro]
pub fn cmmi_package(input: TokenStream) -> TokenStream {
    let own = &[
        "prepare",
        "autoreconf",
        "configure",
        "extra_configure",
        "make",
        "install",
        "cleanup",
        "out_of_tree",
        "serial",
        "cxx",
        "no_libc",
        "cflags",
        "ldflags",
    ];
    let template = Template {
        name: "cmmi_package",
        structure: "Cmmi",
        required: &["name", "version", "source"],
        fields: Fields { own },
    };
    template.expand(input.into()).into()
}

/// What `Cmake` and `Meson` have beside the fields of all templates.
const NINJA: &[&str] = &[
    "prepare", "subdir", "options", "targets", "install", "cleanup", "cxx", "cflags", "ldflags",
];

/// The plan of a `Cmake`.
#[proc_macro]
pub fn cmake_package(input: TokenStream) -> TokenStream {
    let template = Template {
        name: "cmake_package",
        structure: "Cmake",
        required: &["name", "version", "source"],
        fields: Fields { own: NINJA },
    };
    template.expand(input.into()).into()
}

/// The plan of a `Meson`.
#[proc_macro]
pub fn meson_package(input: TokenStream) -> TokenStream {
    let template = Template {
        name: "meson_package",
        structure: "Meson",
        required: &["name", "version", "source"],
        fields: Fields { own: NINJA },
    };
    template.expand(input.into()).into()
}

/// The plan of a `Cargo`.
#[proc_macro]
pub fn cargo_package(input: TokenStream) -> TokenStream {
    let own = &[
        "lock",
        "subdir",
        "package",
        "bins",
        "examples",
        "features",
        "no_default_features",
        "prepare",
        "cleanup",
        "cxx",
        "rustflags",
        "cflags",
        "ldflags",
    ];
    let template = Template {
        name: "cargo_package",
        structure: "Cargo",
        required: &["name", "version", "source"],
        fields: Fields { own },
    };
    template.expand(input.into()).into()
}

/// The plan of a `Go`.
#[proc_macro]
pub fn go_package(input: TokenStream) -> TokenStream {
    let own = &[
        "pins", "subdir", "packages", "tags", "ldflags", "prepare", "cleanup",
    ];
    let template = Template {
        name: "go_package",
        structure: "Go",
        required: &["name", "version", "source"],
        fields: Fields { own },
    };
    template.expand(input.into()).into()
}

/// The plan of a `Prebuilt`.
#[proc_macro]
pub fn prebuilt(input: TokenStream) -> TokenStream {
    let template = Template {
        name: "prebuilt",
        structure: "Prebuilt",
        required: &["name", "version", "source", "programs"],
        fields: Fields {
            own: &["programs", "prepare"],
        },
    };
    template.expand(input.into()).into()
}

/// The plan of a `Python`.
#[proc_macro]
pub fn python_package(input: TokenStream) -> TokenStream {
    let own = &["requirements", "subdir", "prepare", "cleanup"];
    let template = Template {
        name: "python_package",
        structure: "Python",
        required: &["name", "version", "source"],
        fields: Fields { own },
    };
    template.expand(input.into()).into()
}

/// A fragment of a kernel's configuration.
#[proc_macro]
pub fn kconfig(input: TokenStream) -> TokenStream {
    kconfig::expand(input.into()).into()
}
