//! The port of DNS.

use std::time::Duration;

use writerlink_core::evidence::Answer;
use writerlink_core::failure::LookupError;
use writerlink_core::ports::{Clock, Resolver};
use writerlink_core::target::Family;
use writerlink_core::topology::HostName;

use super::{CALL, InProcess};
use crate::world::dns::{Code, ResourceRecord, TTL};

/// How long a lookup waits for an answer that does not come, as in `writerlink-aws`.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

impl<C: Clock + Sync> Resolver for InProcess<C> {
    async fn lookup(&self, name: &HostName, family: Family) -> Result<Answer, LookupError> {
        use crate::world::dns::Family as Asked;
        self.clock.sleep(CALL).await;
        let asked = match family {
            Family::V4 => Asked::V4,
            Family::V6 => Asked::V6,
        };
        let reply = self.world().resolve(name.as_str(), asked);
        self.clock.sleep(reply.delay.min(LOOKUP_TIMEOUT)).await;
        if reply.delay >= LOOKUP_TIMEOUT {
            return Err(LookupError::Timeout);
        }
        match reply.code {
            Code::NxDomain => Err(LookupError::NxDomain),
            Code::ServFail => Err(LookupError::Refused("SERVFAIL".to_owned())),
            Code::Silence => {
                self.clock.sleep(LOOKUP_TIMEOUT).await;
                Err(LookupError::Timeout)
            }
            Code::NoError if reply.addresses().is_empty() => Err(LookupError::NoAddress),
            Code::NoError => {
                let alias = |record: &ResourceRecord| match record {
                    ResourceRecord::Alias { target, .. } => target.parse().ok(),
                    ResourceRecord::Address { .. } => None,
                };
                let mut addresses = reply.addresses();
                addresses.sort();
                Ok(Answer {
                    aliases: reply.records.iter().filter_map(alias).collect(),
                    addresses,
                    ttl: Duration::from_secs(TTL.into()),
                })
            }
        }
    }
}
