//! The region's servers on loopback, in real time.
//!
//! Three kinds of servers share one world: the AWS Query API with Lambda's Invoke API ([`query`]),
//! DNS (`dns`), and the Lambda runtime API, one for each environment (`runtime`), for which
//! `function` keeps the queue of the one function. Beside them the load balancers' listeners carry
//! TCP of real clients (`nlb`), and a second DNS server answers as the consumer's resolver does
//! (`consumer`). All bind to 127.0.0.1, and the load balancers' nodes also to addresses of their
//! own in 127.0.0.0/8.

mod clock;
mod consumer;
mod dns;
mod function;
mod invocation;
mod invoke;
mod nlb;
pub mod query;
mod region;
mod runtime;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

pub use invocation::{Ending, Invocation, Invoked, Kind, Refusal};
pub use nlb::NlbListener;

pub use crate::retry::Busy;

use crate::world::World;
use consumer::Consumer;
use nlb::Nlb;
use region::Region;

/// How often the world is advanced to the current time while there are no requests.
const TICK: Duration = Duration::from_millis(20);

/// How a region is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many seconds of the world pass in a real second; more than zero.
    pub speed: f64,
    /// The name of the function that takes invocations from the runtime API.
    pub function: String,
    /// How many environments the function has, and so how many invocations may run side by side, as
    /// with a reserved concurrency of that number; at least one.
    pub environments: usize,
    /// How long the function may take for one invocation, in real time, as Lambda's timeout
    /// setting.
    pub timeout: Duration,
    /// How often an asynchronous invocation that ended in an error is tried again, as Lambda's
    /// MaximumRetryAttempts.
    pub retries: usize,
    /// When an asynchronous invocation that finds no free environment is tried again.
    pub busy: Busy,
    /// What the pauses of the function's queue are drawn from.
    pub seed: u64,
    /// How often, in real time, the function is invoked by a schedule with `{"trigger":"sweep"}`;
    /// never, when not given.
    pub sweep_every: Option<Duration>,
    /// How many flows the load balancers carry at once; further ones are refused.
    pub flows: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            speed: 1.0,
            function: "writerlink".to_owned(),
            environments: 1,
            timeout: Duration::from_secs(60),
            retries: 0,
            busy: Busy::default(),
            seed: 1,
            sweep_every: None,
            // A flow takes two descriptors, and a process usually has 1,024.
            flows: 400,
        }
    }
}

/// A region that is being served. Dropping it closes every server and connection.
pub struct Lab {
    region: Arc<Region>,
    nlb: Arc<Nlb>,
    consumer: Arc<Consumer>,
    aws: SocketAddr,
    dns: SocketAddr,
    runtimes: Vec<SocketAddr>,
    consumer_dns: SocketAddr,
    tasks: JoinSet<()>,
}

impl Lab {
    /// Serves a world on loopback ports of the system's choice. Needs a tokio runtime with time and
    /// I/O.
    ///
    /// A function that compares event times with its own clock needs a world whose epoch is the
    /// moment of this call.
    ///
    /// # Errors
    ///
    /// When a loopback port cannot be bound.
    pub async fn start(world: World, options: Options) -> io::Result<Lab> {
        let aws = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (udp, tcp) = one_port_for_both().await?;
        let addresses = (aws.local_addr()?, udp.local_addr()?);
        let (consumer_udp, consumer_tcp) = one_port_for_both().await?;
        let consumer_dns = consumer_udp.local_addr()?;
        let sweep_every = options.sweep_every;
        let region = Arc::new(Region::new(world, &options));
        let nlb = Arc::new(Nlb::new(region.clone(), options.flows, addresses.1.port()));
        let consumer = Arc::new(Consumer::new(region.clone(), nlb.clone()));
        let mut acceptors = JoinSet::new();
        nlb.follow(&mut acceptors).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(query::serve(aws, region.clone()));
        let mut runtimes = Vec::new();
        for environment in 0..region.function().environments() {
            let runtime = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            runtimes.push(runtime.local_addr()?);
            tasks.spawn(runtime::serve(runtime, region.clone(), environment));
        }
        tasks.spawn(dns::serve(udp, tcp, region.clone()));
        tasks.spawn(dns::serve(consumer_udp, consumer_tcp, consumer.clone()));
        tasks.spawn(nlb::serve(nlb.clone(), acceptors));
        tasks.spawn(tick(region.clone()));
        if let Some(period) = sweep_every {
            tasks.spawn(sweep(region.clone(), period));
        }
        Ok(Lab {
            region,
            nlb,
            consumer,
            aws: addresses.0,
            dns: addresses.1,
            runtimes,
            consumer_dns,
            tasks,
        })
    }

    /// The world, brought up to the moment. Nothing is served while the guard is held, and a second
    /// guard waits for the first.
    pub fn world(&self) -> WorldGuard<'_> {
        WorldGuard { region: &self.region, world: self.region.lock() }
    }

    /// The URL for AWS clients (`AWS_ENDPOINT_URL`).
    pub fn aws_endpoint(&self) -> String {
        format!("http://{}", self.aws)
    }

    /// The DNS server, UDP and TCP.
    pub fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// The DNS server of the consumer's VPC, UDP and TCP.
    pub fn consumer_dns(&self) -> SocketAddr {
        self.consumer_dns
    }

    /// The name of the interface endpoint through which the consumer reaches the load balancers.
    pub fn interface_endpoint(&self) -> String {
        self.consumer.endpoint()
    }

    /// Gives the consumer's VPC a private hosted zone named exactly as a database's endpoint, an
    /// alias of the interface endpoint.
    pub fn publish_privately(&self, endpoint: &str) {
        self.consumer.publish(endpoint);
    }

    /// Takes that private hosted zone away.
    pub fn withdraw(&self, endpoint: &str) {
        self.consumer.withdraw(endpoint);
    }

    /// The first environment's runtime API, which is the only one unless [`Options::environments`]
    /// says more: its host and port (`AWS_LAMBDA_RUNTIME_API`).
    pub fn runtime_api(&self) -> String {
        self.runtimes[0].to_string()
    }

    /// Each environment's runtime API. A process at one of them is an environment of its own, and
    /// takes one invocation at a time.
    pub fn runtime_apis(&self) -> Vec<String> {
        self.runtimes.iter().map(SocketAddr::to_string).collect()
    }

    /// Where everything but the DNS server listens: what a program may have to reach.
    pub(crate) fn other_addresses(&self) -> Vec<SocketAddr> {
        let listeners = self.nlb_listeners().into_iter().map(|listener| listener.address);
        let others = [self.aws, self.consumer_dns].into_iter();
        others.chain(self.runtimes.iter().copied()).chain(listeners).collect()
    }

    /// Where the load balancers listen: each listener once for each zone.
    pub fn nlb_listeners(&self) -> Vec<NlbListener> {
        self.nlb.listeners()
    }

    /// Sends the flows of a target's address to a loopback socket. Flows in progress stay where
    /// they are.
    pub fn place(&self, target: SocketAddr, socket: SocketAddr) {
        self.nlb.place(target, socket);
    }

    /// The ARN of the function that takes invocations from the runtime API.
    pub fn function_arn(&self) -> String {
        self.region.function().arn().to_owned()
    }

    /// Invokes a function by name or ARN with a JSON text, as Lambda's Invoke does: [`Kind::Async`]
    /// returns at once,
    /// [`Kind::Sync`] when the function has answered.
    ///
    /// # Errors
    ///
    /// As Lambda refuses: an unknown function, a payload that is no JSON, or a synchronous call
    /// while every environment is taken.
    pub async fn invoke(
        &self,
        function: &str,
        payload: &str,
        kind: Kind,
    ) -> Result<Invoked, Refusal> {
        self.region.function().invoke(function, payload, kind).await
    }

    /// The latest invocations, oldest first.
    pub fn invocations(&self) -> Vec<Invocation> {
        self.region.function().invocations()
    }

    /// The environments, counted from 0, whose invocation took too long since this was last asked.
    /// Who started their programs has to stop them.
    pub fn take_timed_out(&self) -> Vec<usize> {
        self.region.function().take_timed_out()
    }

    /// What environments said that could not start, oldest first: the error documents they sent.
    pub fn init_errors(&self) -> Vec<String> {
        self.region.function().init_errors()
    }

    /// Waits until no invocation is queued or running; says whether that was reached within
    /// `patience` of real time. Events that are still on their way through the world are not waited
    /// for.
    pub async fn is_quiet_within(&self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.region.function().quiet()).await.is_ok()
    }

    /// Closes every server and connection, and gives the world as it ended.
    pub async fn shutdown(mut self) -> World {
        self.tasks.shutdown().await;
        self.world().clone()
    }
}

/// The world behind its lock; see [`Lab::world`].
pub struct WorldGuard<'a> {
    region: &'a Region,
    world: MutexGuard<'a, World>,
}

impl Deref for WorldGuard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for WorldGuard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Drop for WorldGuard<'_> {
    /// What reached a function meanwhile is queued for it, as after any other access to the world.
    fn drop(&mut self) {
        self.region.collect(&mut self.world);
    }
}

async fn tick(region: Arc<Region>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        region.with(|_| ());
        region.function().expire();
    }
}

async fn sweep(region: Arc<Region>, period: Duration) {
    loop {
        tokio::time::sleep(period).await;
        region.function().enqueue(r#"{"trigger":"sweep"}"#.to_owned());
    }
}

/// A UDP and a TCP socket of one port, as a DNS server has.
async fn one_port_for_both() -> io::Result<(UdpSocket, TcpListener)> {
    let mut attempts = 20;
    loop {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            // Another program has the port for TCP: try another.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && attempts > 0 => attempts -= 1,
            Err(error) => return Err(error),
        }
    }
}
