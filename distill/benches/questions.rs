//! What it costs to ask others: a hundred plans that a distant cache knows, and one that does not answer.
//!
//! `cargo bench -p distill --bench questions`: times are of a survey, which asks and does nothing else, and
//! of the build behind it.
#![expect(clippy::print_stdout, reason = "it is what a benchmark is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use distill::engine::{
    Builder, Cancel, ExecuteError, Executed, Executor, Job, Options, Output, Sources, WrongMachine,
};
use distill::fetch::{Cache, Fetcher, Settings};
use distill::objects::conformance::{Trouble, Troubled};
use distill::objects::{
    Content, Contents as _, Memory, Outgoing, Provenance, Record, Records as _,
};
use distill::plan::{
    AbsPath, Action, Artifact, BuildPlatform, Hash, Input, Literal, Merge, Mode, Name, Object,
    Plan, RelPath, Resolved,
};
use distill::store::intake::literal_tree;
use distill::store::{Store, Usage};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How many plans nobody has here.
const PLANS: usize = 100;

/// How far the cache is.
const FAR: Duration = Duration::from_millis(50);

/// How long one that does not answer is waited for.
const LIMIT: Duration = Duration::from_secs(5);

/// Makes nothing, at once.
struct Nothing;

impl Executor for Nothing {
    fn check(&self, _: &BuildPlatform) -> std::result::Result<(), WrongMachine> {
        Ok(())
    }

    fn execute(&self, job: &Job<'_>) -> Executed {
        let output: std::result::Result<Output, ExecuteError> =
            Ok(Output::here(Object::Tree(job.plan.hash().0)));
        Executed {
            output,
            usage: Usage::default(),
            log: None,
            tail: Vec::new(),
        }
    }
}

fn main() -> Result<()> {
    let plans: Vec<Plan> = (0..PLANS).map(plan).collect::<Result<_>>()?;
    let chain = (0..PLANS).try_fold(Vec::new(), |mut chain: Vec<Plan>, number| {
        let plan = user(number, chain.last())?;
        chain.push(plan);
        Ok::<_, Box<dyn Error>>(chain)
    })?;
    let near = Arc::new(Troubled::new(built(&plans)?, trouble(Duration::ZERO)));
    measure("no cache", &plans, None)?;
    measure("a cache that is near", &plans, Some(Cache::new(near)))?;
    let far = Arc::new(Troubled::new(built(&plans)?, trouble(FAR)));
    measure(
        "one that answers after 50 ms",
        &plans,
        Some(Cache::new(Arc::clone(&far))),
    )?;
    println!("  {} calls", far.calls());
    let silent = Arc::new(Troubled::new(Memory::default(), trouble(LIMIT * 100)));
    measure(
        "one that does not answer",
        &plans,
        Some(Cache::new(Arc::clone(&silent))),
    )?;
    println!("  {} calls", silent.calls());
    let silent = Arc::new(Troubled::new(Memory::default(), trouble(LIMIT * 100)));
    let last = &chain[chain.len() - 1..];
    measure(
        "the same, one plan after the other",
        last,
        Some(Cache::new(silent)),
    )
}

fn trouble(delay: Duration) -> Trouble {
    Trouble {
        delay,
        ..Trouble::default()
    }
}

/// Prints how long it takes to find out what is missing, and to build it.
fn measure(what: &str, roots: &[Plan], cache: Option<Cache>) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let store = Store::open(Utf8Path::from_path(directory.path()).ok_or("no UTF-8")?)?;
    let mut settings = Settings::new(store.partial_dir());
    settings.caches.extend(cache);
    settings.question_timeout = LIMIT;
    let (fetcher, cancel, options) = (
        Fetcher::new(settings),
        Cancel::default(),
        Options::default(),
    );
    let builder = Builder {
        store: &store,
        executor: &Nothing,
        supplier: &Sources {
            store: &store,
            fetcher: &fetcher,
            cancel: &cancel,
        },
        options: &options,
        events: &|_| {},
        cancel: &cancel,
    };
    let began = Instant::now();
    builder.survey(roots)?;
    let surveyed = began.elapsed();
    let began = Instant::now();
    builder.build(roots)?;
    let built = began.elapsed();
    let (surveyed, built) = (surveyed.as_secs_f64(), built.as_secs_f64());
    println!("{what:<36} asked {surveyed:>6.2} s, built {built:>6.2} s");
    Ok(())
}

fn literal(number: usize) -> Result<Artifact> {
    let name = format!("n{number}");
    Ok(Artifact::file(RelPath::new(&name)?, Mode::FILE, name))
}

fn plan(number: usize) -> Result<Plan> {
    user(number, None)
}

/// A plan that needs the one before it, if there is one.
fn user(number: usize, before: Option<&Plan>) -> Result<Plan> {
    let at = AbsPath::root();
    let inputs = before
        .map(Artifact::from)
        .into_iter()
        .chain([literal(number)?]);
    let inputs = inputs.map(|of| Input { at: at.clone(), of }).collect();
    Ok(Plan::named(Name::new(format!("n{number}"))?).action(Action::Merge(Merge { inputs })))
}

/// What a cache has when `plans`, which are made of literals, were built: a file for each.
fn built(plans: &[Plan]) -> Result<Memory> {
    let memory = Memory::default();
    for plan in plans {
        let tree = |literal: &Literal| literal_tree(literal).map(|tree| Object::Tree(tree.hash()));
        let action = plan
            .action()
            .map_err(Clone::clone)?
            .try_map(|artifact| match artifact {
                Artifact::Literal(literal) => tree(literal).map_err(Box::<dyn Error>::from),
                Artifact::Plan(_) | Artifact::Source(_) => Err("not made of literals".into()),
            })?;
        let resolved = Resolved::new(action);
        let bytes = format!("made by {}\n", resolved.hash());
        let output = Object::Blob(Hash::of(&bytes).into());
        memory.write(vec![Outgoing::bytes(
            Content::head(&output),
            bytes.as_bytes(),
        )])?;
        let record = Record {
            label: plan.label(),
            output,
            provenance: Provenance::Here,
            finished: 0,
            usage: Usage::default(),
            machine: String::new(),
            distill: String::new(),
        };
        memory.record(&[(&resolved, &record)])?;
    }
    Ok(memory)
}
