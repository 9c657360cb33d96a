//! The macros of Distill. Use them by the names that the crate `distill` gives them, where each is
//! documented with the plain Rust that it stands for.

mod execline;

use proc_macro::TokenStream;

/// A script, written as execline is written.
#[proc_macro]
pub fn execline(input: TokenStream) -> TokenStream {
    execline::expand(input.into()).into()
}
