//! The kinds of databases that a setting can have, each behind a target group of its own.

use writerlink_core::source::Source;

use super::Bound;
use crate::dice::Dice;
use crate::scene::{across_zones, publish};
use crate::world::elbv2::IpFamily;
use crate::world::rds::{Engine, Layout, MultiAz, Network};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

/// A database that a setting can have.
pub(super) struct Kind {
    pub(super) binding: &'static str,
    source: &'static str,
    engine: Engine,
    instances: &'static [&'static str],
    multi_az: MultiAz,
    /// How many settings in a hundred have it.
    pub(super) percent: usize,
}

pub(super) const KINDS: [Kind; 6] = [
    Kind {
        binding: "orders-writer",
        source: "cluster/orders",
        engine: Engine::AuroraPostgresql,
        instances: &["orders-1", "orders-2", "orders-3"],
        multi_az: MultiAz::No,
        percent: 100,
    },
    Kind {
        binding: "billing",
        source: "instance/billing",
        engine: Engine::Mysql,
        instances: &["billing"],
        multi_az: MultiAz::Yes,
        percent: 100,
    },
    Kind {
        binding: "ledger-writer",
        source: "cluster/ledger",
        engine: Engine::AuroraMysql,
        instances: &["ledger-1", "ledger-2"],
        multi_az: MultiAz::No,
        percent: 25,
    },
    Kind {
        binding: "stock",
        source: "instance/stock",
        engine: Engine::Postgres,
        instances: &["stock"],
        multi_az: MultiAz::Yes,
        percent: 25,
    },
    // Its standby may accept connections.
    Kind {
        binding: "reports",
        source: "instance/reports",
        engine: Engine::SqlserverEe,
        instances: &["reports"],
        multi_az: MultiAz::Yes,
        percent: 15,
    },
    // It has no standby: another address is another host.
    Kind {
        binding: "archive",
        source: "instance/archive",
        engine: Engine::Mariadb,
        instances: &["archive"],
        multi_az: MultiAz::No,
        percent: 15,
    },
];

/// A Multi-AZ DB cluster. Its dice are its own, so that a setting without it is what it would be if
/// there were none.
pub(super) const MULTI_AZ_CLUSTER: Kind = Kind {
    binding: "payments-writer",
    source: "cluster/payments",
    engine: Engine::Postgres,
    instances: &["payments-instance-1", "payments-instance-2", "payments-instance-3"],
    multi_az: MultiAz::No,
    percent: 20,
};

/// Dual-stack databases behind ipv6 groups, one of which some settings have. Their dice are their
/// own too.
pub(super) const DUAL_STACK: [Kind; 2] = [
    Kind {
        binding: "parcels-writer",
        source: "cluster/parcels",
        engine: Engine::AuroraPostgresql,
        instances: &["parcels-1", "parcels-2"],
        multi_az: MultiAz::No,
        percent: 5,
    },
    Kind {
        binding: "parcels",
        source: "instance/parcels",
        engine: Engine::Postgres,
        instances: &["parcels"],
        multi_az: MultiAz::Yes,
        percent: 5,
    },
];

impl Kind {
    /// Makes it, dual-stack where its group is of IPv6.
    pub(super) fn build(
        &self,
        world: &mut World,
        dice: &mut Dice,
        family: IpFamily,
    ) -> Result<Bound, ApiError> {
        let name = self.source.split('/').next_back().unwrap_or(self.source);
        let is_cluster = self.source.starts_with("cluster/");
        let database = Database {
            is_cluster,
            engine: self.engine,
            instances: self.instances,
            multi_az: self.multi_az,
            family,
        };
        database.make(world, name)?;
        let source: Source = self.source.parse().expect("the sources are well-formed");
        let (port, group) = (self.engine.port(), across_zones(&source, self.engine.port(), family));
        // One load balancer each, so that two may listen on the same port.
        let balancer = format!("link-{name}");
        Ok(Bound {
            link: publish(world, self.binding, source, &balancer, port, group)?,
            instances: self.instances.to_vec(),
            engine: self.engine,
            multi_az: self.multi_az,
            managed: !dice.percent(4),
            exclusive: dice.percent(8),
            max_removals: if dice.percent(8) { 1 } else { 4 },
        })
    }
}

/// What a database is made of.
pub(super) struct Database<'a> {
    pub(super) is_cluster: bool,
    pub(super) engine: Engine,
    pub(super) instances: &'a [&'static str],
    pub(super) multi_az: MultiAz,
    pub(super) family: IpFamily,
}

impl Database<'_> {
    /// Makes it, dual-stack where its group is of IPv6.
    pub(super) fn make(&self, world: &mut World, name: &str) -> Result<(), ApiError> {
        let network = match self.family {
            IpFamily::Ipv4 => Network::Ipv4,
            IpFamily::Ipv6 => Network::Dual,
        };
        if self.is_cluster && self.engine.layout() == Layout::Instance {
            world.add_multi_az_cluster(name, self.engine)
        } else if self.is_cluster {
            let zones = Zone::ALL.into_iter().cycle();
            let members: Vec<_> = self.instances.iter().copied().zip(zones).collect();
            world.add_aurora_of(name, self.engine, &members, network)
        } else {
            world.add_instance_of(name, self.multi_az, self.engine, network)
        }
    }
}
