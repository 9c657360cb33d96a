//! What others are asked in a run: many things at once, and never by the thread that schedules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::builder::Builder;
use super::cancel::Cancel;
use super::error::BuildError;
use super::event::Event;
use super::graph::NodeId;
use super::schedule::{Question, Reply, Whereabouts};
use super::supplier::Asking;
use crate::fetch::Shown;
use crate::objects::{Content, Contents, Impatience, Patient, Record};
use crate::plan::{Object, Plan, PlanHash, Resolved};

/// Those who are asked in one run.
pub(super) struct Others<'a> {
    builder: Builder<'a>,
    /// What the executor has elsewhere.
    executors: Option<Arc<dyn Contents>>,
    /// The executor's contents did not answer in time, and are not asked again.
    is_silent: AtomicBool,
    /// They said that they cannot answer, and that was told.
    has_failed: AtomicBool,
}

/// What is asked about a plan.
struct Unknown<'a> {
    definition: &'a Plan,
    plan: Arc<Resolved>,
    /// The nodes that ask.
    nodes: Vec<NodeId>,
}

impl<'a> Others<'a> {
    pub(super) fn new(builder: Builder<'a>) -> Others<'a> {
        Others {
            builder,
            executors: builder.executor.contents(),
            is_silent: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Answers all questions: those of plans with what caches know, those of bytes with who has them.
    pub(super) fn answer(
        &self,
        questions: Vec<Question<'_>>,
        cancel: &Cancel,
    ) -> Result<Vec<(NodeId, Reply)>, BuildError> {
        let mut plans: BTreeMap<PlanHash, Unknown<'_>> = BTreeMap::new();
        let mut objects: BTreeMap<Object, Vec<NodeId>> = BTreeMap::new();
        for question in questions {
            match question {
                Question::Record {
                    id,
                    definition,
                    hash,
                    plan,
                } => {
                    let unknown = plans.entry(hash).or_insert(Unknown {
                        definition,
                        plan,
                        nodes: Vec::new(),
                    });
                    unknown.nodes.push(id);
                }
                Question::Bytes { id, object } => objects.entry(object).or_default().push(id),
            }
        }
        let mut replies = self.look_up(plans, cancel)?;
        replies.extend(self.locate(objects, cancel));
        Ok(replies)
    }

    /// What caches know of plans. It is written down: the next run knows it without the cache.
    fn look_up(
        &self,
        plans: BTreeMap<PlanHash, Unknown<'_>>,
        cancel: &Cancel,
    ) -> Result<Vec<(NodeId, Reply)>, BuildError> {
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        let hashes: Vec<PlanHash> = plans.keys().copied().collect();
        let mut known = self.builder.supplier.records(&hashes, self.asking(cancel));
        let mut replies = Vec::new();
        for (hash, unknown) in plans {
            let record = known.remove(&hash);
            if let Some(record) = &record {
                let label = unknown.definition.label();
                let record = heard(label, record);
                self.builder.store.write_record(&unknown.plan, &record)?;
            }
            let reply = Reply::Record(record.map(|record| record.output));
            replies.extend(unknown.nodes.into_iter().map(|id| (id, reply)));
        }
        Ok(replies)
    }

    /// Who has the bytes of objects.
    fn locate(
        &self,
        objects: BTreeMap<Object, Vec<NodeId>>,
        cancel: &Cancel,
    ) -> Vec<(NodeId, Reply)> {
        if objects.is_empty() {
            return Vec::new();
        }
        let wanted: Vec<Object> = objects.keys().copied().collect();
        let usable = self.usable(&wanted, cancel);
        let offered = self.builder.supplier.offered(&wanted, self.asking(cancel));
        let mut replies = Vec::new();
        for (object, nodes) in objects {
            let reply = Reply::Bytes(Whereabouts {
                usable: usable.contains(&object),
                offered: offered.contains(&object),
            });
            replies.extend(nodes.into_iter().map(|id| (id, reply)));
        }
        replies
    }

    /// What of `wanted` jobs that run elsewhere have there.
    fn usable(&self, wanted: &[Object], cancel: &Cancel) -> BTreeSet<Object> {
        let Some(contents) = &self.executors else {
            return BTreeSet::new();
        };
        if self.is_silent.load(Ordering::SeqCst) {
            return BTreeSet::new();
        }
        let patient = Patient {
            limit: self.builder.options.question_timeout,
            stop: cancel.flag(),
        };
        let heads: Vec<Content> = wanted.iter().map(Content::head).collect();
        let asked = Arc::clone(contents);
        let missing = match patient.ask(move || asked.missing(&heads)) {
            Ok(Ok(missing)) => missing,
            Ok(Err(error)) => {
                if !self.has_failed.swap(true, Ordering::SeqCst) {
                    self.remark(&format!("failed: {error}"));
                }
                return BTreeSet::new();
            }
            Err(Impatience::Stopped) => return BTreeSet::new(),
            Err(why) => {
                self.is_silent.store(true, Ordering::SeqCst);
                self.remark(&format!("{why}, and is not asked again"));
                return BTreeSet::new();
            }
        };
        let is_there = |object: &&Object| !missing.contains(&Content::head(object));
        wanted.iter().filter(is_there).copied().collect()
    }

    /// Tells of the executor's contents, whose name may be an address with a password.
    fn remark(&self, what: &str) {
        let name = self.executors.as_ref().map(|contents| contents.name());
        let name = Shown::from(name.unwrap_or_default());
        let text = format!("`{name}` {}", Shown::from(what));
        (self.builder.events)(Event::Remark { text });
    }

    fn asking<'b>(&'b self, cancel: &'b Cancel) -> Asking<'b> {
        let event = self.builder.events;
        Asking { cancel, event }
    }
}

/// What is written down of what others say that a plan made.
fn heard(label: String, record: &Record) -> Record {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Record {
        label,
        finished: now.unwrap_or_default().as_secs(),
        distill: env!("CARGO_PKG_VERSION").to_owned(),
        ..record.clone()
    }
}
