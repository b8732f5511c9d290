//! Lays text out over lines, after Wadler and Prettier: a group stands on one line if it fits,
//! else each of its own breaks ends a line.

/// What is to be laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Layout {
    Text(String),
    /// A space, or the end of a line.
    Space,
    /// Nothing, or the end of a line.
    Break,
    /// One after the other.
    Row(Vec<Layout>),
    /// On one line if it fits; breaks in inner groups are those groups' own.
    Group(Vec<Layout>),
    /// Lines that begin in here are indented one level more.
    Nest(Vec<Layout>),
}

/// Columns of one level.
const INDENT: usize = 2;

impl Layout {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// Something that waits to be written.
#[derive(Clone, Copy)]
struct Waiting<'l> {
    layout: &'l Layout,
    indent: usize,
    /// Its group fits on the line.
    is_flat: bool,
}

impl<'l> Waiting<'l> {
    /// What is inside comes next, in order.
    fn unfold(self, inner: &'l [Layout], waiting: &mut Vec<Self>) {
        waiting.extend(inner.iter().rev().map(|layout| Self { layout, ..self }));
    }
}

/// The text, with lines of at most `width` characters where breaks allow it.
pub(super) fn render(layout: &Layout, width: usize) -> String {
    let mut page = Page { text: String::new(), column: 0 };
    let mut waiting = vec![Waiting { layout, indent: 0, is_flat: false }];
    while let Some(next) = waiting.pop() {
        match next.layout {
            Layout::Text(text) => page.write(text),
            Layout::Space if next.is_flat => page.write(" "),
            Layout::Break if next.is_flat => {}
            Layout::Space | Layout::Break => page.end_line(next.indent),
            Layout::Row(inner) => next.unfold(inner, &mut waiting),
            Layout::Nest(inner) => {
                let deeper = Waiting { indent: next.indent + INDENT, ..next };
                deeper.unfold(inner, &mut waiting);
            }
            Layout::Group(inner) => {
                let is_flat = next.is_flat || fits(inner, &waiting, width, page.column);
                Waiting { is_flat, ..next }.unfold(inner, &mut waiting);
            }
        }
    }
    page.text
}

struct Page {
    text: String,
    /// How many characters the last line has.
    column: usize,
}

impl Page {
    fn write(&mut self, text: &str) {
        self.column = column_after(self.column, text);
        self.text.push_str(text);
    }

    fn end_line(&mut self, indent: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }
}

/// Where a line ends after `text`, which may itself go over several lines.
fn column_after(column: usize, text: &str) -> usize {
    match text.rsplit_once('\n') {
        Some((_, last)) => last.chars().count(),
        None => column + text.chars().count(),
    }
}

/// Whether a group fits on the line, with all that follows it up to where the line may end.
fn fits(inner: &[Layout], after: &[Waiting<'_>], width: usize, mut column: usize) -> bool {
    let mut rest: Vec<(&Layout, bool)> = inner.iter().rev().map(|layout| (layout, true)).collect();
    let mut after = after.iter().rev();
    loop {
        let next = rest.pop().or_else(|| after.next().map(|waiting| (waiting.layout, false)));
        let Some((layout, is_flat)) = next else { return true };
        match layout {
            Layout::Text(text) => {
                let first_line = text.split('\n').next().unwrap_or_default();
                if column + first_line.chars().count() > width {
                    return false;
                }
                column = column_after(column, text);
            }
            Layout::Space if is_flat => column += 1,
            Layout::Break if is_flat => {}
            // Whatever else follows has room on the next line.
            Layout::Space | Layout::Break => return true,
            Layout::Row(inner) | Layout::Nest(inner) | Layout::Group(inner) => {
                rest.extend(inner.iter().rev().map(|layout| (layout, is_flat)));
            }
        }
    }
}
