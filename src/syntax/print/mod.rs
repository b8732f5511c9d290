//! A tree as text again, with the fewest brackets: parsing what this prints gives the same tree,
//! spans apart. Long expressions go over several lines, operators and dots at their beginnings.

mod layout;
mod spelling;
#[cfg(test)]
mod tests;

pub(crate) use spelling::Spelling;

use super::token::Token;
use super::tree::{
    Argument, Call, Comparison, Expression, ExpressionKind, Key, Lambda, Link, Literal,
    ProductOperator, Step, StepKind, SumOperator, UnaryOperator, Which,
};
use layout::Layout;

/// The width that texts are laid out for, in characters.
pub(crate) const WIDTH: usize = 100;

/// The tree as text, in lines of `width` characters where that can be.
pub(crate) fn print(tree: &Expression, spelling: &Spelling<'_>, width: usize) -> String {
    layout::render(&Printer { spelling }.expression(tree, Level::Choice), width)
}

/// How tightly an expression holds together, loosest first (OEL §2.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Choice,
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Power,
    Unary,
    Chain,
    Start,
}

impl Level {
    fn of(tree: &Expression) -> Self {
        match &tree.kind {
            ExpressionKind::Choice { .. } => Self::Choice,
            ExpressionKind::Or(_) => Self::Or,
            ExpressionKind::And(_) => Self::And,
            ExpressionKind::Comparison { .. } => Self::Comparison,
            ExpressionKind::Sum { .. } => Self::Sum,
            ExpressionKind::Product { .. } => Self::Product,
            ExpressionKind::Power { .. } => Self::Power,
            ExpressionKind::Unary { .. } => Self::Unary,
            ExpressionKind::Chain { .. } => Self::Chain,
            ExpressionKind::Literal(_)
            | ExpressionKind::Name(_)
            | ExpressionKind::This
            | ExpressionKind::Broken
            | ExpressionKind::Call(_)
            | ExpressionKind::List(_)
            | ExpressionKind::Map(_) => Self::Start,
        }
    }
}

struct Printer<'p> {
    spelling: &'p Spelling<'p>,
}

/// `open`, what is inside, `close`: on one line, or the inside on lines of its own.
fn bracketed(open: impl Into<String>, inside: Layout, close: &str) -> Layout {
    let inside = Layout::Nest(vec![Layout::Break, inside]);
    Layout::Group(vec![Layout::text(open), inside, Layout::Break, Layout::text(close)])
}

/// With commas between.
fn listed(all: impl Iterator<Item = Layout>) -> Layout {
    let mut row = Vec::new();
    for one in all {
        if !row.is_empty() {
            row.extend([Layout::text(","), Layout::Space]);
        }
        row.push(one);
    }
    Layout::Row(row)
}

/// An operand, then on lines of their own operators and operands.
fn operation(first: Layout, rest: impl Iterator<Item = (String, Layout)>) -> Layout {
    let mut nested = Vec::new();
    for (operator, operand) in rest {
        nested.extend([Layout::Space, Layout::Text(operator + " "), operand]);
    }
    Layout::Group(vec![first, Layout::Nest(nested)])
}

impl Printer<'_> {
    /// An expression where one of `least` can stand; a looser one gets brackets.
    fn expression(&self, tree: &Expression, least: Level) -> Layout {
        let layout = self.kind(tree);
        if Level::of(tree) < least { bracketed("(", layout, ")") } else { layout }
    }

    fn kind(&self, tree: &Expression) -> Layout {
        match &tree.kind {
            ExpressionKind::Literal(literal) => Layout::Text(self.literal(literal, tree)),
            ExpressionKind::Name(name) => Layout::text(name),
            ExpressionKind::This => Layout::text("#this"),
            ExpressionKind::Broken => Layout::text("…"),
            ExpressionKind::Call(call) => self.call("", call),
            ExpressionKind::Chain { start, steps } => self.chain(start, steps),
            ExpressionKind::List(elements) => {
                let (open, close) = self.spelling.list();
                let elements = elements.iter().map(|one| self.expression(one, Level::Choice));
                bracketed_list(open, elements.collect(), close)
            }
            ExpressionKind::Map(entries) if entries.is_empty() => Layout::text("{:}"),
            ExpressionKind::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| self.entry(key, value));
                bracketed_list("{", entries.collect(), "}")
            }
            ExpressionKind::Unary { operator, operand } => self.unary(*operator, operand),
            ExpressionKind::Power { base, exponent } => {
                let exponent = ("^".to_owned(), self.expression(exponent, Level::Unary));
                operation(self.expression(base, Level::Unary), std::iter::once(exponent))
            }
            ExpressionKind::Product { first, rest } => {
                let one = |(operator, operand): &(ProductOperator, Expression)| {
                    (self.product(*operator), self.expression(operand, Level::Power))
                };
                operation(self.expression(first, Level::Power), rest.iter().map(one))
            }
            ExpressionKind::Sum { first, rest } => {
                let one = |(operator, operand): &(SumOperator, Expression)| {
                    (sum(*operator).to_owned(), self.expression(operand, Level::Product))
                };
                operation(self.expression(first, Level::Product), rest.iter().map(one))
            }
            ExpressionKind::Comparison { operator, lhs, rhs } => {
                let rhs = (self.comparison(*operator), self.expression(rhs, Level::Sum));
                operation(self.expression(lhs, Level::Sum), std::iter::once(rhs))
            }
            ExpressionKind::And(all) => self.run(all, Level::Comparison, &Token::And, "&&"),
            ExpressionKind::Or(all) => self.run(all, Level::And, &Token::Or, "||"),
            ExpressionKind::Choice { links, otherwise } => self.choice(links, otherwise),
        }
    }

    fn run(&self, all: &[Expression], least: Level, token: &Token, plain: &'static str) -> Layout {
        let operator = self.spelling.word(token, plain);
        let mut all = all.iter().map(|one| self.expression(one, least));
        let first = all.next().unwrap_or(Layout::Row(Vec::new()));
        operation(first, all.map(|operand| (operator.to_owned(), operand)))
    }

    fn literal(&self, literal: &Literal, tree: &Expression) -> String {
        match literal {
            Literal::Null => self.spelling.word(&Token::Null, "null").to_owned(),
            Literal::Boolean(true) => self.spelling.word(&Token::True, "true").to_owned(),
            Literal::Boolean(false) => self.spelling.word(&Token::False, "false").to_owned(),
            Literal::Integer(i64::MIN) => i64::MIN.to_string(),
            Literal::Integer(value) => {
                self.spelling.number(tree.span).map_or_else(|| value.to_string(), str::to_owned)
            }
            Literal::Number(value) => {
                self.spelling.number(tree.span).map_or_else(|| format!("{value:?}"), str::to_owned)
            }
            Literal::Text(text) => self.spelling.text(text),
        }
    }

    fn entry(&self, key: &Key, value: &Expression) -> Layout {
        let key = self.spelling.key(&key.text, key.span);
        Layout::Row(vec![Layout::Text(key + ": "), self.expression(value, Level::Choice)])
    }

    fn unary(&self, operator: UnaryOperator, operand: &Expression) -> Layout {
        let mut sign = match operator {
            UnaryOperator::Not => self.spelling.word(&Token::Not, "!"),
            UnaryOperator::Minus => "-",
            UnaryOperator::Plus => "+",
        }
        .to_owned();
        let is_word = sign.starts_with(char::is_alphabetic);
        // Two signs in a row would be `--` or `++`, which mean something else elsewhere.
        if is_word || sign_of(operand).is_some_and(|next| sign.starts_with(next)) {
            sign.push(' ');
        }
        Layout::Row(vec![Layout::Text(sign), self.expression(operand, Level::Unary)])
    }

    fn product(&self, operator: ProductOperator) -> String {
        match operator {
            ProductOperator::Times => "*",
            ProductOperator::Divide => self.spelling.word(&Token::Slash, "/"),
            ProductOperator::Remainder => self.spelling.word(&Token::Percent, "%"),
        }
        .to_owned()
    }

    fn comparison(&self, operator: Comparison) -> String {
        match operator {
            Comparison::Equal => self.spelling.word(&Token::Equal, "=="),
            Comparison::NotEqual => self.spelling.word(&Token::NotEqual, "!="),
            Comparison::Less => self.spelling.word(&Token::Less, "<"),
            Comparison::LessOrEqual => self.spelling.word(&Token::LessOrEqual, "<="),
            Comparison::Greater => self.spelling.word(&Token::Greater, ">"),
            Comparison::GreaterOrEqual => self.spelling.word(&Token::GreaterOrEqual, ">="),
            Comparison::Matches => self.spelling.word(&Token::Matches, "matches"),
        }
        .to_owned()
    }

    /// Each link on a line of its own. The two branches of a single condition stand below it.
    fn choice(&self, links: &[Link], otherwise: &Expression) -> Layout {
        let is_single = links.len() == 1;
        let mut written: Vec<(Layout, &str)> =
            links.iter().map(|link| self.link(link, is_single)).collect();
        let mut layout = Vec::new();
        let mut nested = Vec::new();
        let mut separator = None;
        written.push((self.expression(otherwise, Level::Or), ""));
        for (one, next) in written {
            match separator {
                None => layout.push(one),
                Some(separator) => {
                    nested.extend([Layout::Space, Layout::Text(format!("{separator} ")), one]);
                }
            }
            separator = Some(next);
        }
        layout.push(Layout::Nest(nested));
        Layout::Group(layout)
    }

    /// A link, and what separates it from the next.
    fn link(&self, link: &Link, is_single: bool) -> (Layout, &'static str) {
        match link {
            Link::Elvis(value) => (self.expression(value, Level::Or), "?:"),
            Link::Coalesce(value) => (self.expression(value, Level::Or), "??"),
            Link::If { condition, then } => {
                let then =
                    vec![Layout::Space, Layout::text("? "), self.expression(then, Level::Choice)];
                let both = vec![self.expression(condition, Level::Or), Layout::Nest(then)];
                (if is_single { Layout::Row(both) } else { Layout::Group(both) }, ":")
            }
        }
    }

    /// A name with its arguments, after `dot`.
    fn call(&self, dot: &str, call: &Call) -> Layout {
        let open = format!("{dot}{}(", call.name.text);
        match call.arguments.as_slice() {
            [] => Layout::Text(open + ")"),
            [Argument::Lambda(lambda)] => {
                let head = Layout::Text(open + &parameters(lambda));
                let body = self.expression(&lambda.body, Level::Choice);
                let body = Layout::Nest(vec![Layout::Space, body]);
                Layout::Group(vec![head, body, Layout::Break, Layout::text(")")])
            }
            [Argument::Expression(only)] if has_brackets(only) => {
                let only = self.expression(only, Level::Choice);
                Layout::Row(vec![Layout::Text(open), only, Layout::text(")")])
            }
            all => bracketed(open, listed(all.iter().map(|one| self.argument(one))), ")"),
        }
    }

    fn argument(&self, argument: &Argument) -> Layout {
        match argument {
            Argument::Expression(expression) => self.expression(expression, Level::Choice),
            Argument::Lambda(lambda) => {
                let body = self.expression(&lambda.body, Level::Choice);
                let body = Layout::Nest(vec![Layout::Space, body]);
                Layout::Group(vec![Layout::Text(parameters(lambda)), body])
            }
        }
    }

    /// The start with the members after it, then each call on a line of its own if there are
    /// several and they do not fit.
    fn chain(&self, start: &Expression, steps: &[Step]) -> Layout {
        let mut parts = vec![vec![self.expression(start, Level::Start)]];
        let mut before = None;
        for step in steps {
            let is_call = !matches!(step.kind, StepKind::Member(_) | StepKind::Index(_));
            let written = self.step(step, before);
            match parts.last_mut() {
                Some(part) if !is_call => part.push(written),
                _ => parts.push(vec![written]),
            }
            before = Some(&step.kind);
        }
        let n_calls = parts.len() - 1;
        let mut parts = parts.into_iter().map(Layout::Row);
        let mut layout: Vec<Layout> = parts.next().into_iter().collect();
        if n_calls < 2 {
            layout.extend(parts);
            return Layout::Row(layout);
        }
        layout.push(Layout::Nest(parts.flat_map(|part| [Layout::Break, part]).collect()));
        Layout::Group(layout)
    }

    fn step(&self, step: &Step, before: Option<&StepKind>) -> Layout {
        let dot = if step.safe { "?." } else { "." };
        let inside = |open: String, inner: &Expression| {
            bracketed(open, self.expression(inner, Level::Choice), "]")
        };
        match &step.kind {
            StepKind::Member(name) => Layout::Text(format!("{dot}{}", name.text)),
            StepKind::Method(call) => self.call(dot, call),
            StepKind::Index(index) if step.safe => inside("?.[".to_owned(), index),
            // `.$[` would be a selection.
            StepKind::Index(index) => match before {
                Some(StepKind::Member(name)) if name.text == "$" => inside(" [".to_owned(), index),
                _ => inside("[".to_owned(), index),
            },
            StepKind::Projection(body) => inside(format!("{dot}!["), body),
            StepKind::Selection { which, condition } => {
                let sign = match which {
                    Which::All => "?[",
                    Which::First => "^[",
                    Which::Last => "$[",
                };
                inside(format!("{dot}{sign}"), condition)
            }
        }
    }
}

/// Elements between brackets, the brackets alone if there are none.
fn bracketed_list(open: &str, elements: Vec<Layout>, close: &str) -> Layout {
    if elements.is_empty() {
        return Layout::Text(format!("{open}{close}"));
    }
    bracketed(open, listed(elements.into_iter()), close)
}

fn sum(operator: SumOperator) -> &'static str {
    match operator {
        SumOperator::Plus => "+",
        SumOperator::Minus => "-",
    }
}

/// `x =>` or `(x, i) =>`.
fn parameters(lambda: &Lambda) -> String {
    let names: Vec<&str> = lambda.parameters.iter().map(|name| name.text.as_str()).collect();
    match names.as_slice() {
        [only] => format!("{only} =>"),
        several => format!("({}) =>", several.join(", ")),
    }
}

/// Whether an expression brings brackets that its lines can stand between.
fn has_brackets(tree: &Expression) -> bool {
    matches!(tree.kind, ExpressionKind::List(_) | ExpressionKind::Map(_))
}

/// The sign that an operand begins with when it is written.
fn sign_of(operand: &Expression) -> Option<char> {
    match &operand.kind {
        ExpressionKind::Unary { operator: UnaryOperator::Minus, .. }
        | ExpressionKind::Literal(Literal::Integer(i64::MIN)) => Some('-'),
        ExpressionKind::Unary { operator: UnaryOperator::Plus, .. } => Some('+'),
        ExpressionKind::Chain { start, .. } if Level::of(start) == Level::Start => sign_of(start),
        _ => None,
    }
}
