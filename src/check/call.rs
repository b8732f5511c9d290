//! Functions and methods: which row of the function table a call means, and its arguments made to
//! fit the row's parameters.

use super::expression::Scoped;
use super::shape::unify;
use super::{Checker, error, habit};
use crate::diagnostic::nearest;
use crate::ir::{NodeId, NodeKind};
use crate::schema::standard;
use crate::source::Span;
use crate::syntax::tree::{Argument, Call};
use claimsmith_runtime::fault::Fault;
use claimsmith_runtime::functions::{
    self, Accepts, Function, Meaning, Null, Operator, Repeats, Returns, Style,
};
use claimsmith_runtime::types::{Shape, Type};

/// A row and its number.
type Row = (u32, &'static Function);

impl Checker<'_> {
    /// `name(…)` without a receiver.
    pub(super) fn call(&mut self, call: &Call, span: Span) -> NodeId {
        let name = call.name.text.as_str();
        if name == "Claims" {
            return self.error(error::claims_inside(call.name.span));
        }
        if let Some(method) = self.call_on_element(call, span) {
            return method;
        }
        let rows = named(name, |row| row.style == Style::Function);
        let Some((_, any)) = rows.first() else { return self.no_such_function(call) };
        if self.position.forbids(name) {
            return self.error(error::not_in_group_rules(name, call.name.span));
        }
        let n = call.arguments.len();
        let Some((number, row)) = rows.iter().find(|(_, row)| row.takes(n)) else {
            return self.error(error::wrong_arity(name, n, &takes(any), call.name.span));
        };
        if let Meaning::Membership(membership) = row.meaning {
            return self.membership(membership, call, span);
        }
        if let Meaning::Limited(limited) = row.meaning {
            return self.limited(limited, call, span);
        }
        if let Meaning::Relation(relation) = row.meaning {
            return self.relation(relation, call, span);
        }
        let mut arguments = Vec::with_capacity(n);
        for argument in &call.arguments {
            arguments.push(self.value_argument(argument, name));
        }
        self.call_row(*number, row, arguments, span)
    }

    /// Inside `.?[ ]` and `.![ ]` an unqualified call acts on the element when the element's kind
    /// has such a method (decision 21).
    fn call_on_element(&mut self, call: &Call, span: Span) -> Option<NodeId> {
        let Some(Scoped::Element(local, shape)) = self.scoped_element() else { return None };
        let n = call.arguments.len() + 1;
        // No value of type any is a user, and the user of the request is who is meant.
        let name = call.name.text.as_str();
        let is_global = !named(name, |row| row.style == Style::Function).is_empty();
        let fits = |row: &Function| {
            let never = shape.ty == Type::Any && is_global && is_of_user(row);
            row.is_method() && row.takes(n) && !never && receives(row, &shape.ty)
        };
        named(name, fits).first()?;
        let element = self.local(local, shape, call.name.span);
        Some(self.method(element, call, span))
    }

    /// The element of the innermost projection or selection, unless a lambda stands between.
    fn scoped_element(&self) -> Option<Scoped> {
        match self.scopes.last() {
            Some(super::Scope::Element { local, shape }) => {
                Some(Scoped::Element(*local, shape.clone()))
            }
            _ => None,
        }
    }

    fn no_such_function(&mut self, call: &Call) -> NodeId {
        let names = functions::rows()
            .filter(|(_, row)| row.style == Style::Function)
            .flat_map(|(_, row)| row.names.iter().copied());
        let name = call.name.text.as_str();
        let near = || nearest(name, names).map(error::did_you_mean);
        let help = habit::instead_of_function(name).or_else(near);
        self.error(error::unknown_function(name, help, call.name.span))
    }

    /// An operator that is spelled as a function elsewhere.
    pub(super) fn call_by_name(&mut self, name: &str, arguments: &[NodeId], span: Span) -> NodeId {
        let rows = named(name, |row| row.takes(arguments.len()));
        match rows.first() {
            Some((number, row)) => {
                self.remark_plain_pattern(row, arguments);
                self.call_row(*number, row, arguments.to_vec(), span)
            }
            None => self.error(error::unsupported(&format!("`{name}`"), span)),
        }
    }

    /// A call of the internal row of this name.
    pub(super) fn internal(&mut self, name: &str, arguments: Vec<NodeId>, span: Span) -> NodeId {
        let is_meant = |row: &Function| row.style == Style::Internal && row.names.contains(&name);
        self.call_found(functions::rows().find(|(_, row)| is_meant(row)), arguments, span)
    }

    /// A call of the method that texts have under this name.
    pub(super) fn text_method(&mut self, name: &str, arguments: Vec<NodeId>, span: Span) -> NodeId {
        let is_meant = |row: &Function| {
            row.is_method() && row.names.contains(&name) && receives(row, &Type::Text)
        };
        self.call_found(functions::rows().find(|(_, row)| is_meant(row)), arguments, span)
    }

    fn call_found(&mut self, row: Option<Row>, arguments: Vec<NodeId>, span: Span) -> NodeId {
        match row {
            Some((number, row)) => self.call_row(number, row, arguments, span),
            None => self.push(NodeKind::Fail(Fault::Internal), Shape::of(Type::Any), span),
        }
    }

    /// `receiver.name(…)`.
    pub(super) fn method(&mut self, receiver: NodeId, call: &Call, span: Span) -> NodeId {
        let name = call.name.text.as_str();
        let rows = named(name, Function::is_method);
        let Some((_, any)) = rows.first().copied() else {
            let names = functions::rows()
                .filter(|(_, row)| row.is_method())
                .flat_map(|(_, row)| row.names.iter().copied());
            let near = || nearest(name, names).map(error::did_you_mean);
            let help = self
                .attribute_called(receiver, name)
                .or_else(|| habit::instead_of_method(name))
                .or_else(near);
            return self.error(error::unknown_function(name, help, call.name.span));
        };
        let n = call.arguments.len() + 1;
        if !rows.iter().any(|(_, row)| row.takes(n)) {
            return self.error(error::wrong_arity(name, n - 1, &takes(any), call.name.span));
        }
        let shape = self.shape(receiver);
        if matches!(shape.ty, Type::Any | Type::Null) {
            return self.method_of_any(receiver, &rows, call, span);
        }
        let for_kind: Vec<Row> =
            rows.into_iter().filter(|(_, row)| receives(row, &shape.ty)).collect();
        if for_kind.is_empty() {
            let diagnostic = error::not_for_kind(name, &shape, call.name.span);
            if call.arguments.iter().any(|one| matches!(one, Argument::Lambda(_))) {
                return self.mismatch(diagnostic, Fault::Type);
            }
            self.remark(diagnostic);
            return self.by_kind(receiver, call, span);
        }
        let taking: Vec<Row> = for_kind.into_iter().filter(|(_, row)| row.takes(n)).collect();
        let Some(chosen) = self.preferred(receiver, &taking) else {
            self.remark(error::wrong_arity(name, n - 1, &takes(any), call.name.span));
            return self.by_kind(receiver, call, span);
        };
        self.apply(receiver, chosen, call, span)
    }

    /// What to say of a call of what is no method, but an attribute.
    fn attribute_called(&self, receiver: NodeId, name: &str) -> Option<String> {
        let Type::Record(record) = self.shape(receiver).ty else { return None };
        let profile = record.find(standard::PROFILE).map(|(_, field)| &field.shape.ty);
        let is_attribute = record.find(name).is_some()
            || matches!(profile, Some(Type::Record(profile)) if profile.find(name).is_some());
        is_attribute.then(|| format!("`{name}` is an attribute: leave the parentheses out"))
    }

    /// Of the rows that fit, the list sink if the receiver is a stream, else a body.
    fn preferred(&self, receiver: NodeId, rows: &[Row]) -> Option<Row> {
        let body = rows.iter().find(|(_, row)| matches!(row.meaning, Meaning::Body(_)));
        let sink = rows.iter().find(|(_, row)| !matches!(row.meaning, Meaning::Body(_)));
        let (one, other) = if self.is_stream(receiver) { (sink, body) } else { (body, sink) };
        one.or(other).copied()
    }

    /// A method of a value whose kind is known when it is there: a lambda says that it is a list,
    /// else the row is found by name and kind at run time.
    fn method_of_any(&mut self, receiver: NodeId, rows: &[Row], call: &Call, span: Span) -> NodeId {
        let n = call.arguments.len() + 1;
        // A name that only one row has needs no looking up; only a declared user has groups.
        if let [row] = rows
            && !(is_of_user(row.1) && self.shape(receiver).ty == Type::Any)
            && !matches!(row.1.meaning, Meaning::Membership(_))
        {
            return self.apply(receiver, *row, call, span);
        }
        let has_lambda = call.arguments.iter().any(|one| matches!(one, Argument::Lambda(_)));
        let has_body =
            rows.iter().any(|(_, row)| row.takes(n) && matches!(row.meaning, Meaning::Body(_)));
        if has_lambda || !has_body {
            let of_lists = rows.iter().find(|(_, row)| {
                row.takes(n) && !matches!(row.meaning, Meaning::Body(_)) && !is_of_user(row)
            });
            if let Some(row) = of_lists {
                return self.apply(receiver, *row, call, span);
            }
            if let Some(Argument::Lambda(lambda)) =
                call.arguments.iter().find(|one| matches!(one, Argument::Lambda(_)))
            {
                return self.error(error::unexpected_lambda(&call.name.text, lambda.span));
            }
        }
        self.by_kind(receiver, call, span)
    }

    /// The method is looked up by the kind that the receiver turns out to have.
    fn by_kind(&mut self, receiver: NodeId, call: &Call, span: Span) -> NodeId {
        let receiver = self.non_null(receiver, Fault::NullTarget, span);
        let mut arguments = vec![receiver, self.text(&call.name.text, call.name.span)];
        for argument in &call.arguments {
            arguments.push(self.value_argument(argument, &call.name.text));
        }
        self.operation(Operator::Method, arguments, Shape::of(Type::Any), span)
    }

    fn apply(&mut self, receiver: NodeId, row: Row, call: &Call, span: Span) -> NodeId {
        let (number, function) = row;
        match function.meaning {
            Meaning::Stage(stage) => self.stage_method(receiver, stage, function, call, span),
            Meaning::Sink(sink) => self.sink_method(receiver, sink, function, call, span),
            Meaning::Membership(membership) => self.membership_of(receiver, membership, call, span),
            Meaning::Relation(relation) => self.relation_of(receiver, relation, call, span),
            // Written without a receiver, so never here.
            Meaning::Limited(limited) => self.limited(limited, call, span),
            Meaning::Body(_) => {
                let mut arguments = vec![receiver];
                for argument in &call.arguments {
                    arguments.push(self.value_argument(argument, &call.name.text));
                }
                self.remark_plain_pattern(function, &arguments);
                self.call_row(number, function, arguments, span)
            }
        }
    }

    /// An argument that must be a value.
    pub(super) fn value_argument(&mut self, argument: &Argument, name: &str) -> NodeId {
        match argument {
            Argument::Expression(tree) => self.expression(tree),
            Argument::Lambda(lambda) => self.error(error::unexpected_lambda(name, lambda.span)),
        }
    }

    /// A call of a body with arguments made to fit.
    pub(super) fn call_row(
        &mut self,
        number: u32,
        function: &'static Function,
        arguments: Vec<NodeId>,
        span: Span,
    ) -> NodeId {
        let mut nullable = false;
        let mut fitted = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.into_iter().enumerate() {
            let Some(parameter) = function.parameter(index) else { continue };
            let is_receiver = index == 0 && function.is_method();
            let argument = if is_receiver && parameter.null == Null::Faults {
                self.non_null(argument, Fault::NullTarget, span)
            } else {
                argument
            };
            nullable |= parameter.null == Null::Flows && self.shape(argument).nullable;
            fitted.push(self.argument(parameter, argument));
        }
        if function.repeats == Repeats::InPairs {
            self.refuse_empty_keys(function, &fitted);
        }
        let shape = self.result(function, &fitted);
        let shape = Shape { nullable: shape.nullable || nullable, ..shape };
        let list = fitted.first().copied();
        let call = self.push(NodeKind::Call { row: number, arguments: fitted }, shape, span);
        if let (Returns::SameList | Returns::SameListOrNull, Some(list)) = (function.returns, list)
        {
            self.keep_elements(call, list);
        }
        call
    }

    /// An empty key occurs in every text, so what follows it would never count (OEL §3.1).
    fn refuse_empty_keys(&mut self, function: &Function, arguments: &[NodeId]) {
        for key in arguments.iter().skip(function.least()).step_by(2) {
            if self.constant_text(*key) == Some("") {
                self.error(error::empty_key(self.span(*key)));
            }
        }
    }

    fn result(&self, function: &Function, arguments: &[NodeId]) -> Shape {
        let first = || {
            let list = arguments.first().map(|node| self.shape(*node).ty);
            list.and_then(|ty| super::coerce::element_of(&ty)).unwrap_or(Shape::of(Type::Any))
        };
        match function.returns {
            Returns::Boolean => Shape::of(Type::Boolean),
            Returns::Integer => Shape::of(Type::Integer),
            Returns::Number => Shape::of(Type::Number),
            Returns::Text => Shape::of(Type::Text),
            Returns::TextOrNull => Shape::or_null(Type::Text),
            Returns::DateTime => Shape::of(Type::DateTime),
            Returns::TimeOrText if arguments.len() < function.parameters.len() => {
                Shape::of(Type::DateTime)
            }
            Returns::TimeOrText => Shape::of(Type::Text),
            Returns::Country => Shape::of(Type::Country),
            Returns::Any => Shape::of(Type::Any),
            Returns::Texts => Self::list_of(Shape::of(Type::Text)),
            Returns::TextsOrNull => {
                Shape { nullable: true, ..Self::list_of(Shape::of(Type::Text)) }
            }
            Returns::Groups => Self::list_of(Shape::of(Type::Group)),
            Returns::Element => Shape { nullable: true, ..first() },
            Returns::SameList => Self::list_of(first()),
            Returns::SameListOrNull => Shape { nullable: true, ..Self::list_of(first()) },
            Returns::Added => {
                let added = arguments.get(1).map_or(Shape::of(Type::Any), |node| self.shape(*node));
                Self::list_of(unify(&first(), &added))
            }
            Returns::Mapped => Self::list_of(Shape::of(Type::Any)),
        }
    }
}

fn named(name: &str, fits: impl Fn(&Function) -> bool) -> Vec<Row> {
    functions::rows()
        .filter(|(_, row)| row.style != Style::Internal && row.names.contains(&name) && fits(row))
        .collect()
}

/// Whether its receiver is a user.
fn is_of_user(row: &Function) -> bool {
    row.parameters.first().is_some_and(|receiver| receiver.accepts == Accepts::User)
}

/// Whether a value of this type can be the receiver of this method.
pub(super) fn receives(row: &Function, ty: &Type) -> bool {
    let Some(accepts) = row.parameters.first().map(|parameter| parameter.accepts) else {
        return false;
    };
    match ty {
        Type::Null | Type::Any => true,
        Type::Text => matches!(accepts, Accepts::Text | Accepts::Any),
        Type::Group => matches!(accepts, Accepts::Text | Accepts::Group | Accepts::Any),
        Type::DateTime => matches!(accepts, Accepts::Text | Accepts::DateTime | Accepts::Any),
        Type::Country => matches!(accepts, Accepts::Text | Accepts::Country | Accepts::Any),
        Type::List(_) => {
            matches!(accepts, Accepts::List | Accepts::Numbers | Accepts::Ordered | Accepts::Any)
        }
        Type::Boolean => matches!(accepts, Accepts::Boolean | Accepts::Any),
        Type::Integer => matches!(accepts, Accepts::Integer | Accepts::Numeric | Accepts::Any),
        Type::Number => matches!(accepts, Accepts::Numeric | Accepts::Any),
        Type::Map => matches!(accepts, Accepts::Map | Accepts::Any),
        Type::Record(record) => {
            accepts == Accepts::Any
                || (accepts == Accepts::User && record.name == crate::schema::standard::USER)
        }
    }
}

/// `2 arguments`, `1 to 2 arguments`, `1 or more arguments`; a receiver is not counted.
fn takes(row: &Function) -> String {
    let receiver = usize::from(row.is_method());
    let (least, most) = (row.least() - receiver, row.parameters.len() - receiver);
    match (row.repeats, least == most, most) {
        (Repeats::Freely, ..) => format!("{least} or more arguments"),
        (Repeats::InPairs, ..) => format!("{least} arguments and then pairs"),
        (Repeats::Never, true, 1) => "1 argument".to_owned(),
        (Repeats::Never, true, _) => format!("{most} arguments"),
        (Repeats::Never, false, _) => format!("{least} to {most} arguments"),
    }
}
