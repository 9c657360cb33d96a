//! `execline!`: tokens → a tree of commands, words and blocks ([`read`]) → builder calls ([`emit`]). What only a
//! shell would understand is refused ([`shell`]).

mod emit;
mod read;
mod shell;
mod tree;

use proc_macro2::TokenStream;

/// The expression that builds the script, after all errors found in it.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let (script, errors) = read::script(input);
    let script = emit::script(&script);
    if errors.is_empty() {
        return script;
    }
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote::quote! {{ #(#errors)* #script }}
}
