//! What others are asked in a run, how often, and what becomes of a run when they are slow, fail or hang.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::engine::Survey;
use crate::fetch::{Cache, DirectoryCache};
use crate::objects::conformance::{Trouble, Troubled};
use crate::objects::{
    Answer, Backend, BackendError, Content, Contents, Found, Memory, Outgoing, Provenance, Record,
    Records,
};
use crate::plan::{Literal, Resolved};
use crate::store::intake::literal_tree;

/// How long these tests wait for who does not answer.
const LIMIT: Duration = Duration::from_millis(300);

/// What the executor of these tests makes of a plan: a file with the plan's hash in it.
pub(super) fn text(plan: &Resolved) -> String {
    format!("made by {}\n", plan.hash())
}

pub(super) fn made(plan: &Resolved) -> Object {
    Object::Blob(Hash::of(text(plan)).into())
}

/// A plan of literals, as the schedule resolves it.
pub(super) fn resolved(plan: &Plan, outputs: &BTreeMap<usize, Object>) -> Resolved {
    let action = plan.action().unwrap().try_map(|artifact| match artifact {
        Artifact::Literal(literal) => Ok(tree(literal)),
        Artifact::Plan(plan) => Ok::<_, std::convert::Infallible>(outputs[&plan.id()]),
        Artifact::Source(source) => Ok(Object::Blob(source.digest)),
    });
    let Ok(action) = action;
    Resolved::new(action)
}

fn tree(literal: &Literal) -> Object {
    Object::Tree(literal_tree(literal).unwrap().hash())
}

fn record(output: Object) -> Record {
    Record {
        label: "made by others".to_owned(),
        output,
        provenance: Provenance::Here,
        finished: 1,
        usage: Usage::default(),
        machine: "theirs".to_owned(),
        distill: "0".to_owned(),
    }
}

/// What others have when they have built `plans`, inputs before users.
fn built(plans: &[Plan]) -> Memory {
    let (memory, mut outputs) = (Memory::default(), BTreeMap::new());
    for plan in plans {
        let resolved = resolved(plan, &outputs);
        let output = made(&resolved);
        let bytes = text(&resolved);
        let content = Content::head(&output);
        let outgoing = Outgoing::bytes(content, bytes.as_bytes());
        memory.write(vec![outgoing]).unwrap();
        memory.record(&[(&resolved, &record(output))]).unwrap();
        outputs.insert(plan.id(), output);
    }
    memory
}

/// A store, and everything that happened in it.
pub(super) struct Scene {
    _dir: tempfile::TempDir,
    pub(super) store: Store,
    events: Mutex<Vec<String>>,
    pub(super) ran: Mutex<Vec<String>>,
}

impl Scene {
    pub(super) fn new() -> Scene {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap().join("store");
        Scene {
            store: Store::open(&root).unwrap(),
            _dir: dir,
            events: Mutex::default(),
            ran: Mutex::default(),
        }
    }

    fn fetcher(&self, caches: Vec<Cache>) -> Fetcher {
        let mut settings = Settings::new(self.store.partial_dir());
        settings.caches = caches;
        settings.question_timeout = LIMIT;
        settings.stall_timeout = LIMIT;
        Fetcher::new(settings)
    }

    /// Does something with a builder that runs plans here, and asks `caches`.
    fn with<T>(&self, caches: Vec<Cache>, work: impl FnOnce(&Builder<'_>) -> T) -> T {
        let executor = Does(|job: &Job<'_>, name: &str| {
            self.ran.lock().unwrap().push(name.to_owned());
            let path = self.store.temp_path();
            std::fs::write(&path, text(job.plan)).unwrap();
            let hasher = Digest::from(Hash::of("")).hasher();
            let never = &crate::store::intake::NEVER;
            let file = crate::store::intake::HashedFile::hash(path, hasher, never);
            Ok(self.store.land_blob(&file.unwrap()).unwrap())
        });
        self.with_executor(&executor, caches, work)
    }

    pub(super) fn with_executor<T>(
        &self,
        executor: &dyn Executor,
        caches: Vec<Cache>,
        work: impl FnOnce(&Builder<'_>) -> T,
    ) -> T {
        let (fetcher, cancel) = (self.fetcher(caches), Cancel::default());
        let events = |event: Event| {
            let told = match event {
                Event::Remark { text } => format!("remark {text}"),
                Event::Finished { outcome, .. } => format!("{outcome:?}"),
                _ => return,
            };
            self.events.lock().unwrap().push(told);
        };
        let options = Options {
            question_timeout: LIMIT,
            ..two_jobs()
        };
        work(&Builder {
            store: &self.store,
            executor,
            supplier: &Sources {
                store: &self.store,
                fetcher: &fetcher,
                cancel: &cancel,
            },
            options: &options,
            events: &events,
            cancel: &cancel,
        })
    }

    pub(super) fn told(&self, start: &str) -> usize {
        let events = self.events.lock().unwrap();
        events.iter().filter(|text| text.starts_with(start)).count()
    }

    pub(super) fn ran(&self) -> Vec<String> {
        let mut ran = self.ran.lock().unwrap().clone();
        ran.sort();
        ran
    }
}

fn numbered(count: usize) -> Vec<Plan> {
    (0..count)
        .map(|number| plan(&format!("n{number}")))
        .collect()
}

/// A hundred plans, and one that needs them all.
fn hundred() -> (Vec<Plan>, Plan) {
    let parts = numbered(100);
    let artifacts = parts.iter().map(Artifact::from).chain([literal("top")]);
    let top = merge("top", artifacts);
    (parts, top)
}

#[test]
fn questions_of_one_moment_are_one_batch() {
    let (parts, top) = hundred();
    let cache = Arc::new(Troubled::new(built(&parts), Trouble::default()));
    let calls = || cache.calls();
    let scene = Scene::new();
    scene.with(vec![Cache::new(Arc::clone(&cache))], |builder| {
        // What the parts made, then what the top made: nobody knows that.
        let survey: Survey = builder.survey(std::slice::from_ref(&top)).unwrap();
        assert!(survey.missing.contains(&"top".to_owned()));
        // And who has the bytes of the parts: one more.
        assert_eq!(calls(), 3);
        builder.build(&[top]).unwrap();
        // Nothing is asked again; each file is read.
        assert_eq!(calls(), 3 + parts.len());
    });
    assert_eq!((scene.ran().len(), scene.told("Brought")), (1, 100));
}

#[test]
fn a_build_without_a_survey_asks_as_few_questions() {
    let (parts, top) = hundred();
    let cache = Arc::new(Troubled::new(built(&parts), Trouble::default()));
    let scene = Scene::new();
    scene.with(vec![Cache::new(Arc::clone(&cache))], |builder| {
        builder.build(&[top]).unwrap();
    });
    let questions = cache.calls() - parts.len();
    assert_eq!(questions, 3);
}

/// Whoever is asked never answers.
#[derive(Debug)]
struct Hangs;

fn hang() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

impl Backend for Hangs {
    fn name(&self) -> String {
        "a dead server".to_owned()
    }
}

impl Contents for Hangs {
    fn missing(&self, _: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
        hang()
    }

    fn read(&self, _: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError> {
        hang()
    }
}

impl Records for Hangs {
    fn look_up(&self, _: &[PlanHash]) -> Result<BTreeMap<PlanHash, Answer>, BackendError> {
        hang()
    }
}

/// Five plans, each of which needs the one before, and a source.
fn chain(source: &Source) -> Plan {
    let first = merge("c0", [literal("c0"), Artifact::Source(source.clone())]);
    (1..5).fold(first, |last, number| {
        let name = format!("c{number}");
        merge(&name, [literal(&name), Artifact::from(last)])
    })
}

#[test]
fn a_cache_that_hangs_costs_one_time_out_and_is_named_once() {
    let took = in_time(|| {
        let scene = Scene::new();
        let file = scene.store.temp_path();
        std::fs::write(&file, "source").unwrap();
        let source = Source::new(Hash::of("source"), Origin::File(file));
        let began = Instant::now();
        // The survey, the build, and the download of a source: they know it of each other.
        scene.with(vec![Cache::new(Arc::new(Hangs))], |builder| {
            builder.survey(&[chain(&source)]).unwrap();
            builder.build(&[chain(&source)]).unwrap();
        });
        let took = began.elapsed();
        assert_eq!(scene.ran().len(), 5);
        let said = "remark `a dead server` said nothing for 0.3 s, and is not asked again";
        assert_eq!((scene.told(said), scene.told("remark")), (1, 1));
        took
    });
    assert!(took >= LIMIT && took < LIMIT * 3, "{took:?}");
}

#[test]
fn those_who_answer_are_asked_beside_one_that_hangs() {
    let scene = in_time(|| {
        let (parts, top) = hundred();
        let good = Cache::new(Arc::new(built(&parts)));
        let scene = Scene::new();
        scene.with(vec![Cache::new(Arc::new(Hangs)), good], |builder| {
            builder.build(&[top]).unwrap();
        });
        scene
    });
    assert_eq!((scene.ran().len(), scene.told("Brought")), (1, 100));
}

#[test]
fn a_cache_that_fails_and_loses_things_costs_no_more_than_running() {
    let (parts, top) = hundred();
    for (fails, loses) in [(1, 0), (2, 0), (0, 1), (0, 3), (2, 2)] {
        let trouble = Trouble {
            delay: Duration::from_millis(1),
            fails,
            loses,
        };
        let cache = Cache::new(Arc::new(Troubled::new(built(&parts), trouble)));
        let scene = Scene::new();
        let outputs = scene.with(vec![cache], |builder| {
            builder.build(std::slice::from_ref(&top))
        });
        let output = outputs.unwrap()[0];
        assert!(scene.store.has(&output));
        let own = Scene::new();
        let same = own.with(Vec::new(), |builder| {
            builder.build(std::slice::from_ref(&top))
        });
        assert_eq!(same.unwrap(), [output]);
        assert_eq!(scene.told("Brought") + scene.ran().len(), 101);
    }
}

/// Says nothing about records until a job ran.
#[derive(Debug)]
struct Waits(Arc<AtomicBool>);

impl Backend for Waits {
    fn name(&self) -> String {
        "slow".to_owned()
    }
}

impl Records for Waits {
    fn look_up(&self, _: &[PlanHash]) -> Result<BTreeMap<PlanHash, Answer>, BackendError> {
        while !self.0.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        Ok(BTreeMap::new())
    }
}

#[test]
fn what_is_not_asked_about_runs_while_others_are_asked() {
    in_time(|| {
        let scene = Scene::new();
        // What it made is known here, and the bytes are gone: it has to run, and nobody is asked.
        let known = resolved(&plan("known"), &BTreeMap::new());
        let mut told = record(made(&known));
        told.provenance = Provenance::Cache("somebody".to_owned());
        scene.store.write_record(&known, &told).unwrap();
        let ran = Arc::new(AtomicBool::new(false));
        let cache = Cache::of_records(Arc::new(Waits(Arc::clone(&ran))));
        let executor = Does(|job: &Job<'_>, name: &str| {
            if name == "known" {
                ran.store(true, Ordering::SeqCst);
            }
            Ok(made(job.plan))
        });
        let fetcher = {
            let mut settings = Settings::new(scene.store.partial_dir());
            settings.caches = vec![cache];
            settings.question_timeout = Duration::from_secs(3600);
            Fetcher::new(settings)
        };
        let cancel = Cancel::default();
        let supplier = Sources {
            store: &scene.store,
            fetcher: &fetcher,
            cancel: &cancel,
        };
        Builder {
            store: &scene.store,
            executor: &executor,
            supplier: &supplier,
            options: &two_jobs(),
            events: &|_| {},
            cancel: &cancel,
        }
        .build(&[plan("unknown"), plan("known")])
        .unwrap();
    });
}

#[test]
fn a_run_that_ends_does_not_wait_for_answers() {
    let took = in_time(|| {
        let scene = Scene::new();
        let known = resolved(&plan("known"), &BTreeMap::new());
        let mut told = record(made(&known));
        told.provenance = Provenance::Cache("somebody".to_owned());
        scene.store.write_record(&known, &told).unwrap();
        let never = Arc::new(AtomicBool::new(false));
        let mut settings = Settings::new(scene.store.partial_dir());
        settings.caches = vec![Cache::of_records(Arc::new(Waits(never)))];
        settings.question_timeout = Duration::from_secs(3600);
        let (fetcher, cancel) = (Fetcher::new(settings), Cancel::default());
        let executor = Does(|_: &Job<'_>, _: &str| Err(ExecuteError::NoOutput));
        let began = Instant::now();
        let result = Builder {
            store: &scene.store,
            executor: &executor,
            supplier: &Sources {
                store: &scene.store,
                fetcher: &fetcher,
                cancel: &cancel,
            },
            options: &two_jobs(),
            events: &|_| {},
            cancel: &cancel,
        }
        .build(&[plan("unknown"), plan("known")]);
        assert!(matches!(result, Err(BuildError::Failed { .. })));
        began.elapsed()
    });
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn what_a_cache_says_is_written_down_with_its_name() {
    let (parts, top) = hundred();
    let directory = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(directory.path()).unwrap();
    let cache = DirectoryCache::create(root.join("cache")).unwrap();
    let plan = resolved(&parts[0], &BTreeMap::new());
    cache.record(&[(&plan, &record(made(&plan)))]).unwrap();
    let scene = Scene::new();
    scene.with(vec![Cache::new(Arc::new(cache))], |builder| {
        builder.survey(&[top]).unwrap();
    });
    let written = scene.store.record(&plan.hash()).unwrap().unwrap();
    assert_eq!(written.output, made(&plan));
    let name = root.join("cache").to_string();
    assert_eq!(written.provenance, Provenance::Cache(name));
    assert_eq!(
        (written.label.as_str(), written.machine.as_str()),
        ("n0", "theirs")
    );
}
