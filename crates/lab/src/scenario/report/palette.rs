//! Assigns colors to addresses: an address has the same color in every lane of a timeline.
//!
//! The writer of the beginning has the first colour, so that two programs' timelines of one
//! scenario look alike where they are.

use std::net::{IpAddr, SocketAddr};

use crate::scenario::recording::LinkRecording;

/// How many colours the style sheet has for addresses.
const COLOURS: usize = 8;

/// The addresses of a link, in the order in which they get their colours.
#[derive(Debug)]
pub(super) struct Palette {
    addresses: Vec<IpAddr>,
}

impl Palette {
    pub(super) fn of(link: &LinkRecording) -> Palette {
        let mut palette = Palette { addresses: Vec::new() };
        for span in link.wanted.iter().chain(&link.topology).chain(&link.dns) {
            palette.learn(&span.what);
        }
        for span in &link.targets {
            palette.learn(&span.target);
        }
        palette
    }

    fn learn(&mut self, text: &str) {
        for address in addresses(text) {
            if !self.addresses.contains(&address) {
                self.addresses.push(address);
            }
        }
    }

    /// The class of an address's colour.
    pub(super) fn class(&self, address: &IpAddr) -> String {
        match self.addresses.iter().position(|known| known == address) {
            Some(index) => format!("a{}", index % COLOURS),
            None => "none".to_owned(),
        }
    }

    /// The class of the one address that a text names; `none` if it names none or several.
    pub(super) fn class_of_text(&self, text: &str) -> String {
        match addresses(text)[..] {
            [address] => self.class(&address),
            _ => "none".to_owned(),
        }
    }

    /// Every address with the class of its colour.
    pub(super) fn known(&self) -> impl Iterator<Item = (String, String)> {
        self.addresses.iter().map(|address| (address.to_string(), self.class(address)))
    }
}

/// The addresses in a text that joins them by commas, each with or without a port; none of
/// `NXDOMAIN` and the like.
pub(super) fn addresses(text: &str) -> Vec<IpAddr> {
    let address = |part: &str| -> Option<IpAddr> {
        let part = part.trim();
        part.parse().ok().or_else(|| Some(part.parse::<SocketAddr>().ok()?.ip()))
    };
    text.split(',').filter_map(address).collect()
}
