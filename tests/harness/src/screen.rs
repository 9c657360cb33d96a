//! The screen and the keyboard of a machine.

use std::time::Duration;

use distill::store::io::At as _;

use crate::error::LabError;
use crate::machine::Machine;

/// Where QEMU puts a picture of the screen, in the machine's directory.
const PICTURE: &str = "screen.png";

/// How long to wait before the next key: emulated keyboards have a short memory.
const PAUSE: Duration = Duration::from_millis(30);

impl Machine {
    /// What is on the screen, as a PNG. The machine needs a [`screen`](crate::Setup::screen).
    pub fn screenshot(&self) -> Result<Vec<u8>, LabError> {
        self.monitor("the screen", |monitor| monitor.screendump(PICTURE))?;
        let path = self.plan.directory.join(PICTURE);
        Ok(std::fs::read(&path).at("read", &path)?)
    }

    /// Presses keys together: their names are QEMU's, with `-` in between, as in `ctrl-alt-delete`.
    pub fn press_keys(&self, keys: &str) -> Result<(), LabError> {
        let keys: Vec<&str> = keys.split('-').collect();
        self.monitor("the keyboard", |monitor| monitor.press(&keys))
    }

    /// Types a text on the keyboard, which is American: ASCII, tabs and line ends.
    pub fn type_keys(&self, text: &str) -> Result<(), LabError> {
        for letter in text.chars() {
            let keys = keys(letter).ok_or_else(|| LabError::Invalid {
                text: text.to_owned(),
                why: format!("an American keyboard has no {letter:?}"),
            })?;
            self.monitor("the keyboard", |monitor| monitor.press(&keys))?;
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

/// Keys that are not called as what they type, and what they type with shift.
const KEYS: [(&str, char, char); 23] = [
    ("0", '0', ')'),
    ("1", '1', '!'),
    ("2", '2', '@'),
    ("3", '3', '#'),
    ("4", '4', '$'),
    ("5", '5', '%'),
    ("6", '6', '^'),
    ("7", '7', '&'),
    ("8", '8', '*'),
    ("9", '9', '('),
    ("apostrophe", '\'', '"'),
    ("backslash", '\\', '|'),
    ("bracket_left", '[', '{'),
    ("bracket_right", ']', '}'),
    ("comma", ',', '<'),
    ("dot", '.', '>'),
    ("equal", '=', '+'),
    ("grave_accent", '`', '~'),
    ("minus", '-', '_'),
    ("semicolon", ';', ':'),
    ("slash", '/', '?'),
    ("ret", '\n', '\n'),
    ("spc", ' ', ' '),
];

/// The letters' keys.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

/// The keys to press for a letter.
fn keys(letter: char) -> Option<Vec<&'static str>> {
    if letter == '\t' {
        return Some(vec!["tab"]);
    }
    if let Some(at) = LETTERS.find(letter.to_ascii_lowercase()) {
        return Some(pressed(&LETTERS[at..=at], letter.is_ascii_uppercase()));
    }
    let mut keys = KEYS.iter();
    let (name, plain, _) = keys.find(|(_, plain, shifted)| [*plain, *shifted].contains(&letter))?;
    Some(pressed(name, letter != *plain))
}

fn pressed(key: &'static str, shift: bool) -> Vec<&'static str> {
    if shift { vec!["shift", key] } else { vec![key] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_its_keys() {
        for letter in (' '..='~').chain("\n\t".chars()) {
            assert!(keys(letter).is_some(), "{letter:?}");
        }
        assert_eq!(keys('a'), Some(vec!["a"]));
        assert_eq!(keys('Z'), Some(vec!["shift", "z"]));
        assert_eq!(keys('_'), Some(vec!["shift", "minus"]));
        assert_eq!(keys('\n'), Some(vec!["ret"]));
        assert_eq!(keys('é'), None);
    }
}
