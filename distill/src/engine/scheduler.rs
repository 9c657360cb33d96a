//! Builds graphs, and looks at what is missing of them.

use super::builder::Builder;
use super::error::BuildError;
use super::fingerprint::fingerprint;
use super::graph::{Graph, NodeId};
use super::questions::Others;
use super::run::run;
use super::schedule::{About, Schedule};
use crate::plan::{Hash, Object, Plan, PlanHash, Source};
use crate::store::Answers;

/// What a run would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The outputs of the roots, where they are known.
    pub outputs: Vec<Option<Object>>,
    /// The labels of what would have to be built, fetched or computed, inputs first.
    pub missing: Vec<String>,
    /// Those of them that are sources.
    pub sources: Vec<Source>,
}

impl Builder<'_> {
    /// Builds `roots` with all they need; gives their outputs, in order.
    pub fn build(&self, roots: &[Plan]) -> Result<Vec<Object>, BuildError> {
        let graph = Graph::new(roots, &self.store.timings()).map_err(BuildError::Definition)?;
        let mut schedule = Schedule::new(graph);
        let failures = run(self, &mut schedule)?;
        if self.cancel.is_cancelled() {
            return Err(BuildError::Cancelled);
        }
        if !failures.is_empty() {
            let skipped = schedule.untried();
            return Err(BuildError::Failed { failures, skipped });
        }
        let outputs = schedule
            .graph
            .roots
            .iter()
            .map(|root| schedule.output(*root));
        Ok(outputs
            .map(|output| output.expect("everything was built"))
            .collect())
    }

    /// Asks others whatever has to be asked, and all that follows from the answers, until nothing is left
    /// but to do something.
    fn ask_all(&self, schedule: &mut Schedule<'_>) -> Result<(), BuildError> {
        let others = Others::new(*self);
        while schedule.is_asking() {
            let mut questions = schedule.take_questions(About::Record);
            questions.append(&mut schedule.take_questions(About::Bytes));
            let replies = others.answer(questions, self.cancel)?;
            schedule.answered(self, replies)?;
        }
        Ok(())
    }

    /// What all of `roots` made, if the store remembers to what they came and has all of it.
    fn remembered(&self, answers: &Answers<'_>, fingerprint: &Hash) -> Option<Vec<Object>> {
        let made = |plan: &PlanHash| {
            let record = self.store.record(plan).ok()??;
            self.store.has(&record.output).then_some(record.output)
        };
        answers.get(fingerprint)?.iter().map(made).collect()
    }

    /// Looks at what is missing, without doing anything.
    pub fn survey(&self, roots: &[Plan]) -> Result<Survey, BuildError> {
        // Before any record is read: see there.
        let asked = self.store.answers().zip(fingerprint(roots));
        let known = asked
            .as_ref()
            .and_then(|(answers, fingerprint)| self.remembered(answers, fingerprint));
        if let Some(outputs) = known.filter(|outputs| outputs.len() == roots.len()) {
            let outputs = outputs.into_iter().map(Some).collect();
            return Ok(Survey {
                outputs,
                ..Survey::default()
            });
        }
        let (survey, plans) = self.look(roots)?;
        if let (Some((answers, fingerprint)), Some(plans)) = (asked, plans) {
            answers.note(&fingerprint, &plans);
        }
        Ok(survey)
    }

    /// Resolves as much as can be resolved; says also which plans the roots are, if nothing is missing.
    fn look(&self, roots: &[Plan]) -> Result<(Survey, Option<Vec<PlanHash>>), BuildError> {
        let graph = Graph::new(roots, &self.store.timings()).map_err(BuildError::Definition)?;
        let mut schedule = Schedule::new(graph);
        schedule.begin(self, false)?;
        self.ask_all(&mut schedule)?;
        let label = |id: NodeId| schedule.graph.nodes[id].label();
        let missing: Vec<String> = schedule.unfinished().map(label).collect();
        let source = |id: NodeId| schedule.graph.nodes[id].source();
        let sources = schedule.unfinished().filter_map(source).collect();
        let ids = || schedule.graph.roots.iter();
        let outputs = ids().map(|root| schedule.output(*root)).collect();
        let plans: Option<Vec<_>> = ids().map(|root| schedule.hash(*root)).collect();
        let plans = plans.filter(|_| missing.is_empty());
        let survey = Survey {
            outputs,
            missing,
            sources,
        };
        Ok((survey, plans))
    }
}
