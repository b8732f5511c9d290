//! How the families write the rows of the function table.

use crate::fault::Fault;
use crate::functions::{
    Accepts, Body, Function, Meaning, Null, Parameter, Repeats, Returns, Style, Work,
};

impl Parameter {
    /// A text that is not null.
    pub const TEXT: Self = Self::new("text", Accepts::Text);

    /// A parameter where null faults and whose size is not charged.
    pub(crate) const fn new(name: &'static str, accepts: Accepts) -> Self {
        Self { name, accepts, null: Null::Faults, work: None }
    }

    /// The same with another meaning of null.
    pub(crate) const fn null(self, null: Null) -> Self {
        Self { null, ..self }
    }

    /// The same, charged by its size.
    pub(crate) const fn sized(self) -> Self {
        Self { work: Some(Work::Walk), ..self }
    }

    /// The same, charged by what putting its elements in order costs.
    pub(crate) const fn sorted(self) -> Self {
        Self { work: Some(Work::Sort), ..self }
    }

    /// The same, charged by what comparing its elements with each other costs.
    pub(crate) const fn matched(self) -> Self {
        Self { work: Some(Work::Match), ..self }
    }
}

/// How the families write their rows.
impl Function {
    const fn new(
        style: Style,
        names: &'static [&'static str],
        parameters: &'static [Parameter],
        returns: Returns,
        meaning: Meaning,
    ) -> Self {
        Self {
            names,
            style,
            parameters,
            n_optional: 0,
            repeats: Repeats::Never,
            returns,
            meaning,
            total: false,
            asks_time: false,
            faults: &[],
            method: "",
            documentation: "",
            example: ("", ""),
        }
    }

    pub(crate) const fn classic(
        names: &'static [&'static str],
        parameters: &'static [Parameter],
        returns: Returns,
        meaning: Meaning,
    ) -> Self {
        Self::new(Style::Function, names, parameters, returns, meaning)
    }

    pub(crate) const fn method(
        names: &'static [&'static str],
        parameters: &'static [Parameter],
        returns: Returns,
        meaning: Meaning,
    ) -> Self {
        Self::new(Style::Method, names, parameters, returns, meaning)
    }

    pub(crate) const fn property(
        names: &'static [&'static str],
        parameters: &'static [Parameter],
        returns: Returns,
        meaning: Meaning,
    ) -> Self {
        Self::new(Style::Property, names, parameters, returns, meaning)
    }

    pub(crate) const fn internal(
        names: &'static [&'static str],
        parameters: &'static [Parameter],
        returns: Returns,
        body: Body,
    ) -> Self {
        Self::new(Style::Internal, names, parameters, returns, Meaning::Body(body))
    }

    /// The last `n` parameters may be left out.
    pub(crate) const fn optional(self, n: usize) -> Self {
        Self { n_optional: n, ..self }
    }

    /// The last parameter may be repeated, or left out.
    pub(crate) const fn variadic(self) -> Self {
        Self { repeats: Repeats::Freely, ..self }
    }

    /// The last parameter stands for pairs of arguments, of which there may be none.
    pub(crate) const fn paired(self) -> Self {
        Self { repeats: Repeats::InPairs, ..self }
    }

    /// It never faults.
    pub(crate) const fn total(self) -> Self {
        Self { total: true, ..self }
    }

    /// It depends on the time of the request.
    pub(crate) const fn timely(self) -> Self {
        Self { asks_time: true, ..self }
    }

    /// How it can fail by itself.
    pub(crate) const fn faults(self, faults: &'static [Fault]) -> Self {
        Self { faults, ..self }
    }

    /// The method that does the same.
    pub(crate) const fn like(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) const fn says(
        self,
        documentation: &'static str,
        expression: &'static str,
        answer: &'static str,
    ) -> Self {
        Self { documentation, example: (expression, answer), ..self }
    }
}
