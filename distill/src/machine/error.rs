//! Why a machine does not run.

use camino::Utf8PathBuf;

use crate::store::io::IoError;

/// Why a machine does not run, or does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] IoError),
    /// QEMU could not be started.
    #[error("cannot start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The disk cannot be so small.
    #[error("cannot make a disk of {wanted} bytes: the image `{image}` has {size}")]
    TooSmall {
        /// The image.
        image: Utf8PathBuf,
        /// How long it is.
        size: u64,
        /// How long the disk should be.
        wanted: u64,
    },
    /// QEMU does not answer, or not as it should.
    #[error("cannot reach the machine's monitor: {0}")]
    Monitor(String),
}
