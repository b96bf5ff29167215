//! The DNS servers, over UDP and TCP: the region's, and that of a consumer's VPC, which answers
//! some names differently.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Header, HeaderCounts, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::{TcpListener, UdpSocket};

use super::region::Region;
use crate::world::dns::{Code, Family, Reply, ResourceRecord, TTL};

/// How long a TCP connection may stay idle.
const IDLE: Duration = Duration::from_secs(30);

/// Answers that may wait to be sent on one TCP connection.
const WAITING: usize = 32;

/// What a server's clients see.
pub(super) trait View: Send + Sync + 'static {
    /// The answer for a name at this moment.
    fn resolve(&self, name: &str, family: Family) -> Reply;
}

impl View for Region {
    fn resolve(&self, name: &str, family: Family) -> Reply {
        self.with(|world| world.resolve(name, family))
    }
}

/// Serves until the future is dropped.
pub(super) async fn serve(udp: UdpSocket, tcp: TcpListener, view: Arc<impl View>) {
    let mut server = Server::new(Answers { view });
    server.register_socket(udp);
    server.register_listener(tcp, IDLE, WAITING);
    // Ends only with an error of the sockets themselves; then nobody is answered, which is what a
    // dead server looks like.
    let _ = server.block_until_done().await;
}

struct Answers<V> {
    view: Arc<V>,
}

impl<V: View> RequestHandler for Answers<V> {
    // Written out as the trait's `async_trait` expands it.
    fn handle_request<'handler, 'request, 'answer, R, T>(
        &'handler self,
        request: &'request Request,
        sender: R,
    ) -> Pin<Box<dyn Future<Output = ResponseInfo> + Send + 'answer>>
    where
        R: ResponseHandler + 'answer,
        T: Time + 'answer,
        'handler: 'answer,
        'request: 'answer,
        Self: 'answer,
    {
        Box::pin(self.answer(request, sender))
    }
}

impl<V: View> Answers<V> {
    async fn answer(&self, request: &Request, sender: impl ResponseHandler) -> ResponseInfo {
        let Ok(info) = request.request_info() else {
            return send(request, sender, ResponseCode::FormErr, &[], Cut::No).await;
        };
        if request.metadata.op_code != OpCode::Query {
            return send(request, sender, ResponseCode::NotImp, &[], Cut::No).await;
        }
        let name = info.query.name().to_string();
        let reply = self.view.resolve(&name, family(info.query.query_type()));
        tokio::time::sleep(reply.delay).await;
        let code = match reply.code {
            Code::Silence => return silence(request),
            Code::NoError => ResponseCode::NoError,
            Code::NxDomain => ResponseCode::NXDomain,
            Code::ServFail => ResponseCode::ServFail,
        };
        let cut =
            if reply.cut_over_udp && info.protocol == Protocol::Udp { Cut::Yes } else { Cut::No };
        match records(&reply) {
            Some(records) => send(request, sender, code, &records, cut).await,
            // A name in the world that DNS cannot carry, such as one with a label of more than 63
            // bytes.
            None => send(request, sender, ResponseCode::ServFail, &[], cut).await,
        }
    }
}

/// Whether an answer is cut short, so that the resolver comes back over TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Yes,
    No,
}

fn family(record_type: RecordType) -> Family {
    match record_type {
        RecordType::A => Family::V4,
        RecordType::AAAA => Family::V6,
        _ => Family::Other,
    }
}

fn records(reply: &Reply) -> Option<Vec<Record>> {
    reply.records.iter().map(record).collect()
}

fn record(record: &ResourceRecord) -> Option<Record> {
    let (owner, data) = match record {
        ResourceRecord::Alias { owner, target } => (owner, RData::CNAME(CNAME(absolute(target)?))),
        ResourceRecord::Address { owner, address } => (
            owner,
            match address {
                IpAddr::V4(address) => RData::A(A(*address)),
                IpAddr::V6(address) => RData::AAAA(AAAA(*address)),
            },
        ),
    };
    Some(Record::from_rdata(absolute(owner)?, TTL, data))
}

fn absolute(name: &str) -> Option<Name> {
    let mut name = Name::from_ascii(name).ok()?;
    name.set_fqdn(true);
    Some(name)
}

async fn send(
    request: &Request,
    mut sender: impl ResponseHandler,
    code: ResponseCode,
    records: &[Record],
    cut: Cut,
) -> ResponseInfo {
    let mut metadata = Metadata::response_from_request(&request.metadata);
    metadata.authoritative = true;
    metadata.response_code = code;
    metadata.truncation = cut == Cut::Yes;
    let sent = if cut == Cut::Yes { &[] } else { records };
    let response =
        MessageResponseBuilder::from_message_request(request).build(metadata, sent, &[], &[], &[]);
    match sender.send_response(response).await {
        Ok(info) => info,
        // The asker is gone.
        Err(_) => silence(request),
    }
}

/// The server's own note of a request that got no answer.
fn silence(request: &Request) -> ResponseInfo {
    ResponseInfo::from(Header {
        metadata: Metadata::response_from_request(&request.metadata),
        counts: HeaderCounts::default(),
    })
}

#[cfg(test)]
mod tests;
