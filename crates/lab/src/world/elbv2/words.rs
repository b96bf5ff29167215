//! The API's words for a group's protocol, type and family (botocore elbv2 2015-12-01).

use std::fmt;
use std::str::FromStr;

use super::{GroupProtocol, IpFamily, TargetType};

/// A word that the lab has no group for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord;

impl fmt::Display for GroupProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Udp => "UDP",
            Self::TcpUdp => "TCP_UDP",
            Self::Http => "HTTP",
        })
    }
}

impl FromStr for GroupProtocol {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "TCP" => Ok(Self::Tcp),
            "TLS" => Ok(Self::Tls),
            "UDP" => Ok(Self::Udp),
            "TCP_UDP" => Ok(Self::TcpUdp),
            "HTTP" => Ok(Self::Http),
            _ => Err(UnknownWord),
        }
    }
}

impl fmt::Display for TargetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instance => "instance",
            Self::Ip => "ip",
        })
    }
}

impl FromStr for TargetType {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "instance" => Ok(Self::Instance),
            "ip" => Ok(Self::Ip),
            _ => Err(UnknownWord),
        }
    }
}

impl fmt::Display for IpFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        })
    }
}

impl FromStr for IpFamily {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "ipv4" => Ok(Self::Ipv4),
            "ipv6" => Ok(Self::Ipv6),
            _ => Err(UnknownWord),
        }
    }
}
