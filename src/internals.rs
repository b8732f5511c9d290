//! Stages of the language that only tests, benches and fuzz targets reach.

use crate::program::{Length, Lines, format};
use crate::syntax::{self, Limits, print, spans};

/// Whether a text survives being printed: parsing what its tree prints as, on one line, in lines
/// and in as many lines as there can be, plainly and as its author spells, gives the same tree; and
/// formatting what was formatted changes nothing. A text that is no expression survives.
///
/// # Errors
/// The first thing that came out different.
pub fn round_trip(source: &str) -> Result<(), String> {
    let Some(tree) = syntax::parse(source, Limits::free()).tree else { return Ok(()) };
    let tree = spans::erased(tree);
    let same = |printed: &str| {
        let again = syntax::parse(printed, Limits::unlimited()).tree.map(spans::erased);
        if again.as_ref() == Some(&tree) {
            return Ok(());
        }
        Err(format!("{source}\nprints as\n{printed}\nwhich says something else"))
    };
    for width in [0, print::WIDTH, usize::MAX] {
        same(&print::print(&tree, &print::Spelling::default(), width))?;
    }
    for lines in [Lines::Several, Lines::One] {
        let formatted = format(source, Length::Free, lines).map_err(|_| "no format".to_owned())?;
        same(&formatted)?;
        let again = format(&formatted, Length::Free, lines);
        if again.as_ref() != Ok(&formatted) {
            return Err(format!("{formatted}\nis formatted once more to\n{again:?}"));
        }
    }
    Ok(())
}
