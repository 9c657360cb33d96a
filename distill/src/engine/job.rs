//! One job of a run: what a thread does, from the question whether it is still necessary to the record.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::builder::Builder;
use super::error::{ExecuteError, Failure};
use super::event::{Event, Outcome};
use super::executor::{Executed, Job, Output, Place};
use super::graph::{Kind, NodeId};
use super::part::RootError;
use crate::fetch::Shown;
use crate::plan::{Action, Artifact, Change, Literal, Object, Plan, Resolved, Source, tree};
use crate::store::intake::write_literal;
use crate::store::{Provenance, Record, StoreError, Usage};

/// A plan to run, or to take from a cache.
pub(super) struct PlanJob<'a> {
    pub(super) id: NodeId,
    pub(super) definition: &'a Plan,
    pub(super) plan: &'a Resolved,
    /// What to call its inputs.
    pub(super) labels: &'a BTreeMap<Object, String>,
    /// What the records say, if it runs all the same.
    pub(super) recorded: Option<Object>,
    /// Whether it was made in this run, elsewhere.
    pub(super) made: bool,
}

impl Builder<'_> {
    /// Brings a source into the store.
    pub(super) fn supply(&self, id: NodeId, source: &Source) -> Result<Object, Failure> {
        let result = self.supplier.supply(id, source, self.cancel, self.events);
        if let Ok(output) = &result {
            let (output, usage) = (*output, Usage::default());
            (self.events)(Event::Finished {
                id,
                outcome: Outcome::Built,
                output,
                usage,
            });
        }
        result.map_err(|error| failure(Kind::Source(source), error))
    }

    /// Writes a literal into the store.
    pub(super) fn land(&self, literal: &Literal) -> Result<Object, Failure> {
        let landed = self.land_literal(literal);
        landed.map_err(|error| failure(Kind::Literal(literal), error))
    }

    fn land_literal(&self, literal: &Literal) -> Result<Object, ExecuteError> {
        let temp = self.store.temp_dir().map_err(StoreError::from)?;
        Ok(self
            .store
            .land_tree(&write_literal(temp.path(), literal)?)?)
    }

    /// Takes a plan's output from whoever has it; nothing if nobody has, so that it has to be made.
    pub(super) fn bring(&self, job: &PlanJob<'_>) -> Result<Option<Object>, Failure> {
        let output = job.recorded.expect("a cache is asked for what is known");
        let label = job.definition.label();
        let brought = self
            .supplier
            .bring(job.id, &output, &label, self.cancel, self.events)
            .map_err(|error| job.failed(error))?;
        if !brought && job.made {
            return Err(job.failed(ExecuteError::LeftElsewhere { output }));
        }
        if !brought {
            return Ok(None);
        }
        let (outcome, usage) = (Outcome::Brought, Usage::default());
        (self.events)(Event::Finished {
            id: job.id,
            outcome,
            output,
            usage,
        });
        Ok(Some(output))
    }

    /// Runs a plan, unless another process has just done so.
    pub(super) fn run_plan(&self, job: &PlanJob<'_>) -> Result<Output, Failure> {
        let hash = job.plan.hash();
        let fail = |error: ExecuteError| job.failed(error);
        let waiting = || (self.events)(Event::Waiting { id: job.id });
        let cancelled = || self.cancel.is_cancelled();
        let lock = self
            .store
            .lock(&hash, waiting, cancelled)
            .map_err(|e| fail(e.into()))?;
        if lock.is_none() {
            return Err(fail(ExecuteError::Cancelled));
        }
        if job.recorded.is_none()
            && let Ok(Some(record)) = self.store.record(&hash)
            && self.store.has(&record.output)
        {
            self.finished(job.id, Outcome::Found, &record);
            return Ok(Output::here(record.output));
        }
        self.store
            .write_plan(job.plan)
            .map_err(|e| fail(e.into()))?;
        (self.events)(Event::Started {
            id: job.id,
            plan: hash,
        });
        let executed = self.execute(job);
        let (log, tail) = (executed.log.clone(), executed.tail.clone());
        self.record(job, executed).map_err(|error| {
            let failure = fail(error);
            Failure {
                log,
                hints: [failure.hints, job.definition.meta().hints_for(&tail)].concat(),
                tail,
                ..failure
            }
        })
    }

    fn execute(&self, job: &PlanJob<'_>) -> Executed {
        let line = |text| (self.events)(Event::Line { id: job.id, text });
        self.executor.execute(&Job {
            plan: job.plan,
            labels: job.labels,
            timeout: job
                .definition
                .meta()
                .timeout
                .unwrap_or(self.options.timeout),
            cancel: self.cancel,
            line: &line,
        })
    }

    /// Records what was made, or finds that it is not what was made before.
    fn record(&self, job: &PlanJob<'_>, executed: Executed) -> Result<Output, ExecuteError> {
        let (made, usage) = (executed.output?, executed.usage);
        let output = made.object;
        let record = Record {
            provenance: self.provenance(made.place),
            ..record(job.definition.label(), output, usage)
        };
        match job.recorded {
            None => {
                self.store.write_record(job.plan, &record)?;
                self.finished(job.id, Outcome::Built, &record);
            }
            Some(recorded) if recorded == output => {
                self.finished(job.id, Outcome::Reproduced, &record);
            }
            Some(recorded) => {
                self.refute(job, &record)?;
                let changes = self.changes(&recorded, &output);
                return Err(ExecuteError::NotReproducible {
                    recorded,
                    now: output,
                    changes,
                });
            }
        }
        Ok(made)
    }

    fn provenance(&self, place: Place) -> Provenance {
        match (place, self.executor.contents()) {
            (Place::Here, _) => Provenance::Here,
            (Place::Elsewhere, Some(contents)) => {
                Provenance::Elsewhere(Shown::from(contents.name()).to_string())
            }
            (Place::Elsewhere, None) => Provenance::Elsewhere(String::new()),
        }
    }

    /// If what is recorded comes from a cache, it has proved false, or the plan makes this today and
    /// that tomorrow. Either way what was made here counts from the next run on. Not from this one:
    /// others may have been hashed, and run, upon what the cache said, and one image must not be made
    /// of both answers.
    fn refute(&self, job: &PlanJob<'_>, own: &Record) -> Result<(), ExecuteError> {
        let before = self.store.record(&job.plan.hash())?;
        let Some(Record {
            output: recorded,
            provenance: Provenance::Cache(cache),
            ..
        }) = before.filter(|before| Some(before.output) == job.recorded)
        else {
            return Ok(());
        };
        self.store.write_record(job.plan, own)?;
        Err(ExecuteError::CacheRefuted {
            cache,
            recorded,
            now: own.output,
        })
    }

    fn changes(&self, old: &Object, new: &Object) -> Vec<Change> {
        let (Object::Tree(old), Object::Tree(new)) = (old, new) else {
            return Vec::new();
        };
        tree::diff(self.store, old, new).unwrap_or_default()
    }

    fn finished(&self, id: NodeId, outcome: Outcome, record: &Record) {
        let (output, usage) = (record.output, record.usage);
        if outcome == Outcome::Built {
            self.store.note_timing(&record.label, usage.wall_ms);
        }
        (self.events)(Event::Finished {
            id,
            outcome,
            output,
            usage,
        });
    }
}

impl PlanJob<'_> {
    fn failed(&self, error: ExecuteError) -> Failure {
        Failure {
            plan: Some(self.plan.hash()),
            hints: self.in_conflict(&error),
            ..failure(Kind::Plan(self.definition), error)
        }
    }

    /// Where the inputs are defined that have the same path, if that is what is wrong.
    fn in_conflict(&self, error: &ExecuteError) -> Vec<String> {
        let ExecuteError::Root(RootError::Conflict(conflict)) = error else {
            return Vec::new();
        };
        let mut inputs: Vec<&Artifact> = self
            .definition
            .action()
            .map(Action::inputs)
            .unwrap_or_default();
        inputs.sort_by_key(|input| input.label());
        let hint = |input: &Artifact| match input {
            Artifact::Plan(plan) => Some(format!(
                "`{}` is defined at {}",
                input.label(),
                plan.location()
            )),
            Artifact::Source(_) | Artifact::Literal(_) => None,
        };
        inputs
            .into_iter()
            .filter(|input| [&conflict.first, &conflict.second].contains(&&input.label()))
            .filter_map(hint)
            .collect()
    }
}

/// What is written down of something that was made just now.
fn record(label: String, output: Object, usage: Usage) -> Record {
    Record {
        label,
        output,
        provenance: Provenance::Here,
        finished: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs(),
        usage,
        machine: machine(),
        distill: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn failure(kind: Kind<'_>, error: ExecuteError) -> Failure {
    let location = match kind {
        Kind::Plan(plan) => Some(plan.location()),
        Kind::Source(_) | Kind::Literal(_) => None,
    };
    Failure {
        label: kind.label(),
        plan: None,
        location,
        log: None,
        tail: Vec::new(),
        hints: Vec::new(),
        error,
        also: Vec::new(),
    }
}

/// The kernel and machine, as records name them.
fn machine() -> String {
    match nix::sys::utsname::uname() {
        Ok(name) => [name.sysname(), name.release(), name.machine()]
            .map(|part| part.to_string_lossy().into_owned())
            .join(" "),
        Err(_) => String::new(),
    }
}
