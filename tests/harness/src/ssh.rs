//! Logging in to a machine under test, with OpenSSH's client.

use std::io::Write as _;
use std::process::{Command, Stdio};

use camino::Utf8PathBuf;
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

impl Key {
    /// Makes a pair. It has a name in the lab, which is also its comment.
    pub fn new(lab: &Lab, name: &str) -> Result<Key, LabError> {
        let config = distill_packages::quick();
        let program = |path| lab.program(&config, distill_packages::openssh, path);
        let key = Key {
            private: lab.directory().join(name),
            ssh: program("usr/bin/ssh")?,
            keygen: program("usr/bin/ssh-keygen")?,
        };
        key.keygen(&[
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            name,
            "-f",
            key.private.as_str(),
        ])?;
        Ok(key)
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
    }

    fn keygen(&self, args: &[&str]) -> Result<(), LabError> {
        let output = Command::new(&self.keygen)
            .arg("-q")
            .args(args)
            .stdin(Stdio::null())
            .output()
            .at("run", &self.keygen)?;
        if output.status.success() {
            return Ok(());
        }
        Err(LabError::Invalid {
            text: args.join(" "),
            why: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

impl Machine {
    /// Runs a shell script over SSH as `user`, by way of the port that is
    /// [forwarded](crate::Setup::forward) to port 22. Status 255 is SSH's own: nobody was let in.
    pub fn ssh(&self, key: &Key, user: &str, script: &str) -> Result<Output, LabError> {
        const OPTIONS: [&str; 7] = [
            "BatchMode=yes",
            "ConnectTimeout=30",
            "IdentitiesOnly=yes",
            "LogLevel=ERROR",
            "ServerAliveInterval=5",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
        ];
        let port = self.port(SSH).ok_or_else(|| LabError::Invalid {
            text: format!("ssh to `{}`", self.name()),
            why: "no port leads there\nhint: `Setup::forward(22)`".to_owned(),
        })?;
        let mut ssh = Command::new(&key.ssh)
            .args(["-F", "/dev/null", "-p", &port.to_string(), "-i"])
            .arg(&key.private)
            .args(OPTIONS.iter().flat_map(|option| ["-o", option]))
            .arg(format!("{user}@127.0.0.1"))
            .arg("timeout 120 sh -s")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .at("run", &key.ssh)?;
        if let Some(mut input) = ssh.stdin.take() {
            // Who is not let in does not read it.
            let _ = writeln!(input, "{script}");
        }
        let output = ssh.wait_with_output().at("wait for", &key.ssh)?;
        Ok(Output {
            status: output.status.code().unwrap_or(255),
            stdout: output.stdout,
            stderr: output.stderr,
        })
    }
}
