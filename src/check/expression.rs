//! Literals, operators and choices.

use super::flow::Fact;
use super::shape::{Family, family, unify, unify_all};
use super::{Checker, Scope, error, lint};
use crate::diagnostic::nearest;
use crate::ir::{Constant, Link, NodeId, NodeKind, Order};
use crate::schema::{Place, position};
use crate::source::Span;
use crate::syntax::tree::{
    self, Comparison, Expression, ExpressionKind, Literal, ProductOperator, SumOperator,
    UnaryOperator,
};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::Operator;
use claimsmith_runtime::types::{Shape, Type};
use std::sync::Arc;

impl Checker<'_> {
    /// The whole expression: `Claims(x)` is `x` here and only here (decision 39).
    pub(super) fn outermost(&mut self, tree: &Expression) -> NodeId {
        if let ExpressionKind::Call(call) = &tree.kind
            && call.name.text == "Claims"
            && let [tree::Argument::Expression(inner)] = call.arguments.as_slice()
        {
            return self.expression(inner);
        }
        self.expression(tree)
    }

    pub(super) fn expression(&mut self, tree: &Expression) -> NodeId {
        let span = tree.span;
        match &tree.kind {
            ExpressionKind::Literal(literal) => self.literal(literal, span),
            ExpressionKind::Name(name) => self.name(name, span),
            ExpressionKind::This => self.this(span),
            ExpressionKind::Broken => {
                self.push(NodeKind::Fail(Fault::Type), Shape::of(Type::Any), span)
            }
            ExpressionKind::Call(call) => self.call(call, span),
            ExpressionKind::Chain { start, steps } => self.chain(start, steps),
            ExpressionKind::List(elements) => self.list(elements, span),
            ExpressionKind::Map(entries) => self.map(entries, span),
            ExpressionKind::Unary { operator, operand } => self.unary(*operator, operand, span),
            ExpressionKind::Power { base, exponent } => {
                let base = self.expression(base);
                let exponent = self.expression(exponent);
                self.arithmetic(base, vec![(Operator::Power, exponent)], span)
            }
            ExpressionKind::Product { first, rest } => self.product(first, rest, span),
            ExpressionKind::Sum { first, rest } => self.sum(first, rest, span),
            ExpressionKind::Comparison { operator, lhs, rhs } => {
                self.comparison(*operator, lhs, rhs, span)
            }
            ExpressionKind::And(operands) => {
                let operands = self.conditions(operands, true);
                self.push(NodeKind::And(operands), Shape::of(Type::Boolean), span)
            }
            ExpressionKind::Or(operands) => {
                let operands = self.conditions(operands, false);
                self.push(NodeKind::Or(operands), Shape::of(Type::Boolean), span)
            }
            ExpressionKind::Choice { links, otherwise } => self.choice(links, otherwise, span),
        }
    }

    fn literal(&mut self, literal: &Literal, span: Span) -> NodeId {
        let constant = match literal {
            Literal::Null => Constant::Null,
            Literal::Boolean(value) => Constant::Boolean(*value),
            Literal::Integer(value) => Constant::Integer(*value),
            Literal::Number(value) => Constant::Number(*value),
            Literal::Text(text) => Constant::Text(text.clone()),
        };
        self.constant(constant, span)
    }

    /// A lambda parameter, an attribute of the element, or a root; the innermost meaning wins.
    fn name(&mut self, name: &str, span: Span) -> NodeId {
        match self.scoped(name) {
            Some(Scoped::Parameter(local, shape)) => self.local(local, shape, span),
            Some(Scoped::Element(local, shape)) => {
                let is_root = self.schema.find(name).is_some();
                if is_root && !self.has_member(&shape, name) {
                    return self.error(error::outer_name(name, span));
                }
                if is_root && is_open(&shape, name) {
                    self.diagnostics.push(lint::also_a_root(name, span));
                }
                let element = self.local(local, shape, span);
                self.member(element, name, span)
            }
            None => self.root(name, span),
        }
    }

    /// Whether a member of this name can exist on such an element.
    fn has_member(&self, shape: &Shape, name: &str) -> bool {
        match &shape.ty {
            Type::Record(record) => record.find(name).is_some() || record.open,
            Type::Group => self.schema.group().find(name).is_some(),
            Type::Any | Type::Map => true,
            _ => false,
        }
    }

    /// What an enclosing lambda or projection makes of a bare name.
    pub(super) fn scoped(&self, wanted: &str) -> Option<Scoped> {
        for scope in self.scopes.iter().rev() {
            match scope {
                Scope::Parameter { name, local, shape } if name == wanted => {
                    return Some(Scoped::Parameter(*local, shape.clone()));
                }
                Scope::Parameter { .. } => {}
                Scope::Element { local, shape } => {
                    return Some(Scoped::Element(*local, shape.clone()));
                }
            }
        }
        None
    }

    pub(super) fn root(&mut self, name: &str, span: Span) -> NodeId {
        if !self.position.has(name)
            && let Some(place) = position::places_in_words(name)
        {
            let here = self.schema.names().filter(|name| self.position.has(name));
            let elsewhere = error::root_elsewhere(name, &place, here, span);
            return self.error(elsewhere);
        }
        match self.schema.find(name) {
            Some(Place::Root { shape, .. }) if shape.ty == Type::Null => {
                self.constant(Constant::Null, span)
            }
            Some(Place::Root { ordinal, shape }) => {
                let shape = shape.clone();
                self.push(NodeKind::Root(ordinal), shape, span)
            }
            Some(Place::Further { ordinal, record_type, slot }) => {
                let found = record_type.fields.get(slot as usize);
                let shape = found.map_or(Shape::of(Type::Any), |field| field.shape.clone());
                let record = Shape::of(Type::Record(Arc::clone(record_type)));
                let record = self.push(NodeKind::Root(ordinal), record, span);
                self.push(NodeKind::Slot { record, index: slot }, shape, span)
            }
            None => {
                let near = || nearest(name, self.first_names()).map(error::did_you_mean);
                let help = self.instead_of_name(name).or_else(near);
                self.error(error::unknown_root(name, help, span))
            }
        }
    }

    fn this(&mut self, span: Span) -> NodeId {
        let element = self.scopes.iter().rev().find_map(|scope| match scope {
            Scope::Element { local, shape } => Some((*local, shape.clone())),
            Scope::Parameter { .. } => None,
        });
        match element {
            Some((local, shape)) => self.local(local, shape, span),
            None => self.error(error::this_outside(span)),
        }
    }

    fn list(&mut self, elements: &[Expression], span: Span) -> NodeId {
        let elements: Vec<NodeId> = elements.iter().map(|tree| self.expression(tree)).collect();
        let element = unify_all(elements.iter().map(|element| self.shape(*element)));
        self.operation(Operator::List, elements, Shape::list(element), span)
    }

    fn map(&mut self, entries: &[(tree::Key, Expression)], span: Span) -> NodeId {
        let mut arguments = Vec::with_capacity(2 * entries.len());
        for (key, value) in entries {
            arguments.push(self.text(&key.text, key.span));
            arguments.push(self.expression(value));
        }
        self.operation(Operator::Map, arguments, Shape::of(Type::Map), span)
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expression, span: Span) -> NodeId {
        let operand = self.expression(operand);
        if operator == UnaryOperator::Not {
            let operand = self.condition(operand);
            return self.push(NodeKind::Not(operand), Shape::of(Type::Boolean), span);
        }
        let shape = self.shape(operand);
        let (sign, operator) = match operator {
            UnaryOperator::Minus => ("-", Operator::Negate),
            UnaryOperator::Plus | UnaryOperator::Not => ("+", Operator::AsNumeric),
        };
        let ty = match shape.ty {
            Type::Integer | Type::Number => shape.ty,
            Type::Any => Type::Any,
            _ => {
                self.remark(error::operand(sign, &shape, span));
                Type::Any
            }
        };
        let operand = self.non_null(operand, Fault::Type, span);
        self.operation(operator, vec![operand], Shape { ty, nullable: false }, span)
    }

    fn product(
        &mut self,
        first: &Expression,
        rest: &[(ProductOperator, Expression)],
        span: Span,
    ) -> NodeId {
        let first = self.expression(first);
        let rest = rest
            .iter()
            .map(|(operator, tree)| {
                let operator = match operator {
                    ProductOperator::Times => Operator::Multiply,
                    ProductOperator::Divide => Operator::Divide,
                    ProductOperator::Remainder => Operator::Remainder,
                };
                (operator, self.expression(tree))
            })
            .collect();
        self.arithmetic(first, rest, span)
    }

    /// Numbers as far as types tell; what is not a number by its type is told at once.
    fn arithmetic(&mut self, first: NodeId, rest: Vec<(Operator, NodeId)>, span: Span) -> NodeId {
        let mut result = self.shape(first).ty;
        let operands = std::iter::once(first).chain(rest.iter().map(|(_, node)| *node));
        let mut wrong = None;
        for operand in operands.collect::<Vec<_>>() {
            self.remark_null_operand(operand);
            let ty = self.shape(operand).ty;
            if !matches!(ty, Type::Integer | Type::Number | Type::Any) && wrong.is_none() {
                wrong = Some(operand);
            }
            result = numeric_result(&result, &ty);
        }
        if rest.iter().any(|(operator, _)| *operator == Operator::Power) {
            // A negative exponent makes a number of integers (decision 11).
            result = if result == Type::Integer { Type::Any } else { result };
        }
        if let Some(wrong) = wrong {
            let found = self.shape(wrong);
            let diagnostic = error::operand(sign(&rest), &found, self.span(wrong));
            self.remark(diagnostic);
        }
        self.push(NodeKind::Arithmetic { first, rest }, Shape { ty: result, nullable: false }, span)
    }

    /// `+` and `-` from the left: numbers until the first text that is never null, from which on all is
    /// joined. What stands before it may turn out to be null twice, or null and a number, which cannot be
    /// added (decision 17).
    fn sum(
        &mut self,
        first: &Expression,
        rest: &[(SumOperator, Expression)],
        span: Span,
    ) -> NodeId {
        let first = self.expression(first);
        let mut operands = vec![(SumOperator::Plus, first)];
        for (operator, tree) in rest {
            operands.push((*operator, self.expression(tree)));
        }
        let acts_as_text = |shape: &Shape| {
            matches!(shape.ty, Type::Text | Type::Group | Type::DateTime | Type::Country)
        };
        let is_text = |checker: &Self, index: usize| {
            operands.get(index).is_some_and(|(_, node)| {
                let shape = checker.shape(*node);
                acts_as_text(&shape) && !shape.nullable
            })
        };
        let n_open = (0..operands.len()).find(|index| is_text(self, *index));
        let joined = n_open.filter(|at| {
            operands.iter().skip(*at).all(|(operator, _)| *operator == SumOperator::Plus)
        });
        let Some(at) = joined else { return self.difference(operands, span) };
        let pieces: Vec<NodeId> = operands.iter().skip(at).map(|(_, node)| *node).collect();
        let mut all = Vec::with_capacity(pieces.len() + 1);
        match operands.get(..at) {
            Some([]) | None => {}
            Some([(_, only)]) => all.push(*only),
            Some([(_, first), rest @ ..]) => {
                let rest = rest.iter().map(|(operator, node)| (sum_operator(*operator), *node));
                let rest = rest.collect();
                all.push(self.arithmetic_or_text(*first, rest, span));
            }
        }
        all.extend(pieces);
        self.concat(all, span)
    }

    /// A sum without text by its types, or with a `-`: each step is decided by the kinds it meets.
    fn difference(&mut self, operands: Vec<(SumOperator, NodeId)>, span: Span) -> NodeId {
        self.remark_text_subtracted(&operands);
        let mut operands = operands.into_iter();
        let Some((_, first)) = operands.next() else {
            return self.push(NodeKind::Fail(Fault::Internal), Shape::of(Type::Any), span);
        };
        let rest = operands.map(|(operator, node)| (sum_operator(operator), node)).collect();
        self.arithmetic_or_text(first, rest, span)
    }

    /// A text on either side of a `-`; what a text was added to is one.
    fn remark_text_subtracted(&mut self, operands: &[(SumOperator, NodeId)]) {
        let is_text = |node: NodeId| self.shape(node).ty == Type::Text;
        let first = operands.iter().position(|(_, node)| is_text(*node));
        let wrong = first.and_then(|first| {
            let minus =
                operands.iter().skip(first + 1).find(|(sign, _)| *sign == SumOperator::Minus);
            let subtracted = operands.get(first).filter(|(sign, _)| *sign == SumOperator::Minus);
            minus.or(subtracted).and_then(|_| operands.get(first)).map(|(_, node)| *node)
        });
        if let Some(wrong) = wrong {
            let (shape, span) = (self.shape(wrong), self.span(wrong));
            self.remark(error::operand("-", &shape, span));
        }
    }

    /// Arithmetic whose operands may turn out to be texts when they are `Any`.
    fn arithmetic_or_text(
        &mut self,
        first: NodeId,
        rest: Vec<(Operator, NodeId)>,
        span: Span,
    ) -> NodeId {
        let all = || std::iter::once(first).chain(rest.iter().map(|(_, node)| *node));
        let any = all().any(|node| self.shape(node).ty == Type::Any);
        let texts = all().any(|node| self.shape(node).ty == Type::Text);
        if !any && !texts {
            return self.arithmetic(first, rest, span);
        }
        let nodes: Vec<NodeId> = all().collect();
        nodes.into_iter().for_each(|node| self.remark_null_added(node));
        self.push(NodeKind::Arithmetic { first, rest }, Shape::of_not_null(Type::Any), span)
    }

    fn concat(&mut self, pieces: Vec<NodeId>, span: Span) -> NodeId {
        for piece in &pieces {
            let shape = self.shape(*piece);
            if matches!(shape.ty, Type::Map | Type::Record(_)) {
                self.remark(error::operand("+", &shape, self.span(*piece)));
            }
            self.remark_null_joined(*piece);
        }
        self.push(NodeKind::Concat(pieces), Shape::of(Type::Text), span)
    }

    fn comparison(
        &mut self,
        operator: Comparison,
        lhs: &Expression,
        rhs: &Expression,
        span: Span,
    ) -> NodeId {
        let (left, right) = (lhs, rhs);
        if is_negated(left) && left.span.start == span.start {
            self.diagnostics.push(lint::negation_first(left.span));
        }
        let lhs = self.expression(left);
        let rhs = self.expression(right);
        let order = match operator {
            Comparison::Equal | Comparison::NotEqual => {
                let negated = operator == Comparison::NotEqual;
                self.remark_equality((lhs, left), (rhs, right), negated, span);
                let kind = NodeKind::Equal { lhs, rhs, negated };
                return self.push(kind, Shape::of(Type::Boolean), span);
            }
            Comparison::Less => Order::Less,
            Comparison::LessOrEqual => Order::LessOrEqual,
            Comparison::Greater => Order::Greater,
            Comparison::GreaterOrEqual => Order::GreaterOrEqual,
            Comparison::Matches => return self.matches(lhs, rhs, span),
        };
        let (left, right) = (self.shape(lhs), self.shape(rhs));
        if !are_comparable(&left.ty, &right.ty) {
            self.remark(error::not_comparable(&left, &right, span));
        }
        self.remark_order(lhs, rhs);
        let (lhs, rhs) = (self.name_if_group(lhs), self.name_if_group(rhs));
        self.push(NodeKind::Order { order, lhs, rhs }, Shape::of(Type::Boolean), span)
    }

    /// `matches` is the function of that name, with the operands as its arguments.
    fn matches(&mut self, lhs: NodeId, rhs: NodeId, span: Span) -> NodeId {
        let lhs = self.non_null(lhs, Fault::Type, span);
        self.call_by_name("matches", &[lhs, rhs], span)
    }

    /// Operands of `&&` or `||`; the next one is reached when those before it are `so_far`.
    fn conditions(&mut self, operands: &[Expression], so_far: bool) -> Vec<NodeId> {
        let mut conditions = Vec::with_capacity(operands.len());
        let mut mark = None;
        for operand in operands {
            let operand = self.asked(operand);
            conditions.push(operand);
            // What the first finds out holds behind all of them.
            mark.get_or_insert(self.flow.mark());
            let facts = self.told(operand, so_far);
            self.flow.learn(&facts);
        }
        mark.into_iter().for_each(|mark| self.flow.forget(mark));
        conditions
    }

    /// A condition as written in an operator.
    fn asked(&mut self, tree: &Expression) -> NodeId {
        let value = self.expression(tree);
        let condition = self.condition(value);
        self.remark_settled(tree, condition);
        condition
    }

    fn choice(&mut self, links: &[tree::Link], otherwise: &Expression, span: Span) -> NodeId {
        let mut shapes = Vec::new();
        let mut checked = Vec::with_capacity(links.len());
        let mut mark = None;
        for (index, link) in links.iter().enumerate() {
            let next = links.get(index + 1).map_or(otherwise.span, tree::Link::span);
            let (link, not_taken) = match link {
                tree::Link::If { condition, then } => {
                    let condition = self.asked(condition);
                    mark.get_or_insert(self.flow.mark());
                    let facts = self.told(condition, true);
                    let then = self.where_known(&facts, |checker| checker.expression(then));
                    shapes.push(self.shape(then));
                    (Link::If { condition, then }, self.told(condition, false))
                }
                tree::Link::Elvis(value) => self.default_link(value, true, next, &mut shapes),
                tree::Link::Coalesce(value) => self.default_link(value, false, next, &mut shapes),
            };
            mark.get_or_insert(self.flow.mark());
            self.flow.learn(&not_taken);
            checked.push(link);
        }
        let otherwise = self.expression(otherwise);
        mark.into_iter().for_each(|mark| self.flow.forget(mark));
        let shape = shapes.iter().fold(self.shape(otherwise), |all, shape| unify(shape, &all));
        self.push(NodeKind::Choice { links: checked, otherwise }, shape, span)
    }

    /// The link, and what is known where its value is not taken.
    fn default_link(
        &mut self,
        value: &Expression,
        empty_too: bool,
        next: Span,
        shapes: &mut Vec<Shape>,
    ) -> (Link, Vec<Fact>) {
        let written = value;
        let value = self.expression(written);
        let shape = self.shape(value);
        self.remark_default(written, value, empty_too, next);
        if shape.ty != Type::Null {
            shapes.push(Shape { nullable: false, ..shape });
        }
        let not_taken = if empty_too { Vec::new() } else { self.is_null(value) };
        (Link::Default { value, empty_too }, not_taken)
    }
}

/// What a name inside a lambda or projection means.
pub(super) enum Scoped {
    Parameter(crate::ir::LocalId, Shape),
    Element(crate::ir::LocalId, Shape),
}

fn is_negated(tree: &Expression) -> bool {
    matches!(tree.kind, ExpressionKind::Unary { operator: UnaryOperator::Not, .. })
}

/// Whether such an element may have any member, and this one is not listed.
fn is_open(shape: &Shape, name: &str) -> bool {
    match &shape.ty {
        Type::Record(record) => record.open && record.find(name).is_none(),
        Type::Any | Type::Map => true,
        _ => false,
    }
}

fn numeric_result(one: &Type, other: &Type) -> Type {
    match (one, other) {
        (Type::Integer, Type::Integer) => Type::Integer,
        (Type::Integer | Type::Number, Type::Integer | Type::Number) => Type::Number,
        _ => Type::Any,
    }
}

fn sum_operator(operator: SumOperator) -> Operator {
    match operator {
        SumOperator::Plus => Operator::Add,
        SumOperator::Minus => Operator::Subtract,
    }
}

/// The spelling of the first operator, for messages.
fn sign(rest: &[(Operator, NodeId)]) -> &'static str {
    match rest.first().map(|(operator, _)| *operator) {
        Some(Operator::Subtract) => "-",
        Some(Operator::Multiply) => "*",
        Some(Operator::Divide) => "/",
        Some(Operator::Remainder) => "%",
        Some(Operator::Power) => "^",
        _ => "+",
    }
}

/// Whether values of these types may have an order (decision 14).
fn are_comparable(lhs: &Type, rhs: &Type) -> bool {
    let is_unknown = |ty| matches!(ty, &Type::Any | &Type::Null);
    let alike = match (family(lhs), family(rhs)) {
        (Some(one), Some(other)) => one == other && one != Family::List,
        _ => false,
    };
    alike || is_unknown(lhs) || is_unknown(rhs)
}
