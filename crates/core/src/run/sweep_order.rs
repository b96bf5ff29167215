//! In which order a sweep looks at the bindings.
//!
//! A sweep that the time does not suffice for looks at a part of the bindings, and the next sweep
//! must go on with another part. No run needs anything from an earlier one, so the minute of the
//! clock says where a sweep begins. Schedules have periods of one minute or a few, and a begin that
//! moves by a fixed share of the list each minute would, with some period, come to the same few
//! places again and again.
//!
//! So the list has a number of *places*, evenly spread, to which no period of 1 to 5 minutes has a
//! common divisor. Sweeps with such a period begin at every place before they begin at one for the
//! second time, and from each place they reach the next.

/// How many routine reads of targets a sweep can surely make: half of the account's budget of
/// ELBv2 calls gives 20 at once and 5 a second (AWS docs, "Request throttling for the Elastic Load
/// Balancing API"), which is 100 in 16 s. A fifth is left for descriptions of groups and for what
/// else the function does.
const SURE_READS: usize = 80;

/// The most groups whose tags one call reads.
const TAGS_OF_A_CALL: usize = 20;

/// How many of `bindings` a sweep can surely look at, if it must read the tags of all their groups.
pub(super) fn sure_looks(bindings: usize, reads_tags: bool) -> usize {
    let tags = if reads_tags { bindings.div_ceil(TAGS_OF_A_CALL) } else { 0 };
    SURE_READS.saturating_sub(tags).max(SURE_READS / 4)
}

/// The positions of a list of `bindings` in the order of the sweep that begins in this minute, if a
/// sweep surely looks at `most` of them.
pub(super) fn order(minute: i64, bindings: usize, most: usize) -> impl Iterator<Item = usize> {
    let first = begin(minute, bindings, most);
    (first..bindings).chain(0..first)
}

/// Where the sweep of this minute begins.
fn begin(minute: i64, bindings: usize, most: usize) -> usize {
    let places = places(bindings.div_ceil(most.max(1)));
    // Modulo first: the product of a minute of any clock could overflow.
    let minute = usize::try_from(minute.rem_euclid(places as i64)).unwrap_or_default();
    minute * stride(places) % places * bindings / places
}

/// The number of places for a list that takes this many sweeps: at most twice as many, but for
/// lists of two sweeps, whose six places are covered by any two that are opposite.
fn places(sweeps: usize) -> usize {
    match sweeps {
        0 | 1 => 1,
        2 => 6,
        _ => (sweeps..).find(|places| gcd(*places, 30) == 1).unwrap_or(sweeps),
    }
}

/// By how many places the begin moves in a minute: about the golden section of the list, so that
/// the first few sweeps are already far apart.
fn stride(places: usize) -> usize {
    if places == 6 {
        return 1;
    }
    (places * 618 / 1000..).find(|stride| *stride > 0 && gcd(*stride, places) == 1).unwrap_or(1)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_binding_is_seen_within_twice_the_sweeps_that_all_of_them_take() {
        for (most, step) in [(80, 1), (100, 7), (20, 7)] {
            for bindings in (1..=3000_usize).step_by(step) {
                // Later minutes begin at the same places again.
                let places = places(bindings.div_ceil(most)) as i64;
                let begins: Vec<usize> =
                    (0..places).map(|minute| begin(minute, bindings, most)).collect();
                for (period, phase) in (1..=5).flat_map(|p| (0..places).map(move |at| (p, at))) {
                    let sweeps = 2 * bindings.div_ceil(most) as i64;
                    let mut seen: Vec<usize> = (0..sweeps)
                        .map(|sweep| begins[((phase + sweep * period) % places) as usize])
                        .collect();
                    seen.sort_unstable();
                    // From each begin, a sweep sees the bindings up to the next begin.
                    let round = seen[0] + bindings;
                    let next = seen.iter().skip(1).copied().chain([round]);
                    assert!(
                        seen.iter().zip(next).all(|(begin, next)| next - begin <= most),
                        "{bindings} bindings, {most} a sweep, period {period}, phase {phase}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_sweep_has_every_binding_once_in_its_order() {
        for minute in [-1, 0, 1, 29_500_000, i64::MAX, i64::MIN] {
            let mut all: Vec<usize> = order(minute, 1000, 80).collect();
            all.sort_unstable();
            assert_eq!(all, (0..1000).collect::<Vec<_>>());
        }
        assert_eq!(order(7, 80, 80).collect::<Vec<_>>(), (0..80).collect::<Vec<_>>());
    }

    #[test]
    fn tags_take_calls_from_the_looks_and_never_all_of_them() {
        assert_eq!(sure_looks(1000, false), 80);
        assert_eq!(sure_looks(1000, true), 30);
        assert_eq!(sure_looks(40_000, true), 20);
    }
}
