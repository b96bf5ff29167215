//! Asks DNS, without memory.
//!
//! Each lookup builds its own resolver and drops it afterwards. It has no cache, keeps no
//! connection and shares no lookup with another, so an answer is never older than the question. It
//! reads no hosts file and no search list: the name is fully qualified, and only the servers'
//! answers count.
//!
//! The servers are asked one after another, in two rounds, within [`LONGEST_LOOKUP`] in all:
//!
//! | round | how a server is asked | after FORMERR, NOTIMP or BADVERS |
//! |---|---|---|
//! | first | over UDP, with EDNS; over TCP if the answer was cut | at once again without EDNS (RFC 6891, 6.2.2) |
//! | second, if it was silent | over TCP, without EDNS; over UDP again if it refuses TCP | |
//! | second, otherwise | over UDP, without EDNS | |
//!
//! The next question is sent when one has failed, or after `SILENCE` (sooner if there are many
//! servers). No question is given up for it: an answer that is late still counts. With one server
//! the second question goes out after 1 s, and an answer to the first may come after 5 s; with
//! three servers the third is asked after 1.7 s, and each has a second turn within the 5 s.
//!
//! The first that a server says about the name (an address, no address, no such name) is final.

mod strict;
mod system;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use hickory_resolver::Resolver as Library;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ServerOrderingStrategy,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::time::{Instant, timeout, timeout_at};
use writerlink_core::evidence::Answer;
use writerlink_core::failure::LookupError;
use writerlink_core::ports::Resolver;
use writerlink_core::target::Family;
use writerlink_core::text::bounded;
use writerlink_core::topology::HostName;

use strict::Strict;
pub use system::NoServers;

/// The longest that one lookup may take in all, as resolv.conf(5) waits for a server by default. An
/// answer after 3 s counts even from the second server, when the first is dead.
pub const LONGEST_LOOKUP: Duration = Duration::from_secs(5);

/// How long a server may be silent before another question is sent.
const SILENCE: Duration = Duration::from_secs(1);

/// Asks the configured servers.
#[derive(Debug, Clone)]
pub struct DnsResolver {
    servers: Vec<SocketAddr>,
}

impl DnsResolver {
    /// Asks `servers`, or the system's servers (`/etc/resolv.conf`) if `servers` is empty.
    ///
    /// # Errors
    /// When `servers` is empty and the system names no server that can be asked.
    pub fn new(servers: &[SocketAddr]) -> Result<Self, NoServers> {
        let servers = match servers {
            [] => system::servers()?,
            servers => servers.to_vec(),
        };
        Ok(Self { servers })
    }

    /// The servers that are asked, in order.
    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }
}

impl Resolver for DnsResolver {
    async fn lookup(&self, name: &HostName, family: Family) -> Result<Answer, LookupError> {
        let question = Question {
            name: fully_qualified(name)?,
            kind: match family {
                Family::V4 => RecordType::A,
                Family::V6 => RecordType::AAAA,
            },
        };
        let end = Instant::now() + LONGEST_LOOKUP;
        let turns = 2 * self.servers.len();
        // So that even the last question has a turn's time for its answer.
        let turn_time = SILENCE.min(LONGEST_LOOKUP / u32::try_from(turns).unwrap_or(u32::MAX));
        // Until the first question to a server has come back, it is silent.
        let mut silent = vec![true; self.servers.len()];
        let mut under_way = FuturesUnordered::new();
        // What tells least: any other failure replaces it.
        let mut failed = LookupError::Timeout;
        let mut turn = 0;
        loop {
            if turn < turns {
                let index = turn % self.servers.len();
                let way = match (turn < self.servers.len(), silent[index]) {
                    (true, _) => Way::First,
                    // The network may block DNS over UDP, or the server may drop what has EDNS.
                    (false, true) => Way::OverTcp,
                    (false, false) => Way::Again,
                };
                let (question, server) = (&question, self.servers[index]);
                let limit = end.saturating_duration_since(Instant::now());
                under_way.push(async move { (index, question.put(server, way, limit).await) });
                turn += 1;
            }
            let next = if turn < turns { Instant::now() + turn_time } else { end };
            match timeout_at(next.min(end), under_way.next()).await {
                Ok(Some((_, Ok(records)))) => return follow(&question.name, &records, family),
                // What a server says about the name is final. A failure to answer is not.
                Ok(Some((_, Err(error @ (LookupError::NxDomain | LookupError::NoAddress))))) => {
                    return Err(error);
                }
                Ok(Some((index, Err(error)))) => {
                    silent[index] = error == LookupError::Timeout;
                    failed = more_telling(failed, error);
                }
                // Every question has failed.
                Ok(None) => return Err(failed),
                Err(_) if Instant::now() >= end => return Err(failed),
                // It is the next one's turn.
                Err(_) => {}
            }
        }
    }
}

fn fully_qualified(name: &HostName) -> Result<Name, LookupError> {
    let mut name = Name::from_ascii(name.as_str())
        .map_err(|error| LookupError::Unreachable(error.to_string()))?;
    name.set_fqdn(true);
    Ok(name)
}

/// The transport of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// UDP, repeated within the limit, and TCP for an answer that was cut.
    Udp,
    Tcp,
}

/// How a server is asked.
#[derive(Debug, Clone, Copy)]
enum Way {
    First,
    Again,
    OverTcp,
}

#[derive(Debug)]
struct Question {
    name: Name,
    kind: RecordType,
}

impl Question {
    async fn put(
        &self,
        server: SocketAddr,
        way: Way,
        limit: Duration,
    ) -> Result<Vec<Record>, LookupError> {
        match way {
            Way::First => self.first(server, limit).await,
            Way::Again => self.again(server, limit).await,
            Way::OverTcp => self.over_tcp(server, limit).await,
        }
    }

    /// The first question to a server. It is repeated without EDNS if the server does not know
    /// EDNS.
    async fn first(&self, server: SocketAddr, limit: Duration) -> Result<Vec<Record>, LookupError> {
        let begun = Instant::now();
        match self.ask(server, Over::Udp, true, limit).await {
            Err(error) if knows_no_edns(&error) => {
                self.again(server, limit.saturating_sub(begun.elapsed())).await
            }
            answer => answer.map_err(|error| sort(&error)),
        }
    }

    async fn again(&self, server: SocketAddr, limit: Duration) -> Result<Vec<Record>, LookupError> {
        let answer = self.ask(server, Over::Udp, false, limit).await;
        answer.map_err(|error| sort(&error))
    }

    /// A question to a server that was silent over UDP. If it refuses TCP, it is asked over UDP
    /// again and may stay silent.
    async fn over_tcp(
        &self,
        server: SocketAddr,
        limit: Duration,
    ) -> Result<Vec<Record>, LookupError> {
        let begun = Instant::now();
        match self.ask(server, Over::Tcp, false, limit).await.map_err(|error| sort(&error)) {
            Err(LookupError::Unreachable(_)) => {
                self.again(server, limit.saturating_sub(begun.elapsed())).await
            }
            answer => answer,
        }
    }

    async fn ask(
        &self,
        server: SocketAddr,
        over: Over,
        edns: bool,
        limit: Duration,
    ) -> Result<Vec<Record>, NetError> {
        let resolver = resolver(server, over, edns, limit)?;
        match timeout(limit, resolver.lookup(self.name.clone(), self.kind)).await {
            Ok(answer) => answer.map(|lookup| lookup.answers().to_vec()),
            Err(_) => Err(NetError::Timeout),
        }
    }
}

fn resolver(
    server: SocketAddr,
    over: Over,
    edns: bool,
    limit: Duration,
) -> Result<Library<Strict<TokioRuntimeProvider>>, NetError> {
    let mut udp = ConnectionConfig::udp();
    let mut tcp = ConnectionConfig::tcp();
    udp.port = server.port();
    tcp.port = server.port();
    let connections = match over {
        Over::Udp => vec![udp, tcp],
        Over::Tcp => vec![tcp],
    };
    // `true`: what the server says of the name is believed, also that it does not exist.
    let servers = vec![NameServerConfig::new(server.ip(), true, connections)];
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    let mut builder = Library::builder_with_config(config, Strict(TokioRuntimeProvider::default()));
    let options = builder.options_mut();
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    // The rounds of `lookup` are the attempts.
    options.attempts = 0;
    options.edns0 = edns;
    options.timeout = limit;
    // Without it the CNAMEs are missing, by which a cluster's name says which member it is.
    options.preserve_intermediates = true;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    builder.build()
}

/// Whether a server says that it does not understand the question, as old servers answer to EDNS
/// (RFC 6891, 6.2.2 and 7).
fn knows_no_edns(error: &NetError) -> bool {
    matches!(
        error,
        NetError::Dns(DnsError::ResponseCode(
            ResponseCode::FormErr | ResponseCode::NotImp | ResponseCode::BADVERS
        ))
    )
}

/// Follows the chain of CNAMEs from the asked name to its addresses. Records outside the chain say
/// nothing about the asked name, so they are ignored.
fn follow(asked: &Name, records: &[Record], family: Family) -> Result<Answer, LookupError> {
    let mut at = asked;
    let mut ttl = 0;
    let mut passed: Vec<&Name> = Vec::new();
    while let Some((target, record)) = records
        .iter()
        .filter(|record| record.name == *at)
        .find_map(|record| Some((alias(record)?, record)))
    {
        ttl = ttl.max(record.ttl);
        // Aliases that go round in a circle must not hold up the run.
        if target == asked || passed.contains(&target) {
            break;
        }
        passed.push(target);
        at = target;
    }
    let here: Vec<&Record> = records.iter().filter(|record| record.name == *at).collect();
    let ttl = here.iter().map(|record| record.ttl).fold(ttl, u32::max);
    let mut addresses: Vec<IpAddr> =
        here.into_iter().filter_map(address).filter(|ip| Family::of(*ip) == family).collect();
    // In one order, so that a rotated answer is the same evidence.
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() {
        return Err(LookupError::NoAddress);
    }
    Ok(Answer {
        // An alias that is no host name cannot be a member's name.
        aliases: passed.iter().filter_map(|name| name.to_ascii().parse().ok()).collect(),
        addresses,
        ttl: Duration::from_secs(ttl.into()),
    })
}

fn alias(record: &Record) -> Option<&Name> {
    match &record.data {
        RData::CNAME(target) => Some(&target.0),
        _ => None,
    }
}

fn address(record: &Record) -> Option<IpAddr> {
    match &record.data {
        RData::A(ip) => Some(ip.0.into()),
        RData::AAAA(ip) => Some(ip.0.into()),
        _ => None,
    }
}

fn sort(error: &NetError) -> LookupError {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => LookupError::NxDomain,
            ResponseCode::NoError => LookupError::NoAddress,
            code => LookupError::Refused(word(code)),
        },
        NetError::Dns(DnsError::ResponseCode(code)) => LookupError::Refused(word(*code)),
        NetError::Timeout => LookupError::Timeout,
        NetError::Io(_) | NetError::NoConnections | NetError::Busy => {
            LookupError::Unreachable(bounded(&error.to_string()))
        }
        unreadable => {
            LookupError::Refused(bounded(&format!("something that cannot be read ({unreadable})")))
        }
    }
}

/// The code as `dig` prints it.
fn word(code: ResponseCode) -> String {
    match code {
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        other => other.to_str().to_owned(),
    }
}

/// The more informative of two servers' failures: an answer before a refused packet, and that
/// before silence.
fn more_telling(one: LookupError, other: LookupError) -> LookupError {
    let says = |error: &LookupError| match error {
        LookupError::Timeout => 0,
        LookupError::Unreachable(_) => 1,
        LookupError::Refused(_) | LookupError::NoAddress | LookupError::NxDomain => 2,
    };
    if says(&other) > says(&one) { other } else { one }
}
