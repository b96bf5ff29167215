//! Which databases a scenario starts, and how its application opens connections to them.

use std::io;
use std::time::Duration;

use writerlink_core::source::Source;

use super::authority::Authority;
use super::client::choosing::{ChoosingDoor, MemberPort};
use super::client::postgres::PostgresDoor;
use super::client::{Door, LineDoor};
use super::database::postgres::{Postgres, Programs};
use super::database::{Fleet, LineFleet};
use crate::scene::Link;
use crate::wire::Lab;

/// The servers behind the load balancer.
#[derive(Clone, Debug)]
pub enum Databases {
    /// A few lines of this program, which are honest about being a writer or a reader.
    Line,
    /// PostgreSQL, whose certificates the application verifies under the endpoints' names.
    Postgresql(Programs),
}

/// Databases of a kind.
pub(super) trait Backend {
    /// What it is called.
    const NAME: &'static str;
    type Fleet: Fleet;
    type Door: Door;
    /// How an application opens connections that chooses a member by itself.
    type Choice: Door;

    /// Starts the servers behind a link.
    async fn start(&self, lab: &Lab, link: &Link) -> io::Result<Self::Fleet>;

    /// How the link's application opens a connection.
    fn door(&self, lab: &Lab, link: &Link) -> io::Result<Self::Door>;

    /// How an application opens a connection to the writer among these members.
    fn choice(door: Self::Door, members: Vec<MemberPort>, timeout: Duration) -> Self::Choice;
}

/// The built-in ones.
pub(super) struct Line;

/// PostgreSQL, with certificates of an authority.
pub(super) struct Postgresql {
    authority: Authority,
    programs: Programs,
}

impl Postgresql {
    pub(super) fn new(programs: &Programs) -> io::Result<Postgresql> {
        Ok(Postgresql {
            authority: Authority::new().map_err(io::Error::other)?,
            programs: programs.clone(),
        })
    }
}

impl Backend for Line {
    const NAME: &'static str = "line";
    type Fleet = LineFleet;
    type Door = LineDoor;
    type Choice = ChoosingDoor<LineDoor>;

    async fn start(&self, lab: &Lab, link: &Link) -> io::Result<LineFleet> {
        let mut fleet = LineFleet::default();
        fleet.follow(lab, link).await?;
        Ok(fleet)
    }

    fn door(&self, _: &Lab, _: &Link) -> io::Result<LineDoor> {
        Ok(LineDoor)
    }

    fn choice(door: LineDoor, members: Vec<MemberPort>, timeout: Duration) -> Self::Choice {
        ChoosingDoor { door, members, timeout }
    }
}

impl Backend for Postgresql {
    const NAME: &'static str = "postgresql";
    type Fleet = Postgres;
    type Door = PostgresDoor;
    type Choice = ChoosingDoor<PostgresDoor>;

    async fn start(&self, lab: &Lab, link: &Link) -> io::Result<Postgres> {
        Postgres::start(lab, link, &self.authority, &self.programs).await
    }

    fn door(&self, lab: &Lab, link: &Link) -> io::Result<PostgresDoor> {
        PostgresDoor::new(&self.authority, &link.endpoint(&lab.world())).map_err(io::Error::other)
    }

    fn choice(door: PostgresDoor, members: Vec<MemberPort>, timeout: Duration) -> Self::Choice {
        ChoosingDoor { door, members, timeout }
    }
}

/// Databases behind links, without a scenario; they run until this is dropped.
pub struct RunningDatabases {
    fleets: Fleets,
}

enum Fleets {
    Line(Vec<LineFleet>),
    Postgresql(Vec<Postgres>, Authority),
}

impl RunningDatabases {
    /// Starts the servers behind the links.
    ///
    /// # Errors
    /// When a server does not start.
    pub async fn start(
        lab: &Lab,
        links: &[Link],
        databases: &Databases,
    ) -> io::Result<RunningDatabases> {
        let fleets = match databases {
            Databases::Line => Fleets::Line(start(&Line, lab, links).await?),
            Databases::Postgresql(programs) => {
                let backend = Postgresql::new(programs)?;
                Fleets::Postgresql(start(&backend, lab, links).await?, backend.authority)
            }
        };
        Ok(RunningDatabases { fleets })
    }

    /// Lets them follow the world, without an end.
    ///
    /// # Errors
    /// When a server fails for good.
    pub async fn follow(
        &mut self,
        lab: &Lab,
        links: &[Link],
    ) -> io::Result<std::convert::Infallible> {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            match &mut self.fleets {
                Fleets::Line(fleets) => follow(fleets, lab, links).await?,
                Fleets::Postgresql(fleets, _) => follow(fleets, lab, links).await?,
            }
        }
    }

    /// The authority of their certificates, if they have any.
    pub fn authority(&self) -> Option<&Authority> {
        match &self.fleets {
            Fleets::Line(_) => None,
            Fleets::Postgresql(_, authority) => Some(authority),
        }
    }
}

/// How often databases are brought to what the world says.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// The links that have servers of their own. The members of a cluster are served with another link
/// of it, or with the first of them.
pub(super) fn served(links: &[Link]) -> impl Iterator<Item = &Link> {
    let is_member = |link: &Link| matches!(link.source, Source::Member { .. });
    links.iter().enumerate().filter_map(move |(place, link)| {
        let of_cluster = |other: &Link| other.source.cluster() == link.source.cluster();
        let others = links.iter().enumerate().filter(|(_, other)| of_cluster(other));
        let is_served = |(at, other): (usize, &Link)| at < place || !is_member(other);
        (!is_member(link) || !others.into_iter().any(is_served)).then_some(link)
    })
}

pub(super) async fn start<B: Backend>(
    backend: &B,
    lab: &Lab,
    links: &[Link],
) -> io::Result<Vec<B::Fleet>> {
    let mut fleets = Vec::new();
    for link in served(links) {
        fleets.push(backend.start(lab, link).await?);
    }
    Ok(fleets)
}

pub(super) async fn follow<F: Fleet>(
    fleets: &mut [F],
    lab: &Lab,
    links: &[Link],
) -> io::Result<()> {
    for (fleet, link) in fleets.iter_mut().zip(served(links)) {
        fleet.follow(lab, link).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::elbv2::IpFamily;

    #[test]
    fn the_members_of_a_cluster_have_the_servers_of_one_of_its_links() {
        let link = |source: &str| Link {
            name: source.to_owned(),
            source: source.parse().expect("a source"),
            group: String::new(),
            port: 5432,
            family: IpFamily::Ipv4,
            standby: crate::scene::Standby::Cold,
        };
        let (one, two) = ("cluster/orders/instance/orders-1", "cluster/orders/instance/orders-2");
        for (sources, expected) in [
            (&[one, "cluster/orders", two, "instance/billing"][..], &[1, 3][..]),
            (&[one, two, "cluster/stock"], &[0, 2]),
            (&["cluster/orders", "cluster/orders/readers"], &[0, 1]),
        ] {
            let links: Vec<Link> = sources.iter().map(|source| link(source)).collect();
            let found: Vec<&str> = served(&links).map(|link| link.name.as_str()).collect();
            let expected: Vec<&str> = expected.iter().map(|place| sources[*place]).collect();
            assert_eq!(found, expected);
        }
    }
}
