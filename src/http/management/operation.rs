//! One operation of the management API: what serves it, and what the OpenAPI document says of it. The
//! router and the document are made of the same list, so that neither can know what the other does not.

use super::super::Surface;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::{Value, json};
use std::sync::Arc;

/// The form of a body, by its name in the document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    /// Its JSON Schema (2020-12).
    pub(super) schema: fn() -> Value,
}

/// What an operation is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Takes {
    Nothing,
    One(Shape),
    /// Bytes that are one of these (RFC 6838).
    Bytes(&'static [&'static str]),
}

/// What an operation answers when it is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answers {
    Nothing,
    One(Shape),
    Many(Shape),
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) schema: fn() -> Value,
}

/// Which part of a list.
pub(super) const PAGING: &[Parameter] = &[
    Parameter {
        name: "limit",
        description: "how many at most",
        schema: || json!({ "type": "integer", "minimum": 1 }),
    },
    Parameter {
        name: "after",
        description: "the cursor of the `next` link of the part before",
        schema: || json!({ "type": "string" }),
    },
];

/// One operation.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// As Okta's description calls it, where Okta has it.
    pub(super) id: &'static str,
    pub(super) query: Vec<Parameter>,
    pub(super) takes: Takes,
    pub(super) status: StatusCode,
    pub(super) answers: Answers,
    pub(super) handler: MethodRouter<Arc<Surface>>,
}

/// What a method is called, here and in the document.
const METHODS: &[(&str, MethodFilter)] = &[
    ("get", MethodFilter::GET),
    ("post", MethodFilter::POST),
    ("put", MethodFilter::PUT),
    ("delete", MethodFilter::DELETE),
];

impl Operation {
    fn new<H, T>(method: &'static str, path: &'static str, id: &'static str, handler: H) -> Self
    where
        H: Handler<T, Arc<Surface>>,
        T: 'static,
    {
        let filter = METHODS.iter().find(|(name, _)| *name == method);
        let filter = filter.map_or(MethodFilter::GET, |(_, filter)| *filter);
        Self {
            method,
            path,
            id,
            query: Vec::new(),
            takes: Takes::Nothing,
            status: StatusCode::OK,
            answers: Answers::Nothing,
            handler: on(filter, handler),
        }
    }

    /// Reads one thing.
    pub(super) fn find<H, T>(path: &'static str, id: &'static str, shape: Shape, handler: H) -> Self
    where
        H: Handler<T, Arc<Surface>>,
        T: 'static,
    {
        Self { answers: Answers::One(shape), ..Self::new("get", path, id, handler) }
    }

    /// Reads a list part by part.
    pub(super) fn list<H, T>(path: &'static str, id: &'static str, shape: Shape, handler: H) -> Self
    where
        H: Handler<T, Arc<Surface>>,
        T: 'static,
    {
        let query = PAGING.to_vec();
        Self { answers: Answers::Many(shape), query, ..Self::new("get", path, id, handler) }
    }

    /// Takes one thing and answers what became of it.
    pub(super) fn create<H, T>(
        path: &'static str,
        id: &'static str,
        shape: Shape,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Arc<Surface>>,
        T: 'static,
    {
        let takes = Takes::One(shape);
        Self { answers: Answers::One(shape), takes, ..Self::new("post", path, id, handler) }
    }

    /// Takes one thing in the place of another.
    pub(super) fn replace<H, T>(
        path: &'static str,
        id: &'static str,
        shape: Shape,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Arc<Surface>>,
        T: 'static,
    {
        let takes = Takes::One(shape);
        Self { answers: Answers::One(shape), takes, ..Self::new("put", path, id, handler) }
    }

    /// Does away with one thing and answers nothing.
    pub(super) fn delete<H, T>(path: &'static str, id: &'static str, handler: H) -> Self
    where
        H: Handler<T, Arc<Surface>>,
        T: 'static,
    {
        Self { status: StatusCode::NO_CONTENT, ..Self::new("delete", path, id, handler) }
    }

    /// Has something done that has no body.
    pub(super) fn act<H, T>(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Arc<Surface>>,
        T: 'static,
    {
        Self { status: StatusCode::NO_CONTENT, ..Self::new(method, path, id, handler) }
    }

    /// The same operation, that answers so when it is done.
    pub(super) fn answering(self, status: StatusCode, answers: Answers) -> Self {
        Self { status, answers, ..self }
    }

    /// The same operation, that takes this body.
    pub(super) fn taking(self, shape: Shape) -> Self {
        Self { takes: Takes::One(shape), ..self }
    }

    /// The same operation, that takes bytes of one of these kinds.
    pub(super) fn taking_bytes(self, kinds: &'static [&'static str]) -> Self {
        Self { takes: Takes::Bytes(kinds), ..self }
    }

    /// The same operation, with these parameters besides.
    pub(super) fn asking(mut self, parameters: &[Parameter]) -> Self {
        self.query.extend_from_slice(parameters);
        self
    }
}
