//! The calls that build a script.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::shell;
use super::tree::{Arg, Piece, Script};

pub(super) fn script(script: &Script) -> TokenStream {
    let commands = script.0.iter().map(|command| words(command));
    quote! { ::distill::package::Script::new()#(.command(#commands))* }
}

fn words(command: &[Arg]) -> TokenStream {
    let calls = command.iter().map(|arg| match arg {
        Arg::Block(block) => {
            let block = script(block);
            quote! { .block(#block) }
        }
        Arg::Word(pieces) => {
            let word = word(pieces);
            // A type that cannot be spliced in is reported at the splice.
            quote_spanned! { span(pieces) => .with(#word) }
        }
    });
    quote! { ::distill::package::Words::new()#(#calls)* }
}

fn word(pieces: &[Piece]) -> TokenStream {
    if let [Piece::Splice(expression)] = pieces {
        return expression.clone();
    }
    if let [Piece::Text(bytes)] = pieces
        && shell::is_operator(bytes)
    {
        let operator = text(bytes);
        return quote! { ::distill::package::Word::verbatim(#operator) };
    }
    // A splice may be a list; what is between two splices is one word.
    let parts = pieces.chunk_by(|a, b| !is_splice(a) && !is_splice(b));
    let parts: Vec<&[Piece]> = parts.collect();
    if let [only] = parts.as_slice() {
        return part(only);
    }
    let parts = parts.into_iter().map(|pieces| {
        let part = part(pieces);
        quote_spanned! { span(pieces) => ::distill::package::Words::from(#part) }
    });
    quote! { ::distill::package::Words::joined([#(#parts),*]) }
}

/// Where the only piece stands, if it is a splice.
fn span(pieces: &[Piece]) -> Span {
    match pieces {
        [Piece::Splice(expression)] => expression.span(),
        _ => Span::call_site(),
    }
}

fn is_splice(piece: &Piece) -> bool {
    matches!(piece, Piece::Splice(_))
}

fn part(pieces: &[Piece]) -> TokenStream {
    let mut pieces = pieces.iter().map(piece);
    let first = pieces.next().unwrap_or_default();
    let rest: Vec<TokenStream> = pieces.collect();
    if rest.is_empty() {
        return first;
    }
    quote! { ::distill::package::Word::from(#first)#(.join(#rest))* }
}

fn piece(piece: &Piece) -> TokenStream {
    match piece {
        Piece::Splice(expression) => expression.clone(),
        Piece::Variable(name) => quote! { ::distill::package::Word::var(#name) },
        Piece::Text(bytes) => text(bytes),
    }
}

fn text(bytes: &[u8]) -> TokenStream {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return quote! { #text };
    }
    let bytes = Literal::byte_string(bytes);
    quote! { ::distill::package::Word::bytes(#bytes) }
}
