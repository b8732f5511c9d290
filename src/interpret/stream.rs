//! Chains of list steps, element by element (design: streams): each element passes all stages
//! before the next is taken, and an element never taken never faults.

use super::Stopped;
use super::run::{Answer, Run, at};
use crate::ir::{NodeId, Sink, Stage, StageKind};
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::{Fault, Kind, Value, limits};

/// What a sink has gathered so far.
struct Gathered<'a> {
    elements: Vec<Value<'a>>,
    text: String,
    /// How many elements arrived.
    n: usize,
    last: Value<'a>,
}

impl<'a> Run<'_, 'a> {
    /// The source, then the sink's argument, then the charge, then the elements.
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
        let argument = match sink.child() {
            Some(node) => self.value(node)?,
            None => Value::NULL,
        };
        let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
        self.spend(id, length.saturating_mul(i64::from(element_cost)))?;
        if matches!(sink, Sink::At(_)) && argument.as_integer().is_none_or(i64::is_negative) {
            return at(id, Err(Fault::Index));
        }
        let mut counts = vec![0; stages.len()];
        let mut gathered =
            Gathered { elements: Vec::new(), text: String::new(), n: 0, last: Value::NULL };
        for element in elements {
            let Some(arrived) = self.pass(id, stages, &mut counts, *element)? else { continue };
            if let Some(decided) = self.take(id, sink, argument, arrived, &mut gathered)? {
                return Ok(decided);
            }
        }
        self.finish(id, sink, &gathered)
    }

    /// One element through all stages; `None` if a filter holds it back.
    fn pass(
        &mut self,
        id: NodeId,
        stages: &[Stage],
        counts: &mut [i64],
        element: Value<'a>,
    ) -> Result<Option<Value<'a>>, Stopped> {
        let mut element = element;
        for (stage, count) in stages.iter().zip(counts) {
            self.bind(stage.element, element);
            if let Some(index) = stage.index {
                self.bind(index, Value::integer(*count));
            }
            *count += 1;
            match stage.kind {
                StageKind::Filter if self.boolean(id, stage.body)? => {}
                StageKind::Filter => return Ok(None),
                StageKind::Map => element = self.value(stage.body)?,
            }
        }
        Ok(Some(element))
    }

    /// Hands an element to the sink; answers the result as soon as it is decided.
    fn take(
        &mut self,
        id: NodeId,
        sink: &Sink,
        argument: Value<'a>,
        element: Value<'a>,
        gathered: &mut Gathered<'a>,
    ) -> Result<Option<Value<'a>>, Stopped> {
        gathered.n += 1;
        match sink {
            Sink::List if gathered.n > limits::LIST => return at(id, Err(Fault::Limit)),
            Sink::List => gathered.elements.push(element),
            Sink::Any => return Ok(Some(Value::boolean(true))),
            Sink::None => return Ok(Some(Value::boolean(false))),
            Sink::First => return Ok(Some(element)),
            Sink::Last => gathered.last = element,
            Sink::At(_) => {
                let place = i64::try_from(gathered.n - 1).ok();
                return Ok((place == argument.as_integer()).then_some(element));
            }
            Sink::Contains(_) => {
                let equal = self.operate(id, Operator::Equal, &[element, argument])?;
                return Ok((equal.as_boolean() == Some(true)).then_some(equal));
            }
            Sink::Count => {}
            Sink::Join(_) => self.join(id, argument, element, gathered)?,
        }
        Ok(None)
    }

    /// A nested list faults here, although it has a text form elsewhere (decision 33).
    fn join(
        &mut self,
        id: NodeId,
        separator: Value<'a>,
        element: Value<'a>,
        gathered: &mut Gathered<'a>,
    ) -> Result<(), Stopped> {
        let separator = at(id, separator.as_text().ok_or(Fault::Type))?;
        if element.kind() == Kind::List {
            return at(id, Err(Fault::Type));
        }
        let piece = self.operate(id, Operator::Piece, &[element])?;
        if gathered.n > 1 {
            gathered.text.push_str(separator.as_str());
        }
        gathered.text.push_str(piece.as_text().map_or("", |text| text.as_str()));
        at(id, if gathered.text.len() > limits::TEXT { Err(Fault::Limit) } else { Ok(()) })
    }

    /// The result when all elements were taken.
    fn finish(&mut self, id: NodeId, sink: &Sink, gathered: &Gathered<'a>) -> Answer<'a> {
        match sink {
            Sink::List => at(id, self.context.make_list(&gathered.elements)),
            Sink::Any | Sink::Contains(_) => Ok(Value::boolean(false)),
            Sink::None => Ok(Value::boolean(true)),
            Sink::First | Sink::Last => Ok(gathered.last),
            Sink::At(_) => at(id, Err(Fault::Index)),
            Sink::Count => {
                let n = i64::try_from(gathered.n).map_err(|_| Fault::Internal);
                at(id, n.map(Value::integer))
            }
            Sink::Join(_) => at(id, self.context.make_text(&gathered.text).map(Value::text)),
        }
    }
}
