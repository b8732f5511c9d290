//! A schema read from `{"<root>": {"<attribute>": {"type", "required"}}}`.

use super::{Root, Schema, standard};
use crate::document::{Json, Node};
use crate::source::Span;
use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use std::sync::Arc;

/// What is wrong with a schema file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclareError {
    /// The path of the member, e.g. `user.age.type`.
    pub path: String,
    pub message: String,
    pub span: Span,
}

/// The types a declaration may name, and what they mean.
const TYPES: [(&str, Declared); 8] = [
    ("string", Declared::Scalar(Type::Text)),
    ("integer", Declared::Scalar(Type::Integer)),
    ("number", Declared::Scalar(Type::Number)),
    ("boolean", Declared::Scalar(Type::Boolean)),
    ("array of string", Declared::List(Type::Text)),
    ("array of integer", Declared::List(Type::Integer)),
    ("array of number", Declared::List(Type::Number)),
    ("object", Declared::Scalar(Type::Map)),
];

enum Declared {
    Scalar(Type),
    List(Type),
}

/// The shape a type name means; `None` for a name that is none of the declared types.
#[must_use]
pub(crate) fn shape_of(type_name: &str, required: bool) -> Option<Shape> {
    let (_, declared) = TYPES.iter().find(|(name, _)| *name == type_name)?;
    let ty = match declared {
        Declared::Scalar(ty) => ty.clone(),
        Declared::List(element) => Type::List(Arc::new(Shape::of(element.clone()))),
    };
    Some(Shape { ty, nullable: !required })
}

/// The schema a declaration describes. Roots of OEL §1 that it leaves out
/// are as OEL lists them, and may be null; the attributes
/// of `user` are those of its profile, beside the metadata every user has.
///
/// # Errors
/// Every member that is not a declaration, each with its place.
pub fn from_declaration(declaration: &Node) -> Result<Schema, Vec<DeclareError>> {
    let mut errors = Vec::new();
    let Json::Object(members) = &declaration.value else {
        errors.push(wrong("", "expected an object of roots", declaration.span));
        return Err(errors);
    };
    let mut roots = Vec::new();
    for member in members {
        if !is_root(&member.key) {
            let message = format!("`{}` is not a root an expression can name", member.key);
            errors.push(wrong(&member.key, &message, member.key_span));
        }
        let fields = fields(&member.key, &member.value, &mut errors);
        let record_type = if member.key == standard::USER {
            user_type(fields)
        } else {
            record(&member.key, fields, false)
        };
        roots.push(Root { name: member.key.clone(), shape: Shape::of(Type::Record(record_type)) });
    }
    for name in standard::ROOTS.iter().chain([&standard::PROFILE]) {
        if !roots.iter().any(|root| root.name == *name) {
            let known = super::roots::doubtful_root_type(name);
            let shape = Shape::or_null(known.map_or(Type::Null, Type::Record));
            roots.push(Root { name: (*name).to_owned(), shape });
        }
    }
    if errors.is_empty() {
        Ok(Schema::new(roots, standard::group_type(&[]), true))
    } else {
        Err(errors)
    }
}

fn is_root(name: &str) -> bool {
    standard::ROOTS.contains(&name) || name == standard::PROFILE
}

fn wrong(path: &str, message: &str, span: Span) -> DeclareError {
    DeclareError { path: path.to_owned(), message: message.to_owned(), span }
}

fn record(name: &str, fields: Vec<Field>, open: bool) -> Arc<RecordType> {
    Arc::new(RecordType { name: name.to_owned(), fields, open })
}

/// The type of users with these profile attributes.
#[must_use]
pub(crate) fn user_type(attributes: Vec<Field>) -> Arc<RecordType> {
    let field = |name: &str, shape| Field { name: name.to_owned(), shape };
    let profile = record("user.profile", attributes, false);
    let time = || Shape::or_null(Type::DateTime);
    let fields = vec![
        field("id", Shape::or_null(Type::Text)),
        field("status", Shape::or_null(Type::Text)),
        field("created", time()),
        field("lastUpdated", time()),
        field("passwordChanged", time()),
        field("lastLogin", time()),
        field("groups", Shape::list(Shape::of(Type::Group))),
        field("profile", Shape::of(Type::Record(profile))),
    ];
    record(standard::USER, fields, false)
}

fn fields(root: &str, node: &Node, errors: &mut Vec<DeclareError>) -> Vec<Field> {
    let Json::Object(members) = &node.value else {
        errors.push(wrong(root, "expected an object of attributes", node.span));
        return Vec::new();
    };
    let read = |member: &crate::document::Member| {
        let path = format!("{root}.{}", member.key);
        let shape = declared_shape(&path, &member.value, errors)?;
        Some(Field { name: member.key.clone(), shape })
    };
    members.iter().filter_map(read).collect()
}

fn declared_shape(path: &str, node: &Node, errors: &mut Vec<DeclareError>) -> Option<Shape> {
    let Json::Object(members) = &node.value else {
        errors.push(wrong(path, "expected `{\"type\": …, \"required\": …}`", node.span));
        return None;
    };
    let (mut type_name, mut required) = (None, false);
    for member in members {
        match (member.key.as_str(), &member.value.value) {
            ("type", Json::Text(name)) => type_name = Some((name, member.value.span)),
            ("required", Json::Boolean(value)) => required = *value,
            ("type", _) => errors.push(wrong(path, "`type` must be a string", member.value.span)),
            ("required", _) => {
                errors.push(wrong(path, "`required` must be true or false", member.value.span));
            }
            (other, _) => {
                let message = format!("unknown member `{other}`; expected `type` or `required`");
                errors.push(wrong(path, &message, member.key_span));
            }
        }
    }
    let Some((name, span)) = type_name else {
        errors.push(wrong(path, "`type` is missing", node.span));
        return None;
    };
    let shape = shape_of(name, required);
    if shape.is_none() {
        let known: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        let message = format!("unknown type `{name}`; expected one of: {}", known.join(", "));
        errors.push(wrong(path, &message, span));
    }
    shape
}
