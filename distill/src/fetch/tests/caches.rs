//! What a cache has to do, tried on each kind.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use super::*;
use crate::objects::conformance::{Trouble, Troubled};
use crate::objects::{Contents as _, Found, Memory, Outgoing};
use crate::plan::{Mode, Node, Object, PlanHash, RelPath, Tree};

/// What a cache is filled with; right or not.
type Entries = BTreeMap<Key, Vec<u8>>;

/// A cache of one kind with these entries, and whatever has to live as long.
type Make = fn(&Utf8Path, Entries) -> (Cache, Option<Server>);

fn directory(root: &Utf8Path, entries: Entries) -> (Cache, Option<Server>) {
    let cache = DirectoryCache::create(root.join("cache")).unwrap();
    for (key, bytes) in entries {
        // Not `write`: it would refuse wrong bytes.
        let path = cache.root().join(key.path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    (Cache::new(Arc::new(cache)), None)
}

fn in_memory(_: &Utf8Path, entries: Entries) -> (Cache, Option<Server>) {
    let cache = LookupCache::new("memory", move |key: &Key| {
        let bytes = entries.get(key)?.clone();
        Some(Found::Bytes(Box::new(Cursor::new(bytes))))
    });
    (Cache::new(Arc::new(cache)), None)
}

fn files_by_lookup(root: &Utf8Path, entries: Entries) -> (Cache, Option<Server>) {
    directory(root, entries);
    let root = root.join("cache");
    let find = move |key: &Key| Some(root.join(key.path())).filter(|path| path.exists());
    let cache = LookupCache::new("files", move |key: &Key| find(key).map(Found::File));
    (Cache::new(Arc::new(cache)), None)
}

fn server_by_lookup(_: &Utf8Path, entries: Entries) -> (Cache, Option<Server>) {
    let paths = entries
        .into_iter()
        .map(|(key, bytes)| (format!("/{key}"), bytes));
    let files: BTreeMap<String, Vec<u8>> = paths.collect();
    let server = Server::new(move |request: &Request| match files.get(&request.target) {
        Some(bytes) => Reply::ranged(bytes, request),
        None => Reply::status(404),
    });
    let base = server.url("");
    let cache = LookupCache::new("server", move |key: &Key| {
        Some(Found::Url(format!("{base}{}", key.path())))
    });
    (Cache::new(Arc::new(cache)), Some(server))
}

const KINDS: [Make; 4] = [directory, in_memory, files_by_lookup, server_by_lookup];

/// A scene with a cache that has these entries, for each kind of cache.
fn on_each(entries: &[(Key, &[u8])], test: impl Fn(&Scene)) {
    for make in KINDS {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        let owned = entries.iter().map(|(key, bytes)| (*key, bytes.to_vec()));
        let (cache, _server) = make(root, owned.collect());
        assert!(!cache.name().as_str().is_empty());
        test(&Scene::with(|settings| settings.caches.push(cache)));
    }
}

fn key(bytes: impl AsRef<[u8]>) -> Key {
    Key::Blob(Hash::of(bytes).into())
}

fn a_tree() -> Tree {
    let mut tree = Tree::new();
    let file = |text: &str| Node::File {
        mode: Mode::FILE,
        size: text.len() as u64,
        hash: Hash::of(text),
    };
    for (path, text) in [
        ("etc/motd", "hi"),
        ("etc/issue", "hi"),
        ("bin/x", "program"),
    ] {
        tree.insert(RelPath::new(path).unwrap(), file(text))
            .unwrap();
    }
    tree
}

fn output(scene: &Scene, plan: PlanHash) -> Option<Object> {
    let mut known = scene.fetcher.records(&[plan], &scene.cancel, &scene.told);
    known.remove(&plan).map(|record| record.output)
}

/// The manifest, and how reading the files went: how many bytes of an archive came.
fn tree(scene: &Scene, hash: Hash) -> Option<(Tree, Result<u64, String>)> {
    let found = scene.fetcher.tree(&hash, &scene.cancel, &scene.told)?;
    let mut archive = found.archive;
    let read = io::copy(&mut archive, &mut io::sink());
    Some((found.manifest, read.map_err(|error| causes(&error))))
}

fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[test]
fn blobs_come_from_the_cache_first() {
    let bytes = sample(400_000);
    let sha: Digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        .parse()
        .unwrap();
    let blake = Digest::from(Hash::of(&bytes));
    on_each(
        &[(Key::Blob(sha), b"abc"), (Key::Blob(blake), &bytes)],
        |scene| {
            let mut source = source(&bytes, &["http://not.asked.invalid/".to_owned()]);
            scene.fetch_right(&source, &bytes);
            source.digest = sha;
            scene.fetch_right(&source, b"abc");
        },
    );
}

#[test]
fn what_the_cache_lacks_comes_from_the_origin() {
    let server = good_server(b"x");
    on_each(&[], |scene| {
        scene.fetch_right(&source(b"x", &[server.url("a")]), b"x");
        let error = scene.fetch(&source(b"y", &[])).unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::Unreachable);
    });
}

#[test]
fn wrong_blobs_are_refused() {
    let server = good_server(b"x");
    let key = Key::Blob(Hash::of("x").into());
    on_each(&[(key, b"not x")], |scene| {
        let source = source(b"x", &[server.url("a")]);
        scene.fetch_right(&source, b"x");
        assert!(scene.told.lines()[1].contains("has other bytes"));
    });
}

#[test]
fn outputs() {
    let plan = |text| PlanHash(Hash::of(text));
    let object = Object::Tree(Hash::of("tree"));
    let record = format!("{object}\n");
    let entries = [
        (Key::Output(plan("good")), record.as_bytes()),
        (Key::Output(plan("bad")), b"nonsense"),
        (Key::Output(plan("long")), &[b' '; 5000]),
    ];
    on_each(&entries, |scene| {
        assert_eq!(output(scene, plan("good")), Some(object));
        assert_eq!(output(scene, plan("unknown")), None);
        assert_eq!(scene.told.lines(), Vec::<String>::new());
        assert_eq!(output(scene, plan("bad")), None);
        assert_eq!(output(scene, plan("long")), None);
        assert_eq!(scene.told.count("gave up"), 2);
    });
}

/// The nodes of [`a_tree`], by their hashes; the last one is its own.
fn nodes() -> Vec<(Key, Vec<u8>)> {
    let nodes = a_tree().directories().into_iter();
    let encoded = nodes.map(|(_, directory)| directory.encode());
    encoded.map(|bytes| (key(&bytes), bytes)).collect()
}

/// Entries of a cache: these nodes, and these.
fn with<'a>(nodes: &'a [(Key, Vec<u8>)], more: &[(Key, &'a [u8])]) -> Vec<(Key, &'a [u8])> {
    let nodes = nodes.iter().map(|(key, bytes)| (*key, bytes.as_slice()));
    nodes.chain(more.iter().copied()).collect()
}

#[test]
fn trees() {
    let (good, nodes) = (a_tree().hash(), nodes());
    let top = nodes.last().unwrap().1.as_slice();
    let files = [
        (key("hi"), &b"hi"[..]),
        (key("program"), b"program"),
        (key("wrong"), top),
        (key("no node"), b"no node"),
    ];
    on_each(&with(&nodes, &files), |scene| {
        let (found, archive) = tree(scene, good).unwrap();
        assert_eq!(found, a_tree());
        assert!(archive.unwrap() > 0);
        assert!(tree(scene, Hash::of("unknown")).is_none());
        assert_eq!(scene.told.lines(), Vec::<String>::new());
        assert!(tree(scene, Hash::of("wrong")).is_none());
        assert!(scene.told.lines()[0].contains("has other bytes"));
        assert!(tree(scene, Hash::of("no node")).is_none());
        assert!(scene.told.lines()[1].contains("cannot read a directory's node"));
    });
}

#[test]
fn of_a_tree_all_nodes_have_to_be_there() {
    for lost in 0..2 {
        let mut nodes = nodes();
        nodes.remove(lost);
        on_each(&with(&nodes, &[]), |scene| {
            assert!(tree(scene, a_tree().hash()).is_none());
            let told = scene.told.lines();
            assert!(told[0].contains("is not there"), "{told:?}");
        });
    }
}

/// More files than are asked for at once, large ones too, and many that are equal.
#[test]
fn large_trees() {
    let text = |number: usize| match number % 7 {
        0 => "the same".to_owned(),
        1 => "large and the same ".repeat(10_000),
        2 => format!("large {number} ").repeat(20_000),
        _ => format!("file {number}"),
    };
    let mut tree = Tree::new();
    let mut entries = BTreeMap::new();
    for number in 0..600 {
        let text = text(number);
        let (mode, size, hash) = (Mode::FILE, text.len() as u64, Hash::of(&text));
        let path = RelPath::new(format!("d{}/f{number}", number % 10)).unwrap();
        tree.insert(path, Node::File { mode, size, hash }).unwrap();
        entries.insert(key(&text), text.into_bytes());
    }
    for (_, node) in tree.directories() {
        let bytes = node.encode();
        entries.insert(key(&bytes), bytes);
    }
    let entries: Vec<(Key, &[u8])> = entries.iter().map(|(key, of)| (*key, &**of)).collect();
    on_each(&entries, |scene| {
        let (found, archive) = self::tree(scene, tree.hash()).unwrap();
        assert_eq!(found, tree);
        assert!(archive.unwrap() > 0);
    });
}

#[test]
fn of_a_tree_all_files_have_to_be_there_and_right() {
    let (good, nodes) = (a_tree().hash(), nodes());
    let hi = (key("hi"), &b"hi"[..]);
    on_each(&with(&nodes, &[hi]), |scene| {
        let error = tree(scene, good).unwrap().1.unwrap_err();
        assert!(error.ends_with("is not there"), "{error}");
    });
    let wrong = (key("program"), &b"pro gram"[..]);
    on_each(&with(&nodes, &[hi, wrong]), |scene| {
        let error = tree(scene, good).unwrap().1.unwrap_err();
        assert_eq!(error, "it has other bytes for `bin/x`");
    });
}

#[test]
fn many_threads_at_once() {
    let texts: Vec<String> = (0..20).map(|number| format!("blob {number}")).collect();
    let key = |text: &String| (Key::Blob(Hash::of(text).into()), text.clone());
    let keys: Vec<_> = texts.iter().map(key).collect();
    let entries: Vec<_> = keys
        .iter()
        .map(|(key, text)| (*key, text.as_bytes()))
        .collect();
    on_each(&entries, |scene| {
        std::thread::scope(|scope| {
            for text in &texts {
                scope.spawn(|| scene.fetch(&source(text.as_bytes(), &[])).unwrap());
            }
        });
        assert_eq!(scene.store().0.read_dir_utf8().unwrap().count(), 20);
    });
}

#[test]
fn a_cache_that_fails_is_passed_over() {
    let object = Object::Blob(Hash::of("x").into());
    let plan = PlanHash(Hash::of("plan"));
    let record = object.to_string();
    on_each(&[(Key::Output(plan), record.as_bytes())], |scene| {
        let mut settings = scene.fetcher.settings().clone();
        let trouble = Trouble {
            fails: 1,
            ..Trouble::default()
        };
        let broken = Troubled::new(Memory::default(), trouble);
        settings.caches.insert(0, Cache::new(Arc::new(broken)));
        let fetcher = Fetcher::new(settings);
        let known = fetcher.records(&[plan], &scene.cancel, &scene.told);
        assert_eq!(known[&plan].output, object);
        fetcher.offered(&[object], &scene.cancel, &scene.told);
        let told = ["gave up `troubled memory` failed: it fails on purpose"];
        assert_eq!(scene.told.lines(), told, "once");
    });
}

#[test]
fn a_cache_is_asked_for_what_those_before_it_do_not_know() {
    let plans = ["first", "second"].map(|text| PlanHash(Hash::of(text)));
    let record = Object::Blob(Hash::of("x").into()).to_string();
    on_each(&[(Key::Output(plans[0]), record.as_bytes())], |scene| {
        let mut settings = scene.fetcher.settings().clone();
        let memory = Arc::new(Troubled::new(Memory::default(), Trouble::default()));
        settings.caches.push(Cache::new(Arc::clone(&memory)));
        let fetcher = Fetcher::new(settings);
        let known = fetcher.records(&plans[..1], &scene.cancel, &scene.told);
        assert_eq!((known.len(), memory.calls()), (1, 0));
        let known = fetcher.records(&plans, &scene.cancel, &scene.told);
        assert_eq!((known.len(), memory.calls()), (1, 1));
        // Of the second, nobody knows anything, and nobody is asked again.
        let known = fetcher.records(&plans[1..], &scene.cancel, &scene.told);
        assert_eq!((known.len(), memory.calls()), (0, 1));
    });
}

#[test]
fn a_slow_server_that_has_nothing_is_not_given_up() {
    let server = Server::new(|_: &Request| {
        std::thread::sleep(Duration::from_millis(300));
        Reply::status(404)
    });
    let base = server.url("");
    let cache = LookupCache::new("slow", move |key: &Key| {
        Some(Found::Url(format!("{base}{}", key.path())))
    });
    // All of its answers together take longer than it may be silent.
    let scene = Scene::with(|settings| {
        settings.caches.push(Cache::new(Arc::new(cache)));
        settings.question_timeout = Duration::from_secs(1);
    });
    let plans: Vec<PlanHash> = (0..200)
        .map(|number| PlanHash(Hash::of(format!("{number}"))))
        .collect();
    let began = std::time::Instant::now();
    let known = scene.fetcher.records(&plans, &scene.cancel, &scene.told);
    assert!(known.is_empty());
    assert!(began.elapsed() > Duration::from_secs(1));
    assert_eq!(scene.told.lines(), Vec::<String>::new());
    assert_eq!(server.count(), 200);
}

#[test]
fn exported_sources_serve_a_machine_without_a_network() {
    let bytes = sample(100_000);
    let scene = Scene::new();
    let path = scene.root().join("source.tar");
    fs::write(&path, &bytes).unwrap();
    let digest = Digest::from(Hash::of(&bytes));
    let export = DirectoryCache::create(scene.root().join("export")).unwrap();
    let outgoing = Outgoing::new(digest.into(), || fs::File::open(&path));
    export.write(vec![outgoing]).unwrap();
    let offline = Scene::with(|settings| {
        settings.offline = true;
        let import = DirectoryCache::open(scene.root().join("export")).unwrap();
        settings.caches.push(Cache::new(Arc::new(import)));
    });
    let source = source(&bytes, &["https://upstream.invalid/source.tar".to_owned()]);
    offline.fetch_right(&source, &bytes);
}
