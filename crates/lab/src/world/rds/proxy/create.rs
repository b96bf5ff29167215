//! The operations CreateDBProxy and CreateDBProxyEndpoint, and what happens when a proxy becomes
//! available.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{
    DbProxy, DbProxyEndpoint, EndpointRole, EngineFamily, ProxyChange, ProxyEndpointKey, ProxyKey,
};
use crate::world::elbv2::IpFamily;
use crate::world::rds::{Status, refusal};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World, ids};

/// The most endpoints one can create for a proxy (AWS docs: "Limitations for proxy endpoints").
const MOST_ENDPOINTS: usize = 20;

/// The parameters of CreateDBProxy that the model knows.
#[derive(Clone, Debug, Default)]
pub struct CreateDbProxy {
    /// `DBProxyName`.
    pub name: String,
    /// `EngineFamily`.
    pub family: String,
    pub role_arn: String,
    /// `VpcSubnetIds`.
    pub subnets: Vec<String>,
    /// `VpcSecurityGroupIds`.
    pub security_groups: Vec<String>,
}

/// The parameters of CreateDBProxyEndpoint that the model knows.
#[derive(Clone, Debug, Default)]
pub struct CreateDbProxyEndpoint {
    /// `DBProxyName`.
    pub proxy: String,
    /// `DBProxyEndpointName`.
    pub name: String,
    /// `VpcSubnetIds`.
    pub subnets: Vec<String>,
    /// `VpcSecurityGroupIds`.
    pub security_groups: Vec<String>,
    /// `TargetRole`.
    pub role: EndpointRole,
}

impl World {
    /// A proxy before a cluster or an instance that is already available, with a node in each of
    /// these zones.
    ///
    /// # Errors
    ///
    /// When the name is taken, the database does not exist, or there are fewer than two zones.
    pub fn add_proxy(
        &mut self,
        name: &str,
        family: EngineFamily,
        database: &str,
        zones: &[Zone],
    ) -> Result<(), ApiError> {
        let proxy = self
            .create_db_proxy(CreateDbProxy {
                name: name.to_owned(),
                family: family.to_string(),
                role_arn: format!("arn:aws:iam::{}:role/{name}", self.account),
                subnets: zones.iter().map(|zone| zone.subnet_id()).collect(),
                security_groups: Vec::new(),
            })?
            .key;
        self.proxy_ready(proxy);
        match self.rds.cluster(database) {
            Some(_) => self.register_db_proxy_targets(name, &[], &[database.to_owned()])?,
            None => self.register_db_proxy_targets(name, &[database.to_owned()], &[])?,
        };
        Ok(())
    }

    /// A further endpoint of a proxy that is already available, in the zones of its default
    /// endpoint.
    ///
    /// # Errors
    ///
    /// When the proxy does not exist, or the name is taken, or the endpoint is for readers and
    /// there are none.
    pub fn add_proxy_endpoint(
        &mut self,
        proxy: &str,
        name: &str,
        role: EndpointRole,
    ) -> Result<(), ApiError> {
        let zones = self.rds.proxy_endpoint(proxy, None).map(DbProxyEndpoint::zones);
        let endpoint = self
            .create_db_proxy_endpoint(CreateDbProxyEndpoint {
                proxy: proxy.to_owned(),
                name: name.to_owned(),
                subnets: zones.into_iter().flatten().map(Zone::subnet_id).collect(),
                security_groups: Vec::new(),
                role,
            })?
            .key;
        self.proxy_endpoint_ready(endpoint);
        Ok(())
    }

    /// CreateDBProxy: the proxy is `creating` with its default endpoint, whose name is known and
    /// resolves to nothing yet; then `available`.
    pub fn create_db_proxy(&mut self, request: CreateDbProxy) -> Result<&DbProxy, ApiError> {
        refusal::identifier("DBProxyName", &request.name)?;
        let family = EngineFamily::named(&request.family)?;
        if self.rds.proxy(&request.name).is_some() {
            return Err(refusal::proxy_exists());
        }
        let nodes = self.nodes_in(&request.subnets)?;
        let number = self.rds.next_number();
        let key = ProxyKey(number);
        let proxy = DbProxy {
            key,
            arn: self.proxy_arn("db-proxy:prx", number),
            name: request.name.clone(),
            family,
            role_arn: request.role_arn,
            security_groups: request.security_groups.clone(),
            status: Status::Creating,
            target: None,
            created: self.now,
        };
        self.rds.proxies.proxies.insert(key, proxy);
        self.insert_endpoint(NewEndpoint {
            proxy: key,
            name: None,
            host: self.proxy_host(&request.name, ""),
            role: EndpointRole::ReadWrite,
            security_groups: request.security_groups,
            nodes,
        });
        self.proxy_change(self.pace.create_proxy, ProxyChange::Ready(key));
        self.rds.find_proxy(&request.name)
    }

    /// CreateDBProxyEndpoint: the endpoint is `creating`, then `available`. One for readers
    /// "requires that the Aurora cluster has one or more reader DB instances" (AWS docs: "Working
    /// with Amazon RDS Proxy endpoints"); with which code AWS refuses it is not documented.
    pub fn create_db_proxy_endpoint(
        &mut self,
        request: CreateDbProxyEndpoint,
    ) -> Result<&DbProxyEndpoint, ApiError> {
        let proxy = self.rds.find_proxy(&request.proxy)?;
        refusal::identifier("DBProxyEndpointName", &request.name)?;
        if proxy.status != Status::Available {
            return Err(refusal::proxy_state(&proxy.name, proxy.status));
        }
        if self.rds.find_endpoint(&request.name).is_ok() {
            return Err(refusal::proxy_endpoint_exists());
        }
        let key = proxy.key;
        if self.rds.endpoints_of(key).count() > MOST_ENDPOINTS {
            return Err(ApiError::bad_request(
                "DBProxyEndpointQuotaExceededFault",
                "The DB proxy already has the maximum number of endpoints.",
            ));
        }
        if request.role == EndpointRole::ReadOnly && !self.rds.has_readers_behind(proxy) {
            return Err(ApiError::bad_request(
                "InvalidDBProxyStateFault",
                format!("DBProxy {} has no cluster with a reader behind it.", proxy.name),
            ));
        }
        let nodes = self.nodes_in(&request.subnets)?;
        let endpoint = self.insert_endpoint(NewEndpoint {
            proxy: key,
            host: self.proxy_host(&request.name, "endpoint."),
            name: Some(request.name.clone()),
            role: request.role,
            security_groups: request.security_groups,
            nodes,
        });
        self.proxy_change(self.pace.create_proxy, ProxyChange::EndpointReady(endpoint));
        self.rds.find_endpoint(&request.name)
    }

    /// A new proxy is available. Called a second time, from the schedule after `add_proxy`, it
    /// changes nothing.
    pub(super) fn proxy_ready(&mut self, key: ProxyKey) {
        let Some(proxy) = self.rds.proxies.proxies.get_mut(&key) else {
            return;
        };
        if proxy.status != Status::Creating {
            return;
        }
        proxy.status = Status::Available;
        let default = self.rds.endpoints_of(key).find(|endpoint| endpoint.name.is_none());
        if let Some(default) = default.map(|endpoint| endpoint.key) {
            self.make_endpoint_available(default);
        }
        self.emit_proxy_event(key, 203, |name| format!("RDS created DB proxy {name}."));
    }

    /// A new endpoint is available.
    pub(super) fn proxy_endpoint_ready(&mut self, key: ProxyEndpointKey) {
        let Some(endpoint) = self.rds.proxies.endpoints.get(&key) else {
            return;
        };
        let (proxy, name) = (endpoint.proxy, endpoint.shown_name().to_owned());
        if endpoint.status == Status::Creating {
            self.make_endpoint_available(key);
            self.emit_proxy_event(proxy, 206, |proxy| {
                format!("RDS created endpoint {name} for DB proxy {proxy}.")
            });
        }
    }

    fn make_endpoint_available(&mut self, key: ProxyEndpointKey) {
        if let Some(endpoint) = self.rds.proxies.endpoints.get_mut(&key) {
            endpoint.status = Status::Available;
        }
        self.point_proxy_endpoint(key);
    }

    /// A free address in each of these subnets. A proxy needs two zones at least (AWS docs:
    /// "Setting up network prerequisites for RDS Proxy").
    fn nodes_in(&self, subnets: &[String]) -> Result<BTreeMap<Zone, IpAddr>, ApiError> {
        let zone = |subnet: &String| Zone::ALL.into_iter().find(|zone| zone.subnet_id() == *subnet);
        let zones: Option<Vec<Zone>> = subnets.iter().map(zone).collect();
        let zones =
            zones.ok_or_else(|| refusal::invalid_subnet("The requested subnet is invalid."))?;
        let node = |zone: Zone| Ok((zone, self.rds.free_host(zone)?.address_in(IpFamily::Ipv4)));
        let nodes: BTreeMap<Zone, IpAddr> =
            zones.into_iter().map(node).collect::<Result<_, ApiError>>()?;
        if nodes.len() < 2 {
            return Err(refusal::invalid_subnet(
                "The subnets must be in at least two Availability Zones.",
            ));
        }
        Ok(nodes)
    }

    fn insert_endpoint(&mut self, new: NewEndpoint) -> ProxyEndpointKey {
        let number = self.rds.next_number();
        let key = ProxyEndpointKey(number);
        let endpoint = DbProxyEndpoint {
            key,
            arn: self.proxy_arn("db-proxy-endpoint:prx-endpoint", number),
            proxy: new.proxy,
            name: new.name,
            host: new.host,
            role: new.role,
            security_groups: new.security_groups,
            status: Status::Creating,
            created: self.now,
            nodes: new.nodes,
            leaving: Vec::new(),
            told_at_a_time: None,
        };
        self.rds.proxies.endpoints.insert(key, endpoint);
        key
    }

    fn proxy_arn(&self, kind: &str, number: u32) -> String {
        let id = ids::hex16(number.into());
        format!("arn:aws:rds:{}:{}:{kind}-0{id}", self.region, self.account)
    }
}

struct NewEndpoint {
    proxy: ProxyKey,
    name: Option<String>,
    host: String,
    role: EndpointRole,
    security_groups: Vec<String>,
    nodes: BTreeMap<Zone, IpAddr>,
}
