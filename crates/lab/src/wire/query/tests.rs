//! Tests the Query API server with raw requests over loopback.

#![allow(clippy::unwrap_used)]

mod faults;
mod protocol;

use std::sync::{Arc, Mutex};

use hyper::body::Bytes;
use hyper::header::HeaderMap;
use hyper::{Method, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Region, serve};
use crate::fault::{Effect, Fault};
use crate::world::elbv2::NewTargetGroup;
use crate::world::rds::Engine;
use crate::world::vpc::Zone;
use crate::world::{Outcome, World};

/// A world whose clock stands still, served on a loopback port.
struct Served {
    world: Mutex<World>,
}

impl Region for Served {
    fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut self.world.lock().unwrap())
    }

    async fn lambda(
        &self,
        method: Method,
        path: String,
        _: HeaderMap,
        body: Bytes,
    ) -> Response<Bytes> {
        Response::new(Bytes::from(format!("{method} {path} {}", String::from_utf8_lossy(&body))))
    }
}

struct Client {
    served: Arc<Served>,
    address: std::net::SocketAddr,
    group: String,
}

impl Client {
    async fn start() -> Client {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
        world.add_aurora("orders", Engine::AuroraPostgresql, &members).unwrap();
        let group = world.add_target_group(NewTargetGroup::tcp("orders", 5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = Arc::new(Served { world: Mutex::new(world) });
        tokio::spawn(serve(listener, served.clone()));
        Client { served, address, group }
    }

    /// Sends bytes and gives everything that comes back until the server closes.
    async fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn call(&self, version: &str, form: &str) -> String {
        self.raw(&request(&format!("Version={version}&{form}"))).await
    }

    async fn elbv2(&self, form: &str) -> String {
        self.call("2015-12-01", form).await
    }

    async fn rds(&self, form: &str) -> String {
        self.call("2014-10-31", form).await
    }

    fn fault(&self, operation: &str, effect: Effect) {
        self.served.with(|world| world.faults.add(Fault::on(operation, effect).times(1)));
    }

    fn register_form(&self) -> String {
        format!(
            "Action=RegisterTargets&TargetGroupArn={}&Targets.member.1.Id=10.20.1.7",
            self.group
        )
    }

    fn targets(&self) -> usize {
        self.served.with(|world| world.elbv2.present(&self.group).len())
    }

    fn last_outcome(&self) -> Outcome {
        self.served.with(|world| world.calls.iter().next_back().unwrap().outcome.clone())
    }
}

fn request(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nhost: lab\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 x\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn rest(path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
         x\r\n\r\n"
    )
    .into_bytes()
}

fn text_of<'a>(xml: &'a str, element: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{element}>")).unwrap_or(("", ""));
    rest.split_once('<').map_or("", |(text, _)| text)
}
