//! Tests PostgreSQL behind the link with PostgreSQL's own programs: which server accepts writes
//! through a failover, and which name a client can verify.
//!
//! Guides call the second impossible: `sslmode=verify-full` through PrivateLink. It works with the
//! endpoint's real name, which a private hosted zone in the consumer's VPC resolves to the link.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;
use writerlink_aws::dns::DnsResolver;
use writerlink_core::ports::Resolver;
use writerlink_core::target::Family;
use writerlink_lab::scenario::Authority;
use writerlink_lab::scenario::postgres::{DATABASE, PASSWORD, Postgres, Programs, ROLE};
use writerlink_lab::scene::Link;
use writerlink_lab::wire::Lab;
use writerlink_tests::deployed_lab::DeployedLab;
use writerlink_tests::members;
use writerlink_tests::skip::{Skip, available};

/// The node that the clients are in front of.
const ZONE: &str = "eu-west-1a";

/// Longer than anything here takes, so that a test that hangs says so.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often in a row the new writer must answer until the rest is taken to go the same way.
const IN_A_ROW: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failover_the_old_writer_refuses_writes_and_the_new_one_has_every_row() {
    let Some(consumer) = available(Consumer::find()) else {
        return;
    };
    let deployed = DeployedLab::begin().await;
    let link = deployed.orders();
    let mut databases = consumer.start(&deployed.lab, link).await;
    let test = consumer.write_through_a_failover(&deployed, link);
    let rows = databases.during(&deployed.lab, link, test).await.expect("they follow");
    databases.settle(&deployed.lab, link).await.expect("they follow");
    let [old, new] =
        ["orders-1", "orders-2"].map(|instance| databases.socket(instance).expect("it runs"));
    let name = link.endpoint(&deployed.lab.world());
    let refused = consumer.psql(&name, old, "INSERT INTO rows VALUES (0)").await;
    let refused = refused.expect_err("it was demoted");
    assert!(
        refused.contains("ERROR:  25006: cannot execute INSERT in a read-only transaction"),
        "{refused}"
    );
    for socket in [old, new] {
        let ids = consumer.psql(&name, socket, "SELECT id FROM rows ORDER BY id").await;
        let ids = ids.expect("either answers queries");
        assert_eq!(ids.lines().collect::<Vec<_>>(), rows);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multi_az_instance_serves_at_its_other_host_with_its_rows_and_its_standby_refuses() {
    let Some(consumer) = available(Consumer::find()) else {
        return;
    };
    let deployed = DeployedLab::begin().await;
    let link = deployed.billing();
    let mut databases = consumer.start(&deployed.lab, link).await;
    let first = databases.socket("billing").expect("it runs");
    let test = consumer.write_through_a_failover(&deployed, link);
    let rows = databases.during(&deployed.lab, link, test).await.expect("they follow");
    let second = databases.socket("billing").expect("it runs");
    assert_ne!(first.ip(), second.ip());
    for port in [first.port(), second.port()] {
        let refused = TcpStream::connect((first.ip(), port)).expect_err("the host stands by");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }
    let name = link.endpoint(&deployed.lab.world());
    let count = consumer.psql(&name, second, "SELECT count(*) FROM rows").await;
    assert_eq!(count, Ok(rows.len().to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_with_a_port_for_each_member_finds_the_writer_before_and_after_a_failover() {
    let Some(consumer) = available(Consumer::find()) else {
        return;
    };
    let deployed = DeployedLab::with(members::add, |config| config).await;
    let link = deployed.orders();
    let mut databases = consumer.start(&deployed.lab, link).await;
    let hosts: Vec<(String, SocketAddr)> = members::of(&deployed.links)
        .map(|member| (member.endpoint(&deployed.lab.world()), member_node(&deployed.lab, member)))
        .collect();
    let ask = async || consumer.psql_choosing(&hosts, "SHOW cluster_name").await;
    let changes = || members::changes(&deployed.lab.world(), &deployed.links);
    let registered = changes();
    let test = async {
        let before = ask().await;
        let fail_over = |world: &mut writerlink_lab::World| {
            world.failover_db_cluster("orders", Some("orders-2")).expect("it has readers");
        };
        deployed.follows(link, fail_over).await;
        // The new writer may still be starting.
        let answers = async {
            loop {
                if let Ok(writer) = ask().await {
                    break writer;
                }
            }
        };
        (before, timeout(PATIENCE, answers).await.expect("it begins to answer"))
    };
    let asked = databases.during(&deployed.lab, link, test).await.expect("they follow");
    assert_eq!(asked, (Ok("orders-1".to_owned()), "orders-2".to_owned()));
    assert_eq!(changes(), registered, "the members' groups are as they were");
}

#[tokio::test(flavor = "multi_thread")]
async fn pgbench_runs_through_the_link() {
    let Some(consumer) = available(Consumer::find()) else {
        return;
    };
    let deployed = DeployedLab::begin().await;
    let link = deployed.orders();
    let mut databases = consumer.start(&deployed.lab, link).await;
    let test = async {
        let (name, node) = (link.endpoint(&deployed.lab.world()), node(&deployed.lab, link));
        let made = consumer.run("pgbench", &["--initialize", "--quiet"], &name, node).await;
        made.expect("the writer takes tables");
        consumer.run("pgbench", &["--client=4", "--time=2"], &name, node).await
    };
    let said = databases.during(&deployed.lab, link, test).await.expect("they follow");
    let said = said.expect("it runs");
    assert!(said.contains("number of failed transactions: 0 "), "{said}");
    let done = said
        .lines()
        .find_map(|line| line.strip_prefix("number of transactions actually processed: "));
    assert!(done.and_then(|done| done.parse::<u32>().ok()).is_some_and(|done| done > 0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_full_passes_under_the_real_name_and_fails_under_that_of_private_link() {
    let Some(consumer) = available(Consumer::find()) else {
        return;
    };
    let deployed = DeployedLab::begin().await;
    let link = deployed.orders();
    let _databases = consumer.start(&deployed.lab, link).await;
    let name = link.endpoint(&deployed.lab.world());
    let port = node(&deployed.lab, link).port();

    // Without the zone, the name resolves to the database itself, which the consumer cannot reach.
    assert_eq!(resolve(&deployed.lab, &name).await, [deployed.writer(link).ip()]);

    deployed.lab.publish_privately(&name);
    let through_the_zone = resolve(&deployed.lab, &name).await;
    let private_link = deployed.lab.interface_endpoint();
    assert_eq!(through_the_zone, resolve(&deployed.lab, &private_link).await);
    let at = SocketAddr::new(through_the_zone[0], port);
    let asked = consumer.psql(
        &name,
        at,
        "SHOW cluster_name; SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    );
    assert_eq!(asked.await.as_deref(), Ok("orders-1\nt"));

    // The same address under the other name: it is the name that is verified.
    let refused =
        consumer.psql(&private_link, at, "SELECT 1").await.expect_err("no certificate bears it");
    let own = deployed.lab.world().instance_endpoint("orders-1");
    let said = format!(
        "server certificate for \"{own}\" (and 2 other names) does not match host name \
         \"{private_link}\""
    );
    assert!(refused.contains(&said), "{refused}");

    let stranger = Consumer::find().expect("it was found before");
    let refused =
        stranger.psql(&name, at, "SELECT 1").await.expect_err("another authority issued it");
    assert!(refused.contains("SSL error: "), "{refused}");

    deployed.lab.withdraw(&name);
    assert_eq!(resolve(&deployed.lab, &name).await, [deployed.writer(link).ip()]);
}

/// A machine in the consumer's VPC, with PostgreSQL's programs and the root that it trusts.
struct Consumer {
    programs: Programs,
    authority: Authority,
    home: TempDir,
}

impl Consumer {
    fn find() -> Result<Self, Skip> {
        let programs = Programs::find().map_err(|missing| Skip(missing.to_string()))?;
        for client in ["psql", "pgbench"] {
            if !programs.program(client).is_file() {
                return Err(Skip(format!("there is no {client} beside PostgreSQL's server")));
            }
        }
        let authority = Authority::new().expect("there is randomness");
        let home = TempDir::new().expect("there is room for temporary files");
        std::fs::write(home.path().join("root.pem"), authority.root_pem())
            .expect("a new directory can be written to");
        Ok(Self { programs, authority, home })
    }

    /// Starts the databases of a link, with certificates that this machine trusts.
    async fn start(&self, lab: &Lab, link: &Link) -> Postgres {
        let started = Postgres::start(lab, link, &self.authority, &self.programs).await;
        started.expect("PostgreSQL starts")
    }

    /// Writes rows through the link, lets the database fail over, and writes on until the nodes
    /// send everything to the new writer. Gives the rows that were acknowledged.
    async fn write_through_a_failover(&self, deployed: &DeployedLab, link: &Link) -> Vec<String> {
        let (name, node) = (link.endpoint(&deployed.lab.world()), node(&deployed.lab, link));
        let insert = async |row: usize| {
            let inserted = self
                .psql(&name, node, &format!("INSERT INTO rows VALUES ({row}) RETURNING id"))
                .await;
            inserted.inspect_err(|refused| println!("{row}: {refused}")).ok()
        };
        let mut rows = vec![insert(1).await.expect("the writer takes rows")];
        deployed
            .follows(link, |world| match link.source.cluster() {
                Some(_) => drop(world.failover_db_cluster("orders", None).expect("it has readers")),
                None => world.lose_host("billing").expect("it exists"),
            })
            .await;
        let mut in_a_row = 0;
        for row in 2.. {
            let inserted = insert(row).await;
            in_a_row = if inserted.is_some() { in_a_row + 1 } else { 0 };
            rows.extend(inserted);
            if in_a_row == IN_A_ROW {
                break;
            }
        }
        rows
    }

    /// What psql prints of a statement, at an address and under a name that it verifies; or what it
    /// says instead.
    async fn psql(&self, name: &str, at: SocketAddr, statement: &str) -> Result<String, String> {
        let arguments = [
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "VERBOSITY=verbose",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statement,
        ];
        self.run("psql", &arguments, name, at).await
    }

    /// The same for the writer among several hosts, which psql finds by itself.
    async fn psql_choosing(
        &self,
        hosts: &[(String, SocketAddr)],
        statement: &str,
    ) -> Result<String, String> {
        self.run_among("psql", &["-X", "-A", "-t", "-q", "-c", statement], hosts).await
    }

    async fn run(
        &self,
        program: &str,
        arguments: &[&str],
        name: &str,
        at: SocketAddr,
    ) -> Result<String, String> {
        self.run_among(program, arguments, &[(name.to_owned(), at)]).await
    }

    /// Runs a program of PostgreSQL with one host, or with several of which it takes the one that
    /// writes.
    async fn run_among(
        &self,
        program: &str,
        arguments: &[&str],
        hosts: &[(String, SocketAddr)],
    ) -> Result<String, String> {
        let list = |part: fn(&(String, SocketAddr)) -> String| {
            hosts.iter().map(part).collect::<Vec<_>>().join(",")
        };
        let root: PathBuf = self.home.path().join("root.pem");
        let mut command = Command::new(self.programs.program(program));
        command
            .args(arguments)
            .env_clear()
            .env("LC_ALL", "C")
            .env("PGHOST", list(|(name, _)| name.clone()))
            .env("PGHOSTADDR", list(|(_, at)| at.ip().to_string()))
            .env("PGPORT", list(|(_, at)| at.port().to_string()))
            .env("PGTARGETSESSIONATTRS", if hosts.len() > 1 { "read-write" } else { "any" })
            .env("PGCONNECT_TIMEOUT", "10")
            .env("PGDATABASE", DATABASE)
            .env("PGUSER", ROLE)
            .env("PGPASSWORD", PASSWORD)
            .env("PGSSLMODE", "verify-full")
            .env("PGSSLROOTCERT", root)
            .kill_on_drop(true);
        let output = timeout(PATIENCE, command.output()).await;
        let output = output.expect("it ends in time").expect("it was found");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

/// Where the load balancer's node listens for a link.
fn node(lab: &Lab, link: &Link) -> SocketAddr {
    let mut nodes = lab.nlb_listeners().into_iter();
    let node = nodes.find(|node| node.port == link.port && node.zone == ZONE);
    node.expect("every link has a listener").address
}

/// Where the node of a member's own load balancer listens.
fn member_node(lab: &Lab, member: &Link) -> SocketAddr {
    let mut nodes = lab.nlb_listeners().into_iter();
    let node = nodes.find(|node| node.load_balancer == member.name && node.zone == ZONE);
    node.expect("every member has a listener").address
}

/// The addresses of a name in the consumer's VPC.
async fn resolve(lab: &Lab, name: &str) -> Vec<IpAddr> {
    let resolver = DnsResolver::new(&[lab.consumer_dns()]).expect("a server is given");
    let name = name.parse().expect("a good name");
    let answer = resolver.lookup(&name, Family::V4).await;
    answer.expect("the name exists").addresses
}
