//! Answers whose response code decides.
//!
//! hickory uses the records in an NXDOMAIN answer, and looks up the target of an alias in it. But
//! the code is about the last name of the chain (RFC 6604, 3): that name does not exist. A record
//! beside it, from a cache or a forger, must not point a load balancer at a machine.

use std::net::IpAddr;
use std::pin::Pin;

use futures_util::stream::{Stream, StreamExt};
use hickory_resolver::config::ConnectionConfig;
use hickory_resolver::net::xfer::DnsHandle;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{DnsRequest, DnsResponse, ResponseCode};
use hickory_resolver::{ConnectionProvider, PoolContext};

/// Connections whose answers are read by their response codes.
#[derive(Debug, Clone)]
pub(super) struct Strict<T>(pub(super) T);

impl<P: ConnectionProvider> ConnectionProvider for Strict<P> {
    type Conn = Strict<P::Conn>;
    type FutureConn = Pin<Box<dyn Future<Output = Result<Self::Conn, NetError>> + Send>>;
    type RuntimeProvider = P::RuntimeProvider;

    fn new_connection(
        &self,
        ip: IpAddr,
        config: &ConnectionConfig,
        context: &PoolContext,
    ) -> Result<Self::FutureConn, NetError> {
        let connection = self.0.new_connection(ip, config, context)?;
        Ok(Box::pin(async { connection.await.map(Strict) }))
    }

    fn runtime_provider(&self) -> &Self::RuntimeProvider {
        self.0.runtime_provider()
    }
}

impl<H: DnsHandle> DnsHandle for Strict<H> {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = H::Runtime;

    fn send(&self, request: DnsRequest) -> Self::Response {
        Box::pin(self.0.send(request).map(|answer| answer.and_then(by_its_code)))
    }
}

fn by_its_code(mut answer: DnsResponse) -> Result<DnsResponse, NetError> {
    match answer.metadata.response_code {
        ResponseCode::NoError => Ok(answer),
        ResponseCode::NXDomain => {
            answer.answers.clear();
            answer.additionals.clear();
            Ok(answer)
        }
        code => Err(NetError::Dns(DnsError::ResponseCode(code))),
    }
}
