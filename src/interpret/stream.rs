//! Chains of list steps, element by element (design: streams): each element passes all stages
//! before the next is taken, and an element never taken never faults.

use super::Stopped;
use super::gather::Gathered;
use super::run::{Answer, Run, at};
use super::watch::Watch;
use crate::ir::{NodeId, Sink, Stage, StageKind};
use claimsmith_runtime::{Fault, Value};

/// One evaluation of a stream.
pub(super) struct Walk<'w, 'a> {
    pub(super) id: NodeId,
    stages: &'w [Stage],
    pub(super) sink: &'w Sink,
    /// What stages and sink evaluated before the first element.
    limits: Vec<i64>,
    pub(super) argument: Value<'a>,
    /// How many elements reached each stage.
    counts: Vec<i64>,
    pub(super) gathered: Gathered<'a>,
}

/// Whether a stream goes on behind an element.
enum Flow<'a> {
    Next,
    /// A stage will pass nothing more.
    Ended,
    Decided(Value<'a>),
}

impl<'a, W: Watch<'a>> Run<'_, 'a, W> {
    /// The source, then the arguments, then the charge, then the elements.
    pub(super) fn stream(
        &mut self,
        id: NodeId,
        source: NodeId,
        stages: &[Stage],
        sink: &Sink,
        element_cost: u32,
    ) -> Answer<'a> {
        let source = self.value(source)?;
        let elements = at(id, source.as_list().ok_or(Fault::Type))?;
        let limits = stages.iter().map(|stage| self.limit(stage)).collect::<Result<_, _>>()?;
        let argument = match sink.argument() {
            Some(node) => self.value(node)?,
            None => Value::NULL,
        };
        self.spend_for(id, elements, element_cost)?;
        let gathered = at(id, self.gathered(sink, argument))?;
        let counts = vec![0; stages.len()];
        let mut walk = Walk { id, stages, sink, limits, argument, counts, gathered };
        if walk.is_ended(0..stages.len()) {
            return self.finish(&walk);
        }
        match self.elements(&mut walk, elements, 0)? {
            Flow::Decided(value) => Ok(value),
            Flow::Next | Flow::Ended => self.finish(&walk),
        }
    }

    /// What a stage was told before the first element.
    fn limit(&mut self, stage: &Stage) -> Result<i64, Stopped> {
        if stage.kind.has_lambda() {
            return Ok(0);
        }
        let value = self.value(stage.body)?;
        at(stage.body, value.as_integer().ok_or(Fault::Internal))
    }

    fn spend_for(&mut self, id: NodeId, elements: &[Value<'a>], cost: u32) -> Result<(), Stopped> {
        let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
        self.spend(id, length.saturating_mul(i64::from(cost)))
    }

    /// Hands elements to the stages from `first` on.
    fn elements(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        elements: &'a [Value<'a>],
        first: usize,
    ) -> Result<Flow<'a>, Stopped> {
        for element in elements {
            match self.pass(walk, *element, first)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    /// One element through the stages from `first` on, up to the sink.
    fn pass(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        element: Value<'a>,
        first: usize,
    ) -> Result<Flow<'a>, Stopped> {
        let mut element = element;
        let stages = walk.stages;
        for (place, stage) in stages.iter().enumerate().skip(first) {
            let count = walk.count(place);
            if stage.kind.has_lambda() {
                self.bind(stage.element, element);
                stage.index.iter().for_each(|index| self.bind(*index, Value::integer(count)));
            }
            match stage.kind {
                StageKind::Filter if self.boolean(walk.id, stage.body)? => {}
                StageKind::Filter => return Ok(walk.held(first..place)),
                StageKind::Map => element = self.value(stage.body)?,
                StageKind::FlatMap { element_cost } => {
                    let inner = self.value(stage.body)?;
                    let inner = at(walk.id, inner.as_list().ok_or(Fault::Type))?;
                    self.spend_for(walk.id, inner, element_cost)?;
                    return Ok(match self.elements(walk, inner, place + 1)? {
                        Flow::Next => walk.held(first..place),
                        other => other,
                    });
                }
                StageKind::Skip if count < walk.limit(place) => {
                    return Ok(walk.held(first..place));
                }
                StageKind::Take | StageKind::Skip => {}
            }
        }
        Ok(match self.take(walk, element)? {
            Some(decided) => Flow::Decided(decided),
            None => walk.held(first..stages.len()),
        })
    }
}

impl<'a> Walk<'_, 'a> {
    /// How many elements reached a stage before the one that does now.
    fn count(&mut self, place: usize) -> i64 {
        let Some(count) = self.counts.get_mut(place) else { return 0 };
        *count += 1;
        *count - 1
    }

    fn limit(&self, place: usize) -> i64 {
        self.limits.get(place).copied().unwrap_or_default()
    }

    /// What follows an element that went no further than these stages.
    fn held(&self, places: std::ops::Range<usize>) -> Flow<'a> {
        if self.is_ended(places) { Flow::Ended } else { Flow::Next }
    }

    /// Whether one of these stages has passed all that it may.
    fn is_ended(&self, mut places: std::ops::Range<usize>) -> bool {
        places.any(|place| {
            let takes = self.stages.get(place).is_some_and(|stage| stage.kind == StageKind::Take);
            takes && self.counts.get(place).copied().unwrap_or_default() >= self.limit(place)
        })
    }
}
