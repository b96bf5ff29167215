//! Tests clients behind the lab's load balancer while the function follows a failover: on loopback,
//! and at AWS's pace in virtual time.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use writerlink_core::event::SourceType;
use writerlink_lab::scene::Link;
use writerlink_lab::world::World;
use writerlink_lab::world::elbv2::TargetState;
use writerlink_tests::deployed_lab::DeployedLab;
use writerlink_tests::play::Play;

/// The node that the clients are in front of.
const ZONE: &str = "eu-west-1a";

/// New flows in a row after which the rest is taken to go the same way.
const IN_A_ROW: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn new_connections_reach_the_new_writer_after_a_failover_that_the_function_followed() {
    let deployed = DeployedLab::begin().await;
    let _servers = serve_every_member_of_orders(&deployed).await;
    let old = deployed.writer(deployed.orders());
    assert_eq!(connect(&deployed).await, Some(old.to_string()));
    deployed
        .follows(deployed.orders(), |world| {
            world.failover_db_cluster("orders", None).expect("failover");
        })
        .await;
    let new = deployed.writer(deployed.orders()).to_string();
    let mut in_a_row = 0;
    let mut others = 0;
    while in_a_row < IN_A_ROW {
        match connect(&deployed).await {
            Some(reached) if reached == new => in_a_row += 1,
            _ => {
                (in_a_row, others) = (0, others + 1);
                // The nodes need their time; a client that asked without a pause would only make it
                // look worse.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        assert!(others < 3000, "new connections go on to reach others than {new}");
    }
}

#[test]
fn new_flows_reach_the_former_writer_too_until_the_nodes_let_go_of_it_and_are_never_refused() {
    let play = Play::new();
    let old = writer(&play);
    play.world().failover_db_cluster("orders", None).expect("failover");
    let began = play.now();
    play.event(73, SourceType::Cluster, "orders");
    assert!(play.is_right(&play.orders));
    let deregistered = deregistered(&play, &old) - began;
    let mut both = 0;
    let alone = loop {
        let takers = takers(&play);
        assert!(!takers.is_empty(), "refused {:?} after the failover", play.now() - began);
        if takers == [writer(&play)] {
            break play.now() - began;
        }
        both += u32::from(takers.len() == 2);
        play.pass(Duration::from_secs(1));
        assert!(play.now() - began < Duration::from_secs(600));
    };
    // The load balancer's own time, whatever the function does.
    assert!(both > 0, "for a while each new flow is drawn from both");
    let lag = Duration::from_secs(120);
    assert!(alone >= deregistered + lag && alone <= deregistered + lag + Duration::from_secs(1));
}

/// A server for each member, which says the member's address as the region has it.
async fn serve_every_member_of_orders(deployed: &DeployedLab) -> JoinSet<()> {
    let mut servers = JoinSet::new();
    for member in ["orders-1", "orders-2", "orders-3"] {
        let address =
            deployed.lab.world().rds.instance_address(member).expect("a member of the scene");
        let target = SocketAddr::new(address, deployed.orders().port);
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has ports");
        deployed.lab.place(target, listener.local_addr().expect("it is bound"));
        servers.spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                // A client that is gone receives nothing.
                let _ = client.write_all(target.to_string().as_bytes()).await;
            }
        });
    }
    servers
}

/// The target that a new connection reaches, if any.
async fn connect(deployed: &DeployedLab) -> Option<String> {
    let listeners = deployed.lab.nlb_listeners();
    let port = deployed.orders().port;
    let node = listeners.iter().find(|node| node.port == port && node.zone == ZONE)?;
    let mut said = String::new();
    let mut connection = TcpStream::connect(node.address).await.ok()?;
    connection.read_to_string(&mut said).await.ok()?;
    Some(said)
}

fn writer(play: &Play) -> String {
    let writer = play.orders.writer(&play.world()).expect("a database has a writer");
    writer.address.ip().to_string()
}

/// When a target was deregistered.
fn deregistered(play: &Play, address: &str) -> Duration {
    let world = play.world();
    let mut transitions = world.elbv2.timeline().iter();
    let left = transitions.find(|t| t.target.id == address && t.to == Some(TargetState::Draining));
    left.expect("the function deregistered it").at
}

fn takers(play: &Play) -> Vec<String> {
    let world = play.world();
    let listener = listener(&world, &play.orders);
    let route = world.route(&listener, ZONE);
    route.takers().iter().map(|target| target.id.clone()).collect()
}

fn listener(world: &World, link: &Link) -> String {
    let mut listeners = world.elbv2.listeners();
    let listener = listeners.find(|listener| listener.target_group == link.group);
    listener.expect("a listener forwards to the group").arn.clone()
}
