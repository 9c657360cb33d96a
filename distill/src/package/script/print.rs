//! Programs as text that execlineb reads back.
//!
//! A command has a line of its own, and goes on in lines that are indented deeper if it is long. A
//! block stands in its line if it is one command that fits there. Text has no line breaks other
//! than these: those inside words are printed as `\n`.

use std::fmt::{self, Write as _};

use super::program::{Arg, Program};

/// Lines are broken before they are longer than this, where they can be.
const WIDTH: usize = 100;
const INDENT: usize = 2;
/// What sets a continued line off from the next command.
const CONTINUED: usize = 4;

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer {
            text: String::new(),
            column: 0,
        };
        printer.program(self, 0);
        f.write_str(&printer.text)
    }
}

struct Printer {
    text: String,
    column: usize,
}

impl Printer {
    fn program(&mut self, program: &Program, indent: usize) {
        for command in program.commands() {
            self.begin_line(indent);
            self.command(command, indent);
            self.text.push('\n');
        }
    }

    fn begin_line(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.chars().count();
    }

    fn fits(&self, text: &str) -> bool {
        self.column + 1 + text.chars().count() <= WIDTH
    }

    fn command(&mut self, command: &[Arg], indent: usize) {
        for (index, arg) in command.iter().enumerate() {
            let (first, text) = (index == 0, inline(arg));
            match (text, arg) {
                (Some(text), _) if first => self.put(&text),
                (Some(text), _) if self.fits(&text) => self.put(&format!(" {text}")),
                (_, Arg::Block(block)) => {
                    self.put(if first { "{\n" } else { " {\n" });
                    self.program(block, indent + INDENT);
                    self.begin_line(indent);
                    self.put("}");
                }
                (text, Arg::Word(_)) => {
                    self.text.push('\n');
                    self.begin_line(indent + CONTINUED);
                    self.put(&text.unwrap_or_default());
                }
            }
        }
    }
}

/// An argument in one line, unless it is a block of several commands.
fn inline(arg: &Arg) -> Option<String> {
    match arg {
        Arg::Word(word) => Some(quoted(word)),
        Arg::Block(block) => match block.commands() {
            [] => Some("{ }".to_owned()),
            [command] => {
                let args: Option<Vec<String>> = command.iter().map(inline).collect();
                Some(format!("{{ {} }}", args?.join(" ")))
            }
            _ => None,
        },
    }
}

/// Whether execlineb takes the word as it is.
fn is_plain(word: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./=:,@%+~^*?$".contains(byte);
    let braced = |byte: &u8| matches!(byte, b'{' | b'}');
    // A brace that is not the whole word is a character like others.
    word.first().is_some_and(plain) && word.iter().all(|byte| plain(byte) || braced(byte))
}

fn quoted(word: &[u8]) -> String {
    if is_plain(word) {
        return String::from_utf8_lossy(word).into_owned();
    }
    let mut text = String::from("\"");
    for chunk in word.utf8_chunks() {
        for char in chunk.valid().chars() {
            push_escaped(&mut text, char);
        }
        push_hex(&mut text, chunk.invalid());
    }
    text.push('"');
    text
}

fn push_escaped(text: &mut String, char: char) {
    match char {
        '"' | '\\' => text.extend(['\\', char]),
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        _ if char.is_control() => push_hex(text, char.encode_utf8(&mut [0; 4]).as_bytes()),
        _ => text.push(char),
    }
}

/// execlineb reads two digits, so that digits may follow.
fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        write!(text, "\\0x{byte:02x}").expect("writing to a string");
    }
}
