use std::collections::BTreeMap;
use std::sync::Mutex;

use camino::Utf8PathBuf;

use super::super::sandbox::Method;
use super::super::{
    Asking, BuildError, Builder, Cancel, Event, ExecuteError, Executed, Executor, Job, JobId,
    Local, Options, Supplier, shell_spec,
};
use super::*;
use crate::plan::{
    AbsPath, Action, Arch, Artifact, Build, Input, Mode, Object, OutputKind, PathSet, Plan,
    PlanHash, RelPath, Resolved, Source,
};
use crate::store::{Provenance, Record, Store, Usage};

/// Whoever runs these tests, one of the two is another machine than theirs.
fn elsewhere() -> Arch {
    let here = Machine::here();
    let other = |arch: &Arch| here.check(&BuildPlatform::any(*arch)).is_err();
    [Arch::Riscv64, Arch::Aarch64]
        .into_iter()
        .find(other)
        .unwrap()
}

fn here() -> Option<Arch> {
    let here = Machine::here();
    let is = |arch: &Arch| here.check(&BuildPlatform::any(*arch)).is_ok();
    Arch::ALL.into_iter().find(is)
}

/// A build for `arch` that needs `inputs`, which lie at `/in/<number>`.
fn build(name: &str, arch: Arch, inputs: &[&Plan]) -> Plan {
    let program = RelPath::new("build").unwrap();
    let program = Artifact::file(program, Mode::EXECUTABLE, "#!/bin/sh\n");
    let mut all = vec![Input {
        at: AbsPath::root(),
        of: program,
    }];
    for (number, plan) in inputs.iter().enumerate() {
        let at = AbsPath::new(format!("/in/{number}")).unwrap();
        let of = Artifact::from(*plan);
        all.push(Input { at, of });
    }
    Plan::named(Name::new(name).unwrap()).action(Action::Build(Build {
        platform: BuildPlatform::any(arch),
        inputs: all,
        output: OutputKind::Tree,
        setid: PathSet::default(),
    }))
}

/// An executor that must not be asked to run anything.
struct Idle(Machine);

impl Executor for Idle {
    fn check(&self, platform: &BuildPlatform) -> Result<(), WrongMachine> {
        self.0.check(platform)
    }

    fn execute(&self, job: &Job<'_>) -> Executed {
        panic!("{:?} was run", job.plan)
    }
}

/// Knows what one plan made, and may have the bytes.
#[derive(Default)]
struct Cached(Option<(PlanHash, Object)>);

impl Supplier for Cached {
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
        self.0.is_some()
    }

    fn records(&self, plans: &[PlanHash], _: Asking<'_>) -> BTreeMap<PlanHash, Record> {
        let known = self.0.filter(|(of, _)| plans.contains(of));
        let record = |(plan, output)| {
            let provenance = Provenance::Cache("a cache".into());
            (plan, record("told".into(), output, provenance))
        };
        known.map(record).into_iter().collect()
    }

    fn offered(&self, objects: &[Object], _: Asking<'_>) -> BTreeSet<Object> {
        let known = self.0.filter(|(_, output)| objects.contains(output));
        known.map(|(_, output)| output).into_iter().collect()
    }

    fn bring(
        &self,
        _: JobId,
        _: &Object,
        _: &str,
        _: &Cancel,
        _: &(dyn Fn(Event) + Sync),
    ) -> Result<bool, ExecuteError> {
        Err(ExecuteError::NoOutput)
    }
}

fn record(label: String, output: Object, provenance: Provenance) -> Record {
    Record {
        label,
        output,
        provenance,
        finished: 1,
        usage: Usage::default(),
        machine: "there".into(),
        distill: "0".into(),
    }
}

struct World {
    _dir: tempfile::TempDir,
    store: Store,
}

impl World {
    fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().join("store")).unwrap();
        World {
            store: Store::open(&root).unwrap(),
            _dir: dir,
        }
    }

    /// Runs `plan`, and what was told meanwhile.
    fn build(&self, plan: &Plan, supplier: &dyn Supplier) -> (BuildError, usize) {
        let told = Mutex::new(0);
        let error = Builder {
            store: &self.store,
            executor: &Idle(Machine::here()),
            supplier,
            options: &Options::default(),
            events: &|_| *told.lock().unwrap() += 1,
            cancel: &Cancel::default(),
        }
        .build(std::slice::from_ref(plan))
        .unwrap_err();
        (error, told.into_inner().unwrap())
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
fn a_machine_runs_what_it_is_and_has() {
    let here = Machine::here();
    let platform = |arch, needs: &[&str]| BuildPlatform {
        arch,
        needs: needs.iter().map(|need| Name::new(*need).unwrap()).collect(),
    };
    assert!(here.check(&platform(elsewhere(), &[])).is_err());
    let Some(arch) = self::here() else {
        eprintln!("skipped: no package is built for `{here}`");
        return;
    };
    assert_eq!(here.check(&platform(arch, &[])), Ok(()));
    assert!(here.check(&platform(arch, &["kvm"])).is_err());
    let more = here.offering(["kvm", "tpm"].map(|name| Name::new(name).unwrap()));
    assert_eq!(more.check(&platform(arch, &["kvm"])), Ok(()));
    let error = more.check(&platform(arch, &["gpu", "kvm"])).unwrap_err();
    let arch = arch.name();
    assert_eq!(
        error.to_string().lines().next().unwrap(),
        format!(
            "the build needs a machine of `{arch} with gpu, kvm`, and this one is `{arch} with kvm, \
             tpm`"
        )
    );
}

#[test]
fn all_builds_for_another_machine_are_found_before_anything_runs() {
    let arch = elsewhere();
    let one = build("one", arch, &[]);
    let other = build("other", arch, &[]);
    // What it is made of is not known yet; it is found all the same.
    let both = build("both", arch, &[&one, &other]);
    let (error, told) = World::new().build(&both, &Cached::default());
    let text = error.to_string();
    let BuildError::WrongMachine(wrong) = error else {
        panic!("{error:?}");
    };
    let mut labels: Vec<_> = wrong.into_iter().map(|(label, _)| label).collect();
    labels.sort();
    assert_eq!(labels, ["both", "one", "other"]);
    assert_eq!(told, 0, "nothing was begun");
    let (arch, machine) = (arch.name(), Machine::here());
    let needs = format!("needs a machine of `{arch}`, and this one is `{machine}`\nhint: ");
    assert!(text.contains(&needs), "{text}");
    for label in labels {
        assert!(text.contains(&format!("`{label}`")), "{text}");
    }
}

#[test]
fn what_another_machine_has_made_can_be_used() {
    let world = World::new();
    let plan = build("one", elsewhere(), &[]);
    let resolved = resolved(&plan);
    let dir = world.store.temp_dir().unwrap();
    std::fs::write(dir.path().join("x"), "x").unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let tree = crate::store::intake::scan(dir.path(), &PathSet::default(), &stop).unwrap();
    let output = Object::Tree(tree.manifest().hash());
    // A cache has it: it is asked for the bytes, which this one cannot bring.
    let cache = Cached(Some((resolved.hash(), output)));
    let error = world.build(&plan, &cache).0;
    assert!(matches!(error, BuildError::Failed { .. }), "{error:?}");
    // It is known, but its bytes are nowhere: it would have to run.
    assert!(matches!(
        world.build(&plan, &Cached::default()).0,
        BuildError::WrongMachine(_)
    ));
    world.store.land_tree(&tree).unwrap();
    let record = record(plan.label(), output, Provenance::Here);
    world.store.write_record(&resolved, &record).unwrap();
    let outputs = Builder {
        store: &world.store,
        executor: &Idle(Machine::here()),
        supplier: &Cached::default(),
        options: &Options::default(),
        events: &|_| {},
        cancel: &Cancel::default(),
    }
    .build(&[plan]);
    assert_eq!(outputs.unwrap(), [output]);
}

fn resolved(plan: &Plan) -> Resolved {
    let action = plan.action().unwrap().try_map(|artifact| match artifact {
        Artifact::Literal(literal) => {
            crate::store::intake::literal_tree(literal).map(|tree| Object::Tree(tree.hash()))
        }
        other => panic!("{other:?}"),
    });
    Resolved::new(action.unwrap())
}

/// The executor does not rely on whoever gives it a plan.
#[test]
fn the_executor_refuses_before_it_looks_at_the_inputs() {
    let world = World::new();
    let plan = resolved(&build("one", elsewhere(), &[]));
    let local = Local::new(&world.store, 1, Method::Copy).unwrap();
    let executed = local.execute(&Job {
        plan: &plan,
        labels: &std::collections::BTreeMap::new(),
        timeout: std::time::Duration::from_secs(1),
        cancel: &Cancel::default(),
        line: &|_| {},
    });
    assert!(matches!(
        executed.output,
        Err(ExecuteError::WrongMachine(_))
    ));
    assert!(executed.log.is_none());
    let Action::Build(build) = plan.action() else {
        unreachable!("it is a build");
    };
    let scratch = world.store.temp_dir().unwrap();
    let shell = shell_spec(&world.store, build, scratch.path(), Method::Copy, "/bin/sh");
    assert!(matches!(shell, Err(ExecuteError::WrongMachine(_))));
}
