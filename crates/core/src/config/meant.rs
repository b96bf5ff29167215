//! Which source was probably meant by a text that is none.

use super::nearest::nearest;
use crate::source::Source;

/// The source that a text means: one with a mistyped word, the ARN of a cluster or an instance, or
/// the host name of an RDS endpoint.
pub(super) fn source(text: &str) -> Option<Source> {
    let text = text.trim().trim_matches('/');
    let meant = of_arn(text).or_else(|| of_host(text)).or_else(|| of_words(text))?;
    meant.parse().ok()
}

/// The ARN of an RDS Proxy, and that of an endpoint, holds an id and not the name.
fn of_arn(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "rds", _, _, "cluster", id] => Some(format!("cluster/{id}")),
        ["arn", _, "rds", _, _, "db", id] => Some(format!("instance/{id}")),
        _ => None,
    }
}

/// The name of a custom endpoint, and that of another endpoint of a proxy, does not hold the name
/// of the cluster or of the proxy (AWS docs: "Amazon Aurora endpoint connections").
fn of_host(text: &str) -> Option<String> {
    let host = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let [id, kind, rest @ ..] = labels.as_slice() else { return None };
    if !(rest.contains(&"rds") && rest.contains(&"amazonaws")) {
        return None;
    }
    match kind.split_once('-').unwrap_or_default() {
        ("", _) if *kind != "endpoint" => Some(format!("instance/{id}")),
        ("cluster", rest) if rest.starts_with("ro-") => Some(format!("cluster/{id}/readers")),
        ("cluster", rest) if !rest.starts_with("custom-") => Some(format!("cluster/{id}")),
        ("proxy", _) => Some(format!("proxy/{id}")),
        _ => None,
    }
}

fn of_words(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('/').map(str::trim).collect();
    let [kind, id, more @ ..] = parts.as_slice() else { return None };
    let kind = nearest(kind, ["cluster", "instance", "proxy", "dns"])?;
    let more = match (kind, more) {
        (_, []) => String::new(),
        ("cluster", [set]) => match nearest(set, ["readers", "writer"])? {
            "readers" => "/readers".to_owned(),
            _ => String::new(),
        },
        ("cluster", [kind, name]) => match nearest(kind, ["custom", "instance", "member"])? {
            "custom" => format!("/custom/{name}"),
            _ => format!("/instance/{name}"),
        },
        ("proxy", [endpoint]) => format!("/{endpoint}"),
        _ => return None,
    };
    Some(format!("{kind}/{id}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_recognized_by_its_words_its_arn_or_its_host_name() {
        let rds = "abc.eu-west-1.rds.amazonaws.com";
        for (text, meant) in [
            ("clusters/orders", "cluster/orders"),
            ("cluster/orders/reader", "cluster/orders/readers"),
            ("cluster/orders/writer", "cluster/orders"),
            ("cluster/orders/costum/reports", "cluster/orders/custom/reports"),
            ("cluster/orders/instances/orders-1", "cluster/orders/instance/orders-1"),
            ("cluster/orders/member/orders-1", "cluster/orders/instance/orders-1"),
            ("cluster/orders/reader/orders-1", ""),
            ("instances/x", "instance/x"),
            (" Instance/x/", "instance/x"),
            ("arn:aws:rds:eu-west-1:111122223333:cluster:orders", "cluster/orders"),
            ("arn:aws-cn:rds:cn-north-1:111122223333:db:billing", "instance/billing"),
            ("arn:aws:rds:eu-west-1:111122223333:db-proxy:prx-0123456789abcdef0", ""),
            (&format!("orders.cluster-{rds}"), "cluster/orders"),
            (&format!("Orders.cluster-ro-{rds}.:5432"), "cluster/orders/readers"),
            (&format!("reports.cluster-custom-{rds}"), ""),
            (&format!("front.proxy-{rds}"), "proxy/front"),
            (&format!("front-ro.endpoint.proxy-{rds}"), ""),
            (&format!("world.global-{rds}"), ""),
            (&format!("billing.{rds}"), "instance/billing"),
            ("billing.abc.rds.cn-north-1.amazonaws.com.cn", "instance/billing"),
            ("db.example.com", ""),
            ("orders", ""),
            ("cluster/-", ""),
            ("table/orders", ""),
            ("", ""),
        ] {
            let found = source(text).map(|source| source.to_string());
            assert_eq!(found.as_deref().unwrap_or_default(), meant, "{text}");
        }
    }
}
