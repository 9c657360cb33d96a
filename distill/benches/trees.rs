//! What a large tree costs: to hash it, to take it in, to prepare a build that has it as an input, to
//! find what is different in two of them, and to read one entry.
//!
//! `cargo bench -p distill --bench trees -- [FILES] [BYTES]`: how many files (by default as many as Linux
//! has, 86,000), and how large each is. Times are in milliseconds. The peer is `b2sum`, which reads and hashes the same
//! files with as many processes at a time as there are processors.
#![expect(clippy::print_stdout, reason = "it is what a benchmark is for")]

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use camino::Utf8Path;
use distill::engine::sandbox::Method;
use distill::engine::{cpus, shell_spec};
use distill::plan::tree::{diff, entry_at};
use distill::plan::{
    AbsPath, Arch, Build, BuildPlatform, Hash, Input, Object, OutputKind, PathSet,
};
use distill::store::Store;
use distill::store::intake::{NEVER, scan, verify_tree};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Files in one directory, as Linux has them.
const IN_ONE: usize = 16;

fn main() -> Result<()> {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok());
    let files = numbers.next().unwrap_or(86_000);
    let bytes = numbers.next().unwrap_or(16_000);
    let scratch = tempfile::tempdir()?;
    let base = Utf8Path::from_path(scratch.path()).ok_or("no UTF-8")?;
    let store = Store::open(&base.join("store"))?;
    println!("{files} files of {bytes} bytes, {} threads", cpus());
    let (old, new) = land_two(&store, files, bytes)?;
    read(&store, &old, &new)?;
    prepare(&store, old)
}

/// Lands a tree, and another one in which one file is different, as an edit makes it.
fn land_two(store: &Store, files: usize, bytes: usize) -> Result<(Hash, Hash)> {
    let first = store.temp_dir()?;
    fill(first.path(), files, bytes)?;
    time("b2sum of all files", || b2sum(first.path()))?;
    let hashed = time("tree hash", || {
        Ok(scan(first.path(), &PathSet::default(), &NEVER)?)
    })?;
    let manifest = hashed.manifest().clone();
    time("its nodes alone", || Ok(manifest.directories().len()))?;
    let old = time("landing it", || Ok(store.land_tree(&hashed)?))?;

    let second = store.temp_dir()?;
    fill(second.path(), files, bytes)?;
    fs::write(second.path().join("d0/d0/f0"), "another")?;
    let edited = scan(second.path(), &PathSet::default(), &NEVER)?;
    let before = nodes(store)?;
    let new = time("landing it with one file changed", || {
        Ok(store.land_tree(&edited)?)
    })?;
    println!(
        "{:>8}  nodes that are new, of {before}",
        nodes(store)? - before
    );
    Ok((hash_of(old), hash_of(new)))
}

fn read(store: &Store, old: &Hash, new: &Hash) -> Result<()> {
    time("the difference of the two", || Ok(diff(store, old, new)?))?;
    time("one entry", || Ok(entry_at(store, old, "d0/d0/f1")?))?;
    time("all entries", || Ok(store.manifest(old)?))?;
    time("verifying it", || {
        Ok(verify_tree(&store.tree_path(old), &NEVER)?)
    })?;
    Ok(())
}

fn prepare(store: &Store, tree: Hash) -> Result<()> {
    let program = store.temp_dir()?;
    fs::write(program.path().join("build"), "#!/build")?;
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(program.path().join("build"), executable)?;
    let program = scan(program.path(), &PathSet::default(), &NEVER)?;
    let program = store.land_tree(&program)?;
    let inputs = [("/", program), ("/", Object::Tree(tree))];
    let input = |(at, of): &(&str, Object)| {
        Ok(Input {
            at: AbsPath::new(*at)?,
            of: *of,
        })
    };
    let build = Build {
        platform: BuildPlatform::any(Arch::X86_64),
        inputs: inputs.iter().map(input).collect::<Result<_>>()?,
        output: OutputKind::Tree,
        setid: PathSet::default(),
    };
    let scratch = store.temp_dir()?;
    time("preparing a build that has it as an input", || {
        Ok(shell_spec(
            store,
            &build,
            scratch.path(),
            Method::Overlay,
            "/build",
        )?)
    })?;
    Ok(())
}

fn hash_of(object: Object) -> Hash {
    match object {
        Object::Tree(hash) => hash,
        Object::Blob(_) => unreachable!("a tree was landed"),
    }
}

fn nodes(store: &Store) -> Result<usize> {
    Ok(fs::read_dir(store.root().join("nodes"))?.count())
}

fn time<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let begin = Instant::now();
    let result = work()?;
    println!("{:>8.1}  {what}", begin.elapsed().as_secs_f64() * 1000.0);
    Ok(result)
}

/// Directories in directories, with files of which no two are equal.
fn fill(base: &Utf8Path, files: usize, bytes: usize) -> Result<()> {
    let mut contents = vec![b'x'; bytes.max(8)];
    for number in 0..files {
        let directory = number / IN_ONE;
        let directory = base.join(format!("d{}/d{}", directory / IN_ONE, directory % IN_ONE));
        if number % IN_ONE == 0 {
            fs::create_dir_all(&directory)?;
        }
        contents[..8].copy_from_slice(&number.to_le_bytes());
        fs::write(directory.join(format!("f{}", number % IN_ONE)), &contents)?;
    }
    Ok(())
}

fn b2sum(directory: &Utf8Path) -> Result<()> {
    let files = Command::new("find")
        .args([directory.as_str(), "-type", "f", "-print0"])
        .stdout(Stdio::piped())
        .spawn()?;
    let sums = Command::new("xargs")
        .args([
            "-0",
            "-n",
            "1000",
            "-P",
            &cpus().to_string(),
            "b2sum",
            "-l",
            "256",
        ])
        .stdin(files.stdout.ok_or("no output")?)
        .stdout(Stdio::null())
        .status()?;
    sums.success()
        .then_some(())
        .ok_or_else(|| "b2sum failed".into())
}
