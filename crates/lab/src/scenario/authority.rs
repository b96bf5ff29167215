//! The certificate authority that issues the certificates of the lab's databases, like RDS's own.
//!
//! A certificate names the instance's endpoint and, of a cluster's member, the cluster's (AWS docs:
//! "Using SSL/TLS to encrypt a connection to a DB cluster"). No name of the load balancer or of
//! PrivateLink is in it: a client that verifies must ask for the endpoint's real name, whatever
//! that resolves to.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;

/// An authority with a new root. Copies are the same authority.
#[derive(Clone)]
pub struct Authority {
    root: Arc<CertifiedIssuer<'static, KeyPair>>,
}

/// A server's certificate and its key.
pub(super) struct Identity {
    /// The certificate, as PEM.
    pub(super) certificate: String,
    /// The private key, as PEM.
    pub(super) key: String,
}

impl Authority {
    /// A new authority.
    ///
    /// # Errors
    /// When there is no randomness to make a key of.
    pub fn new() -> Result<Authority, rcgen::Error> {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "Writerlink lab root");
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Authority { root: Arc::new(CertifiedIssuer::self_signed(root, KeyPair::generate()?)?) })
    }

    /// The root's certificate as PEM, as a client's `sslrootcert` wants it.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The root's certificate.
    pub(super) fn root(&self) -> CertificateDer<'static> {
        self.root.der().clone()
    }

    /// A certificate for a server of these names, the first of which is its own.
    pub(super) fn issue(&self, names: &[String]) -> Result<Identity, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        if let Some(own) = names.first() {
            params.distinguished_name.push(DnType::CommonName, own);
        }
        let key = KeyPair::generate()?;
        Ok(Identity {
            certificate: params.signed_by(&key, self.root.as_ref())?.pem(),
            key: key.serialize_pem(),
        })
    }
}
