//! How long things took, by label: what the schedule guesses from.

use std::collections::BTreeMap;

use super::Store;
use super::io::write_new;

impl Store {
    /// Milliseconds by label. What cannot be read is no loss: it only orders work.
    pub fn timings(&self) -> BTreeMap<String, u64> {
        let bytes = std::fs::read(self.root.join("timings.json")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Remembers how long a job took.
    pub fn note_timing(&self, label: &str, wall_ms: u64) {
        let mut timings = self.timings();
        timings.insert(label.to_owned(), wall_ms);
        let bytes = serde_json::to_vec(&timings).expect("plain data");
        let _ = write_new(&self.run.fresh(), &bytes, &self.root.join("timings.json"));
    }
}
