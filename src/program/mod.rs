//! The way into the language and out of it: text and schema become a set of programs, a set and a
//! subject become JSON, a decision, or a fault with its place.
//!
//! The stages are types that only the stage before makes: a text is parsed to a tree, checked to
//! typed IR, charged, verified, and compiled together with the other programs of its set.

mod bounds;
mod branches;
mod compile;
mod completion;
mod context;
mod fault;
mod functions;
mod needs;
mod people;
mod reads;
mod subject;
mod trace;

pub use crate::codegen::Listing;
pub use crate::optimize::bound::{Amount, Bounds};
pub use completion::{Completion, complete};
pub use context::{Roots, Worker};
pub use fault::EvaluationFault;
pub use functions::{FunctionEntry, example_context, find_functions, functions, nearest_function};
pub use needs::{Groups, Needs};
pub use reads::Reads;
pub use subject::{ContextError, Subject, datum};
pub use trace::{Gave, Step, Traced};

#[cfg(feature = "internals")]
pub use crate::interpret::tally;
#[cfg(feature = "internals")]
pub use compile::{Making, mistakes};
#[cfg(feature = "internals")]
pub use fault::codes as fault_codes;

use crate::check::{self, Names};
use crate::codegen::{self, CompiledSet, Made, Outcome};
use crate::diagnostic::{Diagnostic, first_error};
use crate::interpret;
use crate::ir::{self, Body, Object};
use crate::optimize::{self, bound};
use crate::schema::{Position, Schema};
use crate::source::Span;
use crate::syntax;
use crate::threads::processors;
use claimsmith_runtime::limits;
use claimsmith_runtime::symbol::GroupTable;
use claimsmith_runtime::types::{Shape, Type};
use std::sync::{Arc, OnceLock};

/// A filter for the log without which the language would say far too much.
pub const QUIET: &str = codegen::QUIET;

/// The steps that one evaluation of an expression has.
pub const STEPS: i64 = limits::STEPS;

/// Which engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Machine code; the interpreter where there is none.
    Native,
    /// The plain statement of what an expression means.
    Interpreter,
}

/// Whether this host lets generated code run. Where it does not, every set runs interpreted.
#[must_use]
pub fn is_native_available() -> bool {
    codegen::is_available()
}

/// How long an expression may be, in Unicode scalar values (decision 45).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// 1,024: claims and conditions.
    Claim,
    /// 10,000: `eval`.
    Free,
}

/// Over how many lines an expression is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// One, as in a JSON document.
    One,
    /// As many as 100 characters each ask for.
    Several,
}

/// An expression laid out anew: the same tree with the fewest brackets, words, quotes and numbers
/// spelled as its author spells them. Formatting it again changes nothing.
///
/// # Errors
/// Everything that keeps it from being read.
pub fn format(source: &str, length: Length, lines: Lines) -> Result<String, Vec<Diagnostic>> {
    let width = match lines {
        Lines::One => usize::MAX,
        Lines::Several => syntax::print::WIDTH,
    };
    syntax::format(source, length.limits(), width)
}

/// Whether an expression could go on: its text or something in it is still open at the end.
#[must_use]
pub fn is_unfinished(source: &str) -> bool {
    syntax::is_unfinished(source, Length::Free.limits())
}

/// Names a program of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProgramId(usize);

/// A member of a JSON object, as text (design, "Objects").
#[derive(Clone, Debug)]
pub struct MemberSource<'t> {
    pub name: &'t str,
    /// Tried in order: a guard, if there is one, and the value.
    pub alternatives: Vec<(Option<&'t str>, &'t str)>,
    /// Whether an empty list is left out as null is.
    pub omit_empty: bool,
}

/// What is wrong with one expression of an object.
#[derive(Clone, Debug)]
pub struct MemberDiagnostics {
    pub member: usize,
    pub alternative: usize,
    pub in_guard: bool,
    pub diagnostics: Vec<Diagnostic>,
}

/// Programs on their way to being a set.
#[derive(Clone, Debug)]
pub struct SetBuilder {
    schema: Arc<Schema>,
    /// The shapes of the records by ordinal, which every program is verified against.
    root_shapes: Vec<Shape>,
    names: Names,
    /// Where the next expressions stand.
    position: Position,
    programs: Vec<Program>,
}

#[derive(Clone, Debug)]
enum Program {
    Json(Body),
    Condition(Body),
    Object(Object),
}

/// Programs compiled together, over one schema.
#[derive(Debug)]
pub struct ProgramSet {
    schema: Arc<Schema>,
    names: Vec<String>,
    programs: Vec<Program>,
    needs: Needs,
    /// The shapes of the records by ordinal, for machine code that is made later.
    root_shapes: Vec<Shape>,
    /// Absent until it is made, and where the host lets none run.
    native: OnceLock<Option<CompiledSet>>,
}

/// What a condition gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    True,
    False,
    Null,
    /// Anything that is neither a boolean nor null.
    NotBoolean,
}

impl SetBuilder {
    /// An empty set over `schema`.
    #[must_use]
    pub fn new(schema: Arc<Schema>) -> Self {
        let ordinals = 0..u32::try_from(schema.n_records()).unwrap_or(u32::MAX);
        let root_shapes = ordinals.filter_map(|ordinal| schema.record_shape(ordinal)).collect();
        Self {
            schema,
            root_shapes,
            names: Names::default(),
            position: Position::Anywhere,
            programs: Vec::new(),
        }
    }

    /// From here on expressions stand at this position, which says what roots they may name.
    pub fn at(&mut self, position: Position) {
        self.position = position;
    }

    fn add(&mut self, program: Program) -> ProgramId {
        self.programs.push(program);
        ProgramId(self.programs.len() - 1)
    }

    /// Adds an expression whose value is written as JSON. Lints come along with success.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn add_json(
        &mut self,
        source: &str,
        length: Length,
    ) -> Result<(ProgramId, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (body, lints) = self.body(source, length)?;
        Ok((self.add(Program::Json(body)), lints))
    }

    /// Adds a condition: an expression whose static type can be boolean (server decision 3).
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn add_condition(
        &mut self,
        source: &str,
    ) -> Result<(ProgramId, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (body, lints) = self.condition(source)?;
        Ok((self.add(Program::Condition(body)), lints))
    }

    /// Adds an object. Lints come along with success.
    ///
    /// # Errors
    /// Everything that is wrong with any of its expressions.
    pub fn add_object(
        &mut self,
        members: &[MemberSource<'_>],
    ) -> Result<(ProgramId, Vec<MemberDiagnostics>), Vec<MemberDiagnostics>> {
        let (mut found, mut failed) = (Vec::new(), false);
        let mut made = Vec::with_capacity(members.len());
        for (member, source) in members.iter().enumerate() {
            let mut alternatives = Vec::with_capacity(source.alternatives.len());
            for (alternative, (guard, value)) in source.alternatives.iter().enumerate() {
                let mut take = |in_guard, result: Result<(Body, Vec<Diagnostic>), _>| {
                    let (body, diagnostics) = match result {
                        Ok((body, lints)) => (Some(body), lints),
                        Err(diagnostics) => (None, diagnostics),
                    };
                    failed |= body.is_none();
                    if !diagnostics.is_empty() {
                        found.push(MemberDiagnostics {
                            member,
                            alternative,
                            in_guard,
                            diagnostics,
                        });
                    }
                    body
                };
                let guard = match guard {
                    Some(guard) => take(true, self.condition(guard)),
                    None => None,
                };
                if let Some(value) = take(false, self.body(value, Length::Claim)) {
                    alternatives.push(ir::Alternative { guard, value });
                }
            }
            let name = source.name.to_owned();
            made.push(ir::Member { name, alternatives, omit_empty: source.omit_empty });
        }
        if failed {
            return Err(found);
        }
        Ok((self.add(Program::Object(Object { members: made })), found))
    }

    fn condition(&mut self, source: &str) -> Result<(Body, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (body, lints) = self.body(source, Length::Claim)?;
        let shape = body.node(body.root).map(|node| &node.shape);
        match shape.map(|shape| &shape.ty) {
            Some(Type::Boolean | Type::Any | Type::Null) | None => Ok((body, lints)),
            Some(_) => Err(vec![check::not_a_condition(&body)]),
        }
    }

    /// The whole compiler up to typed IR, on one screen.
    fn body(
        &mut self,
        source: &str,
        length: Length,
    ) -> Result<(Body, Vec<Diagnostic>), Vec<Diagnostic>> {
        let parsed = syntax::parse(source, length.limits());
        let Some(tree) = parsed.tree.or(parsed.holed) else { return Err(parsed.diagnostics) };
        let found = parsed.diagnostics;
        let checked = check::check(&tree, found, &self.schema, self.position, &mut self.names);
        let mut diagnostics = checked.diagnostics;
        diagnostics.sort_by_key(|told| told.span.start);
        let body = match checked.body {
            Some(body) if first_error(&diagnostics).is_none() => body,
            _ => return Err(diagnostics),
        };
        self.know_shapes_of_paths();
        let body = ir::place_charges(body);
        if let Some(excess) = bound::always_exceeds(&body) {
            diagnostics.push(fault::too_much(excess, &body));
            return Err(diagnostics);
        }
        if let Err(broken) = ir::verify::verify(&body, &self.root_shapes) {
            diagnostics.push(fault::bug(&broken, Span::new(0, source.len())));
            return Err(diagnostics);
        }
        Ok((body, diagnostics))
    }

    /// Appends the shapes of the records that paths lead to.
    fn know_shapes_of_paths(&mut self) {
        let n_known = self.root_shapes.len().saturating_sub(self.schema.n_records());
        for path in self.names.paths().iter().skip(n_known) {
            let record_type = self.schema.reached_type(path);
            self.root_shapes.push(Shape::or_null(Type::Record(record_type)));
        }
    }

    /// The type of what a program gives, in the language's words; `?` for one that may be null.
    #[must_use]
    pub fn type_name(&self, id: ProgramId) -> String {
        let body = match self.programs.get(id.0) {
            Some(Program::Json(body) | Program::Condition(body)) => body,
            Some(Program::Object(_)) | None => return "map".to_owned(),
        };
        let root = body.node(body.root);
        root.map(|node| ir::print::shape(&node.shape)).unwrap_or_default()
    }
}

impl Length {
    fn limits(self) -> syntax::Limits {
        match self {
            Self::Claim => syntax::Limits::claim(),
            Self::Free => syntax::Limits::free(),
        }
    }
}

impl ProgramSet {
    /// The schema the programs were checked against.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Whether machine code serves.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.native(Engine::Native).is_some()
    }

    /// Whether machine code was made, or found not to be had.
    #[must_use]
    pub fn is_compiled(&self) -> bool {
        self.native.get().is_some()
    }

    /// Makes the machine code of a set that was finished without, for evaluations that begin from
    /// now on. Others go on meanwhile, interpreted.
    pub fn compile(&self) {
        self.compile_by(processors());
    }

    /// As [`ProgramSet::compile`], by no more threads than these.
    pub fn compile_by(&self, most_threads: usize) {
        self.native.get_or_init(|| {
            let making = (codegen::Settings::default(), most_threads);
            compile::machine_code(&self.programs, &self.root_shapes, making, optimize::ALL)
        });
    }

    /// Machine code, if it is to answer.
    #[inline]
    fn native(&self, engine: Engine) -> Option<&CompiledSet> {
        self.native.get()?.as_ref().filter(|_| engine == Engine::Native)
    }

    /// Whether any program reads the record with this ordinal; one that none reads need not be made.
    #[must_use]
    pub fn reads(&self, ordinal: usize) -> bool {
        self.needs.reads(ordinal)
    }

    /// What the programs read, to be loaded before they run.
    #[must_use]
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The members of an object that fault when these roots are null, unless they ask first, and
    /// where; a member whose guard asks may be among them.
    #[must_use]
    pub fn faults_without(&self, id: ProgramId, roots: &[&str]) -> Vec<(usize, Span)> {
        let Some(Program::Object(object)) = self.programs.get(id.0) else { return Vec::new() };
        let ordinal = |root: &&str| u32::try_from(self.schema.ordinal(root)?).ok();
        let roots: Vec<u32> = roots.iter().filter_map(ordinal).collect();
        let members = object.members.iter().enumerate();
        let faulting = members.filter_map(|(index, member)| {
            let values = member.alternatives.iter().map(|alternative| &alternative.value);
            let span = values.into_iter().find_map(|value| value.faults_without(&roots))?;
            Some((index, span))
        });
        faulting.collect()
    }

    /// The symbols of the programs' names of groups in `table`, for [`Roots::new`].
    #[must_use]
    pub fn resolve(&self, table: &GroupTable) -> Vec<u32> {
        self.names.iter().map(|name| table.name_symbol(name)).collect()
    }

    /// The names of groups that the programs speak of.
    #[must_use]
    pub fn group_names(&self) -> &[String] {
        &self.names
    }

    /// The typed IR of a program, as text for people; `None` for an object.
    #[must_use]
    pub fn ir(&self, id: ProgramId) -> Option<String> {
        self.programs.get(id.0)?.ir()
    }

    /// How many bytes of machine code a program is; `None` where it is interpreted.
    #[must_use]
    pub fn code_bytes(&self, id: ProgramId) -> Option<usize> {
        self.native(Engine::Native)?.code_bytes(id.0)
    }

    /// How many steps of [`STEPS`] an expression or condition spends; 0 for an object, whose
    /// expressions have budgets of their own.
    #[must_use]
    pub fn steps(&self, id: ProgramId, roots: &Roots<'_>, worker: &mut Worker) -> i64 {
        let body = match self.programs.get(id.0) {
            Some(Program::Json(body) | Program::Condition(body)) => body,
            Some(Program::Object(_)) | None => return 0,
        };
        worker.interpret(roots, |context, roots, _| interpret::steps(body, context, roots))
    }

    /// The JSON of an expression's value.
    ///
    /// This and those below are always inlined, and what is seldom is done elsewhere: the way in and
    /// out would else take longer than most expressions.
    ///
    /// # Errors
    /// The fault that stopped it.
    #[inline(always)]
    pub fn json<'w>(
        &self,
        id: ProgramId,
        roots: &Roots<'_>,
        worker: &'w mut Worker,
        engine: Engine,
    ) -> Result<&'w [u8], EvaluationFault> {
        match worker.write(self.native(engine), (id.0, Made::Json), roots, &[]) {
            Ok(length) => Ok(worker.output(length)),
            Err(outcome) => self.json_otherwise(id, roots, worker, outcome),
        }
    }

    /// What a condition gives.
    ///
    /// # Errors
    /// The fault that stopped it.
    #[inline(always)]
    pub fn condition(
        &self,
        id: ProgramId,
        roots: &Roots<'_>,
        worker: &mut Worker,
        engine: Engine,
    ) -> Result<Condition, EvaluationFault> {
        match worker.decide(self.native(engine), id.0, roots) {
            Ok(condition) => Ok(condition),
            Err(outcome) => self.condition_otherwise(id, roots, worker, outcome),
        }
    }

    /// The members of an object that `selected` names (a bit each, in order), as
    /// `"name":value,…` without the braces.
    ///
    /// # Errors
    /// The first fault, with the member it is in.
    #[inline(always)]
    pub fn object<'w>(
        &self,
        id: ProgramId,
        selected: &[u64],
        roots: &Roots<'_>,
        worker: &'w mut Worker,
        engine: Engine,
    ) -> Result<&'w [u8], EvaluationFault> {
        match worker.write(self.native(engine), (id.0, Made::Members), roots, selected) {
            Ok(length) => Ok(worker.output(length)),
            Err(outcome) => self.object_otherwise(id, selected, roots, worker, outcome),
        }
    }

    /// The fault that machine code ended with, or else the interpreter's answer.
    #[cold]
    #[inline(never)]
    fn json_otherwise<'w>(
        &self,
        id: ProgramId,
        roots: &Roots<'_>,
        worker: &'w mut Worker,
        outcome: Outcome,
    ) -> Result<&'w [u8], EvaluationFault> {
        if let Outcome::Fault { fault, site } = outcome {
            return Err(fault::compiled(fault, site));
        }
        let Some(Program::Json(body)) = self.programs.get(id.0) else { return Ok(b"null") };
        worker
            .interpret(roots, |context, roots, json| {
                interpret::evaluate_json(body, context, roots, json)
            })
            .map_err(|stopped| fault::stopped(stopped, body))?;
        Ok(worker.json())
    }

    /// As [`ProgramSet::json_otherwise`], of a condition.
    #[cold]
    #[inline(never)]
    fn condition_otherwise(
        &self,
        id: ProgramId,
        roots: &Roots<'_>,
        worker: &mut Worker,
        outcome: Outcome,
    ) -> Result<Condition, EvaluationFault> {
        if let Outcome::Fault { fault, site } = outcome {
            return Err(fault::compiled(fault, site));
        }
        let Some(Program::Condition(body)) = self.programs.get(id.0) else {
            return Ok(Condition::NotBoolean);
        };
        worker
            .interpret(roots, |context, roots, _| {
                interpret::evaluate(body, context, roots).map(context::condition_of)
            })
            .map_err(|stopped| fault::stopped(stopped, body))
    }

    /// As [`ProgramSet::json_otherwise`], of an object.
    #[cold]
    #[inline(never)]
    fn object_otherwise<'w>(
        &self,
        id: ProgramId,
        selected: &[u64],
        roots: &Roots<'_>,
        worker: &'w mut Worker,
        outcome: Outcome,
    ) -> Result<&'w [u8], EvaluationFault> {
        if let Outcome::Fault { fault, site } = outcome {
            return Err(fault::in_object(fault, site));
        }
        let Some(Program::Object(object)) = self.programs.get(id.0) else { return Ok(b"") };
        worker
            .interpret(roots, |context, roots, json| {
                interpret::evaluate_object(object, selected, context, roots, json)
            })
            .map_err(|stopped| fault::stopped_in_object(stopped, object))?;
        Ok(worker.json())
    }
}
