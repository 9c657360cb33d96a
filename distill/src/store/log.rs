//! Build logs: one compressed file per attempt.

use std::fs::File;
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};

use super::Store;
use super::io::{At as _, IoError};
use crate::plan::PlanHash;

/// Writes a log; [`LogWriter::finish`] ends it.
pub struct LogWriter {
    path: Utf8PathBuf,
    encoder: zstd::Encoder<'static, File>,
}

impl Store {
    /// Begins the log of an attempt at `plan`. Its name is the time, as TAI64N.
    pub fn begin_log(&self, plan: &PlanHash) -> Result<LogWriter, IoError> {
        let directory = self.log_dir(plan);
        std::fs::create_dir_all(&directory).at("create", &directory)?;
        let (path, file) = loop {
            let path = directory.join(format!("{}.zst", tai64n()));
            match File::create_new(&path) {
                // Of another machine, whose clock says the same.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                file => break (path.clone(), file.at("create", &path)?),
            }
        };
        let encoder = zstd::Encoder::new(file, 3).at("compress", &path)?;
        Ok(LogWriter { path, encoder })
    }

    /// The logs of `plan`, oldest first.
    pub fn logs(&self, plan: &PlanHash) -> Result<Vec<Utf8PathBuf>, IoError> {
        let directory = self.log_dir(plan);
        if !directory.exists() {
            return Ok(Vec::new());
        }
        let entries = directory.read_dir_utf8().at("list", &directory)?;
        let mut logs: Vec<_> = entries
            .flatten()
            .map(camino::Utf8DirEntry::into_path)
            .collect();
        logs.sort();
        Ok(logs)
    }
}

impl LogWriter {
    /// The file.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Ends the log.
    pub fn finish(self) -> Result<(), IoError> {
        self.encoder.finish().at("write", &self.path).map(drop)
    }
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()
    }
}

/// What a log says; one that was cut off gives what there is.
pub fn read_log(path: &Utf8Path) -> Result<Vec<u8>, IoError> {
    let file = File::open(path).at("open", path)?;
    let mut text = Vec::new();
    let mut decoder = zstd::Decoder::new(file).at("decompress", path)?;
    match io::copy(&mut decoder, &mut text) {
        Ok(_) => Ok(text),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(text),
        Err(e) => Err(e).at("decompress", path),
    }
}

/// Now, as a TAI64N label without the `@`: 24 hexadecimal digits. TAI has been 37 seconds ahead of
/// UTC since 2017 (IERS Bulletin C), and 2^62 stands for 1970 (<https://cr.yp.to/libtai/tai64.html>).
pub fn tai64n() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "{:016x}{:08x}",
        (1_u64 << 62) + 37 + now.as_secs(),
        now.subsec_nanos()
    )
}
