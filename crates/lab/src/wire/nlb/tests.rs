//! Tests the load balancers' data plane with real TCP connections.

use std::io::ErrorKind;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::carry::reset;
use super::*;
use crate::scene::{Link, Scene};
use crate::wire::{Lab, Options};
use crate::world::Pace;
use crate::world::dns::{Code, Family};
use crate::world::elbv2::TargetRequest;

/// Longer than anything here takes, so that a test that hangs says so.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than the data plane needs to notice something.
const A_WHILE: Duration = Duration::from_millis(200);

const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
const TERMINATION: &str = "deregistration_delay.connection_termination.enabled";

/// The scene at AWS's pace, with a server for each member of `orders`. Its time is moved by hand.
struct Town {
    lab: Lab,
    orders: Link,
    _servers: JoinSet<()>,
}

impl Town {
    async fn new() -> Town {
        Town::with(Options::default()).await
    }

    async fn with(options: Options) -> Town {
        let mut scene = Scene::new(Pace::real()).expect("a good scene");
        let orders = scene.links.remove(0);
        let lab = Lab::start(scene.world, options).await.expect("loopback has ports");
        let mut servers = JoinSet::new();
        for member in ["orders-1", "orders-2", "orders-3"] {
            let address = lab.world().rds.instance_address(member).expect("a member of the scene");
            let listener =
                TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has ports");
            let socket = listener.local_addr().expect("a bound socket has an address");
            lab.place(SocketAddr::new(address, orders.port), socket);
            servers.spawn(serve_lines(listener, member));
        }
        Town { lab, orders, _servers: servers }
    }

    fn set_on_balancer(&self, key: &str, value: &str) {
        let mut world = self.lab.world();
        let balancer = world.elbv2.balancers_of(&self.orders.group).remove(0);
        world.elbv2.set_attributes(&balancer, &[(key, value)]);
    }

    fn set_on_group(&self, key: &str, value: &str) {
        self.lab.world().elbv2.set_attributes(&self.orders.group, &[(key, value)]);
    }

    fn register(&self, member: &str) {
        let target = self.target(member);
        self.lab.world().register_targets(&self.orders.group, &[target]).expect("a good target");
    }

    fn deregister(&self, member: &str) {
        let target = self.target(member);
        self.lab.world().deregister_targets(&self.orders.group, &[target]).expect("a good target");
    }

    fn target(&self, member: &str) -> TargetRequest {
        let address = self.lab.world().rds.instance_address(member).expect("a member of the scene");
        TargetRequest::new(&address.to_string(), self.orders.port)
    }

    fn pass(&self, seconds: u64) {
        self.lab.world().pass(Duration::from_secs(seconds));
    }

    fn node(&self, zone: &str) -> SocketAddr {
        let listeners = self.lab.nlb_listeners();
        let node = listeners.iter().find(|node| node.port == self.orders.port && node.zone == zone);
        node.expect("a listener for each zone").address
    }

    /// The load balancer's own name.
    fn own_name(&self) -> String {
        let world = self.lab.world();
        world.elbv2.balancers().next().expect("a load balancer").dns_name.clone()
    }

    /// Where DNS and the API say that the load balancer listens.
    fn named_nodes(&self) -> Vec<SocketAddr> {
        let name = self.own_name();
        let addresses = self.lab.world().resolve(&name, Family::V4).addresses();
        addresses.into_iter().map(|address| SocketAddr::new(address, self.orders.port)).collect()
    }

    /// Opens a flow at the node of zone a; gives the server's name.
    async fn open(&self) -> io::Result<(String, BufStream<TcpStream>)> {
        open(self.node("eu-west-1a")).await
    }

    /// The servers that many new flows reach.
    async fn reached(&self) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        for _ in 0..40 {
            reached.insert(self.open().await.expect("a target takes it").0);
        }
        reached
    }
}

/// Says its name, then answers every line with itself, and the end with a farewell.
async fn serve_lines(listener: TcpListener, name: &'static str) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a listening socket accepts");
        connections.spawn(async move {
            let mut stream = BufStream::new(stream);
            let mut said = format!("{name}\n");
            // A client that is gone receives nothing.
            while stream.write_all(said.as_bytes()).await.is_ok() && stream.flush().await.is_ok() {
                said.clear();
                match stream.read_line(&mut said).await {
                    Ok(0) => {
                        let _ = stream.write_all(b"farewell\n").await;
                        let _ = stream.flush().await;
                        return;
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        });
    }
}

async fn open(node: SocketAddr) -> io::Result<(String, BufStream<TcpStream>)> {
    let mut flow = BufStream::new(TcpStream::connect(node).await?);
    let name = hear(&mut flow).await?;
    Ok((name, flow))
}

/// The next line, or the error that ends the flow; an orderly end is one too.
async fn hear(flow: &mut BufStream<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    timeout(PATIENCE, flow.read_line(&mut line))
        .await
        .expect("a line or an end within the test's patience")?;
    line.pop().map(|_| line).ok_or(ErrorKind::UnexpectedEof.into())
}

async fn ask(flow: &mut BufStream<TcpStream>, line: &str) -> io::Result<String> {
    flow.write_all(format!("{line}\n").as_bytes()).await?;
    flow.flush().await?;
    hear(flow).await
}

fn kind<T>(result: io::Result<T>) -> ErrorKind {
    result.map(|_| "a line").expect_err("the flow to have ended").kind()
}

#[tokio::test]
async fn a_node_reaches_the_writer_in_another_zone_only_when_zones_are_crossed() {
    let town = Town::new().await;
    for zone in ["eu-west-1a", "eu-west-1b", "eu-west-1c"] {
        assert_eq!(open(town.node(zone)).await.expect("the writer takes it").0, "orders-1");
    }
    town.set_on_group(CROSS_ZONE, "use_load_balancer_configuration");
    town.set_on_balancer(CROSS_ZONE, "false");
    assert_eq!(open(town.node("eu-west-1a")).await.expect("the writer's zone").0, "orders-1");
    assert_eq!(kind(open(town.node("eu-west-1b")).await), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn an_empty_group_and_a_target_without_a_socket_refuse_their_clients() {
    let town = Town::new().await;
    let mut listeners = town.lab.nlb_listeners().into_iter();
    let billing = listeners.find(|node| node.port != town.orders.port).expect("billing's listener");
    assert_eq!(kind(open(billing.address).await), ErrorKind::ConnectionReset);
    town.deregister("orders-1");
    town.pass(120);
    assert_eq!(kind(town.open().await), ErrorKind::ConnectionReset);
}

// Other systems have 127.0.0.1 alone.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_load_balancers_own_name_leads_to_ports_that_are_open_while_a_target_accepts() {
    let town = Town::new().await;
    let nodes = town.named_nodes();
    assert_eq!(nodes.iter().collect::<BTreeSet<_>>().len(), 3, "one for each zone: {nodes:?}");
    for node in &nodes {
        until_open(*node).await;
        assert_eq!(open(*node).await.expect("the writer takes it").0, "orders-1");
    }
    town.deregister("orders-1");
    town.pass(120);
    until_refused(nodes[0]).await;
    assert_eq!(kind(TcpStream::connect(nodes[0]).await), ErrorKind::ConnectionRefused);
    assert_eq!(town.named_nodes(), nodes, "the name stays");
    town.register("orders-2");
    town.pass(90);
    until_open(nodes[0]).await;
    assert_eq!(open(nodes[0]).await.expect("the new target takes it").0, "orders-2");
    let other = Town::new().await;
    assert!(other.named_nodes().iter().all(|node| !nodes.contains(node)), "a lab beside it");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_load_balancers_name_has_no_address_while_another_program_has_a_listeners_port() {
    let town = Town::new().await;
    let name = town.own_name();
    let resolve = || town.lab.world().resolve(&name, Family::V4);
    let program = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a port");
    let port = program.local_addr().expect("an address").port();
    let balancer = town.lab.world().elbv2.balancers_of(&town.orders.group).remove(0);
    let listener = town.lab.world().add_listener(&balancer, port, &town.orders.group);
    until(|| resolve().addresses().is_empty()).await;
    assert_eq!(resolve().code, Code::NoError);
    drop(program);
    until(|| resolve().addresses().len() == 3).await;
    town.lab.world().remove_listener(&listener);
    until(|| town.lab.nlb_listeners().len() == 6).await;
    assert_eq!(resolve().addresses().len(), 3, "the other listeners stay");
}

#[tokio::test]
async fn while_one_target_replaces_another_new_flows_reach_both_and_then_the_new_one_alone() {
    let town = Town::new().await;
    town.register("orders-2");
    assert_eq!(town.reached().await, ["orders-1".to_owned()].into());
    town.pass(90);
    town.deregister("orders-1");
    assert_eq!(town.reached().await, ["orders-1".to_owned(), "orders-2".to_owned()].into());
    town.pass(120);
    assert_eq!(town.reached().await, ["orders-2".to_owned()].into());
}

#[tokio::test]
async fn an_established_flow_outlives_its_target_unless_the_group_terminates_connections() {
    for terminates in [false, true] {
        let town = Town::new().await;
        town.set_on_group(TERMINATION, &terminates.to_string());
        town.set_on_group("deregistration_delay.timeout_seconds", "300");
        let (_, mut flow) = town.open().await.expect("the writer takes it");
        town.deregister("orders-1");
        town.pass(200);
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(ask(&mut flow, "still here").await.expect("an answer"), "still here");
        town.pass(400);
        if terminates {
            assert_eq!(kind(hear(&mut flow).await), ErrorKind::ConnectionReset);
        } else {
            tokio::time::sleep(A_WHILE).await;
            assert_eq!(ask(&mut flow, "still here").await.expect("an answer"), "still here");
        }
    }
}

#[tokio::test]
async fn listeners_come_and_go_with_the_api_and_take_their_flows_along() {
    let town = Town::new().await;
    let (_, mut flow) = town.open().await.expect("the writer takes it");
    let (listener, balancer, old) = {
        let world = town.lab.world();
        let mut listeners = world.elbv2.listeners();
        let listener = listeners
            .find(|listener| listener.target_group == town.orders.group)
            .expect("its listener");
        (listener.arn.clone(), listener.balancer.clone(), town.node("eu-west-1a"))
    };
    town.lab.world().remove_listener(&listener);
    assert_eq!(kind(hear(&mut flow).await), ErrorKind::ConnectionReset);
    until(|| town.lab.nlb_listeners().len() == 3).await;
    until_refused(old).await;
    town.lab.world().add_listener(&balancer, town.orders.port, &town.orders.group);
    until(|| town.lab.nlb_listeners().len() == 6).await;
    town.pass(90);
    assert_eq!(town.open().await.expect("the writer takes it").0, "orders-1");
}

#[tokio::test]
async fn a_client_that_has_said_everything_still_hears_the_answer() {
    let town = Town::new().await;
    let (_, mut flow) = town.open().await.expect("the writer takes it");
    flow.get_mut().shutdown().await.expect("half a close");
    assert_eq!(hear(&mut flow).await.expect("the answer"), "farewell");
    assert_eq!(kind(hear(&mut flow).await), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_target_that_resets_its_connection_resets_the_clients() {
    let town = Town::new().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has ports");
    let writer = town.orders.writer(&town.lab.world()).expect("a writer").address;
    let socket = listener.local_addr().expect("a bound socket has an address");
    town.lab.place(writer, socket);
    let (opened, accepted) =
        tokio::join!(TcpStream::connect(town.node("eu-west-1a")), listener.accept());
    let mut flow = BufStream::new(opened.expect("the node accepts"));
    let (mut server, _) = accepted.expect("the node connects");
    server.write_all(b"hello\n").await.expect("the node takes it");
    assert_eq!(hear(&mut flow).await.expect("the flow is carried"), "hello");
    reset(&server);
    drop(server);
    assert_eq!(kind(hear(&mut flow).await), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn much_data_arrives_whole_in_both_directions() {
    let town = Town::new().await;
    let (_, flow) = town.open().await.expect("the writer takes it");
    let sent: Vec<u8> = (0..1_000_000_u32)
        .map(|n| if n % 100 == 99 { b'\n' } else { b'a' + u8::try_from(n % 23).expect("a letter") })
        .collect();
    let (mut hearing, mut saying) = tokio::io::split(flow);
    let mut heard = vec![0; sent.len()];
    let (said, read) = tokio::join!(
        async {
            saying.write_all(&sent).await?;
            saying.flush().await
        },
        timeout(PATIENCE, hearing.read_exact(&mut heard)),
    );
    said.expect("all is taken");
    read.expect("in time").expect("all is given back");
    assert!(heard == sent);
}

#[tokio::test]
async fn more_flows_than_the_lab_carries_are_refused_until_one_ends() {
    let options = Options { flows: 3, ..Options::default() };
    let town = Town::with(options).await;
    let mut flows = Vec::new();
    for _ in 0..3 {
        flows.push(town.open().await.expect("the writer takes it"));
    }
    assert_eq!(kind(town.open().await), ErrorKind::ConnectionReset);
    flows.pop();
    let began = tokio::time::Instant::now();
    while town.open().await.is_err() {
        assert!(began.elapsed() < PATIENCE, "the flow that ended made room");
    }
}

#[tokio::test]
async fn flows_and_listeners_end_with_the_lab() {
    let town = Town::new().await;
    let node = town.node("eu-west-1a");
    let (_, mut flow) = town.open().await.expect("the writer takes it");
    let nlb = Arc::downgrade(&town.lab.nlb);
    town.lab.shutdown().await;
    hear(&mut flow).await.expect_err("the flow has ended");
    until_refused(node).await;
    assert!(nlb.upgrade().is_none(), "no task is left that holds the data plane");
}

async fn until(is: impl Fn() -> bool) {
    let began = tokio::time::Instant::now();
    while !is() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_refused(node: SocketAddr) {
    let began = tokio::time::Instant::now();
    while TcpStream::connect(node).await.is_ok() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(target_os = "linux")]
async fn until_open(node: SocketAddr) {
    let began = tokio::time::Instant::now();
    while TcpStream::connect(node).await.is_err() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
