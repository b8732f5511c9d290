//! Cases as data: `=== title`, the context, `---`, the expression, `---`, what is expected. A case
//! without a context has only the last two parts.

use std::fs;
use std::path::{Path, PathBuf};

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) title: String,
    /// JSON; `{}` if the case has none.
    pub(crate) context: Option<String>,
    pub(crate) expression: String,
    /// A JSON value, or an error as [`super::told`] prints it.
    pub(crate) expected: String,
}

/// Every file of cases that say what an expression gives, by name.
pub(crate) fn files() -> Vec<PathBuf> {
    [files_in(""), files_in("functions"), files_in("regression")].concat()
}

/// The files of cases in a folder of `tests/cases`, by name.
pub(crate) fn files_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_text = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "txt");
    let mut files: Vec<PathBuf> = paths.filter(is_text).collect();
    files.sort();
    files
}

/// The cases of a file.
pub(crate) fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).unwrap();
    let cases: Vec<Case> = text.split("=== ").skip(1).map(|case| parse(path, case)).collect();
    assert!(!cases.is_empty(), "{} has no cases", path.display());
    cases
}

fn parse(path: &Path, text: &str) -> Case {
    let (title, rest) = text.split_once('\n').unwrap();
    let parts: Vec<&str> = rest.split("\n---\n").map(str::trim).collect();
    let (context, expression, expected) = match parts.as_slice() {
        [context, expression, expected] => (Some((*context).to_owned()), expression, expected),
        [expression, expected] => (None, expression, expected),
        _ => panic!("{}: `{title}` has {} parts", path.display(), parts.len()),
    };
    let (expression, expected) = ((*expression).to_owned(), (*expected).to_owned());
    Case { title: title.to_owned(), context, expression, expected }
}

/// Writes the cases back, for `UPDATE=1`.
pub(crate) fn write(path: &Path, cases: &[Case]) {
    let one = |case: &Case| {
        let context = case.context.as_ref().map(|context| format!("{context}\n---\n"));
        let Case { title, expression, expected, .. } = case;
        format!("=== {title}\n{}{expression}\n---\n{expected}\n", context.unwrap_or_default())
    };
    let texts: Vec<String> = cases.iter().map(one).collect();
    fs::write(path, texts.join("\n")).unwrap();
}
