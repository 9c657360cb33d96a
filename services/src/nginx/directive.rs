//! Lines of nginx's configuration.

use std::fmt::{self, Write as _};

/// A configuration in the making, indented by its blocks.
#[derive(Default)]
pub(super) struct Printer {
    text: String,
    depth: usize,
}

impl Printer {
    /// A simple directive, without its semicolon.
    pub(super) fn line(&mut self, directive: impl fmt::Display) {
        let indent = 4 * self.depth;
        let _ = writeln!(self.text, "{:indent$}{directive};", "");
    }

    /// A directive with further ones in braces.
    pub(super) fn block(
        &mut self,
        directive: impl fmt::Display,
        inside: impl FnOnce(&mut Printer),
    ) {
        let indent = 4 * self.depth;
        let _ = writeln!(self.text, "{:indent$}{directive} {{", "");
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        let _ = writeln!(self.text, "{:indent$}}}", "");
    }

    /// Lines as a user has written them.
    pub(super) fn raw(&mut self, lines: &[String]) {
        let indent = 4 * self.depth;
        for line in lines.iter().flat_map(|lines| lines.lines()) {
            let _ = writeln!(self.text, "{:indent$}{line}", "");
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A word, in quotes if it needs them. Variables (`$host`) keep their meaning.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:$@=,+%?&*^|()[]<>".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}
