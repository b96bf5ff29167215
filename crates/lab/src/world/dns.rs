//! What a resolver answers at a moment: the answer follows the world with a lag, and alternates for
//! a while after a failover.
//!
//! Every name has a timeline of records. A failover appends all changes of the answer that AWS's
//! users see, so that the answer depends only on the moment, and not on how often or when it was
//! asked before.

mod name;
mod reply;

use std::collections::BTreeMap;

pub use name::{Move, Record};
pub use reply::{Code, Family, Reply, ResourceRecord};

use crate::dns_name::canonical;
use crate::fault::NameEffect;
use crate::world::World;
use name::Name;

/// How long an answer may be kept, in seconds (AWS docs, "Fast failover with Amazon Aurora
/// PostgreSQL": Aurora's zones have a TTL of 5 seconds).
pub const TTL: u32 = 5;

/// The longest chain of aliases that is followed.
const LONGEST_CHAIN: usize = 8;

/// All names of the region.
#[derive(Clone, Debug, Default)]
pub struct Dns {
    names: BTreeMap<String, Name>,
}

impl World {
    /// Changes what a name resolves to.
    pub fn repoint(&mut self, name: &str, record: Record, how: Move) {
        let name = self.dns.names.entry(canonical(name)).or_default();
        name.repoint(self.now, record, how, &self.pace);
    }

    /// What a resolver would hear at this moment. Only the turn of a reader endpoint changes by
    /// asking.
    pub fn resolve(&mut self, name: &str, family: Family) -> Reply {
        let mut reply = Reply::without_records(Code::NoError);
        let mut name = canonical(name);
        for _ in 0..LONGEST_CHAIN {
            match self.hop(&name, family, &mut reply) {
                Some(target) => name = target,
                None => return reply,
            }
        }
        reply.code = Code::ServFail;
        reply
    }

    /// Looks one name up; gives the name to look up next, if it is an alias.
    fn hop(&mut self, name: &str, family: Family, reply: &mut Reply) -> Option<String> {
        match self.faults.name(name, self.now).cloned() {
            Some(NameEffect::NxDomain) => reply.code = Code::NxDomain,
            Some(NameEffect::ServFail) => *reply = Reply::without_records(Code::ServFail),
            Some(NameEffect::Timeout) => *reply = Reply::without_records(Code::Silence),
            Some(NameEffect::Empty) => {}
            Some(NameEffect::Addresses(addresses)) => reply.add_addresses(name, &addresses, family),
            Some(NameEffect::Alias(target, addresses)) => {
                reply.add_alias(name, &target);
                reply.add_addresses(&target, &addresses, family);
            }
            Some(NameEffect::Slow(delay)) => {
                reply.delay = delay;
                return self.true_hop(name, family, reply);
            }
            Some(NameEffect::Truncate) => {
                reply.cut_over_udp = true;
                return self.true_hop(name, family, reply);
            }
            None => return self.true_hop(name, family, reply),
        }
        None
    }

    fn true_hop(&mut self, name: &str, family: Family, reply: &mut Reply) -> Option<String> {
        let known = self.dns.names.get_mut(name);
        match known.map_or(Record::Absent, |known| known.ask(self.now)) {
            Record::Absent | Record::OneOf(_) | Record::SomeOf(..) => reply.code = Code::NxDomain,
            Record::Addresses(addresses) => reply.add_addresses(name, &addresses, family),
            Record::Alias(target) => {
                reply.add_alias(name, &target);
                return Some(canonical(&target));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
