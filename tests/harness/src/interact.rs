//! A test that stops, and lets somebody look around.

use std::io::{BufRead, Write};

use distill::store::io::At as _;

use crate::error::LabError;
use crate::machine::Machine;

impl Machine {
    /// Runs each line of `input` as a script, and writes what came of it, until the input ends: to look
    /// around in a machine of a test that fails. The test has to run with `--nocapture`.
    ///
    /// ```no_run
    /// # fn look(machine: &distill_testing::Machine) -> Result<(), distill_testing::LabError> {
    /// machine.interact(std::io::stdin().lock(), std::io::stderr())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn interact(&self, input: impl BufRead, mut output: impl Write) -> Result<(), LabError> {
        let mut lines = input.lines();
        loop {
            let prompt = format!("{}# ", self.name());
            self.say(&mut output, prompt.as_bytes())?;
            let Some(line) = lines.next() else {
                return self.say(&mut output, b"\n");
            };
            let done = self.run(&line.at("read a line for", self.name())?)?;
            self.say(&mut output, &done.stdout)?;
            self.say(&mut output, &done.stderr)?;
            if !done.success() {
                let status = format!("(status {})\n", done.status);
                self.say(&mut output, status.as_bytes())?;
            }
        }
    }

    fn say(&self, output: &mut impl Write, bytes: &[u8]) -> Result<(), LabError> {
        let said = output.write_all(bytes).and_then(|()| output.flush());
        Ok(said.at("write what was said by", self.name())?)
    }
}
