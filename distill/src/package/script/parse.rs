//! Programs from text, as execlineb would read them.
//!
//! Strict where versions of execlineb differ: a backslash before a line's end outside of quotes,
//! and octal and decimal escapes, are errors.

use std::iter::Peekable;
use std::str::Chars;

use super::program::{Arg, Program};

/// Text that is no program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the script, line {line}: {why}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub why: &'static str,
}

impl Program {
    /// Reads a program back from what its `Display` wrote, or from a script that is written like
    /// that. Lines that are indented deeper than the first one of their block continue a command.
    pub fn parse(text: &str) -> Result<Program, ParseError> {
        let mut lexer = Lexer {
            chars: text.chars().peekable(),
            line: 1,
            column: 0,
        };
        let (mut block, mut outer) = (Frame::default(), Vec::new());
        while let Some((line, column, token)) = lexer.token()? {
            match token {
                Token::Open => {
                    block.place(line, column);
                    outer.push(std::mem::take(&mut block));
                }
                Token::Close => {
                    let why = "unmatched `}`";
                    let around = outer.pop().ok_or(ParseError { line, why })?;
                    let inner = std::mem::replace(&mut block, around);
                    block.push(line, Arg::Block(inner.program()));
                }
                Token::Word(word) => {
                    block.place(line, column);
                    block.push(line, Arg::Word(word));
                }
            }
        }
        match outer.as_slice() {
            [] => Ok(block.program()),
            _ => lexer.error("unmatched `{`"),
        }
    }
}

/// A block that is being read.
#[derive(Default)]
struct Frame {
    commands: Vec<Vec<Arg>>,
    /// The column of its first argument.
    base: Option<usize>,
    /// The line of its latest argument.
    line: usize,
}

impl Frame {
    /// Begins a command if an argument here does.
    fn place(&mut self, line: usize, column: usize) {
        let base = *self.base.get_or_insert(column);
        if self.commands.is_empty() || (line > self.line && column <= base) {
            self.commands.push(Vec::new());
        }
        self.line = line;
    }

    /// Adds to the command that [`Frame::place`] has seen to.
    fn push(&mut self, line: usize, arg: Arg) {
        if let Some(command) = self.commands.last_mut() {
            command.push(arg);
        }
        self.line = line;
    }

    fn program(self) -> Program {
        self.commands.into_iter().collect()
    }
}

enum Token {
    Open,
    Close,
    Word(Vec<u8>),
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
    column: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<char> {
        let char = self.chars.next()?;
        if char == '\n' {
            (self.line, self.column) = (self.line + 1, 0);
        } else {
            self.column += 1;
        }
        Some(char)
    }

    fn error<T>(&self, why: &'static str) -> Result<T, ParseError> {
        Err(ParseError {
            line: self.line,
            why,
        })
    }

    /// The next token, with the line and column of its beginning.
    fn token(&mut self) -> Result<Option<(usize, usize, Token)>, ParseError> {
        self.skip_blank();
        let (line, column) = (self.line, self.column);
        if self.chars.peek().is_none() {
            return Ok(None);
        }
        let (word, quoted) = self.word()?;
        let token = match word.as_slice() {
            b"{" if !quoted => Token::Open,
            b"}" if !quoted => Token::Close,
            _ => Token::Word(word),
        };
        Ok(Some((line, column, token)))
    }

    fn skip_blank(&mut self) {
        while let Some(char) = self.chars.peek() {
            match char {
                '#' => while self.next().is_some_and(|char| char != '\n') {},
                ' ' | '\t' | '\r' | '\n' => drop(self.next()),
                _ => return,
            }
        }
    }

    /// A word, and whether any part of it was quoted or escaped.
    fn word(&mut self) -> Result<(Vec<u8>, bool), ParseError> {
        let (mut word, mut quoted) = (Vec::new(), false);
        while let Some(char) = self.chars.next_if(|char| !" \t\r\n".contains(*char)) {
            self.column += 1;
            match char {
                '\0' => return self.error("a NUL byte"),
                '"' => {
                    quoted = true;
                    self.quoted(&mut word)?;
                }
                '\\' => {
                    quoted = true;
                    match self.next() {
                        None | Some('\n') => return self.error("`\\` at the end of a line"),
                        Some(char) => push(&mut word, char),
                    }
                }
                _ => push(&mut word, char),
            }
        }
        Ok((word, quoted))
    }

    fn quoted(&mut self, word: &mut Vec<u8>) -> Result<(), ParseError> {
        loop {
            match self.next() {
                None => return self.error("a `\"` without its match"),
                Some('\0') => return self.error("a NUL byte"),
                Some('"') => return Ok(()),
                Some('\\') => self.escape(word)?,
                Some(char) => push(word, char),
            }
        }
    }

    fn escape(&mut self, word: &mut Vec<u8>) -> Result<(), ParseError> {
        match self.next() {
            None => return self.error("a `\"` without its match"),
            Some('\n') => {}
            Some('a') => word.push(7),
            Some('b') => word.push(8),
            Some('t') => word.push(b'\t'),
            Some('n') => word.push(b'\n'),
            Some('v') => word.push(11),
            Some('f') => word.push(12),
            Some('r') => word.push(b'\r'),
            Some('0') => {
                let digits: String = (0..3).filter_map(|_| self.next()).collect();
                let digits = digits.strip_prefix('x').unwrap_or_default();
                match u8::from_str_radix(digits, 16) {
                    Ok(byte) if byte != 0 && digits.len() == 2 => word.push(byte),
                    _ => return self.error("a `\\0` that is not `\\0x01` to `\\0xff`"),
                }
            }
            Some('1'..='9') => return self.error("a decimal escape"),
            Some(char) => push(word, char),
        }
        Ok(())
    }
}

fn push(word: &mut Vec<u8>, char: char) {
    word.extend(char.encode_utf8(&mut [0; 4]).as_bytes());
}
