//! The medians as a drawing: two bars for each expression, on a scale of powers of ten.

use super::Measured;
const ROW: usize = 44;
/// Where bars begin, and how long the longest is.
const LEFT: usize = 420;
const LONGEST: usize = 560;
/// Characters of an expression that are shown.
const SHOWN: usize = 56;

/// What is drawn of an expression.
struct Row<'m> {
    expression: &'m str,
    native: Option<f64>,
    interpreted: f64,
}

/// A logarithmic scale of nanoseconds.
struct Scale {
    decades: f64,
}

impl Scale {
    fn of(rows: &[Row<'_>]) -> Self {
        let all = rows.iter().flat_map(|row| [row.native.unwrap_or(1.0), row.interpreted]);
        Self { decades: all.fold(10.0, f64::max).log10().ceil().max(1.0) }
    }

    fn length(&self, nanoseconds: f64) -> f64 {
        LONGEST as f64 * nanoseconds.max(1.0).log10() / self.decades
    }
}

/// SVG 1.1.
pub(super) fn draw(all: &[Measured]) -> String {
    let rows: Vec<Row<'_>> = all.iter().filter_map(row).collect();
    let scale = Scale::of(&rows);
    let (width, height) = (LEFT + LONGEST + 120, 60 + ROW * rows.len());
    let drawn: String = rows
        .iter()
        .enumerate()
        .map(|(index, row)| draw_row(row, 40 + ROW * index, &scale))
        .collect();
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="10" y="22" fill="#1f77b4">machine code</text>
<text x="110" y="22" fill="#888">interpreter</text>
{}{drawn}</svg>
"##,
        draw_scale(&scale, height)
    )
}

fn row(measured: &Measured) -> Option<Row<'_>> {
    let figures = measured.outcome.as_ref().ok()?;
    let native = figures.native.map(|native| native.median);
    Some(Row { expression: &measured.expression, native, interpreted: figures.interpreted.median })
}

/// A line for each power of ten.
fn draw_scale(scale: &Scale, height: usize) -> String {
    let line = |decade: i32| {
        let nanoseconds = 10_f64.powi(decade);
        let x = LEFT as f64 + scale.length(nanoseconds);
        format!(
            r##"<line x1="{x:.1}" y1="30" x2="{x:.1}" y2="{height}" stroke="#ddd"/>
<text x="{x:.1}" y="22" text-anchor="middle">{nanoseconds} ns</text>
"##
        )
    };
    (0..=scale.decades as i32).map(line).collect()
}

fn draw_row(row: &Row<'_>, top: usize, scale: &Scale) -> String {
    let shown: String = row.expression.chars().take(SHOWN).collect();
    let mut drawn = format!(
        r#"<text x="{}" y="{}" text-anchor="end" font-family="monospace" font-size="11">{}</text>
"#,
        LEFT - 10,
        top + 18,
        escaped(&shown)
    );
    let bars = [(row.native, "#1f77b4"), (Some(row.interpreted), "#bbbbbb")];
    for (place, (nanoseconds, colour)) in bars.into_iter().enumerate() {
        let Some(nanoseconds) = nanoseconds else { continue };
        let (y, long) = (top + 15 * place, scale.length(nanoseconds));
        drawn.push_str(&format!(
            r#"<rect x="{LEFT}" y="{y}" width="{long:.1}" height="13" fill="{colour}"/>
<text x="{:.1}" y="{}">{nanoseconds:.1}</text>
"#,
            LEFT as f64 + long + 4.0,
            y + 11
        ));
    }
    drawn
}

/// As character data of XML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML 1.0 has no place for them.
            control if control.is_control() || control == '\u{fffe}' || control == '\u{ffff}' => {
                safe.push(' ');
            }
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_would_misread_is_escaped() {
        assert_eq!(escaped("a<b && \"c\"\n"), "a&lt;b &amp;&amp; &quot;c&quot; ");
    }
}
