//! Takes the texts of expressions out of the document, with their places. Compiling them is for
//! whoever publishes.

use super::decode::{Object, Place};
use crate::server::ExpressionText;

/// The expression that a text is.
pub(super) fn read_expression(place: &Place<'_>) -> Option<ExpressionText> {
    let text = place.text()?;
    if text.trim().is_empty() {
        place.blame("an expression must not be empty");
    }
    Some(ExpressionText { text: text.to_owned(), path: place.path(), span: place.span() })
}

/// The expression `elCondition.condition`, if it is there (decision 1).
pub(super) fn read_condition(conditions: &Object<'_>) -> Option<ExpressionText> {
    let object = conditions.find("elCondition")?.object(&["condition"])?;
    read_expression(&object.require("condition")?)
}
