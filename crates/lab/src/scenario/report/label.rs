//! Decides where a label has room.
//!
//! A timeline stretches with the page and text does not. What is placed so that nothing overlaps on
//! the narrowest page has more room on every wider one; a bar's label that fits only on a wide page
//! is hidden on a narrow one by the style sheet.

use serde::Serialize;

use super::axis::Place;

/// The width of a timeline's lanes on the narrowest page that everything is laid out for, in
/// pixels.
const NARROW: f64 = 500.0;
/// Their width on a page that is wide enough for what the style sheet calls `wide`, in pixels.
const WIDE: f64 = 860.0;
/// What a letter takes, on average, in pixels.
const LETTER: f64 = 6.2;
/// Between a bar's edge, or the middle of a mark, and its label, in pixels.
const GAP: u32 = 7;
const MARK_GAP: u32 = 10;

/// Words in a lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Text {
    pub(super) x: Place,
    /// From `x`, in pixels.
    pub(super) dx: i32,
    /// The base line, in pixels from the lane's top.
    pub(super) y: u32,
    pub(super) anchor: &'static str,
    pub(super) class: String,
    pub(super) text: String,
}

impl Text {
    /// A bar's label, at its left inside of it; none where it would not fit.
    pub(super) fn inside(x: Place, width: Place, y: u32, text: &str, class: &str) -> Option<Text> {
        let fits = |page: f64| wide(text) + f64::from(GAP) <= width.pixels(page);
        let class = match (fits(NARROW), fits(WIDE)) {
            (true, _) => class.to_owned(),
            (false, true) => format!("{class} wide"),
            (false, false) => return None,
        };
        Some(Text { x, dx: GAP.cast_signed(), y, anchor: "start", class, text: text.to_owned() })
    }
}

/// Rows of labels that do not overlap, filled from the top.
#[derive(Debug)]
pub(super) struct Shelves {
    most: usize,
    rows: Vec<Vec<(f64, f64)>>,
}

/// A row, and the label on it.
#[derive(Debug, PartialEq)]
pub(super) struct Put {
    pub(super) row: usize,
    pub(super) dx: i32,
    pub(super) anchor: &'static str,
    pub(super) text: String,
}

impl Shelves {
    /// At most so many rows.
    pub(super) fn new(most: usize) -> Shelves {
        Shelves { most, rows: Vec::new() }
    }

    /// Puts a label beside a mark: at its right, else at its left, cut where neither has room. None
    /// if no row is free there.
    pub(super) fn put(&mut self, mark: Place, text: &str) -> Option<Put> {
        self.label(mark, mark, text, MARK_GAP)
    }

    /// The same for a bar, whose label begins inside of it, at its left, and may go on beyond it;
    /// else it ends where the bar does.
    pub(super) fn beside(&mut self, from: Place, to: Place, text: &str) -> Option<Put> {
        self.label(from, to, text, GAP)
    }

    /// Takes a row for a bar without a label.
    pub(super) fn bar(&mut self, from: Place, to: Place) -> Option<usize> {
        self.free(from.pixels(NARROW), to.pixels(NARROW) + 1.0)
    }

    /// How many rows are in use.
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    fn label(&mut self, from: Place, to: Place, text: &str, pixels: u32) -> Option<Put> {
        let gap = f64::from(pixels);
        let (left, right) = (from.pixels(NARROW), to.pixels(NARROW));
        let to_the_right = NARROW - left - gap >= wide(text).min(right - gap);
        let room = if to_the_right { NARROW - left } else { right } - gap;
        let text = cut(text, room);
        let taken = wide(&text) + gap;
        let (begins, ends, dx, anchor) = match to_the_right {
            true => (left - gap, right.max(left + taken), pixels.cast_signed(), "start"),
            false => (left.min(right - taken), right + gap, -pixels.cast_signed(), "end"),
        };
        let row = self.free(begins, ends)?;
        Some(Put { row, dx, anchor, text })
    }

    fn free(&mut self, begins: f64, ends: f64) -> Option<usize> {
        let is_free =
            |row: &Vec<(f64, f64)>| row.iter().all(|(from, to)| ends <= *from || *to <= begins);
        let row = match self.rows.iter().position(is_free) {
            Some(row) => row,
            None if self.rows.len() < self.most => {
                self.rows.push(Vec::new());
                self.rows.len() - 1
            }
            None => return None,
        };
        self.rows[row].push((begins, ends));
        Some(row)
    }
}

/// About how many pixels a text takes.
fn wide(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

fn cut(text: &str, room: f64) -> String {
    if wide(text) <= room {
        return text.to_owned();
    }
    let letters = (room / LETTER).max(2.0) as usize - 1;
    let kept: String = text.chars().take(letters).collect();
    format!("{}…", kept.trim_end())
}
