use super::*;
use crate::evidence::Answer;
use crate::failure::{Failure, LookupError, Rejection};
use crate::standby::Placement;
use crate::topology::Standby;

const WRITER: u8 = 1;
const STANDBY: u8 = 2;
const OTHER: u8 = 3;

fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 20, 0, last])
}

fn id(text: &str) -> Identifier {
    text.parse().expect(text)
}

/// What a case changes: an instance in `a` and `b`, its two interfaces, and a neighbour.
struct Case {
    instance: Instance,
    neighbour: Option<Instance>,
    interfaces: Vec<Interface>,
    answers: Vec<u8>,
    denied: bool,
    writer: u8,
}

fn instance(groups: &[(&str, &str)]) -> Instance {
    Instance {
        engine: "postgres".to_owned(),
        resource_id: None,
        status: "available".to_owned(),
        publish: None,
        endpoint: None,
        port: Some(5432),
        cluster: None,
        vpc: Some("vpc-1".to_owned()),
        standby: Standby::RefusesTcp,
        network: None,
        placement: Placement {
            multi_az: Some(true),
            zone: Some("a".to_owned()),
            secondary_zone: Some("b".to_owned()),
            subnets: ["subnet-a", "subnet-b"].map(str::to_owned).into(),
            security_groups: groups
                .iter()
                .map(|(id, status)| ((*id).to_owned(), (*status).to_owned()))
                .collect(),
            ..Placement::default()
        },
    }
}

fn interface(last: u8, zone: &str, groups: &[&str]) -> Interface {
    Interface {
        addresses: [ip(last)].into(),
        subnet: format!("subnet-{zone}"),
        zone: zone.to_owned(),
        security_groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        in_use: true,
        requester_managed: true,
        requester: Some(REQUESTER.to_owned()),
        description: DESCRIPTION.to_owned(),
    }
}

impl Case {
    fn usual() -> Self {
        Self {
            instance: instance(&[("sg", "active")]),
            neighbour: None,
            interfaces: vec![interface(WRITER, "a", &["sg"]), interface(STANDBY, "b", &["sg"])],
            answers: Vec::new(),
            denied: false,
            writer: WRITER,
        }
    }

    /// With an instance beside it that is not Multi-AZ, and an interface of that one in `b`.
    fn beside(groups: &[(&str, &str)], resolves: bool) -> Self {
        let mut neighbour = instance(groups);
        neighbour.placement.multi_az = Some(false);
        neighbour.endpoint = Some("other.db.test".parse().expect("a name"));
        let names: Vec<&str> = groups.iter().map(|(id, _)| *id).collect();
        let mut case = Self::usual();
        case.interfaces.push(interface(OTHER, "b", &names));
        case.answers = if resolves { vec![OTHER] } else { Vec::new() };
        Self { neighbour: Some(neighbour), ..case }
    }

    fn reading(&self) -> StandbyReading {
        let mut topology = Topology::default();
        topology.instances.insert(id("billing"), self.instance.clone());
        topology.instances.extend(self.neighbour.clone().map(|other| (id("other"), other)));
        let addresses: Vec<IpAddr> = self.answers.iter().map(|last| ip(*last)).collect();
        let answer = match addresses.is_empty() {
            true => Err(LookupError::Timeout),
            false => Ok(Answer { addresses, ..Answer::default() }),
        };
        let answers = [("other.db.test".parse().expect("a name"), answer)].into();
        let denied = CallError::new("a:B", Failure::Rejected(Rejection::AccessDenied), "no");
        prove(Sources {
            id: &id("billing"),
            topology: &topology,
            writer: ip(self.writer),
            family: Family::V4,
            interfaces: if self.denied { Err(&denied) } else { Ok(&self.interfaces) },
            answers: &answers,
        })
        .expect("RDS lists it")
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

const PROVEN: &str = "proven";
const MISSING: &str = "not-found";
const UNCLEAR: &str = "ambiguous";
const REFUSED: &str = "refused";

#[test]
fn the_standby_is_the_interface_that_is_left_in_the_other_zone() {
    let sg = [("sg", "active")];
    let own = [("own", "active")];
    let usual = Case::usual;
    let cases: Vec<(&str, Case, &str)> = vec![
        ("a pair", usual(), PROVEN),
        (
            "zones swapped",
            usual()
                .with(|c| c.instance.placement.zone = Some("b".into()))
                .with(|c| c.instance.placement.secondary_zone = Some("a".into())),
            PROVEN,
        ),
        ("no second zone", usual().with(|c| c.instance.placement.secondary_zone = None), MISSING),
        ("the writer elsewhere", usual().with(|c| c.writer = 9), MISSING),
        ("only the writer's", usual().with(|c| c.interfaces.truncate(1)), MISSING),
        ("both in one zone", usual().with(|c| c.interfaces[1].zone = "a".into()), MISSING),
        ("in a third zone", usual().with(|c| c.interfaces[1].zone = "c".into()), MISSING),
        ("another subnet", usual().with(|c| c.interfaces[1].subnet = "subnet-x".into()), MISSING),
        ("not in use", usual().with(|c| c.interfaces[1].in_use = false), MISSING),
        ("not managed", usual().with(|c| c.interfaces[1].requester_managed = false), MISSING),
        (
            "another requester",
            usual().with(|c| c.interfaces[1].requester = Some("x".into())),
            MISSING,
        ),
        (
            "another description",
            usual().with(|c| c.interfaces[1].description = "x".into()),
            MISSING,
        ),
        (
            "one group more",
            usual().with(|c| _ = c.interfaces[1].security_groups.insert("x".into())),
            MISSING,
        ),
        (
            "groups that change",
            usual().with(|c| {
                _ = c.instance.placement.security_groups.insert("sg".into(), "adding".into())
            }),
            MISSING,
        ),
        ("a neighbour that resolves", Case::beside(&sg, true), PROVEN),
        ("a neighbour that does not", Case::beside(&sg, false), UNCLEAR),
        (
            "a neighbour without a name",
            Case::beside(&sg, true).with(|c| c.neighbour.as_mut().expect("one").endpoint = None),
            UNCLEAR,
        ),
        (
            "a neighbour at a public address",
            Case::beside(&sg, true).with(|c| c.answers = vec![99]),
            UNCLEAR,
        ),
        (
            "a neighbour with a standby",
            Case::beside(&sg, true)
                .with(|c| c.neighbour.as_mut().expect("one").placement.multi_az = Some(true)),
            UNCLEAR,
        ),
        (
            "a neighbour that gets one",
            Case::beside(&sg, true)
                .with(|c| c.neighbour.as_mut().expect("one").placement.multi_az_changes = true),
            UNCLEAR,
        ),
        (
            "a Multi-AZ neighbour with another set",
            Case::beside(&[("sg", "active"), ("x", "active")], true)
                .with(|c| c.neighbour.as_mut().expect("one").placement.multi_az = Some(true)),
            PROVEN,
        ),
        (
            "a neighbour whose groups change",
            Case::beside(&[("sg", "active"), ("x", "adding")], false),
            UNCLEAR,
        ),
        ("a neighbour without known groups", Case::beside(&[], false), UNCLEAR),
        ("a neighbour with groups of its own", Case::beside(&own, false), PROVEN),
        (
            "a neighbour in another VPC",
            Case::beside(&sg, false)
                .with(|c| c.neighbour.as_mut().expect("one").vpc = Some("vpc-2".into()))
                .with(|c| c.interfaces.truncate(2)),
            PROVEN,
        ),
        (
            "an interface of nobody",
            usual().with(|c| c.interfaces.push(interface(OTHER, "b", &["sg"]))),
            UNCLEAR,
        ),
        ("denied", usual().with(|c| c.denied = true), "unproven"),
        ("SQL Server", usual().with(|c| c.instance.engine = "sqlserver-ee".into()), REFUSED),
        ("Db2", usual().with(|c| c.instance.engine = "db2-se".into()), REFUSED),
        ("RDS Custom", usual().with(|c| c.instance.engine = "custom-oracle-ee".into()), REFUSED),
        ("Aurora", usual().with(|c| c.instance.engine = "aurora-mysql".into()), REFUSED),
        ("Oracle", usual().with(|c| c.instance.engine = "oracle-ee".into()), PROVEN),
        ("single-AZ", usual().with(|c| c.instance.placement.multi_az = Some(false)), REFUSED),
        (
            "a pending change",
            usual().with(|c| c.instance.placement.multi_az_changes = true),
            REFUSED,
        ),
        ("a replica", usual().with(|c| c.instance.placement.replicates = true), REFUSED),
        ("modifying", usual().with(|c| c.instance.status = "modifying".into()), REFUSED),
    ];
    for (what, case, word) in cases {
        let reading = case.reading();
        assert_eq!(reading.proof.word(), word, "{what}: {}", reading.proof);
        if word == PROVEN {
            assert_eq!(reading.proof, Proof::Proven(ip(STANDBY)), "{what}");
        }
    }
}

#[test]
fn an_address_of_the_other_family_is_no_address_of_the_group() {
    let reading = Case::usual().with(|c| {
        c.interfaces[1].addresses = ["fd00::2".parse().expect("IPv6")].into();
    });
    assert_eq!(reading.reading().proof, Proof::NotFound(Missing::Other));
}

#[test]
fn only_a_complete_reading_contradicts_and_never_the_writer() {
    let sg = [("sg", "active")];
    let usual = Case::usual;
    // Whether the standby's address, another's, and nobody's are contradicted.
    for (what, case, [standby, other, nobody]) in [
        ("proven", Case::beside(&sg, true), [false, true, true]),
        ("denied", usual().with(|c| c.denied = true), [false; 3]),
        (
            "denied and single-AZ",
            usual().with(|c| c.denied = true).with(|c| c.instance.placement.multi_az = Some(false)),
            [false; 3],
        ),
        ("single-AZ", usual().with(|c| c.instance.placement.multi_az = Some(false)), [true; 3]),
        (
            "pending",
            usual().with(|c| c.instance.placement.multi_az_changes = true),
            [false, true, true],
        ),
        ("the writer at no interface", usual().with(|c| c.writer = 9), [false; 3]),
        ("ambiguous", Case::beside(&sg, false), [false, false, true]),
        (
            "another's by its groups",
            Case::beside(&[("own", "active")], false).with(|c| _ = c.interfaces.remove(1)),
            [true, true, true],
        ),
        (
            "SQL Server, denied",
            usual().with(|c| c.denied = true).with(|c| c.instance.engine = "sqlserver-ee".into()),
            [true; 3],
        ),
    ] {
        let reading = case.reading();
        let says = [STANDBY, OTHER, 77].map(|last| reading.contradicts(ip(last)));
        assert_eq!(says, [standby, other, nobody], "{what}: {}", reading.proof);
        assert!(!reading.contradicts(ip(case.writer)), "{what}");
    }
}
