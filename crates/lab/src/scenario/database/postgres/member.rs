//! One PostgreSQL server: its directory, and the operations on it.
//!
//! What takes longer than a moment is a future that ends with the server's new [`State`], or with
//! an error whose text has the end of the server's log.

use std::fs::{self, File};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, Config, NoTls};

use super::process::{Guarded, Slot};
use super::programs::Programs;
use super::{DATABASE, PASSWORD, ROLE, settings};
use crate::scenario::authority::Identity;

/// How long a server may take to start, to stop or to be copied before that counts as a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a server may take to end its sessions and hand its last rows to the standbys, before it
/// is stopped without.
const LAST_ROWS: Duration = Duration::from_secs(3);

/// How long a look at a standby's connection may last.
const LOOK: Duration = Duration::from_millis(200);

/// How often something is looked at again.
const AGAIN: Duration = Duration::from_millis(10);

/// A server's directory and its process.
#[derive(Clone)]
pub(super) struct Member {
    /// The instance's name.
    pub(super) name: String,
    /// Its directory: configuration, certificate, socket, log, and the data below.
    pub(super) home: PathBuf,
    programs: Programs,
    slot: Slot,
}

/// What is known of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// What it would start from.
    pub(super) data: Data,
    /// What it runs as, if it runs.
    pub(super) running: Option<Running>,
}

/// The contents of a server's directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Data {
    /// Nothing that can be used.
    #[default]
    Nothing,
    /// A whole database, of a standby or of a primary that handed over its last rows when it
    /// stopped: it can follow another.
    Whole,
    /// That of a primary which did not: there may be rows in it that no other server has, and it
    /// cannot follow another.
    Ahead,
}

/// A server that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running {
    /// The host in the world that it represents.
    pub(super) host: IpAddr,
    /// Where it listens.
    pub(super) socket: SocketAddr,
    /// Whether it takes writes.
    pub(super) role: Role,
}

/// Whether a server takes writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Primary,
    Standby,
}

impl Member {
    /// A server without data, in a new directory.
    pub(super) fn new(
        name: &str,
        home: PathBuf,
        programs: &Programs,
        identity: &Identity,
    ) -> io::Result<Member> {
        fs::create_dir(&home)?;
        programs.hand_over(&home)?;
        let member = Member {
            name: name.to_owned(),
            home,
            programs: programs.clone(),
            slot: Slot::default(),
        };
        member.write("server.crt", &identity.certificate)?;
        member.write("server.key", &identity.key)?;
        member.write("pg_hba.conf", settings::ACCESS)?;
        member.write(settings::CHANGING, "")?;
        Ok(member)
    }

    /// Makes the database, and what the application finds in it.
    pub(super) async fn create(self, host: IpAddr) -> io::Result<State> {
        self.clear()?;
        let data = self.data();
        let initdb = self.programs.program("initdb");
        let options =
            ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"];
        let mut command =
            vec![text(&initdb), "-D", text(&data), "-U", settings::SUPERUSER, "--wal-segsize=1"];
        command.extend(options);
        self.run(command).await?;
        let state = self.clone().start(host, Role::Primary).await?;
        let running = state.running.ok_or_else(|| self.failed("it does not run"))?;
        let client = self.superuser("postgres", running).await?;
        let role = format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'");
        client.batch_execute(&role).await.map_err(io::Error::other)?;
        let database = format!("CREATE DATABASE {DATABASE} OWNER {ROLE}");
        client.batch_execute(&database).await.map_err(io::Error::other)?;
        let client = self.superuser(DATABASE, running).await?;
        let table = format!("SET ROLE {ROLE}; CREATE TABLE rows (id bigint PRIMARY KEY)");
        client.batch_execute(&table).await.map_err(io::Error::other)?;
        Ok(state)
    }

    /// Starts the server, and waits until it answers.
    pub(super) async fn start(self, host: IpAddr, role: Role) -> io::Result<State> {
        let socket = free_socket(host)?;
        self.write("postgresql.conf", &settings::fixed(&self.name, &self.home, socket))?;
        match role {
            Role::Standby => self.write("data/standby.signal", "")?,
            Role::Primary => self.remove("data/standby.signal")?,
        }
        let server = self.programs.program("postgres");
        let settings = format!("config_file={}/postgresql.conf", self.home.display());
        let data = self.data();
        self.guard(vec![text(&server), "-D", text(&data), "-c", &settings], "QUIT")?;
        let running = Running { host, socket, role };
        let began = Instant::now();
        while self.superuser("postgres", running).await.is_err() {
            if !self.slot.is_running() || began.elapsed() > PATIENCE {
                self.slot.end();
                return Err(self.failed("it does not start"));
            }
            tokio::time::sleep(AGAIN).await;
        }
        Ok(State { data: Data::Whole, running: Some(running) })
    }

    /// Stops the server. A primary ends its sessions at once and then hands its last rows to the
    /// standbys that are connected: Aurora's instances share their storage, so that a writer takes
    /// no row with it.
    pub(super) async fn stop(self) -> io::Result<State> {
        let ended = match self.slot.signal("INT") {
            Ok(()) => self.slot.ended(LAST_ROWS).await?,
            Err(_) => None,
        };
        self.slot.end();
        let handed_over = ended.is_some_and(|status| status.success());
        Ok(State { data: if handed_over { Data::Whole } else { Data::Ahead }, running: None })
    }

    /// Stops the server and discards its data.
    pub(super) async fn discard(self) -> io::Result<State> {
        self.slot.end();
        Ok(State::default())
    }

    /// Makes a standby a primary.
    pub(super) async fn promote(self, standby: Running) -> io::Result<State> {
        let client = self.superuser("postgres", standby).await?;
        let promote = "SELECT pg_promote(wait => false)";
        client.query_one(promote, &[]).await.map_err(io::Error::other)?;
        let began = Instant::now();
        while is_in_recovery(&client).await.map_err(io::Error::other)? {
            if began.elapsed() > PATIENCE {
                return Err(self.failed("it is not promoted"));
            }
            tokio::time::sleep(AGAIN).await;
        }
        Ok(State { data: Data::Whole, running: Some(Running { role: Role::Primary, ..standby }) })
    }

    /// Copies the data of a primary that runs.
    pub(super) async fn copy_running(self, primary: Member, port: u16) -> io::Result<State> {
        self.clear()?;
        let from = settings::replication(&primary.home, port);
        let copier = self.programs.program("pg_basebackup");
        let data = self.data();
        let mut command = vec![text(&copier), "-D", text(&data), "-d", &from];
        command.extend(["--checkpoint=fast", "--wal-method=stream", "--no-sync", "--no-manifest"]);
        self.run(command).await?;
        Ok(State { data: Data::Whole, running: None })
    }

    /// Copies the data of a server that does not run, and starts as a primary.
    pub(super) async fn take_over(self, stopped: Member, host: IpAddr) -> io::Result<State> {
        self.clear()?;
        let (from, to) = (stopped.data(), self.data());
        self.run(vec!["cp", "-a", text(&from), text(&to)]).await?;
        self.remove("data/postmaster.pid")?;
        self.start(host, Role::Primary).await
    }

    /// Whether this standby has caught up with a primary, and gets its rows as they come.
    ///
    /// The primary alone does not know. Of a standby that is ahead of where the primary's timeline
    /// began:
    /// 1. it goes on with the old timeline, and asks for it from the beginning of a file, which
    ///    lies before that point;
    /// 2. the primary sends the old timeline up to that point, and calls the standby caught up and
    ///    `streaming`;
    /// 3. it gets nothing more, asks again, and is `streaming` again and again.
    ///
    /// So the standby must also get the timeline that the primary writes.
    pub(super) async fn gets_rows_of(
        self,
        primary: Member,
        leads: Running,
        follows: Running,
    ) -> io::Result<bool> {
        let sends = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM \
            pg_stat_replication \
                     WHERE application_name = $1 AND state = 'streaming' LIMIT 1";
        let gets = "SELECT lpad(upper(to_hex(received_tli)), 8, '0') FROM pg_stat_wal_receiver \
            WHERE status = 'streaming'";
        let primary = primary.superuser("postgres", leads).await?;
        let standby = self.superuser("postgres", follows).await?;
        let began = Instant::now();
        while began.elapsed() < LOOK {
            let sent: Option<String> =
                primary.query_opt_scalar(sends, &[&self.name]).await.map_err(io::Error::other)?;
            let got: Option<String> =
                standby.query_opt_scalar(gets, &[]).await.map_err(io::Error::other)?;
            if sent.is_some() && sent == got {
                return Ok(true);
            }
            tokio::time::sleep(AGAIN).await;
        }
        Ok(false)
    }

    /// The rows of the application's table.
    pub(super) async fn rows(&self, running: Running) -> io::Result<Vec<i64>> {
        let client = self.superuser(DATABASE, running).await?;
        let rows = client.query("SELECT id FROM rows", &[]).await.map_err(io::Error::other)?;
        let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>();
        ids.map_err(io::Error::other)
    }

    /// Changes the server's settings while it runs.
    pub(super) fn tell(&self, changing: &str) -> io::Result<()> {
        self.write(settings::CHANGING, changing)?;
        if self.slot.is_running() {
            self.slot.signal("HUP")?;
        }
        Ok(())
    }

    /// Whether its process is there.
    pub(super) fn is_running(&self) -> bool {
        self.slot.is_running()
    }

    /// Ends the process, and lets no other start.
    pub(super) fn close(&self) {
        self.slot.close();
    }

    /// A connection of the superuser to the server, which runs so.
    async fn superuser(&self, database: &str, running: Running) -> io::Result<Client> {
        let mut config = Config::new();
        config
            .host_path(&self.home)
            .port(running.socket.port())
            .user(settings::SUPERUSER)
            .dbname(database);
        let (client, connection) = config.connect(NoTls).await.map_err(io::Error::other)?;
        // Ends with the client.
        tokio::spawn(connection);
        Ok(client)
    }

    /// Runs a program to its end, instead of the server.
    async fn run(&self, command: Vec<&str>) -> io::Result<()> {
        let what = command.first().map(|&program| program.to_owned()).unwrap_or_default();
        self.guard(command, "TERM")?;
        let ended = self.slot.ended(PATIENCE).await?;
        self.slot.end();
        match ended {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(self.failed(&format!("{what}: {status}"))),
            None => Err(self.failed(&format!("{what} takes longer than {PATIENCE:?}"))),
        }
    }

    fn guard(&self, command: Vec<&str>, last: &'static str) -> io::Result<()> {
        let log = File::options().create(true).append(true).open(self.home.join("log"))?;
        self.slot.start(Guarded {
            command,
            account: self.programs.account(),
            directory: &self.home,
            log,
            last,
        })
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.data()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes a file that only the server can read.
    fn write(&self, name: &str, content: &str) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let path = self.home.join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        self.programs.hand_over(&path)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.home.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn failed(&self, what: &str) -> io::Error {
        let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(10).collect();
        let end: Vec<_> = lines.into_iter().rev().collect();
        io::Error::other(format!("{}: {what}\n{}", self.name, end.join("\n")))
    }
}

/// A free port at the loopback address of a host.
fn free_socket(host: IpAddr) -> io::Result<SocketAddr> {
    TcpListener::bind((loopback(host), 0))?.local_addr()
}

/// The loopback address of a host: `127.20.1.10` for `10.20.1.10`, and for `2001:db8:20:1::a`,
/// which is the same host. Of IPv6, loopback has one address alone.
pub(super) fn loopback(host: IpAddr) -> IpAddr {
    let (network, zone, number) = match host {
        IpAddr::V4(host) => {
            let [_, network, zone, number] = host.octets();
            (network, zone, number)
        }
        IpAddr::V6(host) => {
            let octets = host.octets();
            (20, octets[7], octets[15])
        }
    };
    IpAddr::from([127, network, zone, number])
}

/// A path of ours, which is text.
fn text(path: &Path) -> &str {
    path.to_str().expect("the fleet's directory is checked to be text")
}

async fn is_in_recovery(client: &Client) -> Result<bool, tokio_postgres::Error> {
    client.query_one("SELECT pg_is_in_recovery()", &[]).await?.try_get(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::elbv2::IpFamily;
    use crate::world::vpc::Zone;

    #[test]
    fn both_addresses_of_a_host_stand_at_one_loopback_address() {
        let of_host = IpFamily::ALL.map(|family| loopback(Zone::B.address_in(family, 10)));
        assert_eq!(of_host, [IpAddr::from([127, 20, 2, 10]); 2]);
    }
}
