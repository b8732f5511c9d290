//! Whether a tree means anything: it becomes typed IR, or reasons why not. Every coercion and null
//! check the language asks for becomes a node here, so that engines decide nothing.

mod call;
mod chain;
mod coerce;
mod constant;
mod criteria;
mod error;
mod expression;
mod flow;
mod group;
mod habit;
mod limited;
mod linked;
mod lint;
mod shape;
mod stream;
mod surprise;

use crate::diagnostic::{Diagnostic, code, keep_most};
use crate::ir::{Body, Constant, LocalId, Node, NodeId, NodeKind};
use crate::schema::{Path, Position, Schema};
use crate::source::Span;
use crate::syntax::tree::Expression;
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{Shape, Type};
use flow::Flow;

/// What the programs of a set name: groups, by their index in bodies, and records that are reached
/// from the user, whose ordinals follow those of the schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    groups: Vec<String>,
    paths: Vec<Path>,
}

impl Names {
    /// The index of this name, which joins the list if it is new.
    fn intern(&mut self, name: &str) -> u32 {
        let known = self.groups.iter().position(|candidate| candidate == name);
        let index = known.unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// The index of this path, which joins the list if it is new.
    fn intern_path(&mut self, path: Path) -> usize {
        let known = self.paths.iter().position(|candidate| *candidate == path);
        known.unwrap_or_else(|| {
            self.paths.push(path);
            self.paths.len() - 1
        })
    }

    /// The names of groups, by index.
    pub(crate) fn list(&self) -> &[String] {
        &self.groups
    }

    /// The paths, in the order of their ordinals.
    pub(crate) fn paths(&self) -> &[Path] {
        &self.paths
    }
}

/// What checking one tree gave: the program, unless an error stands in its way, and all findings.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) body: Option<Body>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Checks `tree`, which stands at `position`, against `schema`. What it names joins `names`; what is
/// found joins what was found while it was read.
pub(crate) fn check(
    tree: &Expression,
    found: Vec<Diagnostic>,
    schema: &Schema,
    position: Position,
    names: &mut Names,
) -> Checked {
    let mut checker = Checker {
        schema,
        position,
        names,
        nodes: Vec::new(),
        n_locals: 0,
        scopes: Vec::new(),
        is_inside: false,
        guarded: Vec::new(),
        diagnostics: found,
        n_reductions: 0,
        patterns: Vec::new(),
        flow: Flow::default(),
    };
    let root = checker.outermost(tree);
    let Checker { nodes, n_locals, mut diagnostics, patterns, .. } = checker;
    diagnostics.retain(|told| {
        let is_inside = |text: &Span| text.start <= told.span.start && told.span.end <= text.end;
        told.code != &code::LOOKS_LIKE_ESCAPE || !patterns.iter().any(is_inside)
    });
    keep_most(&mut diagnostics);
    let failed = crate::diagnostic::first_error(&diagnostics).is_some();
    Checked { body: (!failed).then_some(Body { nodes, root, n_locals }), diagnostics }
}

struct Checker<'c> {
    schema: &'c Schema,
    position: Position,
    names: &'c mut Names,
    nodes: Vec<Node>,
    n_locals: u32,
    scopes: Vec<Scope>,
    /// Whether this is an expression inside the text of another.
    is_inside: bool,
    /// What each local of a guard stands for.
    guarded: Vec<(LocalId, NodeId)>,
    diagnostics: Vec<Diagnostic>,
    /// Reductions around this place.
    n_reductions: usize,
    /// Texts that are regular expressions, which have escapes of their own.
    patterns: Vec<Span>,
    flow: Flow,
}

/// How far a checker had come.
struct Mark {
    n_nodes: usize,
    n_diagnostics: usize,
    n_locals: u32,
}

/// What a bare name can mean, innermost last.
enum Scope {
    /// A lambda's parameter.
    Parameter { name: String, local: LocalId, shape: Shape },
    /// The element of a projection or selection: names are its attributes, and nothing outside can
    /// be seen (decision 21).
    Element { local: LocalId, shape: Shape },
}

impl Checker<'_> {
    fn mark(&self) -> Mark {
        let (n_nodes, n_diagnostics) = (self.nodes.len(), self.diagnostics.len());
        Mark { n_nodes, n_diagnostics, n_locals: self.n_locals }
    }

    /// Forgets what was made since.
    fn go_back(&mut self, mark: &Mark) {
        self.nodes.truncate(mark.n_nodes);
        self.flow.truncate(mark.n_nodes);
        self.diagnostics.truncate(mark.n_diagnostics);
        self.n_locals = mark.n_locals;
    }

    fn push(&mut self, kind: NodeKind, shape: Shape, span: Span) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.flow.note(&kind, &shape);
        self.nodes.push(Node { kind, shape, span });
        id
    }

    fn constant(&mut self, constant: Constant, span: Span) -> NodeId {
        let shape = match &constant {
            Constant::Null => Shape::of(Type::Null),
            Constant::Boolean(_) => Shape::of(Type::Boolean),
            Constant::Integer(_) => Shape::of(Type::Integer),
            Constant::Number(_) => Shape::of(Type::Number),
            Constant::Text(_) => Shape::of(Type::Text),
        };
        self.push(NodeKind::Constant(constant), shape, span)
    }

    fn text(&mut self, text: &str, span: Span) -> NodeId {
        self.constant(Constant::Text(text.to_owned()), span)
    }

    fn local(&mut self, local: LocalId, shape: Shape, span: Span) -> NodeId {
        self.push(NodeKind::Local(local), shape, span)
    }

    fn new_local(&mut self) -> LocalId {
        let local = LocalId(self.n_locals);
        self.n_locals += 1;
        self.flow.name(local);
        local
    }

    fn operation(
        &mut self,
        operator: Operator,
        arguments: Vec<NodeId>,
        shape: Shape,
        span: Span,
    ) -> NodeId {
        self.push(NodeKind::Operation { operator, arguments }, shape, span)
    }

    fn shape(&self, id: NodeId) -> Shape {
        self.nodes.get(id.0 as usize).map_or(Shape::of(Type::Any), |node| node.shape.clone())
    }

    fn span(&self, id: NodeId) -> Span {
        self.nodes.get(id.0 as usize).map_or(Span::default(), |node| node.span)
    }

    fn kind(&self, id: NodeId) -> Option<&NodeKind> {
        self.nodes.get(id.0 as usize).map(|node| &node.kind)
    }

    fn constant_text(&self, id: NodeId) -> Option<&str> {
        match self.nodes.get(id.0 as usize).map(|node| &node.kind) {
            Some(NodeKind::Constant(Constant::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// An error that no run can get around. The node it gives is compatible with everything, so
    /// that one mistake is told once.
    fn error(&mut self, diagnostic: Diagnostic) -> NodeId {
        let span = diagnostic.span;
        self.diagnostics.push(diagnostic);
        self.push(NodeKind::Fail(Fault::Type), Shape::of(Type::Any), span)
    }

    /// As [`Checker::remark`], where no node would fault by itself.
    fn mismatch(&mut self, diagnostic: Diagnostic, fault: Fault) -> NodeId {
        let span = diagnostic.span;
        self.remark(diagnostic);
        self.push(NodeKind::Fail(fault), Shape::of(Type::Any), span)
    }

    /// Tells of a mismatch that the node made for it will fault for when it is reached: an error
    /// where types are declared, else a remark.
    fn remark(&mut self, diagnostic: Diagnostic) {
        let told = if self.schema.is_declared() { diagnostic } else { error::as_lint(diagnostic) };
        self.diagnostics.push(told);
    }

    /// The value, which must not be null from here on; null faults with `fault`.
    fn non_null(&mut self, value: NodeId, fault: Fault, span: Span) -> NodeId {
        let shape = self.shape(value);
        if !shape.nullable {
            return value;
        }
        self.remark_null(value, fault);
        self.learn_present(value);
        let ty = if shape.ty == Type::Null { Type::Any } else { shape.ty };
        self.push(NodeKind::NonNull { value, fault }, Shape { ty, nullable: false }, span)
    }

    /// Evaluates `value` once and makes `rest` of it; null makes null.
    fn guard(
        &mut self,
        value: NodeId,
        span: Span,
        rest: impl FnOnce(&mut Self, NodeId) -> NodeId,
    ) -> NodeId {
        let shape = self.shape(value);
        let ty = if shape.ty == Type::Null { Type::Any } else { shape.ty };
        let inner = Shape { ty, nullable: false };
        let local = self.new_local();
        self.guarded.push((local, value));
        self.flow.alias(local, value);
        let bound = self.local(local, inner, self.span(value));
        let mut there = Vec::new();
        self.imply(value, &mut there);
        let rest = self.where_known(&there, |checker| rest(checker, bound));
        let mut result = self.shape(rest);
        result.nullable |= shape.nullable;
        self.push(NodeKind::Guard { local, value, rest }, result, span)
    }
}

/// What is wrong with a body that stands where a condition must (server decision 3).
pub(crate) fn not_a_condition(body: &Body) -> Diagnostic {
    let root = body.node(body.root);
    let shape = root.map_or(Shape::of(Type::Null), |node| node.shape.clone());
    error::condition(&shape, root.map_or(Span::default(), |node| node.span))
}
