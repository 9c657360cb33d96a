//! How long things took, by label: what the schedule guesses from.
//!
//! A line a job, appended, so that several processes and many short jobs do not stand in each
//! other's way; the newest line of a label counts. Nothing is lost that matters if a line is.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;

use camino::Utf8PathBuf;

use super::Store;
use super::io::write_new;

/// A file of so many bytes, most of whose lines have been overtaken, is written anew.
const LARGE: usize = 256 * 1024;

impl Store {
    fn timings_path(&self) -> Utf8PathBuf {
        self.root.join("timings.jsonl")
    }

    /// Milliseconds by label. What cannot be read is no loss: it only orders work.
    pub fn timings(&self) -> BTreeMap<String, u64> {
        let bytes = std::fs::read(self.timings_path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().map(serde_json::from_str::<(String, u64)>);
        let timings: BTreeMap<String, u64> = lines.flatten().collect();
        if text.len() > LARGE && text.lines().count() > 2 * timings.len() {
            let text: String = timings
                .iter()
                .map(|(label, wall_ms)| line(label, *wall_ms))
                .collect();
            let _ = write_new(&self.run.fresh(), text.as_bytes(), &self.timings_path());
        }
        timings
    }

    /// Remembers how long a job took.
    pub fn note_timing(&self, label: &str, wall_ms: u64) {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.timings_path());
        // In one write, so that lines of several processes do not mix.
        let _ = file.and_then(|mut file| file.write_all(line(label, wall_ms).as_bytes()));
    }
}

fn line(label: &str, wall_ms: u64) -> String {
    let line = serde_json::to_string(&(label, wall_ms)).expect("plain data");
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;

    #[test]
    fn the_newest_counts_and_the_file_does_not_grow_without_end() {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap().join("store");
        let store = Store::open(&root).unwrap();
        assert_eq!(store.timings(), BTreeMap::new());
        store.note_timing("zlib \"1\"", 7);
        std::fs::write(store.timings_path(), {
            let mut text = std::fs::read_to_string(store.timings_path()).unwrap();
            text.push_str("torn\n");
            text.extend((0..20_000).map(|ms| line("linux", ms)));
            text
        })
        .unwrap();
        store.note_timing("linux", 1234);
        let expected = BTreeMap::from([("linux".to_owned(), 1234), ("zlib \"1\"".to_owned(), 7)]);
        assert_eq!(store.timings(), expected);
        assert!(store.timings_path().metadata().unwrap().len() < 100);
        assert_eq!(store.timings(), expected);
    }
}
