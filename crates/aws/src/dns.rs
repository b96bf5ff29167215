//! Asks DNS, without memory.
//!
//! Each lookup builds what it needs and throws it away: no cache, no connection kept, no lookup shared with another
//! under way, so that an answer is never older than the question. No hosts file and no search list: the name is
//! fully qualified, and what counts is what the servers say.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ServerOrderingStrategy,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use tokio::time::timeout;
use writerlink_core::evidence::Answer;
use writerlink_core::failure::LookupError;
use writerlink_core::ports::Resolver;
use writerlink_core::target::Family;
use writerlink_core::topology::HostName;

/// The longest that one lookup may take in all.
pub const LONGEST_LOOKUP: Duration = Duration::from_secs(2);

/// Asks the configured servers one after another: UDP first, TCP for an answer that is too long for it.
#[derive(Debug, Clone)]
pub struct DnsResolver {
    servers: Vec<SocketAddr>,
}

/// No server to ask.
#[derive(Debug, thiserror::Error)]
#[error("the system's DNS servers could not be read ({0}): name them in `[dns]` as `servers = [\"10.20.0.2:53\"]`")]
pub struct NoServers(NetError);

impl DnsResolver {
    /// Asks `servers`, or the system's (`/etc/resolv.conf`) when there are none.
    ///
    /// # Errors
    /// When there are none and the system's cannot be read.
    pub fn new(servers: &[SocketAddr]) -> Result<Self, NoServers> {
        if !servers.is_empty() {
            return Ok(Self {
                servers: servers.to_vec(),
            });
        }
        let (system, _) = read_system_conf().map_err(NoServers)?;
        let servers = servers_of(&system);
        if servers.is_empty() {
            Err(NoServers(NetError::NoConnections))
        } else {
            Ok(Self { servers })
        }
    }

    /// The servers that are asked, in order.
    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// The servers in order; a single one is asked twice.
    fn turns(&self) -> impl ExactSizeIterator<Item = SocketAddr> {
        let turns = self.servers.len().max(2);
        (0..turns).map(|turn| self.servers[turn % self.servers.len()])
    }
}

impl Resolver for DnsResolver {
    async fn lookup(&self, name: &HostName, family: Family) -> Result<Answer, LookupError> {
        let asked = fully_qualified(name)?;
        let kind = match family {
            Family::V4 => RecordType::A,
            Family::V6 => RecordType::AAAA,
        };
        let turns = self.turns();
        let limit = LONGEST_LOOKUP / u32::try_from(turns.len()).unwrap_or(u32::MAX);
        let mut failed = LookupError::Timeout;
        for server in turns {
            match ask(server, &asked, kind, limit).await {
                Ok(records) => return follow(&asked, &records, family),
                // What a server says about the name is final; what keeps it from saying anything is not.
                Err(error @ (LookupError::NxDomain | LookupError::NoAddress)) => return Err(error),
                Err(error) => failed = more_telling(failed, error),
            }
        }
        Err(failed)
    }
}

fn servers_of(system: &ResolverConfig) -> Vec<SocketAddr> {
    let with_port = |server: &NameServerConfig| Some(SocketAddr::new(server.ip, server.connections.first()?.port));
    system.name_servers().iter().filter_map(with_port).collect()
}

fn fully_qualified(name: &HostName) -> Result<Name, LookupError> {
    let mut name = Name::from_ascii(name.as_str()).map_err(|error| LookupError::Unreachable(error.to_string()))?;
    name.set_fqdn(true);
    Ok(name)
}

/// One question to one server. UDP is repeated within the limit.
async fn ask(server: SocketAddr, name: &Name, kind: RecordType, limit: Duration) -> Result<Vec<Record>, LookupError> {
    let resolver = resolver(server, limit).map_err(|error| sort(&error))?;
    match timeout(limit, resolver.lookup(name.clone(), kind)).await {
        Ok(Ok(lookup)) => Ok(lookup.answers().to_vec()),
        Ok(Err(error)) => Err(sort(&error)),
        Err(_) => Err(LookupError::Timeout),
    }
}

fn resolver(server: SocketAddr, limit: Duration) -> Result<TokioResolver, NetError> {
    let mut udp = ConnectionConfig::udp();
    let mut tcp = ConnectionConfig::tcp();
    udp.port = server.port();
    tcp.port = server.port();
    let servers = vec![NameServerConfig::new(server.ip(), true, vec![udp, tcp])];
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.attempts = 0;
    options.timeout = limit;
    options.preserve_intermediates = true;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    builder.build()
}

/// Follows the chain of CNAMEs from the asked name to its addresses. Records beside the chain say nothing about
/// the asked name, whoever put them into the answer.
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
        if target == asked || passed.contains(&target) {
            break;
        }
        passed.push(target);
        at = target;
    }
    let here: Vec<&Record> = records.iter().filter(|record| record.name == *at).collect();
    let ttl = here.iter().map(|record| record.ttl).fold(ttl, u32::max);
    let mut addresses: Vec<IpAddr> = here
        .into_iter()
        .filter_map(address)
        .filter(|ip| Family::of(*ip) == family)
        .collect();
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() {
        return Err(LookupError::NoAddress);
    }
    Ok(Answer {
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
        NetError::Io(_) | NetError::NoConnections | NetError::Busy => LookupError::Unreachable(error.to_string()),
        unreadable => LookupError::Refused(format!("something that cannot be read ({unreadable})")),
    }
}

/// The code as people know it from `dig`.
fn word(code: ResponseCode) -> String {
    match code {
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        other => other.to_str().to_owned(),
    }
}

/// Of two servers' failures, the one that says more: an answer over a refused packet over silence.
fn more_telling(one: LookupError, other: LookupError) -> LookupError {
    let says = |error: &LookupError| match error {
        LookupError::Timeout => 0,
        LookupError::Unreachable(_) => 1,
        LookupError::Refused(_) | LookupError::NoAddress | LookupError::NxDomain => 2,
    };
    if says(&other) > says(&one) { other } else { one }
}
