//! Logging in to a machine under test, with OpenSSH's client.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{self, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use camino::{Utf8Path, Utf8PathBuf};
use distill::plan::Hash;
use distill::store::io::At as _;

use crate::channel::Output;
use crate::error::LabError;
use crate::lab::Lab;
use crate::machine::Machine;

/// Where SSH listens.
const SSH: u16 = 22;

/// A pair of SSH keys, and the client that uses it.
#[derive(Debug, Clone)]
pub struct Key {
    private: Utf8PathBuf,
    ssh: Utf8PathBuf,
    keygen: Utf8PathBuf,
}

/// What stands before the 32 bytes of an Ed25519 key in its PKCS #8 form (RFC 8410, section 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];

impl Key {
    /// The pair that belongs to `name`: the same one in every run, so that an image which has its public
    /// half is built once. The name is also its file in the lab, and its comment.
    ///
    /// It is for tests alone. Its private half is computed from the name, by whoever wants to: give it
    /// no access to anything that can be reached from outside a test.
    pub fn derived(lab: &Lab, name: &str) -> Result<Key, LabError> {
        let key = Key::at(lab, name)?;
        let seed = Hash::of(format!("distill-testing, not a secret: {name}"));
        write_private(&key.private, &pem(seed.as_bytes())).at("write", &key.private)?;
        let public = key.keygen(&["-y", "-f", key.private.as_str()])?;
        let file = key.private.with_extension("pub");
        std::fs::write(&file, format!("{} {name}\n", public.trim_end())).at("write", &file)?;
        Ok(key)
    }

    /// Makes a pair that nobody had before: an image with it is built anew in every run. It has a name
    /// in the lab, which is also its comment.
    pub fn new(lab: &Lab, name: &str) -> Result<Key, LabError> {
        let key = Key::at(lab, name)?;
        let path = key.private.as_str();
        key.keygen(&["-t", "ed25519", "-N", "", "-C", name, "-f", path])?;
        Ok(key)
    }

    fn at(lab: &Lab, name: &str) -> Result<Key, LabError> {
        let config = distill_packages::quick();
        let program = |path| lab.program(&config, distill_packages::openssh, path);
        Ok(Key {
            private: lab.directory().join(name),
            ssh: program("usr/bin/ssh")?,
            keygen: program("usr/bin/ssh-keygen")?,
        })
    }

    /// The public key, as a line of `authorized_keys`.
    pub fn public(&self) -> Result<String, LabError> {
        let path = self.private.with_extension("pub");
        Ok(std::fs::read_to_string(&path)
            .at("read", &path)?
            .trim_end()
            .to_owned())
    }

    /// A certificate for `key`, by this key as the authority: whoever has it is `principal`. The
    /// client uses it by itself.
    pub fn certify(&self, key: &Key, principal: &str) -> Result<(), LabError> {
        let public = key.private.with_extension("pub");
        let authority = self.private.as_str();
        self.keygen(&[
            "-s",
            authority,
            "-I",
            principal,
            "-n",
            principal,
            public.as_str(),
        ])
        .map(drop)
    }

    /// Runs `ssh-keygen`; what it prints.
    fn keygen(&self, args: &[&str]) -> Result<String, LabError> {
        let output = Command::new(&self.keygen)
            .arg("-q")
            .args(args)
            .stdin(Stdio::null())
            .output()
            .at("run", &self.keygen)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(LabError::Invalid {
            text: args.join(" "),
            why: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// An Ed25519 key as a file that OpenSSH reads.
fn pem(key: &[u8; 32]) -> String {
    let text = BASE64.encode([&PKCS8[..], key].concat());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

/// Writes a file that only its owner can read, as OpenSSH wants it.
fn write_private(path: &Utf8Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

impl Machine {
    /// Runs a shell script over SSH as `user`, by way of the port that is
    /// [forwarded](crate::Setup::forward) to port 22. Status 255 is SSH's own: nobody was let in.
    pub fn ssh(&self, key: &Key, user: &str, script: &str) -> Result<Output, LabError> {
        let port = self.port(SSH).ok_or_else(|| LabError::Invalid {
            text: format!("ssh to `{}`", self.name()),
            why: "no port leads there\nhint: `Setup::forward(22)`".to_owned(),
        })?;
        let output = run_over_ssh(&key.ssh, &key.private, port, user, script);
        let output = output.at("run", &key.ssh)?;
        Ok(Output {
            status: output.status.code().unwrap_or(255),
            stdout: output.stdout,
            stderr: output.stderr,
        })
    }
}

/// Runs a shell script as `user` of the machine to which `port` of this host's loopback address leads, for two
/// minutes at most. `client` is the program, `key` the file with the private key.
pub fn run_over_ssh(
    client: impl AsRef<OsStr>,
    key: impl AsRef<OsStr>,
    port: u16,
    user: &str,
    script: &str,
) -> io::Result<process::Output> {
    const OPTIONS: [&str; 7] = [
        "BatchMode=yes",
        "ConnectTimeout=30",
        "IdentitiesOnly=yes",
        "LogLevel=ERROR",
        "ServerAliveInterval=5",
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
    ];
    let mut ssh = Command::new(client)
        .args(["-F", "/dev/null", "-p", &port.to_string(), "-i"])
        .arg(key)
        .args(OPTIONS.iter().flat_map(|option| ["-o", option]))
        .arg(format!("{user}@127.0.0.1"))
        .arg("timeout 120 sh -s")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = ssh.stdin.take() {
        // Who is not let in does not read it.
        let _ = writeln!(input, "{script}");
    }
    ssh.wait_with_output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_form_that_the_standard_shows() {
        // RFC 8410, section 10.3.
        let key = [
            0xd4, 0xee, 0x72, 0xdb, 0xf9, 0x13, 0x58, 0x4a, 0xd5, 0xb6, 0xd8, 0xf1, 0xf7, 0x69,
            0xf8, 0xad, 0x3a, 0xfe, 0x7c, 0x28, 0xcb, 0xf1, 0xd4, 0xfb, 0xe0, 0x97, 0xa8, 0x8f,
            0x44, 0x75, 0x58, 0x42,
        ];
        let expected = "-----BEGIN PRIVATE KEY-----\n\
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
            -----END PRIVATE KEY-----\n";
        assert_eq!(pem(&key), expected);
    }
}
