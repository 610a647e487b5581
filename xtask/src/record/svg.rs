//! Draws a recording as an SVG that types each command, waits as long as it took, and shows its
//! output; then begins anew. Where animations are not wanted, everything is there at once.

use std::fmt::Write as _;

use super::{Step, pty};

/// Of a character and a line, in pixels.
const WIDTH: f64 = 7.8;
const HEIGHT: f64 = 18.0;
const MARGIN: f64 = 16.0;
/// Seconds: to type a character, to read a step and the whole.
const TYPING: f64 = 0.04;
const PAUSE: f64 = 1.5;
const END: f64 = 6.0;

/// A piece of text that appears at a time.
struct Piece<'s> {
    at: f64,
    column: usize,
    line: usize,
    class: &'static str,
    text: &'s str,
}

/// Returns the SVG.
pub fn draw(steps: &[Step]) -> String {
    let (pieces, lines, total) = arrange(steps);
    let width = f64::from(pty::COLUMNS) * WIDTH + 2.0 * MARGIN;
    let height = lines as f64 * HEIGHT + 2.0 * MARGIN;
    let mut times: Vec<f64> = pieces.iter().map(|piece| piece.at).collect();
    times.dedup();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace,Menlo,Consolas,monospace\" font-size=\"13\">\n\
         <style>\n.p{{fill:#7ee787}}.c{{fill:#e6edf3}}.o{{fill:#9da7b3}}\n"
    );
    out.push_str("@media (prefers-reduced-motion:no-preference){\n");
    for (i, at) in times.iter().enumerate().filter(|(_, at)| **at > 0.0) {
        let share = 100.0 * at / total;
        let _ = writeln!(
            out,
            "@keyframes k{i}{{0%,{share:.2}%{{opacity:0}}{:.2}%,100%{{opacity:1}}}}\n\
             .t{i}{{animation:k{i} {total:.1}s infinite}}",
            share + 0.01
        );
    }
    let _ = writeln!(
        out,
        "}}\n</style>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>"
    );
    for piece in &pieces {
        let time = times.iter().position(|at| *at == piece.at).unwrap_or(0);
        let x = MARGIN + piece.column as f64 * WIDTH;
        let y = MARGIN + (piece.line as f64 + 0.75) * HEIGHT;
        let _ = writeln!(
            out,
            "<text class=\"{} t{time}\" x=\"{x:.1}\" y=\"{y:.1}\" xml:space=\"preserve\">{}</text>",
            piece.class,
            escaped(piece.text)
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Returns the pieces, the number of lines, and the length of the animation.
fn arrange(steps: &[Step]) -> (Vec<Piece<'_>>, usize, f64) {
    let (mut pieces, mut line, mut at) = (Vec::new(), 0, 0.0);
    for step in steps {
        let piece = |at, column, line, class, text| Piece {
            at,
            column,
            line,
            class,
            text,
        };
        pieces.push(piece(at, 0, line, "p", "$"));
        at += TYPING * step.command.chars().count() as f64;
        pieces.push(piece(at, 2, line, "c", step.command));
        line += 1;
        at += step.seconds;
        for text in &step.lines {
            pieces.push(piece(at, 0, line, "o", text));
            line += 1;
        }
        line += 1;
        at += PAUSE;
    }
    (pieces, line.saturating_sub(1), at + END)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_appears_once_in_order() {
        let step = |command, lines: &[&str], seconds| Step {
            command,
            lines: lines.iter().map(|l| (*l).to_owned()).collect(),
            seconds,
        };
        let steps = [step("one", &["a <b>", "c"], 0.5), step("two", &[], 0.0)];
        let (pieces, lines, total) = arrange(&steps);
        assert_eq!(lines, 4 + 1);
        assert!(pieces.windows(2).all(|p| p[0].at <= p[1].at));
        assert!(pieces.iter().all(|p| p.at < total));
        let svg = draw(&steps);
        for text in [">a &lt;b&gt;<", ">c<", ">one<", ">two<"] {
            assert_eq!(svg.matches(text).count(), 1, "{text}: {svg}");
        }
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }
}
