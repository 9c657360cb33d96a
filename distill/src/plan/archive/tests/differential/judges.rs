//! Other programs that read archives: what each of them finds, in one form.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::super::Got;

/// What is longer is no archive of this test.
const LARGEST: u64 = 4 << 20;

/// A member as a program tells it.
struct Found {
    kind: u8,
    name: Vec<u8>,
    executable: bool,
    link: Vec<u8>,
    contents: Vec<u8>,
}

/// What a program makes of an archive.
pub(super) struct Verdict {
    pub(super) program: &'static str,
    /// What it complains of: who looks at the archive with it knows that something is wrong.
    pub(super) complaint: Option<String>,
    /// What would lie in a directory that it unpacks to.
    pub(super) tree: BTreeMap<String, Got>,
}

/// The programs. One process judges archive after archive; GNU tar is started for each.
pub(super) struct Judges {
    process: Child,
    give: ChildStdin,
    take: BufReader<ChildStdout>,
    dir: tempfile::TempDir,
}

impl Judges {
    /// Starts them.
    pub(super) fn start() -> Judges {
        let mut process = Command::new("python3")
            .args(["-c", include_str!("judge.py")])
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs Python");
        let give = process.stdin.take().expect("a pipe");
        let take = BufReader::new(process.stdout.take().expect("a pipe"));
        let dir = tempfile::tempdir().expect("a directory");
        Judges {
            process,
            give,
            take,
            dir,
        }
    }

    /// What each of them makes of an archive.
    pub(super) fn judge(&mut self, archive: &[u8]) -> Vec<Verdict> {
        let length = u32::try_from(archive.len()).expect("small archives");
        self.give
            .write_all(&[&length.to_le_bytes(), archive].concat())
            .and_then(|()| self.give.flush())
            .expect("the process reads");
        let gnu = self.gnu_tar(archive);
        let mut line = String::new();
        self.take.read_line(&mut line).expect("the process answers");
        let answer: serde_json::Value =
            serde_json::from_str(&line).expect("this test needs libarchive (Debian: libarchive13)");
        vec![
            gnu,
            verdict("tarfile", &answer["tarfile"]),
            verdict("libarchive", &answer["libarchive"]),
        ]
    }

    /// GNU tar: the members on its standard error, the contents of all files on its standard output.
    fn gnu_tar(&self, archive: &[u8]) -> Verdict {
        let (path, index) = (self.dir.path().join("tar"), self.dir.path().join("index"));
        std::fs::write(&path, archive).expect("a writable directory");
        let mut child = Command::new("tar")
            .args(["-xOvv", "--numeric-owner", "--utc", "--full-time"])
            .args(["--quoting-style=c", "--index-file"])
            .arg(&index)
            .arg("-f")
            .arg(&path)
            .env_clear()
            .env("LC_ALL", "C")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs GNU tar");
        let mut contents = Vec::new();
        let stdout = child.stdout.take().expect("a pipe");
        let read = stdout.take(LARGEST).read_to_end(&mut contents);
        read.expect("the process writes");
        let status = child.wait().expect("the process ends");
        let listing = std::fs::read(&index).expect("tar writes its index");
        let mut rest = &contents[..];
        let lines = listing.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.is_empty());
        let found: Vec<Found> = lines.filter_map(|line| gnu_line(line, &mut rest)).collect();
        let complaint = (!status.success()).then(|| status.to_string());
        let complaint =
            complaint.or((!rest.is_empty()).then(|| "contents of no member".to_owned()));
        Verdict {
            program: "GNU tar",
            complaint,
            tree: tree(found),
        }
    }
}

impl Drop for Judges {
    fn drop(&mut self) {
        // It ends when nothing more comes; if it does not, it is ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn verdict(program: &'static str, answer: &serde_json::Value) -> Verdict {
    let hex = |value: &serde_json::Value| {
        let digits = value.as_str().expect("digits").as_bytes();
        let pairs = digits
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).expect("ASCII"));
        pairs
            .map(|pair| u8::from_str_radix(pair, 16).expect("digits"))
            .collect()
    };
    let members = answer[1].as_array().expect("a list");
    let found = members.iter().map(|member| Found {
        kind: member[0].as_str().expect("a letter").as_bytes()[0],
        name: hex(&member[1]),
        executable: member[2].as_bool().expect("true or false"),
        link: hex(&member[3]),
        contents: hex(&member[4]),
    });
    Verdict {
        program,
        complaint: answer[0].as_str().map(str::to_owned),
        tree: tree(found.collect()),
    }
}

/// A line of GNU tar's listing: mode, owner, size, date, time, quoted name, and what a link names. The
/// contents are those that come next. Nothing for what other programs do not take for a member.
fn gnu_line(line: &[u8], contents: &mut &[u8]) -> Option<Found> {
    let quote = line.iter().position(|byte| *byte == b'"');
    let (head, names) = line.split_at(quote.expect("a quoted name"));
    let head = String::from_utf8_lossy(head);
    let mut fields = head.split_whitespace();
    let (mode, _, size) = (fields.next()?, fields.next()?, fields.next()?);
    let (name, rest) = unquoted(names);
    let link = rest.iter().position(|byte| *byte == b'"');
    let link = link.map(|at| unquoted(&rest[at..]).0).unwrap_or_default();
    let kind = match mode.as_bytes()[0] {
        b'-' | b'C' | b'?' => b'f',
        b'd' => b'd',
        b'l' => b'l',
        b'h' => b'h',
        b'V' => return None,
        _ => b'o',
    };
    let size = size.parse().unwrap_or(usize::MAX);
    let count = if kind == b'f' {
        size.min(contents.len())
    } else {
        0
    };
    let (own, rest) = contents.split_at(count);
    *contents = rest;
    (mode.as_bytes()[0] != b'?').then(|| Found {
        kind,
        name,
        executable: mode.contains(['x', 's', 't']),
        link,
        contents: own.to_vec(),
    })
}

/// The text in quotation marks at the beginning, and what follows it.
fn unquoted(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let (mut out, mut at) = (Vec::new(), 1);
    while text[at] != b'"' {
        if text[at] != b'\\' {
            out.push(text[at]);
            at += 1;
            continue;
        }
        let digits = text[at + 1..].iter().take(3);
        let digits = digits
            .take_while(|byte| matches!(byte, b'0'..=b'7'))
            .count();
        if digits > 0 {
            let octal = std::str::from_utf8(&text[at + 1..=at + digits]).expect("digits");
            out.push(u8::from_str_radix(octal, 8).expect("a byte"));
            at += 1 + digits;
            continue;
        }
        out.push(match text[at + 1] {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            other => other,
        });
        at += 2;
    }
    (out, &text[at + 1..])
}

/// What members leave behind, one after the other: the last of a name stays.
fn tree(found: Vec<Found>) -> BTreeMap<String, Got> {
    let mut tree = BTreeMap::new();
    for member in found {
        let path = normal(&member.name);
        for (at, _) in path.match_indices('/') {
            tree.entry(path[..at].to_owned()).or_insert(Got::Dir);
        }
        let odd = |what: &str| Got::Symlink(format!("{what}, no symbolic link"));
        let got = match member.kind {
            _ if path.is_empty() => continue,
            b'f' => Got::File(member.executable, member.contents),
            b'd' => Got::Dir,
            b'l' => Got::Symlink(String::from_utf8_lossy(&member.link).into_owned()),
            b'h' => {
                let there = tree.get(&normal(&member.link)).cloned();
                there.unwrap_or_else(|| odd("a hard link to nothing"))
            }
            _ => odd("something else"),
        };
        tree.insert(path, got);
    }
    tree
}

/// A name without what says nothing.
fn normal(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let parts: Vec<&str> = text
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let absolute = if text.starts_with('/') { "/" } else { "" };
    format!("{absolute}{}", parts.join("/"))
}
