//! What is printed: data to standard output, status to standard error.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::{Style, StyledObject};

use super::error::{CliError, Report};
use super::host::TerminalSize;
use super::settings::{Settings, Verbosity};

/// The two streams, and how to write to them. Shared by all threads.
pub struct Ui {
    stdout: Mutex<Box<dyn Write + Send>>,
    screen: Mutex<Screen>,
    terminal: Option<fn() -> TerminalSize>,
    verbosity: Verbosity,
    json: bool,
    color: bool,
}

/// Standard error, and the lines at its end that change.
struct Screen {
    stderr: Box<dyn Write + Send>,
    /// What is shown below everything that was printed.
    frame: Vec<String>,
}

impl Ui {
    pub(super) fn new(
        settings: &Settings,
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        terminal: Option<fn() -> TerminalSize>,
    ) -> Ui {
        Ui {
            stdout: Mutex::new(stdout),
            screen: Mutex::new(Screen {
                stderr,
                frame: Vec::new(),
            }),
            terminal: terminal.filter(|_| settings.live),
            verbosity: settings.verbosity,
            json: settings.json,
            color: settings.color,
        }
    }

    /// Whether data is printed as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether more is to be told than usual.
    pub fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// Prints a line of data.
    pub fn data(&self, line: impl Display) -> Result<(), CliError> {
        self.bytes(format!("{line}\n").as_bytes())
    }

    /// Prints a value of JSON as a line of data.
    pub fn json(&self, value: &serde_json::Value) -> Result<(), CliError> {
        self.data(value)
    }

    /// Prints bytes as data.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), CliError> {
        let mut stdout = self.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(CliError::BrokenPipe),
            Err(error) => Err(CliError::Stdout(error)),
        }
    }

    /// Tells what happens, unless the user wants to hear errors only.
    pub fn status(&self, line: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.tell(&format!("{line}\n"));
        }
    }

    /// Tells what only some want to know.
    pub fn detail(&self, line: impl Display) {
        if self.is_verbose() {
            self.tell(&format!("{line}\n"));
        }
    }

    /// Warns.
    pub fn warn(&self, text: impl Display) {
        let label = self.paint(Style::new().yellow().bold(), "warning:");
        self.status(format_args!("{label} {text}"));
    }

    /// Tells what went wrong, why, and what to do.
    pub(super) fn error(&self, report: &Report) {
        let mut text = format!("{} {}\n", self.red("error:"), report.message);
        for cause in &report.causes {
            text += &format!(
                "  {} {}\n",
                self.dim("because:"),
                cause.replace('\n', "\n  ")
            );
        }
        text += &self.hints(&report.hints);
        self.tell(&text);
    }

    /// Lines that say what to do.
    pub(super) fn hints(&self, hints: &[String]) -> String {
        let label = self.paint(Style::new().cyan().bold(), "hint:");
        hints
            .iter()
            .map(|hint| format!("{label} {hint}\n"))
            .collect()
    }

    /// Writes to standard error, above what changes there. Who does not read it is not served.
    pub(super) fn tell(&self, text: &str) {
        let mut screen = self.screen();
        let frame = screen.frame.clone();
        let _ = screen.erase();
        let _ = screen.stderr.write_all(text.as_bytes());
        let _ = screen.draw(frame);
    }

    /// Replaces the lines at the end of standard error.
    pub(super) fn draw(&self, frame: Vec<String>) {
        let mut screen = self.screen();
        if screen.frame != frame {
            let _ = screen.erase();
            let _ = screen.draw(frame);
        }
    }

    /// The terminal's size, if what happens is to be shown as lines that change.
    pub(super) fn live(&self) -> Option<TerminalSize> {
        let wanted = self.verbosity > Verbosity::Quiet && !self.json;
        self.terminal.filter(|_| wanted).map(|size| size())
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn red(&self, text: &str) -> String {
        self.paint(Style::new().red().bold(), text).to_string()
    }

    pub(super) fn green(&self, text: &str) -> String {
        self.paint(Style::new().green().bold(), text).to_string()
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text).to_string()
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dim(), text).to_string()
    }

    fn paint<'t>(&self, style: Style, text: &'t str) -> StyledObject<&'t str> {
        style.force_styling(self.color).apply_to(text)
    }
}

impl Screen {
    /// Takes the changing lines away. ECMA-48: cursor up (CUU), erase below (ED).
    fn erase(&mut self) -> io::Result<()> {
        let lines = std::mem::take(&mut self.frame).len();
        match lines {
            0 => Ok(()),
            _ => write!(self.stderr, "\x1b[{lines}A\r\x1b[J"),
        }
    }

    fn draw(&mut self, frame: Vec<String>) -> io::Result<()> {
        for line in &frame {
            writeln!(self.stderr, "{line}")?;
        }
        self.frame = frame;
        self.stderr.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::GlobalOptions;
    use crate::cli::tests::{Shared, World};

    #[test]
    fn lines_change_only_on_terminals_that_can() {
        let changes = |env: &[(&str, &str)]| {
            let (mut host, _, _) = World::new().host(&[]);
            host.env = env.iter().copied().collect();
            host.terminal = Some(|| TerminalSize {
                width: 80,
                height: 24,
            });
            let settings = Settings::gather(&GlobalOptions::default(), &host);
            let ui = Ui::new(&settings, host.stdout, host.stderr, host.terminal);
            ui.live().is_some()
        };
        assert!(changes(&[("TERM", "xterm")]));
        assert!(!changes(&[("TERM", "dumb")]));
        assert!(!changes(&[]));
    }

    #[test]
    fn what_is_told_stands_above_what_changes() {
        let stderr = Shared::default();
        let screen = Screen {
            stderr: Box::new(stderr.clone()),
            frame: Vec::new(),
        };
        let ui = Ui {
            stdout: Mutex::new(Box::new(Shared::default())),
            screen: Mutex::new(screen),
            terminal: None,
            verbosity: Verbosity::Normal,
            json: false,
            color: false,
        };
        ui.draw(vec!["1 of 2".into(), "zlib".into()]);
        ui.status("built musl");
        ui.draw(Vec::new());
        let erase = "\x1b[2A\r\x1b[J";
        let drawn = "1 of 2\nzlib\n";
        assert_eq!(
            stderr.text(),
            format!("{drawn}{erase}built musl\n{drawn}{erase}")
        );
    }
}
