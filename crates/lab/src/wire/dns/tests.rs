//! Tests the DNS server with raw messages over UDP and TCP.

use std::net::SocketAddr;

use hickory_proto::op::{Message, MessageType, Query};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::fault::NameEffect;
use crate::wire::{Lab, Options};
use crate::world::World;
use crate::world::rds::Engine;
use crate::world::vpc::Zone;

const CLUSTER: &str = "orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com.";
const INSTANCE: &str = "orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com.";

async fn lab() -> Lab {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world
        .add_aurora("orders", Engine::AuroraPostgresql, &[("orders-1", Zone::A)])
        .expect("good names");
    Lab::start(world, Options::default()).await.expect("loopback has ports")
}

fn question(name: &str, record_type: RecordType) -> Vec<u8> {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).expect("a name"), record_type));
    message.to_vec().expect("it fits")
}

async fn over_udp(server: SocketAddr, name: &str, record_type: RecordType) -> Option<Message> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has ports");
    socket.send_to(&question(name, record_type), server).await.expect("loopback is there");
    let mut bytes = [0; 4096];
    let received =
        tokio::time::timeout(Duration::from_millis(500), socket.recv(&mut bytes)).await.ok()?;
    Some(Message::from_vec(&bytes[..received.expect("an answer")]).expect("a DNS message"))
}

async fn over_tcp(server: SocketAddr, name: &str) -> Message {
    let question = question(name, RecordType::A);
    let mut stream = TcpStream::connect(server).await.expect("it listens");
    stream.write_u16(question.len() as u16).await.expect("it reads");
    stream.write_all(&question).await.expect("it reads");
    let mut bytes = vec![0; usize::from(stream.read_u16().await.expect("it answers"))];
    stream.read_exact(&mut bytes).await.expect("it answers");
    Message::from_vec(&bytes).expect("a DNS message")
}

fn data(message: &Message) -> Vec<RData> {
    message.answers.iter().map(|record| record.data.clone()).collect()
}

fn chain() -> Vec<RData> {
    let alias = RData::CNAME(CNAME(Name::from_ascii(INSTANCE).expect("a name")));
    vec![alias, RData::A(A::new(10, 20, 1, 10))]
}

#[tokio::test]
async fn a_cluster_endpoint_answers_alias_and_address_over_udp_and_tcp() {
    let lab = lab().await;
    let udp = over_udp(lab.dns(), CLUSTER, RecordType::A).await.expect("an answer");
    let tcp = over_tcp(lab.dns(), &CLUSTER.to_uppercase()).await;
    assert_eq!((data(&udp), data(&tcp)), (chain(), chain()), "in any case");
    assert!(udp.metadata.authoritative);
    assert!(udp.answers.iter().all(|record| record.ttl == 5));
}

#[tokio::test]
async fn an_unknown_name_does_not_exist_and_a_known_one_without_ipv6_has_no_address() {
    let lab = lab().await;
    let unknown = over_udp(lab.dns(), "nobody.test.", RecordType::A).await.expect("an answer");
    assert_eq!(unknown.metadata.response_code, ResponseCode::NXDomain);
    let ipv6 = over_udp(lab.dns(), INSTANCE, RecordType::AAAA).await.expect("an answer");
    assert_eq!((ipv6.metadata.response_code, data(&ipv6)), (ResponseCode::NoError, vec![]));
}

#[tokio::test]
async fn a_truncated_answer_is_whole_over_tcp() {
    let lab = lab().await;
    lab.world().faults.add_name(CLUSTER, NameEffect::Truncate, Duration::ZERO, None);
    let udp = over_udp(lab.dns(), CLUSTER, RecordType::A).await.expect("an answer");
    assert_eq!((udp.metadata.truncation, data(&udp)), (true, vec![]));
    let tcp = over_tcp(lab.dns(), CLUSTER).await;
    assert_eq!((tcp.metadata.truncation, data(&tcp)), (false, chain()));
}

#[tokio::test]
async fn faults_on_names_are_heard_as_they_are() {
    let lab = lab().await;
    let ask = async |effect: NameEffect| {
        lab.world().faults.add_name(CLUSTER, effect, Duration::ZERO, None);
        let answer = over_udp(lab.dns(), CLUSTER, RecordType::A).await;
        answer.map(|answer| (answer.metadata.response_code, data(&answer)))
    };
    assert_eq!(ask(NameEffect::Timeout).await, None);
    assert_eq!(ask(NameEffect::ServFail).await, Some((ResponseCode::ServFail, vec![])));
    assert_eq!(ask(NameEffect::NxDomain).await, Some((ResponseCode::NXDomain, vec![])));
    let elsewhere = NameEffect::Addresses(vec![IpAddr::from([192, 0, 2, 1])]);
    assert_eq!(
        ask(elsewhere).await,
        Some((ResponseCode::NoError, vec![RData::A(A::new(192, 0, 2, 1))]))
    );
}

#[tokio::test]
async fn bytes_that_are_no_question_do_no_harm() {
    let lab = lab().await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback has ports");
    for bytes in [&[0u8; 3][..], &[0xff; 64], &[0; 512]] {
        socket.send_to(bytes, lab.dns()).await.expect("loopback is there");
    }
    assert!(over_udp(lab.dns(), CLUSTER, RecordType::A).await.is_some());
}
