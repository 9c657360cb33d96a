//! The wire of a machine's network card: frames over a socket, each after its length.
//!
//! Format: QEMU's `-netdev stream` (<https://www.qemu.org/docs/master/system/invocation.html>): a
//! big-endian `u32`, then the frame.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use super::hub::{Frame, Hub};
use crate::wait;

/// No frame is longer: Ethernet's largest, with room for what cards put together.
const FRAME_MAX: usize = 128 << 10;

/// How long QEMU may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connects whoever comes first to the hub, for as long as the connection lasts.
pub(super) fn serve(hub: Arc<Hub>, listener: UnixListener) {
    thread::spawn(move || {
        // If QEMU does not come, or goes, there is nobody to tell: the test will notice.
        if let Ok(stream) = accept(&listener) {
            let _ = connect(&hub, stream);
        }
    });
}

fn accept(listener: &UnixListener) -> io::Result<UnixStream> {
    listener.set_nonblocking(true)?;
    let stream = wait::until(PATIENCE, || match listener.accept() {
        Ok((stream, _)) => Ok(Some(stream)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    })?;
    let stream = stream.ok_or(io::ErrorKind::TimedOut)?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

fn connect(hub: &Arc<Hub>, mut stream: UnixStream) -> io::Result<()> {
    let (plug, hears) = hub.plug();
    let output = stream.try_clone()?;
    // It ends when the plug is pulled, below.
    thread::spawn(move || write_frames(output, &hears));
    while let Some(frame) = read_frame(&mut stream)? {
        plug.send(&frame);
    }
    Ok(())
}

fn write_frames(mut stream: impl Write, hears: &Receiver<Frame>) -> io::Result<()> {
    for frame in hears {
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes(), &*frame].concat())?;
    }
    Ok(())
}

/// The next frame; nothing when the stream has ended.
fn read_frame(stream: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut length = [0; 4];
    if let Err(error) = stream.read_exact(&mut length) {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(None),
            _ => Err(error),
        };
    }
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > FRAME_MAX {
        return Err(io::Error::other("a frame of impossible length"));
    }
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame)?;
    Ok(Some(frame.into()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let (sender, receiver) = sync_channel(2);
        for frame in [&[1, 2, 3][..], &[4]] {
            sender.send(frame.into()).unwrap();
        }
        drop(sender);
        let mut bytes = Vec::new();
        write_frames(&mut bytes, &receiver).unwrap();
        assert_eq!(bytes, [0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 1, 4]);
        let mut stream = &bytes[..];
        assert_eq!(*read_frame(&mut stream).unwrap().unwrap(), [1, 2, 3]);
        assert_eq!(*read_frame(&mut stream).unwrap().unwrap(), [4]);
        assert!(read_frame(&mut stream).unwrap().is_none());
    }

    #[test]
    fn an_impossible_length_is_an_error() {
        assert!(read_frame(&mut &[0xff; 8][..]).is_err());
    }
}
