//! Core's ports on the world, without a wire: what the simulation runs on.
//!
//! Time comes from a [`Clock`], as it does for the run; with [`VirtualTime`](crate::virtual_time::VirtualTime) an hour takes
//! milliseconds. Faults strike here as they do on the wire, in core's own words for what they come to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use writerlink_core::evidence::Answer;
use writerlink_core::failure::{CallError, Failure, LookupError, No};
use writerlink_core::ports::{Clock, GroupReader, GroupWriter, LONGEST_WRITE, Rds, Resolver};
use writerlink_core::target::{Family, Registration, Target, TargetGroup, TargetGroupArn, Zone};
use writerlink_core::topology::{Cluster, HostName, Instance, Member, Standby, Topology};

use crate::fault::Effect;
use crate::world::dns::{Code, ResourceRecord};
use crate::world::elbv2::{GroupProtocol, IpFamily, TargetRequest, TargetType};
use crate::world::rds::{Engine, MultiAz};
use crate::world::{ApiError, World};

/// How long a call takes that nothing goes wrong with.
const CALL: Duration = Duration::from_millis(20);

/// How long a read waits for an answer that does not come.
const READ_TIMEOUT: Duration = Duration::from_secs(4);

/// How long a lookup waits for an answer that does not come.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// All of core's ports on one world.
#[derive(Clone, Debug)]
pub struct InProcess<C> {
    world: Arc<Mutex<World>>,
    clock: C,
}

/// Whether a call changes something, which decides what a lost answer means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

impl<C: Clock + Sync> InProcess<C> {
    /// Ports on a world whose time is the clock's.
    pub fn new(world: World, clock: C) -> Self {
        Self {
            world: Arc::new(Mutex::new(world)),
            clock,
        }
    }

    /// The world at this moment.
    pub fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(self.clock.now());
        world
    }

    async fn call<T: Default>(
        &self,
        name: &'static str,
        resource: &str,
        kind: Kind,
        act: impl FnOnce(&mut World) -> Result<T, ApiError>,
    ) -> Result<T, CallError> {
        self.clock.sleep(CALL).await;
        let operation = name.rsplit(':').next().unwrap_or(name);
        let fault = self.world().faults.take(operation, resource);
        let fail = |failure, why: &str| Err(CallError::new(name, failure, why));
        let lost = if kind == Kind::Write {
            Failure::AnswerLost
        } else {
            Failure::Unreachable
        };
        match fault {
            None => {}
            Some(Effect::Throttle) => return fail(Failure::Throttled, "Rate exceeded"),
            Some(Effect::AccessDenied) => {
                return fail(Failure::SaidNo(No::Denied), "not authorized");
            }
            Some(Effect::Error(error)) => return Err(refused(name, &error)),
            Some(Effect::ServerErrorBefore | Effect::ResetBefore) => {
                return fail(lost, "no answer, and nothing was done");
            }
            Some(Effect::ServerErrorAfter | Effect::ResetAfter | Effect::MalformedXml | Effect::Truncated) => {
                // What came of it is known to the world and not to the caller.
                let _unheard = act(&mut self.world());
                return fail(lost, "no usable answer, and it was done");
            }
            Some(Effect::Hang) => {
                self.clock
                    .sleep(if kind == Kind::Write {
                        LONGEST_WRITE
                    } else {
                        READ_TIMEOUT
                    })
                    .await;
                return fail(lost, "no answer in time");
            }
            Some(Effect::Delay(delay)) => self.clock.sleep(delay).await,
            Some(Effect::EmptyPage) => return Ok(T::default()),
        }
        act(&mut self.world()).map_err(|error| refused(name, &error))
    }
}

impl<C: Clock + Sync> Rds for InProcess<C> {
    async fn topology(&self) -> Result<Topology, CallError> {
        self.call("rds:DescribeDBClusters", "", Kind::Read, |world| Ok(topology(world)))
            .await
    }
}

impl<C: Clock + Sync> Resolver for InProcess<C> {
    async fn lookup(&self, name: &HostName, family: Family) -> Result<Answer, LookupError> {
        use crate::world::dns::Family as Asked;
        self.clock.sleep(CALL).await;
        let asked = match family {
            Family::V4 => Asked::V4,
            Family::V6 => Asked::V6,
        };
        let reply = self.world().resolve(name.as_str(), asked);
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
                })
            }
        }
    }
}

impl<C: Clock + Sync> GroupReader for InProcess<C> {
    async fn group(&self, arn: &TargetGroupArn) -> Result<TargetGroup, CallError> {
        let described = |world: &mut World| {
            world.target_health(arn.as_str(), &[])?;
            let in_use = !world.balancers_of(arn.as_str()).is_empty();
            Ok(world.elbv2.group(arn.as_str()).map(|group| TargetGroup {
                target_type: match group.target_type {
                    TargetType::Ip => "ip".to_owned(),
                    TargetType::Instance => "instance".to_owned(),
                },
                protocol: match group.protocol {
                    GroupProtocol::Tcp => "TCP",
                    GroupProtocol::Tls => "TLS",
                    GroupProtocol::Udp => "UDP",
                    GroupProtocol::TcpUdp => "TCP_UDP",
                    GroupProtocol::Http => "HTTP",
                }
                .to_owned(),
                family: match group.family {
                    IpFamily::Ipv4 => Family::V4,
                    IpFamily::Ipv6 => Family::V6,
                },
                vpc: Some(group.vpc.clone()),
                in_use,
            }))
        };
        let name = "elasticloadbalancing:DescribeTargetGroups";
        self.call(name, arn.as_str(), Kind::Read, described)
            .await?
            .ok_or_else(|| CallError::new(name, Failure::SaidNo(No::NotFound), "the answer names no such group"))
    }

    async fn targets(&self, arn: &TargetGroupArn) -> Result<Vec<Target>, CallError> {
        let name = "elasticloadbalancing:DescribeTargetHealth";
        let rows = self
            .call(name, arn.as_str(), Kind::Read, |world| {
                world.target_health(arn.as_str(), &[])
            })
            .await?;
        rows.iter()
            .map(|row| {
                let ip = row.key.id.parse().map_err(|_| {
                    CallError::new(
                        name,
                        Failure::SaidNo(No::Other),
                        format!("the target {:?} is no address", row.key.id),
                    )
                })?;
                Ok(Target {
                    address: SocketAddr::new(ip, row.key.port),
                    zone: row.key.zone.clone().map(Zone),
                    state: row.state.as_str().into(),
                })
            })
            .collect()
    }
}

impl<C: Clock + Sync> GroupWriter for InProcess<C> {
    async fn register(&self, arn: &TargetGroupArn, target: &Registration) -> Result<(), CallError> {
        let request = request(target.address, target.zone.as_ref());
        let name = "elasticloadbalancing:RegisterTargets";
        self.call(name, arn.as_str(), Kind::Write, |world| {
            world.register_targets(arn.as_str(), &[request])
        })
        .await
    }

    async fn deregister(&self, arn: &TargetGroupArn, targets: &[Target]) -> Result<(), CallError> {
        let requests: Vec<_> = targets.iter().map(|t| request(t.address, t.zone.as_ref())).collect();
        let name = "elasticloadbalancing:DeregisterTargets";
        self.call(name, arn.as_str(), Kind::Write, |world| {
            world.deregister_targets(arn.as_str(), &requests)
        })
        .await
    }
}

fn request(address: SocketAddr, zone: Option<&Zone>) -> TargetRequest {
    TargetRequest {
        zone: zone.map(|zone| zone.0.clone()),
        ..TargetRequest::new(&address.ip().to_string(), address.port())
    }
}

fn refused(name: &'static str, error: &ApiError) -> CallError {
    let no = match error.code.as_ref() {
        "TargetGroupNotFound" => No::NotFound,
        "InvalidTarget" | "ValidationError" => No::Invalid,
        "TooManyTargets" => No::Quota,
        "AccessDenied" => No::Denied,
        _ => No::Other,
    };
    CallError::new(name, Failure::SaidNo(no), &error.message)
}

/// What the RDS API tells, which is not always what is true.
fn topology(world: &World) -> Topology {
    let rds = &world.rds;
    let followed = |engine: Engine| !matches!(engine.name(), "neptune" | "docdb");
    let clusters = rds
        .clusters()
        .filter(|cluster| followed(cluster.engine))
        .filter_map(|cluster| {
            let members = rds.members(cluster).into_iter().filter_map(|member| {
                Some(Member {
                    instance: member.instance.parse().ok()?,
                    writer: member.is_cluster_writer,
                })
            });
            Some((
                cluster.identifier.parse().ok()?,
                Cluster {
                    status: cluster.status.to_string(),
                    endpoint: Some(world.cluster_endpoint(&cluster.identifier)).and_then(|name| name.parse().ok()),
                    port: Some(cluster.port),
                    members: members.collect(),
                },
            ))
        });
    let instances = rds
        .instances()
        .filter(|instance| followed(instance.engine))
        .filter_map(|instance| {
            let refuses = instance.multi_az() == MultiAz::Yes && !instance.engine.standby_accepts_tcp();
            Some((
                instance.identifier.parse().ok()?,
                Instance {
                    status: instance.status.to_string(),
                    endpoint: instance.endpoint.as_ref().and_then(|name| name.parse().ok()),
                    port: Some(instance.port),
                    cluster: rds
                        .cluster_of(instance)
                        .and_then(|cluster| cluster.identifier.parse().ok()),
                    vpc: Some(crate::world::vpc::VPC_ID.to_owned()),
                    standby: if refuses { Standby::RefusesTcp } else { Standby::Unknown },
                },
            ))
        });
    Topology {
        clusters: clusters.collect(),
        instances: instances.collect(),
    }
}
