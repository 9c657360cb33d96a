use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::super::schedule::{Ended, Lane, Schedule};
use super::super::{
    Asking, BuildError, Builder, Cancel, Event, ExecuteError, Executed, Executor, Job, JobId,
    Options, Output, Place, Sources, Supplier, WrongMachine,
};
use crate::fetch::{Fetcher, Settings};
use crate::objects::Record;
use crate::plan::{
    AbsPath, Action, Artifact, BuildPlatform, Digest, Hash, Input, Merge, Mode, Name, Object,
    Origin, Plan, PlanHash, RelPath, Source,
};
use crate::store::{Store, Usage};

mod elsewhere;
mod others;
mod survey;

/// What `work` gives, unless it takes too long: then it hangs, and the test fails.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    let limit = Duration::from_secs(30);
    receiver
        .recv_timeout(limit)
        .expect("the run hangs, or the test failed in its thread")
}

fn literal(name: &str) -> Artifact {
    Artifact::file(RelPath::new(name).unwrap(), Mode::FILE, name)
}

fn merge(name: &str, inputs: impl IntoIterator<Item = Artifact>) -> Plan {
    let at = AbsPath::root();
    let inputs = inputs
        .into_iter()
        .map(|of| Input { at: at.clone(), of })
        .collect();
    Plan::named(Name::new(name).unwrap()).action(Action::Merge(Merge { inputs }))
}

fn plan(name: &str) -> Plan {
    merge(name, [literal(name)])
}

/// An executor that is a function of the plan's label; the labels of its inputs name the plan here.
struct Does<F>(F);

impl<F: Fn(&Job<'_>, &str) -> Result<Object, ExecuteError> + Sync> Executor for Does<F> {
    fn check(&self, _: &BuildPlatform) -> Result<(), WrongMachine> {
        Ok(())
    }

    fn execute(&self, job: &Job<'_>) -> Executed {
        let name = job.labels.values().next().cloned().unwrap_or_default();
        let output = (self.0)(job, name.trim_start_matches('/')).map(Output::here);
        Executed {
            output,
            usage: Usage::default(),
            log: None,
            tail: Vec::new(),
        }
    }
}

/// What a plan makes, as far as these tests care.
fn output(job: &Job<'_>) -> Object {
    Object::Tree(job.plan.hash().0)
}

/// Works until somebody wants it to stop.
fn until_stopped(cancel: &Cancel) -> Result<Object, ExecuteError> {
    while !cancel.is_cancelled() {
        std::thread::sleep(Duration::from_millis(2));
    }
    Err(ExecuteError::Cancelled)
}

/// Brings nothing, or what a function says.
struct Brings<F>(F);

impl<F: Fn(&Source, &Cancel) -> Result<Object, ExecuteError> + Sync> Supplier for Brings<F> {
    fn supply(
        &self,
        _: JobId,
        source: &Source,
        cancel: &Cancel,
        _: &(dyn Fn(Event) + Sync),
    ) -> Result<Object, ExecuteError> {
        (self.0)(source, cancel)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "other suppliers fail")]
fn nothing(source: &Source, _: &Cancel) -> Result<Object, ExecuteError> {
    Ok(Object::Blob(source.digest))
}

struct Outcome {
    result: Result<Vec<Object>, BuildError>,
    /// Whether it looks as if the user had wanted the end.
    cancelled: bool,
}

fn build(
    roots: &[Plan],
    executor: &dyn Executor,
    supplier: &dyn Supplier,
    options: &Options,
    events: &(dyn Fn(Event) + Sync),
) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(Utf8Path::from_path(directory.path()).unwrap()).unwrap();
    let cancel = Cancel::default();
    let builder = Builder {
        store: &store,
        executor,
        supplier,
        options,
        events,
        cancel: &cancel,
    };
    let result = builder.build(roots);
    let cancelled = cancel.is_cancelled();
    Outcome { result, cancelled }
}

fn two_jobs() -> Options {
    Options {
        jobs: 2,
        ..Options::default()
    }
}

/// The label and the message of a panic.
fn panicked(outcome: Outcome) -> (String, String) {
    assert!(!outcome.cancelled, "nobody pressed Ctrl-C");
    match outcome.result {
        Err(BuildError::Panicked { label, message }) => (label, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_executor_that_panics_ends_the_run_and_what_runs_beside_it() {
    let outcome = in_time(|| {
        let long = AtomicUsize::new(0);
        let executor = Does(|job: &Job<'_>, name: &str| {
            if name == "long" {
                long.fetch_add(1, Ordering::SeqCst);
                return until_stopped(job.cancel);
            }
            while long.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            panic!("no {}", "good")
        });
        let roots = [plan("long"), plan("bad")];
        build(&roots, &executor, &Brings(nothing), &two_jobs(), &|_| {})
    });
    assert_eq!(panicked(outcome), ("bad".to_owned(), "no good".to_owned()));
}

#[test]
fn a_panic_in_a_thread_of_an_operation_ends_the_run() {
    let outcome = in_time(|| {
        let executor = Does(|_: &Job<'_>, _: &str| {
            let joined = std::thread::scope(|scope| scope.spawn(|| panic!("deep inside")).join());
            joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        build(
            &[plan("x")],
            &executor,
            &Brings(nothing),
            &two_jobs(),
            &|_| {},
        )
    });
    assert_eq!(panicked(outcome).1, "deep inside");
}

#[test]
fn a_supplier_that_panics_ends_the_run_and_stops_the_others() {
    let outcome = in_time(|| {
        let source = |name: &str| {
            let origin = Origin::Url(format!("https://a.example/{name}"));
            Artifact::Source(Source::new(Hash::of(name), origin))
        };
        let begun = AtomicUsize::new(0);
        let supplier = Brings(|source: &Source, cancel: &Cancel| {
            if source.file_name == "endless" {
                begun.fetch_add(1, Ordering::SeqCst);
                return until_stopped(cancel);
            }
            while begun.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            panic!("no network")
        });
        let roots = [merge("x", [source("endless"), source("bad")])];
        let executor = Does(|job: &Job<'_>, _: &str| Ok(output(job)));
        build(&roots, &executor, &supplier, &two_jobs(), &|_| {})
    });
    assert_eq!(
        panicked(outcome),
        ("bad".to_owned(), "no network".to_owned())
    );
}

#[test]
fn a_receiver_of_events_that_panics_ends_the_run_wherever_it_is_called_from() {
    // From the loop, from a job's thread, and from below an executor.
    let calls: [fn(&Event) -> bool; 4] = [
        |event| matches!(event, Event::Planned { .. }),
        |event| matches!(event, Event::Started { .. }),
        |event| matches!(event, Event::Line { .. }),
        |event| matches!(event, Event::Finished { .. }),
    ];
    for is_bad in calls {
        let outcome = in_time(move || {
            let executor = Does(|job: &Job<'_>, name: &str| {
                (job.line)("a line".to_owned());
                match name {
                    "long" => until_stopped(job.cancel),
                    _ => Ok(output(job)),
                }
            });
            let events = |event: Event| assert!(!is_bad(&event), "cannot show {}", "this");
            let roots = [plan("long"), plan("short")];
            build(&roots, &executor, &Brings(nothing), &two_jobs(), &events)
        });
        let expected = (
            "the receiver of events".to_owned(),
            "cannot show this".to_owned(),
        );
        assert_eq!(panicked(outcome), expected);
    }
}

#[test]
fn a_supplier_that_panics_while_the_run_asks_it_ends_the_run() {
    struct Asked;
    impl Supplier for Asked {
        fn supply(
            &self,
            _: JobId,
            _: &Source,
            _: &Cancel,
            _: &(dyn Fn(Event) + Sync),
        ) -> Result<Object, ExecuteError> {
            Err(ExecuteError::Cancelled)
        }

        fn has_others(&self) -> bool {
            true
        }

        fn records(&self, _: &[PlanHash], _: Asking<'_>) -> BTreeMap<PlanHash, Record> {
            panic!("a cache of a user's own")
        }
    }
    let outcome = in_time(|| {
        let executor = Does(|job: &Job<'_>, _: &str| Ok(output(job)));
        build(&[plan("x")], &executor, &Asked, &two_jobs(), &|_| {})
    });
    assert_eq!(panicked(outcome).1, "a cache of a user's own");
}

#[test]
fn a_record_that_cannot_be_read_stops_what_runs() {
    let outcome = in_time(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(directory.path()).unwrap();
        let store = Store::open(path).unwrap();
        let cancel = Cancel::default();
        // When `first` is made, the records are a file: what needs it cannot be looked up.
        let began = AtomicUsize::new(0);
        let executor = Does(|job: &Job<'_>, name: &str| match name {
            "long" => {
                began.fetch_add(1, Ordering::SeqCst);
                until_stopped(job.cancel)
            }
            _ => {
                while began.load(Ordering::SeqCst) == 0 {
                    std::thread::yield_now();
                }
                Ok(output(job))
            }
        });
        let events = |event: Event| {
            if let Event::Finished { .. } = event {
                std::fs::remove_dir_all(path.join("records")).unwrap();
                std::fs::write(path.join("records"), "").unwrap();
            }
        };
        let user = merge("user", [Artifact::from(plan("first"))]);
        let result = Builder {
            store: &store,
            executor: &executor,
            supplier: &Brings(nothing),
            options: &two_jobs(),
            events: &events,
            cancel: &cancel,
        }
        .build(&[plan("long"), user]);
        let cancelled = cancel.is_cancelled();
        Outcome { result, cancelled }
    });
    assert!(!outcome.cancelled);
    assert!(
        matches!(outcome.result, Err(BuildError::Store(_))),
        "{:?}",
        outcome.result
    );
}

#[test]
fn ctrl_c_is_still_told_as_such() {
    let result = in_time(|| {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(Utf8Path::from_path(directory.path()).unwrap()).unwrap();
        let cancel = Cancel::default();
        let executor = Does(|job: &Job<'_>, _: &str| {
            cancel.cancel();
            until_stopped(job.cancel)
        });
        Builder {
            store: &store,
            executor: &executor,
            supplier: &Brings(nothing),
            options: &two_jobs(),
            events: &|_| {},
            cancel: &cancel,
        }
        .build(&[plan("x")])
    });
    assert!(matches!(result, Err(BuildError::Cancelled)));
}

#[test]
fn no_more_threads_is_a_message() {
    // No machine has room for stacks of so many bytes.
    let tests = std::env::current_exe().unwrap();
    let inside = "engine::run::tests::in_a_process_without_threads";
    let ran = std::process::Command::new(tests)
        .args(["--exact", inside, "--ignored", "--test-threads=1"])
        .env("RUST_MIN_STACK", (1_u64 << 46).to_string())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "it is run by another test, in a process of its own"]
fn in_a_process_without_threads() {
    let executor = Does(|job: &Job<'_>, _: &str| Ok(output(job)));
    let roots = [plan("x")];
    let outcome = build(&roots, &executor, &Brings(nothing), &two_jobs(), &|_| {});
    assert!(!outcome.cancelled);
    let error = outcome.result.unwrap_err();
    assert!(matches!(error, BuildError::Threads(_)), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("`ulimit -u`") && text.contains("`pids.max`"),
        "{text}"
    );
}

#[test]
fn definitions_of_one_failing_plan_run_once_and_fail_together() {
    let runs = AtomicUsize::new(0);
    let executor = Does(|_: &Job<'_>, _: &str| {
        runs.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        Err(ExecuteError::NoOutput)
    });
    let same = |name: &str| merge(name, [literal("same")]);
    let mut roots: Vec<Plan> = (0..4).map(|n| same(&format!("p{n}"))).collect();
    let fifth = same("p4");
    roots.push(merge("user", [Artifact::from(fifth), literal("more")]));
    let options = Options {
        jobs: 5,
        keep_going: true,
        ..Options::default()
    };
    let told = Mutex::new(Vec::new());
    let events = |event: Event| {
        if let Event::Failed { id, .. } = event {
            told.lock().unwrap().push(id);
        }
    };
    let outcome = build(&roots, &executor, &Brings(nothing), &options, &events);
    let Err(BuildError::Failed { failures, skipped }) = outcome.result else {
        panic!("{:?}", outcome.result);
    };
    assert_eq!((runs.into_inner(), failures.len(), skipped), (1, 1, 1));
    let mut labels = failures[0].also.clone();
    labels.push(failures[0].label.clone());
    labels.sort();
    assert_eq!(labels, ["p0", "p1", "p2", "p3", "p4"]);
    let mut told = told.into_inner().unwrap();
    assert_eq!(told.len(), 5);
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 5, "each once");
}

#[test]
fn a_source_that_several_recipes_name_has_the_origins_of_all() {
    let seen = Mutex::new(Vec::new());
    let supplier = Brings(|source: &Source, _: &Cancel| {
        seen.lock().unwrap().push(source.clone());
        Ok(Object::Blob(source.digest))
    });
    let url = |host: &str| Origin::Url(format!("https://{host}.example/x"));
    let source = |name: &str, hosts: &[&str]| Source {
        digest: Digest::from(Hash::of("x")),
        file_name: name.to_owned(),
        origins: hosts.iter().map(|host| url(host)).collect(),
    };
    let first = merge("one", [Artifact::Source(source("x-1.tar", &["dead", "b"]))]);
    let second = source("v1.tar", &["b", "c"]);
    let roots = [
        first,
        merge("two", [literal("y"), Artifact::Source(second)]),
    ];
    let executor = Does(|job: &Job<'_>, _: &str| Ok(output(job)));
    build(&roots, &executor, &supplier, &two_jobs(), &|_| {})
        .result
        .unwrap();
    let expected = source("x-1.tar, v1.tar", &["dead", "b", "c"]);
    assert_eq!(seen.into_inner().unwrap(), [expected]);
}

#[test]
fn a_first_recipe_with_a_dead_origin_does_not_spoil_the_source_of_a_second() {
    let directory = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(directory.path()).unwrap();
    std::fs::write(root.join("x.tar"), "x").unwrap();
    let store = Store::open(&root.join("store")).unwrap();
    let file = |path: &str| Source::new(Hash::of("x"), Origin::File(root.join(path)));
    let roots = ["dead.tar", "x.tar"].map(|path| {
        merge(
            path.trim_end_matches(".tar"),
            [literal(path), Artifact::Source(file(path))],
        )
    });
    let fetcher = Fetcher::new(Settings::new(store.partial_dir()));
    let cancel = Cancel::default();
    let executor = Does(|job: &Job<'_>, _: &str| Ok(output(job)));
    let builder = Builder {
        store: &store,
        executor: &executor,
        supplier: &Sources {
            store: &store,
            fetcher: &fetcher,
            cancel: &cancel,
        },
        options: &two_jobs(),
        events: &|_| {},
        cancel: &cancel,
    };
    builder.build(&roots).unwrap();
    assert!(store.has(&Object::Blob(Hash::of("x").into())));
}

#[test]
fn an_event_costs_the_same_however_many_plans_there_are() {
    let time = |plans: usize| {
        let roots: Vec<Plan> = (0..plans).map(|n| plan(&format!("n{n}"))).collect();
        let graph = super::super::graph::Graph::new(&roots, &BTreeMap::new()).unwrap();
        let mut schedule = Schedule::new(graph);
        let facts = Empty;
        let began = Instant::now();
        let Ok(()) = schedule.begin(&facts, false);
        while let Some(id) = schedule.take(Lane::Work) {
            let output = Object::Tree(Hash::of(id.to_string()));
            let Ok(()) = schedule.ended(&facts, id, Ended::Made(output, Place::Here));
            assert!(schedule.newly_necessary().len() <= 2 * plans);
        }
        began.elapsed().as_secs_f64() / f64::from(u32::try_from(plans).unwrap())
    };
    // Quadratic, this is 16 times as much a plan; a busy machine does not make it 6 times.
    let (few, many) = (time(1_000), time(16_000));
    assert!(
        many < few * 6.0,
        "{few} s a plan of 1,000, {many} s of 16,000"
    );
}

/// A store that knows nothing and has nothing.
struct Empty;

impl super::super::schedule::Facts for Empty {
    type Error = std::convert::Infallible;

    fn recorded(&self, _: &PlanHash) -> Result<Option<Object>, Self::Error> {
        Ok(None)
    }

    fn present(&self, _: &Object) -> Result<bool, Self::Error> {
        Ok(false)
    }

    fn literal(&self, literal: &crate::plan::Literal, _: &Plan) -> Result<Object, Self::Error> {
        Ok(Object::Tree(Hash::of(format!("{literal:?}"))))
    }

    fn has_others(&self) -> bool {
        false
    }

    fn place(&self, _: &crate::plan::Resolved) -> Place {
        Place::Here
    }
}
