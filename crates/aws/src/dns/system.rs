//! The system's DNS servers.
//!
//! Only the `nameserver` lines of `resolv.conf` are read, and of them the first three, as in glibc
//! (resolv.conf(5), `MAXNS`). Names are fully qualified and the time-outs are our own, so the other
//! lines do not matter, and cannot make the file unusable.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use writerlink_core::text::bounded;

/// The file that names the servers.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The most servers of the file that are asked.
const MOST: usize = 3;

/// No server to ask. glibc would ask this machine (127.0.0.1). If nobody wrote that down it is a
/// guess, and the answer of a guessed server must not move a database's traffic.
#[derive(Debug, thiserror::Error)]
pub enum NoServers {
    #[error(
        "{RESOLV_CONF} cannot be read ({0}): name the DNS servers in `[dns]` as `servers = \
         [\"10.20.0.2:53\"]`"
    )]
    Unreadable(io::Error),
    /// The `nameserver` entries that cannot be used.
    #[error("{RESOLV_CONF} names no DNS server that can be asked{}: name one in `[dns]` as \
        `servers = [\"10.20.0.2:53\"]`", passed_over(.0))]
    None(Vec<String>),
}

/// The servers that `resolv.conf` names.
pub(super) fn servers() -> Result<Vec<SocketAddr>, NoServers> {
    let text = fs::read(Path::new(RESOLV_CONF)).map_err(NoServers::Unreadable)?;
    named_in(&String::from_utf8_lossy(&text))
}

/// The servers in the text of the file. One that cannot be asked is skipped if there is another.
fn named_in(text: &str) -> Result<Vec<SocketAddr>, NoServers> {
    let (mut servers, mut unusable) = (Vec::new(), Vec::new());
    for line in text.trim_start_matches('\u{feff}').lines() {
        let mut words = line.split_whitespace();
        if words.next() != Some("nameserver") {
            continue;
        }
        let Some(word) = words.next() else { continue };
        match server(word) {
            Some(server) if servers.contains(&server) => {}
            Some(server) => servers.push(server),
            None => unusable.push(bounded(word)),
        }
    }
    servers.truncate(MOST);
    if servers.is_empty() { Err(NoServers::None(unusable)) } else { Ok(servers) }
}

/// An address, with the port if the file has one. The scope is dropped, except that a link-local
/// address needs its scope, which the resolver's library does not support: such a server cannot be
/// asked.
fn server(word: &str) -> Option<SocketAddr> {
    let with_port = word.parse().ok();
    let (address, _) = word.split_once('%').unwrap_or((word, ""));
    let server = address.parse().ok().map(|ip: IpAddr| SocketAddr::new(ip, 53)).or(with_port)?;
    let is_link_local = matches!(server.ip(), IpAddr::V6(ip) if ip.is_unicast_link_local());
    (!is_link_local).then_some(server)
}

fn passed_over(unusable: &[String]) -> String {
    match unusable {
        [] => String::new(),
        words => format!(" (not {}, which is no address, or a link-local one)", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &[u8]) -> Vec<String> {
        let servers = named_in(&String::from_utf8_lossy(text)).expect("servers");
        servers.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn of_resolv_conf_only_the_name_servers_count() {
        for (text, servers) in [
            (&b"nameserver 127.0.0.53\nsearch corp..example lan\n"[..], &["127.0.0.53:53"][..]),
            (b"search -- \xff\xfe\ndomain ..\nnameserver 10.0.0.2\n", &["10.0.0.2:53"]),
            (
                b"options ndots:x timeout: rotate bogus attempts:99999999999\nnameserver 10.0.0.2",
                &["10.0.0.2:53"],
            ),
            (
                b"sortlist 1.2.3/x\nfamily inet9\nlookup file bind\nnameserver 10.0.0.2",
                &["10.0.0.2:53"],
            ),
            (
                b"# nameserver 10.9.9.9\n; nameserver 10.9.9.8\nnameserver 10.0.0.2 # the VPC's\n",
                &["10.0.0.2:53"],
            ),
            (
                b"\r\n\r\nnameserver 10.0.0.2\r\nnameserver\t10.0.0.3\r\n",
                &["10.0.0.2:53", "10.0.0.3:53"],
            ),
            (b"\xef\xbb\xbfnameserver 10.0.0.2\n", &["10.0.0.2:53"]),
            (
                b"nameserver not-an-address\nnameserver 10.0.0.2\nnameserver 10.0.0\n",
                &["10.0.0.2:53"],
            ),
            (b"nameserver\nnameserver fe80::1%eth0\nnameserver 10.0.0.2", &["10.0.0.2:53"]),
            (b"nameserver fd00:ec2::253%2\nnameserver ::1", &["[fd00:ec2::253]:53", "[::1]:53"]),
            (
                b"nameserver [10.0.0.2]:5353\nnameserver 10.0.0.3:5353\nnameserver [::1]:5353",
                &["10.0.0.3:5353", "[::1]:5353"],
            ),
            (
                b"nameserver 10.0.0.2\nnameserver 10.0.0.2\nnameserver 10.0.0.3",
                &["10.0.0.2:53", "10.0.0.3:53"],
            ),
            (
                b"nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver \
                    10.0.0.4\n",
                &["10.0.0.1:53", "10.0.0.2:53", "10.0.0.3:53"],
            ),
            (b"nameservers 10.9.9.9\nNAMESERVER 10.9.9.9\nnameserver 10.0.0.2", &["10.0.0.2:53"]),
        ] {
            assert_eq!(named(text), servers, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn where_no_server_is_named_none_is_guessed_and_the_remedy_is_given() {
        for (text, says) in [
            ("", "names no DNS server"),
            ("\n\n", "names no DNS server"),
            ("search lan\n", "names no DNS server"),
            ("nameserver\n", "names no DNS server"),
            ("nameserver fe80::1%eth0\n", "not fe80::1%eth0"),
            ("nameserver x\u{1b}[31m\nnameserver y\n", "not x\u{fffd}[31m, y"),
        ] {
            let error = named_in(text).expect_err(text).to_string();
            assert!(error.contains(says) && error.contains("servers = ["), "{error}");
        }
    }
}
