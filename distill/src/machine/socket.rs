//! Sockets in a machine's directory, however long its path is.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::{UnixListener, UnixStream};

use camino::{Utf8Path, Utf8PathBuf};

use crate::store::io::{At as _, IoError};

/// Where QEMU asks for metadata; a listener is there before it starts.
pub(super) const METADATA_SOCKET: &str = "metadata.sock";

/// Where QEMU takes orders.
pub(super) const MONITOR_SOCKET: &str = "monitor.sock";

/// The socket at the other end of the serial port `name`.
pub(super) fn port_socket(name: &str) -> String {
    format!("{name}.sock")
}

/// Listens on a socket of `directory`, whose path may be longer than a socket's address.
pub fn listen(directory: &Utf8Path, name: &str) -> Result<UnixListener, IoError> {
    let (_open, path) = short(directory, name)?;
    UnixListener::bind(&path).at("listen on", directory.join(name))
}

/// Connects to a socket of `directory`.
pub(super) fn connect(directory: &Utf8Path, name: &str) -> Result<UnixStream, IoError> {
    let (_open, path) = short(directory, name)?;
    UnixStream::connect(&path).at("connect to", directory.join(name))
}

/// A path of the socket that is short as long as the file is open: a socket's address has room for
/// 107 bytes (unix(7)).
fn short(directory: &Utf8Path, name: &str) -> Result<(File, Utf8PathBuf), IoError> {
    let open = File::open(directory).at("open", directory)?;
    let path = Utf8PathBuf::from(format!("/proc/self/fd/{}/{name}", open.as_raw_fd()));
    Ok((open, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_be_long() {
        let temp = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temp.path())
            .unwrap()
            .join("long".repeat(50));
        std::fs::create_dir(&directory).unwrap();
        let listener = listen(&directory, METADATA_SOCKET).unwrap();
        connect(&directory, METADATA_SOCKET).unwrap();
        listener.accept().unwrap();
        assert!(directory.join(METADATA_SOCKET).exists());
    }
}
