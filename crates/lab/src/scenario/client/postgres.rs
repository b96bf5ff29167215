//! An application that speaks PostgreSQL over TLS and verifies the server's certificate.
//!
//! As with `sslmode=verify-full`, the certificate must be of the lab's authority and bear the
//! *endpoint's* name, whatever address the connection was made to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Door, Failure, Session};
use crate::scenario::authority::Authority;
use crate::scenario::database::postgres::{DATABASE, PASSWORD, ROLE};
use crate::scenario::recording::End;

/// The door to a database of PostgreSQL.
#[derive(Clone)]
pub(in crate::scenario) struct PostgresDoor {
    tls: MakeRustlsConnect,
    endpoint: Arc<str>,
}

/// A connection, and the instance at its other end.
pub(in crate::scenario) struct PostgresSession {
    client: Client,
    instance: String,
}

impl PostgresDoor {
    /// A door behind which the certificate must bear the endpoint's name and be of the authority.
    ///
    /// # Errors
    /// When the authority's root is none that TLS accepts.
    pub(in crate::scenario) fn new(
        authority: &Authority,
        endpoint: &str,
    ) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.root())?;
        let config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots)
                .with_no_client_auth();
        Ok(PostgresDoor { tls: MakeRustlsConnect::new(config), endpoint: endpoint.into() })
    }
}

/// The application's role, and its database.
fn identified(config: &mut Config) -> &mut Config {
    config.user(ROLE).password(PASSWORD).dbname(DATABASE).ssl_mode(SslMode::Require)
}

impl PostgresDoor {
    /// Opens a connection to the first of these members that is not read-only, as a driver does
    /// that has several hosts and `target_session_attrs=read-write`. Each is a name, which its
    /// certificate must bear, and an address; a member has this long to answer.
    pub(super) async fn choose(
        &self,
        members: &[(Arc<str>, SocketAddr)],
        timeout: Duration,
    ) -> Result<PostgresSession, Failure> {
        let mut config = Config::new();
        identified(&mut config)
            .connect_timeout(timeout)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        for (name, at) in members {
            config.host(&**name).hostaddr(at.ip()).port(at.port());
        }
        let refused = |_| Failure::of(End::Refused);
        let (client, connection) = config.connect(self.tls.clone()).await.map_err(refused)?;
        tokio::spawn(connection);
        PostgresSession::of(client).await
    }
}

impl Door for PostgresDoor {
    type Session = PostgresSession;

    async fn open(&self, node: SocketAddr) -> Result<PostgresSession, Failure> {
        let refused = || Failure { end: End::Refused, by: None };
        let stream = TcpStream::connect(node).await.map_err(|_| refused())?;
        let mut tls = self.tls.clone();
        let tls = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut tls, &self.endpoint)
            .map_err(|_| refused())?;
        let mut config = Config::new();
        let connected = identified(&mut config).connect_raw(stream, tls).await;
        let (client, connection) = connected.map_err(|_| refused())?;
        // Ends with the client; the statement in progress gets its error.
        tokio::spawn(connection);
        PostgresSession::of(client).await
    }
}

impl Session for PostgresSession {
    async fn write(&mut self, row: u64) -> Result<String, Failure> {
        let id = i64::try_from(row).unwrap_or(i64::MAX);
        let written =
            self.client.execute_typed("INSERT INTO rows VALUES ($1)", &[(&id, Type::INT8)]).await;
        match written {
            Ok(_) => Ok(self.instance.clone()),
            Err(error) => Err(self.failure(&error)),
        }
    }

    async fn count(&mut self) -> Result<(u64, String), Failure> {
        let counted = self.client.query_typed_one("SELECT count(*) FROM rows", &[]).await;
        match counted.and_then(|row| row.try_get::<_, i64>(0)) {
            Ok(rows) => Ok((rows.unsigned_abs(), self.instance.clone())),
            Err(error) => Err(self.failure(&error)),
        }
    }
}

impl PostgresSession {
    async fn of(client: Client) -> Result<Self, Failure> {
        let name = client.query_typed_one("SHOW cluster_name", &[]).await;
        let instance = name.and_then(|row| row.try_get(0));
        Ok(Self { client, instance: instance.map_err(|_| Failure::of(End::Refused))? })
    }

    fn failure(&self, error: &tokio_postgres::Error) -> Failure {
        let end = if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
            End::ReadOnly
        } else {
            End::Broken
        };
        Failure { end, by: error.code().map(|_| self.instance.clone()) }
    }
}
