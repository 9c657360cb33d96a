//! From tokens to the tree. Words are what stands together without white space, which the tokens'
//! positions tell.

use std::iter::Peekable;

use proc_macro2::{Delimiter, Group, Literal, Punct, Span, TokenStream, TokenTree, token_stream};
use quote::ToTokens;
use syn::{Block, Error, Lit, Stmt};

use super::shell;
use super::tree::{Arg, Piece, Script};

type Tokens = Peekable<token_stream::IntoIter>;

/// The script that `input` is, as far as it can be understood, and what cannot.
pub(super) fn script(input: TokenStream) -> (Script, Vec<Error>) {
    let mut errors = Vec::new();
    let script = block(input, None, &mut errors);
    (script, errors)
}

/// Reads a block that begins on `line`, if that has been begun before.
fn block(input: TokenStream, line: Option<Line>, errors: &mut Vec<Error>) -> Script {
    let mut reader = Reader {
        errors,
        commands: Vec::new(),
        starts: Vec::new(),
        line,
        base: 0,
        last: None,
        in_word: false,
    };
    reader.tokens(input);
    reader.end_word(None);
    reader.chain();
    Script(reader.commands)
}

/// A line of the source, and the column of the first token in it.
#[derive(Clone, Copy)]
struct Line {
    number: usize,
    indent: usize,
}

/// Reads one block, or the whole script.
struct Reader<'a> {
    errors: &'a mut Vec<Error>,
    commands: Vec<Vec<Arg>>,
    /// The first token of each command.
    starts: Vec<Span>,
    /// Where the token before stands.
    line: Option<Line>,
    /// How far the line of the first argument is indented: a line that is indented deeper continues a command.
    base: usize,
    /// The token before.
    last: Option<Span>,
    /// Whether that token belongs to a word, to which the next one may be joined.
    in_word: bool,
}

impl Reader<'_> {
    fn tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) => self.text(&ident.to_string(), ident.span()),
                TokenTree::Literal(literal) => self.literal(&literal),
                TokenTree::Group(group) => self.group(&group),
                TokenTree::Punct(punct) => match punct.as_char() {
                    '$' => self.dollar(&punct, &mut tokens),
                    '#' => self.hash(&punct, &mut tokens),
                    '\'' => self.apostrophe(&punct, &mut tokens),
                    char if shell::makes_operators(char) => self.operator(punct, &mut tokens),
                    other => self.text(other.encode_utf8(&mut [0; 4]), punct.span()),
                },
            }
        }
    }

    fn error(&mut self, span: Span, message: &str) {
        self.errors.push(Error::new(span, message));
    }

    fn text(&mut self, text: &str, span: Span) {
        self.piece(Piece::Text(text.as_bytes().to_vec()), span, span);
    }

    /// A part of a word, which stands in the tokens `from` to `to`: of the word before, if it
    /// touches that, else of a new one.
    fn piece(&mut self, piece: Piece, from: Span, to: Span) {
        let touches = touch(self.last, from);
        if touches && !self.in_word {
            self.error(from, "a block ends here without white space after it");
        }
        if !(touches && self.in_word) {
            self.end_word(Some(from));
            self.begin(from);
            self.command().push(Arg::Word(Vec::new()));
        }
        if let Some(Arg::Word(word)) = self.command().last_mut() {
            match (word.last_mut(), piece) {
                (Some(Piece::Text(text)), Piece::Text(more)) => text.extend(more),
                (_, piece) => word.push(piece),
            }
        }
        (self.last, self.in_word) = (Some(to), true);
    }

    fn command(&mut self) -> &mut Vec<Arg> {
        if self.commands.is_empty() {
            self.commands.push(Vec::new());
        }
        self.commands.last_mut().expect("not empty")
    }

    /// Begins a command, if an argument at `span` does.
    fn begin(&mut self, span: Span) {
        let start = span.start();
        let line = self.line_at(start.line, start.column);
        self.line = Some(line);
        match self.last {
            None => {
                self.base = line.indent;
                self.starts.push(span);
            }
            Some(last) if start.line > last.end().line && start.column <= self.base => {
                self.commands.push(Vec::new());
                self.starts.push(span);
            }
            Some(_) => {}
        }
    }

    /// The line with this number, in which something stands at `column`.
    fn line_at(&self, number: usize, column: usize) -> Line {
        let same = self.line.filter(|line| line.number == number);
        same.unwrap_or(Line {
            number,
            indent: column,
        })
    }

    /// Looks at the word before, when the next token, at `next`, does not belong to it.
    fn end_word(&mut self, next: Option<Span>) {
        let Some(last) = self.last.filter(|_| self.in_word) else {
            return;
        };
        let ends_line = next.is_none_or(|next| next.start().line > last.end().line);
        let Some(Arg::Word(word)) = self.command().last() else {
            return;
        };
        let [Piece::Text(text)] = word.as_slice() else {
            return;
        };
        if ends_line && [&b"http:"[..], b"https:", b"ftp:", b"file:"].contains(&text.as_slice()) {
            self.error(last, "to Rust, `//` begins a comment: quote the URL");
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Brace => return self.block(group),
            Delimiter::None => return self.tokens(group.stream()),
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
        };
        self.text(open, group.span_open());
        self.tokens(group.stream());
        self.text(close, group.span_close());
    }

    fn block(&mut self, group: &Group) {
        if touch(self.last, group.span_open()) {
            let message = if self.in_word {
                "a block begins here without white space before it\n\
                 hint: if `{` is meant as text, quote the word: `\"…\"`"
            } else {
                "a block begins here without white space after the one before"
            };
            self.error(group.span_open(), message);
        }
        self.end_word(Some(group.span_open()));
        self.begin(group.span_open());
        let script = block(group.stream(), self.line, self.errors);
        self.command().push(Arg::Block(script));
        let end = group.span_close();
        self.line = Some(self.line_at(end.start().line, end.start().column));
        (self.last, self.in_word) = (Some(end), false);
    }

    fn literal(&mut self, literal: &Literal) {
        let span = literal.span();
        match Lit::new(literal.clone()) {
            // What follows a string without white space is a suffix to Rust.
            Lit::Str(text) => self.text(&(text.value() + text.suffix()), span),
            Lit::ByteStr(text) => self.piece(Piece::Text(text.value()), span, span),
            Lit::Int(_) | Lit::Float(_) | Lit::Verbatim(_) => self.text(&literal.to_string(), span),
            _ => self.error(
                span,
                "only `\"` quotes words: write `\"…\"`, or `b\"…\"` for bytes",
            ),
        }
    }

    /// `$name`, `$1`, `${name}`, `$@`, or a dollar.
    fn dollar(&mut self, punct: &Punct, tokens: &mut Tokens) {
        let span = punct.span();
        let next = tokens.peek().filter(|next| touch(Some(span), begin(next)));
        let (piece, to) = match next {
            Some(TokenTree::Ident(name)) => (Piece::Variable(name.to_string()), name.span()),
            Some(TokenTree::Literal(number)) if is_name(&number.to_string()) => {
                (Piece::Variable(number.to_string()), number.span())
            }
            Some(TokenTree::Punct(at)) if at.as_char() == '@' => {
                (Piece::Text(b"$@".to_vec()), at.span())
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let name = group.stream().to_string();
                if !is_name(&name) {
                    self.error(
                        group.span(),
                        "not the name of a variable: letters, digits and `_`",
                    );
                }
                (Piece::Variable(name), group.span_close())
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                self.error(group.span_open(), shell::SUBSTITUTION);
                (Piece::Text(b"$()".to_vec()), group.span_close())
            }
            _ => return self.text("$", span),
        };
        tokens.next();
        self.piece(piece, span, to);
    }

    /// `#{ expression }`, or what Rust made of a documentation comment, or text inside a word.
    fn hash(&mut self, punct: &Punct, tokens: &mut Tokens) {
        let span = punct.span();
        match tokens.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let splice = self.splice(group);
                let close = group.span_close();
                tokens.next();
                self.piece(Piece::Splice(splice), span, close);
            }
            Some(TokenTree::Group(group)) if is_doc(group) => drop(tokens.next()),
            _ if touch(self.last, span) && self.in_word => self.text("#", span),
            _ => self.error(
                span,
                "`#` begins neither a comment nor a word\n\
                 hint: comments are `// …`; a word that begins with `#` is quoted: `\"#…\"`; \
                 Rust is spliced in by `#{ … }`",
            ),
        }
    }

    fn splice(&mut self, group: &Group) -> TokenStream {
        // With its braces, so that an end that comes too soon is reported at the brace.
        match syn::parse2::<Block>(group.to_token_stream()) {
            Ok(block) => match block.stmts.as_slice() {
                [] => {
                    self.error(
                        group.span(),
                        "nothing to splice in: write a Rust expression",
                    );
                    group.to_token_stream()
                }
                [Stmt::Expr(expression, None)] => expression.to_token_stream(),
                _ => group.to_token_stream(),
            },
            Err(error) => {
                self.errors.push(error);
                quote::quote! { () }
            }
        }
    }

    /// What a shell would take for an operator: all that touches `punct` and can be part of one.
    fn operator(&mut self, punct: Punct, tokens: &mut Tokens) {
        let mut all = vec![punct];
        while let Some(TokenTree::Punct(next)) = tokens.peek() {
            let end = all.last().map(Punct::span);
            if !shell::makes_operators(next.as_char()) || !touch(end, next.span()) {
                break;
            }
            all.push(next.clone());
            tokens.next();
        }
        let text: String = all.iter().map(Punct::as_char).collect();
        let place: TokenStream = all.iter().cloned().map(TokenTree::from).collect();
        let message = shell::operator(&text);
        self.errors.push(Error::new_spanned(place, message));
        for punct in all {
            self.text(punct.as_char().encode_utf8(&mut [0; 4]), punct.span());
        }
    }

    /// Looks for commands that others follow, and that run nothing after themselves.
    fn chain(&mut self) {
        let pairs = self.commands.iter().zip(self.commands.iter().skip(1));
        for ((command, next), start) in pairs.zip(&self.starts) {
            // What is spliced in may be nothing.
            let known = !matches!(next.first(), Some(Arg::Word(word)) if matches!(word[..], [Piece::Splice(_)]));
            let Some(Arg::Word(word)) = command.first() else {
                continue;
            };
            if let ([Piece::Text(text)], true) = (word.as_slice(), known)
                && let Some(program) = shell::ends(text)
            {
                self.errors
                    .push(Error::new(*start, shell::unchained(program)));
            }
        }
    }

    fn apostrophe(&mut self, punct: &Punct, tokens: &mut Tokens) {
        self.error(
            punct.span(),
            "`'` does not quote: write `\"…\"`, also around a word that holds it",
        );
        tokens.next();
    }
}

/// Whether nothing stands between two tokens. Some tools give tokens no real positions: to them,
/// nothing touches.
fn touch(last: Option<Span>, next: Span) -> bool {
    last.is_some_and(|last| last.end() == next.start() && last.start() != last.end())
}

fn begin(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => group.span_open(),
        other => other.span(),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '_')
}

fn is_doc(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}
