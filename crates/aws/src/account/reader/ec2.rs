//! Networks and endpoint services, as EC2 describes them.

use ipnet::IpNet;
use writerlink_core::failure::CallError;

use super::AccountReader;
use super::pages::pages;
use crate::account::{
    AclEntry, EndpointConnection, EndpointService, NetworkAcl, Peer, PortRange, Rule,
    SecurityGroup, Subnet,
};
use crate::call::{Element, Form, Operation};
use crate::read::malformed;

/// The most that one page may hold (botocore ec2 2016-11-15, `MaxResults` of each; the calls that
/// name what they want take no page size).
const PAGE: u32 = 100;

// Subnets and security groups are asked for by a filter: a call that named one that does not exist
// would be refused, and tell nothing of the others.
impl AccountReader {
    /// Those of the subnets with these ids that exist (`ec2:DescribeSubnets`).
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>, CallError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let form = || Form::of(Operation::Subnets).with_filter("subnet-id", ids);
        self.every_item(Operation::Subnets, "subnetSet", form, subnet).await
    }

    /// Those of the security groups with these ids that exist (`ec2:DescribeSecurityGroups`).
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn security_groups(&self, ids: &[String]) -> Result<Vec<SecurityGroup>, CallError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let form = || Form::of(Operation::SecurityGroups).with_filter("group-id", ids);
        self.every_item(Operation::SecurityGroups, "securityGroupInfo", form, security_group).await
    }

    /// The networks of a managed prefix list (`ec2:GetManagedPrefixListEntries`).
    ///
    /// # Errors
    /// When they cannot be read, or the list does not exist.
    pub async fn prefix_list(&self, id: &str) -> Result<Vec<IpNet>, CallError> {
        let call = Operation::PrefixListEntries;
        let form = || Form::of(call).with("PrefixListId", id).with("MaxResults", PAGE);
        self.every_item(call, "entrySet", form, |entry| entry.value("cidr")).await
    }

    /// The network ACLs that guard these subnets (`ec2:DescribeNetworkAcls`).
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn network_acls(&self, subnets: &[String]) -> Result<Vec<NetworkAcl>, CallError> {
        if subnets.is_empty() {
            return Ok(Vec::new());
        }
        let call = Operation::NetworkAcls;
        let form = || {
            let form = Form::of(call).with("MaxResults", PAGE);
            form.with_filter("association.subnet-id", subnets)
        };
        self.every_item(call, "networkAclSet", form, network_acl).await
    }

    /// Every endpoint service of the account in the Region
    /// (`ec2:DescribeVpcEndpointServiceConfigurations`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn endpoint_services(&self) -> Result<Vec<EndpointService>, CallError> {
        let call = Operation::EndpointServices;
        let form = || Form::of(call).with("MaxResults", PAGE);
        self.every_item(call, "serviceConfigurationSet", form, endpoint_service).await
    }

    /// The ARNs of those who may connect to an endpoint service, or `*`
    /// (`ec2:DescribeVpcEndpointServicePermissions`).
    ///
    /// # Errors
    /// When a page cannot be read, or the service does not exist.
    pub async fn endpoint_principals(&self, service: &str) -> Result<Vec<String>, CallError> {
        let call = Operation::EndpointPermissions;
        let form = || Form::of(call).with("ServiceId", service).with("MaxResults", PAGE);
        self.every_item(call, "allowedPrincipals", form, |entry| entry.need("principal")).await
    }

    /// The endpoints at an endpoint service (`ec2:DescribeVpcEndpointConnections`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn endpoint_connections(
        &self,
        service: &str,
    ) -> Result<Vec<EndpointConnection>, CallError> {
        let call = Operation::EndpointConnections;
        let form = || Form::of(call).with_filter("service-id", &[service]).with("MaxResults", PAGE);
        self.every_item(call, "vpcEndpointConnectionSet", form, connection).await
    }

    /// The items of every page of a list.
    async fn every_item<T>(
        &self,
        call: Operation,
        list: &str,
        form: impl Fn() -> Form,
        convert: impl Fn(&Element) -> Result<T, String>,
    ) -> Result<Vec<T>, CallError> {
        pages(call.action(), |token| {
            let form = form().with_some("NextToken", token);
            let convert = &convert;
            async move {
                let answer = self.caller.query(form).await?;
                let entries = answer.list(list, convert);
                let entries = entries.map_err(|fault| malformed(call.action(), fault))?;
                Ok((entries, answer.text("nextToken")))
            }
        })
        .await
    }
}

fn subnet(item: &Element) -> Result<Subnet, String> {
    let associated = item.list_or_none("ipv6CidrBlockAssociationSet", |association| {
        let state = association.child("ipv6CidrBlockState").and_then(|state| state.text("state"));
        let network = association.value::<IpNet>("ipv6CidrBlock")?;
        Ok((state.as_deref() == Some("associated")).then_some(network))
    })?;
    let v4 = item.text("cidrBlock").map(|_| item.value("cidrBlock")).transpose()?;
    Ok(Subnet {
        id: item.need("subnetId")?,
        vpc: item.need("vpcId")?,
        zone: item.need("availabilityZone")?,
        networks: v4.into_iter().chain(associated.into_iter().flatten()).collect(),
    })
}

fn security_group(item: &Element) -> Result<SecurityGroup, String> {
    Ok(SecurityGroup {
        id: item.need("groupId")?,
        name: item.need("groupName")?,
        vpc: item.need("vpcId")?,
        ingress: item.list("ipPermissions", rule)?,
        egress: item.list("ipPermissionsEgress", rule)?,
    })
}

fn rule(item: &Element) -> Result<Rule, String> {
    let protocol = item.need("ipProtocol")?;
    let network =
        |name: &'static str| move |range: &Element| range.value::<IpNet>(name).map(Peer::Network);
    let mut peers = item.list_or_none("ipRanges", network("cidrIp"))?;
    peers.extend(item.list_or_none("ipv6Ranges", network("cidrIpv6"))?);
    peers.extend(item.list_or_none("groups", |pair| pair.need("groupId").map(Peer::Group))?);
    let list = |list: &Element| list.need("prefixListId").map(Peer::PrefixList);
    peers.extend(item.list_or_none("prefixListIds", list)?);
    Ok(Rule { ports: ports(&protocol, item, ["fromPort", "toPort"])?, protocol, peers })
}

/// The ports of a rule. What stands in their place for ICMP is a type and a code, and -1 is every
/// port (AWS docs: EC2 `IpPermission`).
fn ports(protocol: &str, item: &Element, names: [&str; 2]) -> Result<Option<PortRange>, String> {
    let is_every = |name: &str| item.text(name).is_none_or(|port| port == "-1");
    if !matches!(protocol, "tcp" | "udp" | "6" | "17") || names.iter().any(|name| is_every(name)) {
        return Ok(None);
    }
    Ok(Some(PortRange { from: item.value(names[0])?, to: item.value(names[1])? }))
}

fn network_acl(item: &Element) -> Result<NetworkAcl, String> {
    Ok(NetworkAcl {
        id: item.need("networkAclId")?,
        subnets: item.list("associationSet", |association| association.need("subnetId"))?,
        entries: item.list("entrySet", acl_entry)?,
    })
}

fn acl_entry(item: &Element) -> Result<AclEntry, String> {
    let protocol = item.need("protocol")?;
    let range = item.child("portRange");
    let ports = range.map(|range| ports(&protocol, range, ["from", "to"])).transpose()?;
    let action = item.need("ruleAction")?;
    let v6 = item.child("cidrBlock").is_none();
    Ok(AclEntry {
        number: item.value("ruleNumber")?,
        egress: item.value("egress")?,
        allow: match action.as_str() {
            "allow" => true,
            "deny" => false,
            _ => return Err(format!("has the `ruleAction` {action:?}")),
        },
        protocol,
        ports: ports.flatten(),
        network: item.value(if v6 { "ipv6CidrBlock" } else { "cidrBlock" })?,
    })
}

fn endpoint_service(item: &Element) -> Result<EndpointService, String> {
    let private = item.child("privateDnsNameConfiguration");
    Ok(EndpointService {
        id: item.need("serviceId")?,
        name: item.need("serviceName")?,
        state: item.need("serviceState")?,
        acceptance_required: item.value("acceptanceRequired")?,
        load_balancers: item.list_or_none("networkLoadBalancerArnSet", Element::own_text)?,
        zones: item.list_or_none("availabilityZoneSet", Element::own_text)?,
        regions: item.list_or_none("supportedRegionSet", |region| region.need("region"))?,
        address_types: item.list_or_none("supportedIpAddressTypeSet", Element::own_text)?,
        private_name: item.text("privateDnsName"),
        private_name_state: private.and_then(|private| private.text("state")),
    })
}

fn connection(item: &Element) -> Result<EndpointConnection, String> {
    Ok(EndpointConnection {
        service: item.need("serviceId")?,
        endpoint: item.need("vpcEndpointId")?,
        owner: item.need("vpcEndpointOwner")?,
        state: item.need("vpcEndpointState")?,
        region: item.text("vpcEndpointRegion"),
    })
}
