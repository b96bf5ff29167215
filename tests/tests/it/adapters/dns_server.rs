//! A DNS server that answers each question as a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Udp,
    Tcp,
}

/// What becomes of a question.
pub(crate) enum Say {
    /// These records, with NOERROR.
    Records(Vec<Record>),
    /// A code, and no records.
    Code(ResponseCode),
    /// A code, and records beside it.
    Both(ResponseCode, Vec<Record>),
    /// A code in twelve bytes, without the question, as servers answer that could not read it.
    Bare(ResponseCode),
    /// "Ask again over TCP."
    Truncated,
    /// Nothing; over TCP the end of the connection.
    Silence,
    /// Nothing; over TCP the connection stays open.
    Hang,
}

/// A question as it came.
pub(crate) struct Asked<'a> {
    /// `name TYPE`.
    pub(crate) text: &'a str,
    /// The way.
    pub(crate) over: Over,
    /// Whether it has an OPT record.
    pub(crate) edns: bool,
}

/// A record in the notation `name A 10.0.0.1` or `name CNAME other`, with the time to live that RDS
/// gives.
pub(crate) fn record(text: &str) -> Record {
    living(5, text)
}

/// The same with another time to live, in seconds.
pub(crate) fn living(ttl: u32, text: &str) -> Record {
    let [name, kind, data] = text.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let name_of = |text: &str| Name::from_ascii(format!("{text}.")).unwrap();
    let data_of = match kind {
        "A" => RData::A(A(data.parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(data.parse().unwrap())),
        "CNAME" => RData::CNAME(CNAME(name_of(data))),
        other => panic!("no record type {other}"),
    };
    Record::from_rdata(name_of(name), ttl, data_of)
}

/// Several.
pub(crate) fn records(texts: &[&str]) -> Say {
    Say::Records(texts.iter().map(|text| record(text)).collect())
}

/// The server, and the questions that reached it.
pub(crate) struct DnsServer {
    pub(crate) address: SocketAddr,
    questions: Arc<Mutex<Vec<String>>>,
}

impl DnsServer {
    /// Serves until the runtime ends; `say` is given each question as `name TYPE`.
    pub(crate) async fn start(say: impl Fn(&str, Over) -> Say + Send + Sync + 'static) -> Self {
        Self::hearing(move |asked| say(asked.text, asked.over)).await
    }

    /// The same, with all there is to know of a question.
    pub(crate) async fn hearing(say: impl Fn(&Asked<'_>) -> Say + Send + Sync + 'static) -> Self {
        let (udp, tcp) = sockets().await;
        Self::on(udp, Some(tcp), Duration::ZERO, say)
    }

    /// The same, with so much time before each answer over UDP, and without TCP.
    pub(crate) async fn slow(
        delay: Duration,
        say: impl Fn(&str, Over) -> Say + Send + Sync + 'static,
    ) -> Self {
        let (udp, _) = sockets().await;
        Self::on(udp, None, delay, move |asked| say(asked.text, asked.over))
    }

    /// The same, without TCP.
    pub(crate) async fn hearing_udp(
        say: impl Fn(&Asked<'_>) -> Say + Send + Sync + 'static,
    ) -> Self {
        let (udp, _) = sockets().await;
        Self::on(udp, None, Duration::ZERO, say)
    }

    fn on(
        udp: UdpSocket,
        tcp: Option<TcpListener>,
        delay: Duration,
        say: impl Fn(&Asked<'_>) -> Say + Send + Sync + 'static,
    ) -> Self {
        let address = udp.local_addr().unwrap();
        let questions = Arc::new(Mutex::new(Vec::new()));
        let (seen, say) = (Arc::clone(&questions), Arc::new(say));
        let (seen_too, say_too) = (Arc::clone(&seen), Arc::clone(&say));
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            let udp = Arc::new(udp);
            while let Ok((length, peer)) = udp.recv_from(&mut buffer).await {
                if let Some(answer) = answer(&buffer[..length], Over::Udp, &seen, &*say) {
                    let udp = Arc::clone(&udp);
                    tokio::spawn(async move {
                        tokio::time::sleep(delay).await;
                        udp.send_to(&answer, peer).await.unwrap();
                    });
                }
            }
        });
        tokio::spawn(async move {
            let Some(tcp) = tcp else { return };
            while let Ok((stream, _)) = tcp.accept().await {
                tokio::spawn(over_tcp(stream, Arc::clone(&seen_too), Arc::clone(&say_too)));
            }
        });
        Self { address, questions }
    }

    pub(crate) fn questions(&self) -> Vec<String> {
        self.questions.lock().unwrap().clone()
    }
}

/// One port for both. Another lookup can have it for its own question, over one of the two.
async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

async fn over_tcp<S: Fn(&Asked<'_>) -> Say>(
    mut stream: TcpStream,
    seen: Arc<Mutex<Vec<String>>>,
    say: Arc<S>,
) {
    let Ok(length) = stream.read_u16().await else {
        return;
    };
    let mut question = vec![0; usize::from(length)];
    stream.read_exact(&mut question).await.unwrap();
    let hangs = std::cell::Cell::new(false);
    let answer = answer(&question, Over::Tcp, &seen, &|asked: &Asked<'_>| {
        let say = say(asked);
        hangs.set(matches!(say, Say::Hang));
        say
    });
    let hangs = hangs.get();
    if let Some(answer) = answer {
        stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
        stream.write_all(&answer).await.unwrap();
    }
    if hangs {
        std::future::pending::<()>().await;
    }
}

fn answer(
    question: &[u8],
    over: Over,
    seen: &Mutex<Vec<String>>,
    say: &impl Fn(&Asked<'_>) -> Say,
) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).unwrap();
    let query = question.queries[0].clone();
    let text = format!("{} {}", query.name(), query.query_type());
    let edns = question.edns.is_some();
    let mark = if edns { "" } else { " without EDNS" };
    seen.lock().unwrap().push(format!("{text} {over:?}{mark}"));
    let mut answer = Message::response(question.metadata.id, OpCode::Query);
    answer.add_query(query);
    match say(&Asked { text: &text, over, edns }) {
        Say::Records(records) => {
            answer.add_answers(records);
        }
        Say::Code(code) => answer.metadata.response_code = code,
        Say::Both(code, records) => {
            answer.metadata.response_code = code;
            answer.add_answers(records);
        }
        Say::Bare(code) => {
            answer.queries.clear();
            answer.metadata.response_code = code;
        }
        Say::Truncated => answer.metadata.truncation = true,
        Say::Silence | Say::Hang => return None,
    }
    Some(answer.to_vec().unwrap())
}
