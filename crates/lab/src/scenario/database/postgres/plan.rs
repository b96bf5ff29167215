//! Which state the world requires of a server, and the next action that brings the server there.
//!
//! ```text
//!   nothing ──copy──► whole ──start──► standby ──look──► gets the rows ──promote──► primary
//!      ▲                ▲                 │                                            │
//!      └──── left behind, or ahead ───────┴──────────────────stop──────────────────────┘
//! ```

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::member::{Data, Role, State};
use crate::World;
use crate::scene::Link;
use crate::world::rds::{DbInstance, InstanceKey};

/// After how many looks, each of which takes a moment, a standby that does not get the rows is
/// copied anew.
const LOOKS: u32 = 20;

/// What a server should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The instance's name.
    pub(super) name: String,
    /// The names that clients know it by, its own first.
    pub(super) endpoints: Vec<String>,
    /// The host that it represents.
    pub(super) host: IpAddr,
    /// Whether that accepts connections.
    pub(super) up: bool,
    /// Whether it is the one that writes.
    pub(super) writer: bool,
}

/// What is known of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// What it is.
    pub(super) state: State,
    /// As a standby: whether it was seen to receive the rows of the current primary.
    pub(super) replication: Replication,
}

/// Whether a standby receives the rows of the current primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replication {
    /// This many looks did not show that it does.
    Unseen(u32),
    /// It does, and no row is acknowledged before it has it.
    Joined,
}

impl Default for Replication {
    fn default() -> Self {
        Replication::Unseen(0)
    }
}

/// The state of the last primary, which has every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Latest {
    /// There was none yet.
    Nobody,
    /// It is the server itself.
    Itself,
    /// Another, which is not stopped yet.
    Runs,
    /// Another, which is stopped.
    Stopped,
}

/// Something that is done with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Make the database.
    Create,
    /// Start it.
    Start(Role),
    /// Stop it.
    Stop,
    /// Stop it, and discard its data.
    Discard,
    /// See whether it gets the primary's rows.
    Look,
    /// Promote it.
    Promote,
    /// Copy the primary's data while it runs.
    CopyRunning,
    /// Copy the last primary's data, which is stopped, and start as a primary: what a promotion is
    /// for a server that was not seen to have every row.
    TakeOver,
}

/// What every server of a link should be at this moment.
pub(super) fn wanted(world: &World, link: &Link) -> BTreeMap<InstanceKey, Wanted> {
    let database = link.database();
    let of_link = |instance: &&DbInstance| match link.source.cluster() {
        Some(_) => {
            let cluster = world.rds.cluster_of(instance);
            cluster.is_some_and(|cluster| cluster.identifier.eq_ignore_ascii_case(database))
        }
        None => instance.identifier.eq_ignore_ascii_case(database),
    };
    let writer = link.writing(world).map(|instance| instance.key);
    let wanted = |instance: &DbInstance| {
        // A database that has lost the group's family goes on at its other address.
        let host = instance.address_in(link.family).unwrap_or_else(|| instance.address());
        Wanted {
            name: instance.identifier.clone(),
            endpoints: endpoints(world, link, instance),
            host,
            up: world.accepts_tcp(host),
            writer: writer == Some(instance.key),
        }
    };
    let instances = world.rds.instances().filter(of_link);
    instances.map(|instance| (instance.key, wanted(instance))).collect()
}

/// What is to be done with a server next, if anything. `is_led` says whether the writer runs as a
/// primary.
pub(super) fn next(
    wanted: &Wanted,
    server: &Server,
    is_led: bool,
    latest: Latest,
) -> Option<Action> {
    match server.state.running {
        Some(running) if !wanted.up || running.host != wanted.host => Some(Action::Stop),
        Some(running) if running.role == Role::Primary => (!wanted.writer).then_some(Action::Stop),
        Some(_) if wanted.writer => match (latest, server.replication) {
            (Latest::Runs, _) => None,
            (_, Replication::Joined) => Some(Action::Promote),
            (_, Replication::Unseen(_)) => Some(Action::Stop),
        },
        Some(_) => match server.replication {
            Replication::Unseen(LOOKS..) => Some(Action::Discard),
            Replication::Unseen(_) => is_led.then_some(Action::Look),
            Replication::Joined => None,
        },
        None if wanted.writer => match latest {
            Latest::Nobody => Some(Action::Create),
            Latest::Itself => wanted.up.then_some(Action::Start(Role::Primary)),
            Latest::Stopped => wanted.up.then_some(Action::TakeOver),
            Latest::Runs => None,
        },
        None => match server.state.data {
            Data::Nothing | Data::Ahead => is_led.then_some(Action::CopyRunning),
            // The last primary stays stopped until its successor leads, which waits for that.
            Data::Whole => (wanted.up && (is_led || latest != Latest::Itself))
                .then_some(Action::Start(Role::Standby)),
        },
    }
}

/// Whether a server is what it should be.
pub(super) fn is_right(wanted: &Wanted, server: &Server) -> bool {
    match server.state.running {
        None => !wanted.up,
        Some(running) if running.role == Role::Primary => wanted.up && wanted.writer,
        Some(_) => wanted.up && !wanted.writer && server.replication == Replication::Joined,
    }
}

/// The names in a certificate of RDS: the instance's own, and the cluster's for its writer and its
/// readers.
fn endpoints(world: &World, link: &Link, instance: &DbInstance) -> Vec<String> {
    let mut names = vec![world.instance_endpoint(&instance.identifier)];
    if link.source.cluster().is_some() {
        let database = link.database();
        names.extend([world.cluster_endpoint(database), world.reader_endpoint(database)]);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::database::postgres::member::Running;

    const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 20, 1, 10));

    fn wanted(up: bool, writer: bool) -> Wanted {
        Wanted { name: "orders-1".to_owned(), endpoints: vec![], host: HOST, up, writer }
    }

    fn stopped(data: Data) -> Server {
        let state = State { data, running: None };
        Server { state, replication: Replication::default() }
    }

    fn running(role: Role, replication: Replication) -> Server {
        let running = Running { host: HOST, socket: ([127, 20, 1, 10], 5432).into(), role };
        let state = State { data: Data::Whole, running: Some(running) };
        Server { state, replication }
    }

    /// The steps that no test of the servers themselves waits for: see `tests.rs` for the others.
    #[test]
    fn a_server_waits_for_whom_it_takes_its_rows_from() {
        let joined = running(Role::Standby, Replication::Joined);
        let primary = running(Role::Primary, Replication::default());
        let left_behind = running(Role::Standby, Replication::Unseen(LOOKS));
        let (whole, ahead) = (stopped(Data::Whole), stopped(Data::Ahead));
        let moved = Wanted { host: IpAddr::from([10, 20, 2, 10]), ..wanted(true, true) };
        for (wanted, server, is_led, latest, action) in [
            (wanted(true, true), &joined, false, Latest::Runs, None),
            (wanted(true, true), &joined, false, Latest::Stopped, Some(Action::Promote)),
            (wanted(true, true), &whole, false, Latest::Runs, None),
            (wanted(false, false), &whole, true, Latest::Runs, None),
            (wanted(true, false), &ahead, false, Latest::Runs, None),
            (wanted(false, false), &ahead, true, Latest::Runs, Some(Action::CopyRunning)),
            (wanted(true, false), &whole, false, Latest::Itself, None),
            (wanted(true, false), &whole, true, Latest::Runs, Some(Action::Start(Role::Standby))),
            (wanted(true, false), &left_behind, true, Latest::Runs, Some(Action::Discard)),
            (wanted(false, true), &primary, false, Latest::Itself, Some(Action::Stop)),
            (wanted(true, true), &ahead, false, Latest::Itself, Some(Action::Start(Role::Primary))),
            (moved, &primary, true, Latest::Itself, Some(Action::Stop)),
        ] {
            assert_eq!(next(&wanted, server, is_led, latest), action, "{wanted:?} {server:?}");
        }
    }
}
