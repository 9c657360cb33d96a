//! What a run costs beside the work: graphs of several shapes and sizes, built by an executor that makes
//! nothing.
//!
//! `cargo bench -p distill --bench schedule -- [wide|chain|fan|all] [SIZE…]`: times are microseconds of
//! user time a plan. They must not grow with the size: what an event costs does not depend on how many
//! plans there are.
#![expect(clippy::print_stdout, reason = "it is what a benchmark is for")]

use std::error::Error;
use std::time::Duration;

use camino::Utf8Path;
use distill::engine::{
    Builder, Cancel, Event, ExecuteError, Executed, Executor, Job, JobId, Options, Output,
    Supplier, WrongMachine,
};
use distill::plan::{
    AbsPath, Action, Artifact, BuildPlatform, Input, Merge, Mode, Name, Object, PathError, Plan,
    RelPath, Source,
};
use distill::store::{Store, Usage};
use nix::sys::resource::{UsageWho, getrusage};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The shapes, and what a graph of so many plans looks like.
const SHAPES: [(&str, fn(usize, &Artifact) -> Result<Vec<Plan>>); 3] =
    [("wide", wide), ("chain", chain), ("fan", fan)];

const SIZES: [usize; 4] = [2_000, 8_000, 32_000, 128_000];

struct Nothing;

impl Executor for Nothing {
    fn check(&self, _: &BuildPlatform) -> std::result::Result<(), WrongMachine> {
        Ok(())
    }

    fn execute(&self, job: &Job<'_>) -> Executed {
        Executed {
            output: Ok(Output::here(Object::Tree(job.plan.hash().0))),
            usage: Usage::default(),
            log: None,
            tail: Vec::new(),
        }
    }
}

impl Supplier for Nothing {
    fn supply(
        &self,
        _: JobId,
        source: &Source,
        _: &Cancel,
        _: &(dyn Fn(Event) + Sync),
    ) -> std::result::Result<Object, ExecuteError> {
        Ok(Object::Blob(source.digest))
    }
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let named = |name: &str| words.iter().any(|word| word == name || word == "all");
    let any_name = SHAPES.iter().any(|(name, _)| named(name));
    let sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let sizes = if sizes.is_empty() {
        SIZES.to_vec()
    } else {
        sizes
    };
    for (name, shape) in SHAPES {
        if !any_name || named(name) {
            for size in &sizes {
                let (user, wall) = measure(*size, shape)?;
                println!("{name:<6} {size:>7} plans  user {user:>7.1}  wall {wall:>7.1}");
            }
        }
    }
    Ok(())
}

/// Microseconds of user time and of real time a plan.
fn measure(size: usize, shape: fn(usize, &Artifact) -> Result<Vec<Plan>>) -> Result<(f64, f64)> {
    let directory = tempfile::tempdir()?;
    let store = Store::open(Utf8Path::from_path(directory.path()).ok_or("no UTF-8")?)?;
    let roots = shape(size, &Artifact::dir(RelPath::new("d")?, Mode::DIR))?;
    let (options, cancel) = (Options::default(), Cancel::default());
    let builder = Builder {
        store: &store,
        executor: &Nothing,
        supplier: &Nothing,
        options: &options,
        events: &|_| {},
        cancel: &cancel,
    };
    let (before, began) = (user_time()?, std::time::Instant::now());
    builder.build(&roots)?;
    let (user, wall) = (user_time()?.saturating_sub(before), began.elapsed());
    let each = |time: Duration| {
        time.as_secs_f64() * 1e6 / f64::from(u32::try_from(size).unwrap_or(u32::MAX))
    };
    Ok((each(user), each(wall)))
}

fn user_time() -> Result<Duration> {
    let time = getrusage(UsageWho::RUSAGE_SELF)?.user_time();
    let micros = u64::try_from(time.tv_usec())?;
    Ok(Duration::from_secs(u64::try_from(time.tv_sec())?) + Duration::from_micros(micros))
}

/// A plan whose place makes it differ from all others.
fn plan(number: usize, inputs: impl IntoIterator<Item = Artifact>) -> Result<Plan> {
    let name = format!("n{number}");
    let inputs = inputs.into_iter().enumerate().map(|(place, of)| {
        let at = AbsPath::new(format!("/{name}/{place}"))?;
        Ok(Input { at, of })
    });
    let inputs = inputs.collect::<std::result::Result<_, PathError>>()?;
    Ok(Plan::named(Name::new(name)?).action(Action::Merge(Merge { inputs })))
}

/// Plans that need nothing of each other.
fn wide(size: usize, leaf: &Artifact) -> Result<Vec<Plan>> {
    (0..size)
        .map(|number| plan(number, [leaf.clone()]))
        .collect()
}

/// Each needs the one before it.
fn chain(size: usize, leaf: &Artifact) -> Result<Vec<Plan>> {
    let first = plan(0, [leaf.clone()])?;
    let last = (1..size).try_fold(first, |last, number| plan(number, [Artifact::Plan(last)]))?;
    Ok(vec![last])
}

/// One that needs all others.
fn fan(size: usize, leaf: &Artifact) -> Result<Vec<Plan>> {
    let others = wide(size - 1, leaf)?;
    Ok(vec![plan(size, others.into_iter().map(Artifact::Plan))?])
}
