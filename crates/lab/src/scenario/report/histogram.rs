//! Draws many moments as a row of columns.
//!
//! Each kind of moment has a row of its own, so that a failure among a hundred successes is seen; a
//! column that is not empty has at least
//! [`LEAST`] of the height, so that one moment among a thousand others of its kind is seen too.

use std::fmt::Write;

use serde::Serialize;

use super::axis::Axis;

/// A row has at most so many columns,
pub(super) const MOST: usize = 240;
/// at least so many,
const FEWEST: usize = 60;
/// and in between one for so many moments, so that a steady rate looks steady.
const TO_A_COLUMN: usize = 3;
/// The share of the height that a single moment has at least.
const LEAST: f64 = 0.3;

/// A row of columns, as the outline of their tops.
#[derive(Debug, Serialize)]
pub(super) struct Histogram {
    columns: usize,
    height: u32,
    path: String,
    class: String,
    tip: String,
}

impl Histogram {
    pub(super) fn of(counts: &[usize], height: u32, class: &str, tip: String) -> Histogram {
        Histogram {
            columns: counts.len(),
            height,
            path: outline(counts, height),
            class: class.to_owned(),
            tip,
        }
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is drawn in this class.
    pub(super) fn is(&self, class: &str) -> bool {
        self.class == class
    }
}

/// How many columns suit so many moments.
pub(super) fn columns(moments: usize) -> usize {
    (moments / TO_A_COLUMN).clamp(FEWEST, MOST)
}

/// How many of the moments fall into each column.
pub(super) fn counts(axis: Axis, columns: usize, moments: impl Iterator<Item = f64>) -> Vec<usize> {
    let mut counts = vec![0; columns];
    for moment in moments {
        let column = (moment / axis.seconds() * columns as f64).max(0.0) as usize;
        counts[column.min(columns - 1)] += 1;
    }
    counts
}

fn outline(counts: &[usize], height: u32) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let height = f64::from(height);
    let mut path = String::new();
    for (column, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let tall = height * (*count as f64 / most).max(LEAST);
        let _ = write!(path, "M{column} {height}v-{tall:.1}h1v{tall:.1}z");
    }
    path
}
