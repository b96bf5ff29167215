//! How long a run keeps looking at a binding after a round.

/// How long a run keeps looking at a binding, by how the round ended.
///
/// A run may look for two reasons: an event concerns the binding, and its patience lasts; or a
/// round found something wrong, and then a run may look on even without an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KeepLooking {
    /// While the event's patience lasts, but not after the failover was seen and is complete.
    UntilFailover,
    /// While the event's patience lasts. Another look in a moment would find the same, so no event
    /// means no look.
    UntilEventEnds,
    /// For as long as a sweep may look: the next round may find it mended.
    SweepTime,
    /// For as long as the run lasts: a write failed and will be tried again. What follows it has
    /// its own time.
    UntilWritten,
    /// For as long as a reading may take to show a write that was acknowledged.
    ReadBackTime,
    /// For as long as a pending removal takes: the settle time, and the calls around it.
    RemovalTime,
    /// For as long as it may take until DNS has named one member for the settle time: another
    /// settle time before that, in which its answers go back and forth.
    DnsAloneTime,
    /// The binding rests, whatever is left of its event: nothing that the run could see or do would
    /// help, or nothing is left to see. (A resting binding looks again while another one works.)
    Stop,
}
