//! Proxies and their further endpoints, as `DescribeDBProxies` and `DescribeDBProxyEndpoints` list
//! them.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{DbProxy, DbProxyEndpoint};
use writerlink_core::source::Identifier;
use writerlink_core::topology::{ListedProxyEndpoint, Proxy, ProxyEndpoint};

use super::field::{host_name, identifier};

/// A proxy under its name, with its default endpoint only, unless RDS would not have accepted the
/// name.
pub(super) fn convert(proxy: &DbProxy) -> Option<(Identifier, Proxy)> {
    Some((identifier(proxy.db_proxy_name())?, proxy_of(proxy)))
}

/// A further endpoint, unless RDS would not have accepted one of its names.
pub(super) fn convert_endpoint(endpoint: &DbProxyEndpoint) -> Option<ListedProxyEndpoint> {
    Some(ListedProxyEndpoint {
        proxy: identifier(endpoint.db_proxy_name())?,
        name: identifier(endpoint.db_proxy_endpoint_name())?,
        endpoint: ProxyEndpoint {
            status: endpoint.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            endpoint: host_name(endpoint.endpoint()),
            vpc: endpoint.vpc_id().map(str::to_owned),
        },
    })
}

fn proxy_of(proxy: &DbProxy) -> Proxy {
    Proxy {
        port: proxy.engine_family().and_then(port_of_family),
        default: ProxyEndpoint {
            status: proxy.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            endpoint: host_name(proxy.endpoint()),
            vpc: proxy.vpc_id().map(str::to_owned),
        },
        endpoints: BTreeMap::new(),
    }
}

/// A proxy listens only on the default port of its engine family (AWS docs: "Connecting to a
/// database through RDS Proxy").
fn port_of_family(family: &str) -> Option<u16> {
    match family {
        "MYSQL" => Some(3306),
        "POSTGRESQL" => Some(5432),
        "SQLSERVER" => Some(1433),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Identifier {
        text.parse().expect(text)
    }

    fn proxy(name: &str, family: &str) -> DbProxy {
        DbProxy::builder()
            .db_proxy_name(name)
            .status("available".into())
            .engine_family(family)
            .endpoint(format!("{name}.proxy-abc.eu-west-1.rds.amazonaws.com"))
            .vpc_id("vpc-1")
            .build()
    }

    fn endpoint(status: &str, host: &str, vpc: &str) -> ProxyEndpoint {
        ProxyEndpoint {
            status: status.to_owned(),
            endpoint: Some(host.parse().expect("name")),
            vpc: Some(vpc.to_owned()),
        }
    }

    #[test]
    fn a_proxy_is_listed_with_its_default_endpoint_and_the_others_by_name() {
        let front = convert(&proxy("Front", "POSTGRESQL")).expect("a proxy");
        let wanted = Proxy {
            port: Some(5432),
            default: endpoint("available", "front.proxy-abc.eu-west-1.rds.amazonaws.com", "vpc-1"),
            endpoints: BTreeMap::new(),
        };
        assert_eq!(front, (id("front"), wanted));
        let further = DbProxyEndpoint::builder()
            .db_proxy_name("Front")
            .db_proxy_endpoint_name("Read-Only")
            .status("modifying".into())
            .endpoint("read-only.endpoint.proxy-abc.example.com")
            .vpc_id("vpc-2")
            .build();
        let wanted = ListedProxyEndpoint {
            proxy: id("front"),
            name: id("read-only"),
            endpoint: endpoint("modifying", "read-only.endpoint.proxy-abc.example.com", "vpc-2"),
        };
        assert_eq!(convert_endpoint(&further), Some(wanted));
    }

    #[test]
    fn a_proxys_port_is_that_of_its_engine_family_and_an_unknown_family_has_none() {
        for (family, port) in [
            ("MYSQL", Some(3306)),
            ("POSTGRESQL", Some(5432)),
            ("SQLSERVER", Some(1433)),
            ("ORACLE", None),
        ] {
            assert_eq!(proxy_of(&proxy("front", family)).port, port, "{family}");
        }
    }

    #[test]
    fn a_proxy_that_is_being_created_may_have_no_endpoint_yet() {
        let creating = DbProxy::builder().db_proxy_name("front").status("creating".into()).build();
        let front = proxy_of(&creating);
        assert_eq!((front.default.status.as_str(), &front.default.endpoint), ("creating", &None));
    }
}
