//! What a sink makes of the elements that arrive at the end of a stream.

use super::Stopped;
use super::run::{Answer, Run, at};
use super::stream::Walk;
use super::watch::Watch;
use crate::ir::{Reduction, Sink};
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::{Fault, Kind, Value, limits, size};

/// What a sink has gathered so far.
pub(super) struct Gathered<'a> {
    elements: Vec<Value<'a>>,
    text: String,
    /// How many elements arrived.
    n: usize,
    /// The last that arrived, or what a reduction made so far.
    last: Value<'a>,
    /// What each comparison with the argument spends.
    weight: i64,
}

impl<'a, W: Watch<'a>> Run<'_, 'a, W> {
    /// What a sink starts with; a negative place that none can have faults here.
    pub(super) fn gathered(
        &mut self,
        sink: &Sink,
        argument: Value<'a>,
    ) -> Result<Gathered<'a>, Fault> {
        let negative = argument.as_integer().is_none_or(i64::is_negative);
        if matches!(sink, Sink::At(_)) && negative {
            return Err(Fault::Index);
        }
        let compares = matches!(sink, Sink::Contains(_) | Sink::IndexOf(_));
        let levels = matches!(argument.kind(), Kind::List | Kind::Map | Kind::Record);
        let weight = if compares && levels { size::of(argument, limits::STEPS) } else { 0 };
        let last = if matches!(sink, Sink::Reduce(_)) { argument } else { Value::NULL };
        Ok(Gathered { elements: Vec::new(), text: String::new(), n: 0, last, weight })
    }

    /// Hands an element to the sink; answers the result as soon as it is decided.
    pub(super) fn take(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        element: Value<'a>,
    ) -> Result<Option<Value<'a>>, Stopped> {
        let (id, argument) = (walk.id, walk.argument);
        let gathered = &mut walk.gathered;
        gathered.n += 1;
        let before = i64::try_from(gathered.n - 1).unwrap_or(i64::MAX);
        match walk.sink {
            Sink::List if gathered.n > limits::LIST => return at(id, Err(Fault::Limit)),
            Sink::List => gathered.elements.push(element),
            Sink::Any => return Ok(Some(Value::boolean(true))),
            Sink::None => return Ok(Some(Value::boolean(false))),
            Sink::First => return Ok(Some(element)),
            Sink::Last => gathered.last = element,
            Sink::Nth(_) if argument.as_integer().is_some_and(i64::is_negative) => {
                gathered.elements.push(element);
            }
            Sink::At(_) | Sink::Nth(_) => {
                return Ok((Some(before) == argument.as_integer()).then_some(element));
            }
            Sink::Contains(_) => {
                let equal = self.is_equal(walk, element)?;
                return Ok(equal.then_some(Value::boolean(true)));
            }
            Sink::IndexOf(_) => {
                let equal = self.is_equal(walk, element)?;
                return Ok(equal.then_some(Value::integer(before)));
            }
            Sink::Count => {}
            Sink::Join(_) => self.join(walk, element)?,
            Sink::Reduce(reduction) => self.reduce(**reduction, walk, element, before)?,
        }
        Ok(None)
    }

    /// Whether an element equals the sink's argument.
    fn is_equal(&mut self, walk: &Walk<'_, 'a>, element: Value<'a>) -> Result<bool, Stopped> {
        self.spend(walk.id, walk.gathered.weight)?;
        let equal = self.operate(walk.id, Operator::Equal, &[element, walk.argument])?;
        Ok(equal.as_boolean() == Some(true))
    }

    /// A nested list faults here, although it has a text form elsewhere (decision 33).
    fn join(&mut self, walk: &mut Walk<'_, 'a>, element: Value<'a>) -> Result<(), Stopped> {
        let id = walk.id;
        let separator = at(id, walk.argument.as_text().ok_or(Fault::Type))?;
        if element.kind() == Kind::List {
            return at(id, Err(Fault::Type));
        }
        let piece = self.operate(id, Operator::Piece, &[element])?;
        let gathered = &mut walk.gathered;
        if gathered.n > 1 {
            gathered.text.push_str(separator.as_str());
        }
        gathered.text.push_str(piece.as_text().map_or("", |text| text.as_str()));
        at(id, if gathered.text.len() > limits::TEXT { Err(Fault::Limit) } else { Ok(()) })
    }

    /// Without a seed the first element is the value that the second is taken into.
    fn reduce(
        &mut self,
        reduction: Reduction,
        walk: &mut Walk<'_, 'a>,
        element: Value<'a>,
        before: i64,
    ) -> Result<(), Stopped> {
        if reduction.seed.is_none() && before == 0 {
            walk.gathered.last = element;
            return Ok(());
        }
        self.bind(reduction.value, walk.gathered.last);
        self.bind(reduction.element, element);
        reduction.index.iter().for_each(|index| self.bind(*index, Value::integer(before)));
        walk.gathered.last = self.value(reduction.body)?;
        Ok(())
    }

    /// The result when all elements were taken.
    pub(super) fn finish(&mut self, walk: &Walk<'_, 'a>) -> Answer<'a> {
        let (id, gathered) = (walk.id, &walk.gathered);
        match walk.sink {
            Sink::List => at(id, self.context.make_list(&gathered.elements)),
            Sink::Any | Sink::Contains(_) => Ok(Value::boolean(false)),
            Sink::None => Ok(Value::boolean(true)),
            Sink::First | Sink::Last => Ok(gathered.last),
            Sink::At(_) => at(id, Err(Fault::Index)),
            Sink::Nth(_) => Ok(from_the_end(&gathered.elements, walk.argument)),
            Sink::IndexOf(_) => Ok(Value::integer(-1)),
            Sink::Count => {
                let n = i64::try_from(gathered.n).map_err(|_| Fault::Internal);
                at(id, n.map(Value::integer))
            }
            Sink::Join(_) => at(id, self.context.make_text(&gathered.text).map(Value::text)),
            Sink::Reduce(reduction) if reduction.seed.is_none() && gathered.n == 0 => {
                at(id, Err(Fault::Index))
            }
            Sink::Reduce(_) => Ok(gathered.last),
        }
    }
}

/// The element at a negative place, or null.
fn from_the_end<'a>(elements: &[Value<'a>], place: Value<'a>) -> Value<'a> {
    let back = place.as_integer().map(i64::unsigned_abs).and_then(|back| back.try_into().ok());
    let index = back.and_then(|back: usize| elements.len().checked_sub(back));
    index.and_then(|index| elements.get(index)).copied().unwrap_or(Value::NULL)
}
