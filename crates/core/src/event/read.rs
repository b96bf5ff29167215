//! Reads the id, kind, name and time of an event from any of their places.
//!
//! RDS publishes the same event in three shapes, and users' rules, queues and functions forward
//! parts of them:
//!
//! - the body of an SNS message: `Event Source`, `Event ID`, `Source ID`, `Source ARN`,
//!   `Identifier Link`, `Event Time`;
//! - the `detail` of an EventBridge event: `SourceType`, `EventID`, `SourceIdentifier`,
//!   `SourceArn`, `Date`;
//! - an item of `DescribeEvents`, which has the fields of a `detail` without the id.
//!
//! Keys are compared by their letters and digits in lower case, so that `Source ID`, `SourceId` and
//! `source_id` are the same key. Each fact comes from the first place that has a usable value.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::{Event, EventId, SourceType, catalogue};
use crate::source::Identifier;

/// The fields of an EventBridge event outside its `detail`.
#[derive(Debug, Clone, Copy, Default)]
pub struct EnvelopeFields<'a> {
    /// Its `detail-type`.
    pub detail_type: Option<&'a str>,
    /// Its `resources`, which are ARNs.
    pub resources: &'a [String],
    /// Its `time`.
    pub time: Option<Timestamp>,
}

/// Whether an object is a body or a `detail` of an RDS event, or an item of `DescribeEvents`.
pub(super) fn is_event(object: &Map<String, Value>) -> bool {
    let fields = Fields(object);
    let has = |keys: &[&'static str]| keys.iter().any(|&key| fields.texts(key).next().is_some());
    // Records of Lambda's envelopes have the same key in our normal form: `EventSource` =
    // `aws:sns`.
    let mut sources = fields.texts("eventsource").filter(|source| !source.starts_with("aws:"));
    let is_rds = |source| {
        kind(source) != SourceType::Other || has(&["sourceid", "sourcearn", "eventmessage"])
    };
    fields.texts("eventid").find_map(event_id).is_some()
        || sources.any(is_rds)
        || (has(&["sourcetype"]) && has(&["sourceidentifier", "sourcearn"]))
}

/// Reads the fields of an RDS event. Every field is optional.
pub(super) fn event(object: &Map<String, Value>, envelope: EnvelopeFields<'_>) -> Event {
    let fields = Fields(object);
    let id = fields.texts("eventid").find_map(event_id);
    let links = || fields.texts("identifierlink").map(Link);
    let arns = || {
        let named = ["sourceid", "sourceidentifier", "sourcearn"];
        let named = named.into_iter().flat_map(move |key| fields.texts(key));
        named.chain(envelope.resources.iter().map(String::as_str)).filter_map(Arn::read)
    };
    let words = ["eventsource", "sourcetype"];
    let said: Vec<SourceType> = (words.into_iter().flat_map(|key| fields.texts(key)).map(kind))
        .chain(envelope.detail_type.map(kind))
        .chain(arns().map(|arn| kind(arn.kind)))
        .chain(links().filter_map(Link::kind))
        .collect();
    let known = said.iter().copied().find(|about| *about != SourceType::Other);
    // The id gives the kind only if no field states one. A stated but unknown kind must not be
    // replaced by that of the id, because its name may be the name of something else.
    let by_id = || id.filter(|_| said.is_empty()).and_then(catalogue::find);
    let about = known.or_else(|| Some(kind(by_id()?.source))).unwrap_or(SourceType::Other);
    let plain = ["sourceid", "sourceidentifier"];
    let source = (plain.into_iter().flat_map(|key| fields.texts(key)).filter_map(name))
        .chain(arns().filter_map(Arn::name))
        .chain(links().filter_map(Link::name))
        .next();
    let times = ["eventtime", "date"].into_iter().flat_map(|key| fields.texts(key));
    let time = times.filter_map(event_time).next().or(envelope.time);
    Event { id, about, source, time }
}

/// The texts of an object, by the letters and digits of their keys in lower case.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The texts under this key, in any spelling, that are not blank. An object can have several
    /// spellings of a key.
    fn texts(self, wanted: &'static str) -> impl Iterator<Item = &'a str> {
        let found = self.0.iter().filter(move |(key, _)| letters(key).eq(wanted.chars()));
        let texts = found.filter_map(|(_, value)| value.as_str()).map(str::trim);
        texts.filter(|text| !text.is_empty())
    }
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase())
}

/// The kind of resource that a word means, in whichever place it is: `db-cluster` (a message,
/// botocore rds 2014-10-31, `SourceType`), `CLUSTER` (a detail), `RDS DB Cluster Event` (a
/// detail-type; AWS docs: "Creating a rule that triggers on an Amazon RDS event"), `cluster` or
/// `db` (an ARN; AWS docs: "Amazon Resource Names (ARNs) in Amazon RDS"), `dbclusters` (a link to
/// the console).
pub(super) fn kind(word: &str) -> SourceType {
    let word: String = letters(word).collect();
    let word = word.strip_prefix("rds").unwrap_or(&word);
    let word = word.strip_suffix("events").or(word.strip_suffix("event")).unwrap_or(word);
    match word.strip_prefix("db").filter(|rest| !rest.is_empty()).unwrap_or(word) {
        "cluster" | "clusters" => SourceType::Cluster,
        "db" | "instance" | "instances" => SourceType::Instance,
        "bluegreendeployment" | "bluegreendeployments" | "bluegreen" | "deployment" => {
            SourceType::Deployment
        }
        "proxy" | "proxies" | "proxyendpoint" => SourceType::Proxy,
        "parametergroup"
        | "clusterparametergroup"
        | "pg"
        | "clusterpg"
        | "optiongroup"
        | "og"
        | "securitygroup"
        | "secgrp"
        | "subnetgroup"
        | "subgrp"
        | "snapshot"
        | "snapshots"
        | "clustersnapshot"
        | "clustersnapshots"
        | "customengineversion"
        | "cev"
        | "eventsubscription"
        | "es"
        | "reservedinstance"
        | "ri"
        | "autobackup" => SourceType::Unrelated,
        _ => SourceType::Other,
    }
}

/// A name as RDS gives it: alone, or after `rds:`.
fn name(text: &str) -> Option<Identifier> {
    let text = text.trim();
    let prefix = text.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("rds:"));
    text[prefix.map_or(0, str::len)..].parse().ok()
}

/// An ARN of RDS: `arn:aws:rds:eu-west-1:111122223333:cluster:orders`.
#[derive(Clone, Copy)]
struct Arn<'a> {
    kind: &'a str,
    name: &'a str,
}

impl<'a> Arn<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().splitn(7, ':').collect();
        let &[arn, _, service, _, _, kind, name] = parts.as_slice() else {
            return None;
        };
        let fits = arn.eq_ignore_ascii_case("arn") && service.eq_ignore_ascii_case("rds");
        fits.then_some(Self { kind, name })
    }

    /// The name in the ARN. The ARN of a proxy has a resource id instead, which no binding names.
    fn name(self) -> Option<Identifier> {
        (kind(self.kind) != SourceType::Proxy).then(|| name(self.name)).flatten()
    }
}

/// A link to the console: `https://…/rds/home?region=eu-west-1#dbclusters:id=orders`, in 2016 with
/// `SourceId: orders` after it.
#[derive(Clone, Copy)]
struct Link<'a>(&'a str);

impl Link<'_> {
    fn kind(self) -> Option<SourceType> {
        let (_, place) = self.0.split_once('#')?;
        let (word, rest) = place.split_once([':', ';', '?'])?;
        match (letters(word).eq("database".chars()), rest.contains("is-cluster=true")) {
            (true, true) => Some(SourceType::Cluster),
            (true, false) if rest.contains("is-cluster=false") => Some(SourceType::Instance),
            _ => Some(kind(word)),
        }
    }

    fn name(self) -> Option<Identifier> {
        let mut parts = self.0.split(|c: char| c.is_whitespace() || ":;?&#".contains(c));
        let id = parts.find_map(|part| {
            let (key, value) = part.split_once('=')?;
            letters(key).eq("id".chars()).then(|| name(value)).flatten()
        });
        id.or_else(|| name(self.0.rsplit_once("SourceId:")?.1))
    }
}

/// The id is alone or at the end of a link to the documentation, sometimes with spaces after it.
fn event_id(text: &str) -> Option<EventId> {
    let text = text.trim().to_ascii_uppercase();
    let number = text.rsplit_once("RDS-EVENT-")?.1;
    let fits = number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| number.parse().ok().map(EventId)).flatten()
}

/// Reads `2021-05-12T18:06:48.701Z`, or `2021-05-12 18:06:48.701`, which is in UTC too.
fn event_time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(fields: &Value) -> Event {
        Event::read(fields, EnvelopeFields::default())
            .unwrap_or_else(|| panic!("{fields} is not an event"))
    }

    #[test]
    fn a_name_is_found_in_every_place_that_rds_puts_it_in() {
        let link = "https://console.aws.amazon.com/rds/home?region=eu-west-1";
        for fields in [
            json!({"Source ID": "orders"}),
            json!({"Source ID": " ORDERS "}),
            json!({"Source ID": "rds:orders"}),
            json!({"SourceIdentifier": "RDS:Orders"}),
            json!({"Source ID": "arn:aws:rds:eu-west-1:111122223333:cluster:orders"}),
            json!({"Source ID": "", "Source ARN": "arn:aws-cn:rds:cn-north-1:1:cluster:Orders"}),
            json!({"SourceArn": "ARN:aws:RDS:eu-west-1:111122223333:CLUSTER:orders"}),
            json!({"Source ID": "not a name", "Source ARN": "arn:aws:rds:x:1:cluster:orders"}),
            json!({"Source ID": null, "SourceId": "orders"}),
            json!({"Source ID": " ", "SourceId": 3, "source_id": "orders"}),
            json!({"Source ID": "not a name", "SourceId": "orders"}),
            json!({"EVENT-ID": null, "Source ID": "orders"}),
            json!({"EVENT-ID": "none", "Source ID": "orders"}),
            json!({
                "Identifier Link": "none",
                "IdentifierLink": format!("{link}#dbclusters:id=orders")
            }),
            json!({"Identifier Link": format!("{link}#dbclusters:id=orders")}),
            json!({"Identifier Link": format!("{link}#dbcluster:id=Orders;tab=events")}),
            json!({"Identifier Link": format!("{link}#database:id=orders;is-cluster=true")}),
            json!({"Identifier Link": format!("{link}#dbclusters:id= \nSourceId: orders ")}),
        ] {
            let mut fields = fields;
            fields["Event ID"] = json!("http://docs.amazonwebservices.com/x.html#RDS-EVENT-0072  ");
            let event = read(&fields);
            assert_eq!(event.source, "orders".parse().ok(), "{fields}");
            assert_eq!(
                (event.about, event.id),
                (SourceType::Cluster, Some(EventId(72))),
                "{fields}"
            );
        }
    }

    #[test]
    fn the_resources_of_an_event_name_it_where_nothing_else_does() {
        let resources =
            ["arn:aws:ec2:x:1:vpc/y".to_owned(), "arn:aws:rds:eu-west-1:1:db:billing".to_owned()];
        let envelope = EnvelopeFields { resources: &resources, ..EnvelopeFields::default() };
        let event = Event::read(&json!({}), envelope).expect("an event");
        assert_eq!((event.about, event.source), (SourceType::Instance, "billing".parse().ok()));
    }

    #[test]
    fn a_kind_is_known_in_every_spelling_and_by_the_id_where_it_is_missing() {
        let spelled = [
            ("db-cluster", SourceType::Cluster),
            ("DB_CLUSTER", SourceType::Cluster),
            ("CLUSTER", SourceType::Cluster),
            ("cluster", SourceType::Cluster),
            ("DbCluster", SourceType::Cluster),
            ("RDS DB Cluster Event", SourceType::Cluster),
            ("db-instance", SourceType::Instance),
            ("DB_INSTANCE", SourceType::Instance),
            ("db", SourceType::Instance),
            ("RDS DB Instance Event", SourceType::Instance),
            ("blue-green-deployment", SourceType::Deployment),
            ("BLUE_GREEN_DEPLOYMENT", SourceType::Deployment),
            ("RDS Blue Green Deployment Event", SourceType::Deployment),
            ("DB_PROXY", SourceType::Proxy),
            ("RDS DB Proxy Event", SourceType::Proxy),
            ("SNAPSHOT", SourceType::Unrelated),
            ("db-cluster-snapshot", SourceType::Unrelated),
            ("RDS DB Cluster Snapshot Event", SourceType::Unrelated),
            ("RDS DB Parameter Group Event", SourceType::Unrelated),
            ("RDS Custom Engine Version Event", SourceType::Unrelated),
            ("RDS-EVENT", SourceType::Other),
            ("db-shard-group", SourceType::Other),
            ("zero-etl", SourceType::Other),
            ("", SourceType::Other),
        ];
        for (word, about) in spelled {
            assert_eq!(kind(word), about, "{word}");
        }
        for (id, about) in
            [("RDS-EVENT-0072", SourceType::Cluster), ("rds-event-0013", SourceType::Instance)]
        {
            assert_eq!(read(&json!({"Event ID": id})).about, about, "{id}");
        }
        let new = read(&json!({
            "Event Source": "something-new", "Event ID": "RDS-EVENT-0072", "Source ID": "orders"
        }));
        assert_eq!(new.about, SourceType::Other);
    }

    #[test]
    fn an_arn_of_a_proxy_gives_its_kind_and_no_name() {
        let event = read(&json!({
            "Event ID": "RDS-EVENT-0204", "SourceArn": "arn:aws:rds:eu-west-1:1:db-proxy:prx-0123"
        }));
        assert_eq!((event.about, event.source), (SourceType::Proxy, None));
    }

    #[test]
    fn a_time_is_read_with_and_without_a_zone() {
        let expected = "2021-05-12T18:06:48.701Z".parse().ok();
        for time in
            ["2021-05-12 18:06:48.701", "2021-05-12T18:06:48.701Z", "2021-05-12T20:06:48.701+02:00"]
        {
            assert_eq!(
                read(&json!({"Event ID": "RDS-EVENT-0072", "Date": time})).time,
                expected,
                "{time}"
            );
        }
    }
}
