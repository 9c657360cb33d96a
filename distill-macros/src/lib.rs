//! The macros of Distill. Use them by the names that the crate `distill` gives them, where each is
//! documented with the plain Rust that it stands for.

mod execline;
mod kconfig;
mod template;

use proc_macro::TokenStream;

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
    };
    template.expand(input.into()).into()
}

/// The plan of a `Cc`.
#[proc_macro]
pub fn cc_package(input: TokenStream) -> TokenStream {
    let required = &["name", "version", "source", "script"];
    let template = Template {
        name: "cc_package",
        structure: "Cc",
        required,
    };
    template.expand(input.into()).into()
}

/// The plan of a `Cmmi`.
#[proc_macro]
pub fn cmmi_package(input: TokenStream) -> TokenStream {
    let required = &["name", "version", "source"];
    let template = Template {
        name: "cmmi_package",
        structure: "Cmmi",
        required,
    };
    template.expand(input.into()).into()
}

/// A fragment of a kernel's configuration.
#[proc_macro]
pub fn kconfig(input: TokenStream) -> TokenStream {
    kconfig::expand(input.into()).into()
}
