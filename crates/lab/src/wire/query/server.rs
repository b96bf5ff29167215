//! The HTTP server of the APIs: it reads requests from a loopback socket, writes answers, and
//! injects connection faults.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::answer::{Answer, Asked, Credentials, Delivery, answer};
use super::dialect::Form;
use super::{rest, s3};
use crate::world::World;

/// Bytes of a request that are read; more are refused with HTTP 413.
const LARGEST_BODY: usize = 1024 * 1024;

/// The path of Lambda's Invoke API on the same endpoint.
const LAMBDA: &str = "/2015-03-31/";

/// What the server needs of the lab around it.
pub(crate) trait Region: Send + Sync + 'static {
    /// Works on the world, brought up to the moment first.
    fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T;

    /// Answers a request to Lambda's Invoke API.
    fn lambda(
        &self,
        method: Method,
        path: String,
        headers: HeaderMap,
        body: Bytes,
    ) -> impl Future<Output = Response<Bytes>> + Send;
}

/// Serves until the future is dropped, and closes every connection then.
pub(crate) async fn serve<R: Region>(listener: TcpListener, region: Arc<R>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(converse(stream, region.clone()));
            }
            // Out of descriptors or a connection that was gone before it was accepted: others may
            // still come.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse<R: Region>(stream: TcpStream, region: Arc<R>) {
    let service = hyper::service::service_fn(move |request| {
        let region = region.clone();
        async move { respond(request, &*region).await }
    });
    // A connection that breaks, or that a fault breaks, concerns its caller alone.
    let _ = stream.set_nodelay(true);
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond<R: Region>(
    request: Request<Incoming>,
    region: &R,
) -> Result<Response<Sent>, io::Error> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than 1 MiB.\n"));
    };
    let body = body.to_bytes();
    let credentials = match head.headers.contains_key(AUTHORIZATION) {
        true => Credentials::Present,
        false => Credentials::Absent,
    };
    if let Some(asked) = rest::asked(&head, &body) {
        return send(region.with(|world| answer(world, asked, credentials))).await;
    }
    if head.uri.path().starts_with(LAMBDA) {
        let path = head.uri.path_and_query().map_or(LAMBDA, |path| path.as_str()).to_owned();
        let answer = region.lambda(head.method, path, head.headers, body).await;
        return Ok(answer.map(Sent::whole));
    }
    if !matches!(head.method, Method::POST | Method::GET) {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "The Query API takes GET and POST.\n"));
    }
    let asked = Asked::of_form(form(head.uri.query().unwrap_or_default(), &body));
    send(region.with(|world| answer(world, asked, credentials))).await
}

/// The parameters of the query string and of the body; the body's win.
fn form(query: &str, body: &[u8]) -> BTreeMap<String, String> {
    let query = form_urlencoded::parse(query.as_bytes()).into_owned();
    query.chain(form_urlencoded::parse(body).into_owned()).collect()
}

async fn send(answer: Answer) -> Result<Response<Sent>, io::Error> {
    tokio::time::sleep(answer.delay).await;
    let tag = (answer.form == Form::Object && answer.code.is_none()).then(|| s3::tag(&answer.body));
    let body = Bytes::from(answer.body);
    let length = body.len();
    let sent = match answer.delivery {
        Delivery::Whole => Sent::whole(body),
        Delivery::Half => Sent::half(&body),
        Delivery::Reset => return Err(io::ErrorKind::ConnectionReset.into()),
        Delivery::Silence => std::future::pending().await,
    };
    let content = match answer.form {
        Form::Query | Form::Ec2 => "text/xml",
        Form::Json => "application/json",
        Form::Object => "binary/octet-stream",
    };
    let mut response = Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, content)
        .header(CONTENT_LENGTH, length)
        .header("x-amzn-RequestId", answer.request_id);
    if let Some(code) = answer.code.filter(|_| answer.form == Form::Json) {
        response = response.header("x-amzn-ErrorType", code);
    }
    if let Some(tag) = tag {
        response = response.header(ETAG, tag);
    }
    response.body(sent).map_err(io::Error::other)
}

fn plain(status: StatusCode, text: &'static str) -> Response<Sent> {
    let mut response = Response::new(Sent::whole(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}

/// A body that is sent whole, or breaks off in the middle.
pub(crate) struct Sent {
    rest: Option<Bytes>,
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Clean,
    Broken,
}

impl Sent {
    fn whole(bytes: Bytes) -> Sent {
        Sent { rest: Some(bytes), ending: Ending::Clean }
    }

    fn half(bytes: &Bytes) -> Sent {
        Sent { rest: Some(bytes.slice(..bytes.len() / 2)), ending: Ending::Broken }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match (self.rest.take(), self.ending) {
            (Some(bytes), _) => Some(Ok(Frame::data(bytes))),
            (None, Ending::Clean) => None,
            (None, Ending::Broken) => {
                self.ending = Ending::Clean;
                Some(Err(io::ErrorKind::ConnectionAborted.into()))
            }
        })
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.rest, self.ending) {
            (Some(bytes), Ending::Clean) => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
