//! The types of the roots whose attributes OEL lists (OEL §1): all but those of users, applications
//! and mappings, whose attributes an organization chooses.

use claimsmith_runtime::types::{Field, RecordType, Shape, Type};
use std::sync::Arc;

/// The type of an attribute.
enum Is {
    Text,
    /// A text that is always there.
    Given,
    Boolean,
    /// A list of texts that is always there.
    Texts,
    /// Free JSON with names.
    Map,
    /// A list of free JSON.
    List,
    Record(&'static [Attribute]),
}

type Attribute = (&'static str, Is);

/// In the order of OEL §1.1.
const ROOTS: [(&str, &[Attribute]); 9] = [
    ("org", &[("name", Is::Given), ("subDomain", Is::Given)]),
    ("access", &[("scope", Is::Texts), ("audience", Is::Given), ("grantType", Is::Given)]),
    ("session", &[("id", Is::Text), ("amr", Is::Texts)]),
    (
        "security",
        &[
            ("risk", Is::Record(&[("level", Is::Text)])),
            ("behaviors", Is::Texts),
            ("userBehaviors", Is::Map),
        ],
    ),
    (
        "device",
        &[
            ("id", Is::Text),
            ("profile", Is::Record(DEVICE_PROFILE)),
            ("assurance", Is::Record(&[("screenLockType", Is::Text)])),
            ("caller", Is::Record(DEVICE_CALLER)),
            ("provider", Is::Map),
        ],
    ),
    ("login", &[("identifier", Is::Text)]),
    (
        "accessRequest",
        &[
            ("operation", Is::Text),
            ("authenticator", Is::Record(&[("id", Is::Text), ("key", Is::Text)])),
            ("metadata", Is::Record(&[("type", Is::Text)])),
        ],
    ),
    (
        "event",
        &[
            ("eventType", Is::Text),
            ("outcome", Is::Record(&[("result", Is::Text), ("reason", Is::Text)])),
            ("actor", Is::Record(EVENT_ACTOR)),
            ("debugData", Is::Map),
            ("target", Is::List),
        ],
    ),
    ("password", &[("value", Is::Text)]),
];

const DEVICE_PROFILE: &[Attribute] = &[
    ("registered", Is::Boolean),
    ("managed", Is::Boolean),
    ("secureHardwarePresent", Is::Boolean),
    ("integrityJailbreak", Is::Boolean),
    ("integrityDebug", Is::Boolean),
    ("integrityEmulator", Is::Boolean),
    ("integrityHook", Is::Boolean),
    ("integrityRepackage", Is::Boolean),
    ("platform", Is::Text),
    ("diskEncryptionType", Is::Text),
    ("osVersion", Is::Text),
    ("displayName", Is::Text),
    ("manufacturer", Is::Text),
    ("model", Is::Text),
    ("serialNumber", Is::Text),
    ("imei", Is::Text),
    ("meid", Is::Text),
    ("udid", Is::Text),
    ("sid", Is::Text),
    ("tpmPublicKeyHash", Is::Text),
];

const DEVICE_CALLER: &[Attribute] =
    &[("binaryIdentifier", Is::Text), ("bindingType", Is::Text), ("validationStatus", Is::Text)];

const EVENT_ACTOR: &[Attribute] =
    &[("id", Is::Text), ("type", Is::Text), ("alternateId", Is::Text), ("displayName", Is::Text)];

/// The type of a root; `None` for one whose attributes are not known here.
#[must_use]
pub(crate) fn root_type(name: &str) -> Option<Arc<RecordType>> {
    let (_, attributes) = ROOTS.iter().find(|(root, _)| *root == name)?;
    Some(record(name, attributes, true))
}

/// The same where nothing is promised: every attribute but the records may be null.
pub(crate) fn doubtful_root_type(name: &str) -> Option<Arc<RecordType>> {
    let (_, attributes) = ROOTS.iter().find(|(root, _)| *root == name)?;
    Some(record(name, attributes, false))
}

/// Whether the attributes of a record are those that OEL lists for one of these roots.
#[must_use]
pub(crate) fn is_listed(record: &RecordType) -> bool {
    let root = record.name.split('.').next().unwrap_or_default();
    ROOTS.iter().any(|(name, _)| *name == root)
}

fn record(name: &str, attributes: &[Attribute], promised: bool) -> Arc<RecordType> {
    let field = |(attribute, is): &Attribute| {
        let inner = format!("{name}.{attribute}");
        Field { name: (*attribute).to_owned(), shape: shape(is, &inner, promised) }
    };
    let fields = attributes.iter().map(field).collect();
    Arc::new(RecordType { name: name.to_owned(), fields, open: false })
}

fn shape(is: &Is, name: &str, promised: bool) -> Shape {
    let given = |ty| Shape { ty, nullable: !promised };
    let list = |element| Type::List(Arc::new(Shape::of(element)));
    match is {
        Is::Text => Shape::or_null(Type::Text),
        Is::Given => given(Type::Text),
        Is::Boolean => Shape::or_null(Type::Boolean),
        Is::Texts => given(list(Type::Text)),
        Is::Map => Shape::or_null(Type::Map),
        Is::List => Shape::or_null(list(Type::Any)),
        Is::Record(attributes) => Shape::of(Type::Record(record(name, attributes, promised))),
    }
}
