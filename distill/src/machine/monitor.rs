//! Orders to a machine that runs: QEMU's machine protocol.
//!
//! Protocol: <https://www.qemu.org/docs/master/interop/qmp-spec.html>. Each message is a JSON object on
//! a line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::error::MachineError;

/// How long QEMU may take to answer. It is quick, but the host may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the monitor of a machine.
#[derive(Debug)]
pub struct Monitor {
    stream: BufReader<UnixStream>,
}

impl Monitor {
    pub(super) fn new(stream: UnixStream) -> Result<Monitor, MachineError> {
        stream.set_read_timeout(Some(PATIENCE)).map_err(lost)?;
        let mut monitor = Monitor {
            stream: BufReader::new(stream),
        };
        monitor.message()?;
        monitor.order("qmp_capabilities")?;
        Ok(monitor)
    }

    /// Presses the power button, and lets go.
    pub fn power_button(&mut self) -> Result<(), MachineError> {
        self.order("system_powerdown")
    }

    /// Presses the reset button.
    pub fn reset(&mut self) -> Result<(), MachineError> {
        self.order("system_reset")
    }

    /// Ends QEMU, as if the power was cut; what it has written is kept.
    pub fn quit(&mut self) -> Result<(), MachineError> {
        self.order("quit")
    }

    /// Puts the plug of a network card in, or pulls it: `network` is the one that leads out, others
    /// have the name of their [`Card`](super::Card).
    pub fn link(&mut self, card: &str, up: bool) -> Result<(), MachineError> {
        self.command("set_link", &json!({ "name": card, "up": up }))
    }

    /// Presses some keys together, and lets go: they have QEMU's names (`QKeyCode`), such as `a`, `ret`,
    /// `shift`.
    pub fn press(&mut self, keys: &[&str]) -> Result<(), MachineError> {
        let key = |name: &&str| json!({ "type": "qcode", "data": name });
        let keys: Vec<Value> = keys.iter().map(key).collect();
        self.command("send-key", &json!({ "keys": keys, "hold-time": 20 }))
    }

    /// Writes what is on the screen as PNG into the file `name` in the machine's directory.
    pub fn screendump(&mut self, name: &str) -> Result<(), MachineError> {
        let arguments = json!({ "filename": name, "format": "png" });
        self.command("screendump", &arguments)
    }

    fn order(&mut self, command: &str) -> Result<(), MachineError> {
        self.command(command, &json!({}))
    }

    /// Gives an order, and waits until QEMU says that it was taken.
    fn command(&mut self, command: &str, arguments: &Value) -> Result<(), MachineError> {
        let order = json!({ "execute": command, "arguments": arguments });
        let line = format!("{order}\n");
        self.stream
            .get_mut()
            .write_all(line.as_bytes())
            .map_err(lost)?;
        loop {
            // Events come in between, and are of no interest.
            let message = self.message()?;
            if message.get("return").is_some() {
                return Ok(());
            }
            if let Some(error) = message.get("error") {
                return Err(MachineError::Monitor(format!(
                    "`{command}` was refused: {error}"
                )));
            }
        }
    }

    fn message(&mut self) -> Result<Value, MachineError> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).map_err(lost)? {
            0 => Err(MachineError::Monitor("the connection has ended".to_owned())),
            _ => serde_json::from_str(&line)
                .map_err(|_| MachineError::Monitor(format!("`{line}` is no message"))),
        }
    }
}

fn lost(error: std::io::Error) -> MachineError {
    MachineError::Monitor(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A monitor that says `lines`, and what it was told.
    fn talk(
        lines: &str,
        order: impl FnOnce(&mut Monitor) -> Result<(), MachineError>,
    ) -> (Result<(), MachineError>, String) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(lines.as_bytes()).unwrap();
        let result = Monitor::new(ours).and_then(|mut monitor| order(&mut monitor));
        let mut told = String::new();
        std::io::Read::read_to_string(&mut theirs, &mut told).unwrap();
        (result, told)
    }

    #[test]
    fn events_do_not_count_as_answers() {
        let lines = "{\"QMP\": {}}\n{\"return\": {}}\n{\"event\": \"RESUME\"}\n{\"return\": {}}\n";
        let (result, told) = talk(lines, Monitor::power_button);
        result.unwrap();
        assert_eq!(
            told,
            "{\"arguments\":{},\"execute\":\"qmp_capabilities\"}\n\
             {\"arguments\":{},\"execute\":\"system_powerdown\"}\n"
        );
    }

    #[test]
    fn keys_are_pressed_together() {
        let lines = "{\"QMP\": {}}\n{\"return\": {}}\n{\"return\": {}}\n";
        let (result, told) = talk(lines, |monitor| monitor.press(&["shift", "a"]));
        result.unwrap();
        assert_eq!(
            told.lines().last().unwrap(),
            "{\"arguments\":{\"hold-time\":20,\"keys\":[{\"data\":\"shift\",\"type\":\"qcode\"},\
             {\"data\":\"a\",\"type\":\"qcode\"}]},\"execute\":\"send-key\"}"
        );
    }

    #[test]
    fn a_refusal_is_an_error() {
        let lines = "{\"QMP\": {}}\n{\"return\": {}}\n{\"error\": {\"desc\": \"no\"}}\n";
        let (result, _) = talk(lines, Monitor::reset);
        let text = result.unwrap_err().to_string();
        assert_eq!(
            text,
            r#"cannot reach the machine's monitor: `system_reset` was refused: {"desc":"no"}"#
        );
    }
}
