//! PostgreSQL servers behind a link: a primary, and a streaming hot standby for every other member
//! of a cluster.
//!
//! What Aurora does by sharing its storage is done here by synchronous replication: a row is
//! acknowledged when every standby that is up has it, so that whichever is promoted has every
//! acknowledged row. A failover is then what the application sees of Aurora's: the writer ends its
//! sessions, another member is promoted, and the former writer comes back as a standby, which
//! accepts connections and refuses writes (SQLSTATE 25006). A Multi-AZ instance is one server and
//! one directory, which serves at one of two addresses; nothing listens at the other.
//!
//! Every instance has a loopback address of its own (Linux has all of 127.0.0.0/8) and a
//! certificate of the lab's [`Authority`]. `SHOW cluster_name` names the instance that answers. A
//! server that is stopped comes back on another port.

mod member;
mod plan;
mod process;
mod programs;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::Fleet;
use crate::scenario::authority::Authority;
use crate::scene::Link;
use crate::wire::Lab;
use crate::world::rds::InstanceKey;
use member::{Data, Member, Role, Running, State};
use plan::{Action, Latest, Replication, Server, Wanted};
pub use programs::{Missing, Programs};

/// The database that the application uses.
pub const DATABASE: &str = "app";

/// The role as which it comes.
pub const ROLE: &str = "app";

pub const PASSWORD: &str = "no-secret";

/// How often a fleet looks at the world by itself.
const TICK: Duration = Duration::from_millis(20);

/// How long the servers may take to reach the states that the world says.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often in a row something may fail with a server.
const FAILURES: u32 = 5;

/// The servers of one link.
pub struct Postgres {
    servers: BTreeMap<InstanceKey, Kept>,
    /// The last one that was a primary: it has every row.
    latest: Option<InstanceKey>,
    made: u32,
    authority: Authority,
    programs: Programs,
    // After the servers, which are gone from it when it is removed.
    home: TempDir,
}

/// A server that the fleet keeps.
struct Kept {
    member: Member,
    server: Server,
    /// The settings last written of those that change while it runs.
    told: String,
    /// The action in progress on it.
    busy: Option<Busy>,
    /// How often in a row that failed.
    failed: u32,
}

/// An action in progress on a server.
struct Busy {
    action: Action,
    task: JoinHandle<io::Result<Done>>,
}

/// How an action on a server ended.
enum Done {
    /// It is in another state.
    Moved(State),
    /// It was looked at: it gets its primary's rows as they come, or not.
    Looked(bool),
}

impl Postgres {
    /// Starts the servers of a link, with certificates of the authority, and waits until they are
    /// in the states that the world says.
    ///
    /// # Errors
    /// When a server does not start; the text has the end of its log.
    pub async fn start(
        lab: &Lab,
        link: &Link,
        authority: &Authority,
        programs: &Programs,
    ) -> io::Result<Postgres> {
        let home = tempfile::Builder::new().prefix("writerlink-").tempdir()?;
        if home.path().to_str().is_none() {
            return Err(io::Error::other(
                "the directory for temporary files has a name that is no text",
            ));
        }
        programs.hand_over(home.path())?;
        let mut fleet = Postgres {
            servers: BTreeMap::new(),
            latest: None,
            made: 0,
            authority: authority.clone(),
            programs: programs.clone(),
            home,
        };
        fleet.settle(lab, link).await?;
        Ok(fleet)
    }

    /// Follows the world while something else goes on.
    ///
    /// # Errors
    /// When a server fails for good.
    pub async fn during<T>(
        &mut self,
        lab: &Lab,
        link: &Link,
        work: impl Future<Output = T>,
    ) -> io::Result<T> {
        let follow = async {
            loop {
                if let Err(error) = self.follow(lab, link).await {
                    break error;
                }
                tokio::time::sleep(TICK).await;
            }
        };
        tokio::select! {
            done = work => Ok(done),
            error = follow => Err(error),
        }
    }

    /// Follows the world until every server is in the state that it says.
    ///
    /// # Errors
    /// When a server fails for good, or takes longer than a minute.
    pub async fn settle(&mut self, lab: &Lab, link: &Link) -> io::Result<()> {
        let began = Instant::now();
        loop {
            self.follow(lab, link).await?;
            if self.is_settled(&plan::wanted(&lab.world(), link)) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other(format!(
                    "the servers of {} did not reach their expected states",
                    link.name
                )));
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// Where an instance listens, if it runs.
    pub fn socket(&self, instance: &str) -> Option<SocketAddr> {
        let kept = self.servers.values().find(|kept| kept.member.name == instance)?;
        kept.server.state.running.map(|running| running.socket)
    }

    fn is_settled(&self, wanted: &BTreeMap<InstanceKey, Wanted>) -> bool {
        wanted.iter().all(|(key, wanted)| {
            let kept = self.servers.get(key);
            kept.is_some_and(|kept| kept.busy.is_none() && plan::is_right(wanted, &kept.server))
        })
    }

    /// A directory and a certificate for each member that is new; those that are gone take theirs
    /// along.
    fn keep(&mut self, wanted: &BTreeMap<InstanceKey, Wanted>) -> io::Result<()> {
        self.servers.retain(|key, _| wanted.contains_key(key));
        for (key, wanted) in wanted {
            if self.servers.contains_key(key) {
                continue;
            }
            self.made += 1;
            let home = self.home.path().join(self.made.to_string());
            let identity = self.authority.issue(&wanted.endpoints).map_err(io::Error::other)?;
            let member = Member::new(&wanted.name, home, &self.programs, &identity)?;
            self.servers.insert(*key, Kept::new(member));
        }
        Ok(())
    }

    /// Takes note of how what went on has ended.
    async fn collect(&mut self) -> io::Result<()> {
        let mut leads = None;
        for (key, kept) in &mut self.servers {
            if kept.collect().await? == Some(Role::Primary) {
                leads = Some(*key);
            }
        }
        if let Some(primary) = leads {
            self.latest = Some(primary);
            self.servers.values_mut().for_each(Kept::has_another_primary);
        }
        Ok(())
    }

    /// The writer, if it runs as a primary.
    fn primary(&self, wanted: &BTreeMap<InstanceKey, Wanted>) -> Option<(Member, Running)> {
        let (key, _) = wanted.iter().find(|(_, wanted)| wanted.writer && wanted.up)?;
        let kept = self.servers.get(key).filter(|kept| kept.busy.is_none())?;
        let running = kept.server.state.running?;
        (running.role == Role::Primary).then(|| (kept.member.clone(), running))
    }

    fn latest(&self, key: InstanceKey) -> Latest {
        match self.latest.and_then(|latest| Some((latest, self.servers.get(&latest)?))) {
            None => Latest::Nobody,
            Some((latest, _)) if latest == key => Latest::Itself,
            Some((_, kept)) if kept.busy.is_none() && kept.server.state.running.is_none() => {
                Latest::Stopped
            }
            Some(_) => Latest::Runs,
        }
    }

    /// Writes each server's settings: the primary that it follows, or the standbys that follow it.
    fn tell(&mut self, wanted: &BTreeMap<InstanceKey, Wanted>) -> io::Result<()> {
        let Some((primary, running)) = self.primary(wanted) else {
            return Ok(());
        };
        let joined = self.servers.iter().filter(|(key, kept)| {
            let is_up = wanted.get(key).is_some_and(|wanted| wanted.up);
            is_up && kept.server.replication == Replication::Joined
        });
        let standbys: Vec<_> = joined.map(|(_, kept)| kept.member.name.clone()).collect();
        for kept in self.servers.values_mut().filter(|kept| kept.busy.is_none()) {
            let role = kept.server.state.running.map(|running| running.role);
            kept.tell(match role {
                Some(Role::Primary) => settings::primary(&standbys),
                _ => settings::standby(&kept.member.name, &primary.home, running.socket.port()),
            })?;
        }
        Ok(())
    }

    /// Begins what is to be done next with each server.
    fn act(&mut self, wanted: &BTreeMap<InstanceKey, Wanted>) {
        let primary = self.primary(wanted);
        let latest = self.latest.and_then(|latest| self.servers.get(&latest));
        let former = latest.map(|kept| kept.member.clone());
        for (key, wanted) in wanted {
            let latest = self.latest(*key);
            let Some(kept) = self.servers.get_mut(key).filter(|kept| kept.busy.is_none()) else {
                continue;
            };
            if let Some(action) = plan::next(wanted, &kept.server, primary.is_some(), latest) {
                kept.begin(action, wanted.host, primary.clone(), former.clone());
            }
        }
    }

    fn place(&self, lab: &Lab, link: &Link) {
        for kept in self.servers.values() {
            if let Some(running) = kept.server.state.running {
                lab.place(SocketAddr::new(running.host, link.port), running.socket);
            }
        }
    }
}

impl Fleet for Postgres {
    async fn follow(&mut self, lab: &Lab, link: &Link) -> io::Result<()> {
        let wanted = plan::wanted(&lab.world(), link);
        self.keep(&wanted)?;
        self.collect().await?;
        self.tell(&wanted)?;
        self.act(&wanted);
        self.place(lab, link);
        Ok(())
    }

    async fn rows(&mut self, lab: &Lab, link: &Link) -> io::Result<BTreeSet<u64>> {
        self.settle(lab, link).await?;
        let primary = self.primary(&plan::wanted(&lab.world(), link));
        let (member, running) =
            primary.ok_or_else(|| io::Error::other(format!("{} has no writer", link.name)))?;
        let rows = member.rows(running).await?;
        Ok(rows.into_iter().map(i64::unsigned_abs).collect())
    }
}

impl Kept {
    fn new(member: Member) -> Kept {
        Kept { member, server: Server::default(), told: String::new(), busy: None, failed: 0 }
    }

    /// Takes note of how what went on has ended; gives the role in which the server runs since, if
    /// it does.
    async fn collect(&mut self) -> io::Result<Option<Role>> {
        let Some(busy) = self.busy.take_if(|busy| busy.task.is_finished()) else {
            if self.busy.is_none() {
                self.notice_its_end();
            }
            return Ok(None);
        };
        match busy.task.await.map_err(io::Error::other)? {
            Ok(Done::Moved(state)) => {
                self.failed = 0;
                self.server = Server { state, replication: Replication::default() };
                Ok(state.running.map(|running| running.role))
            }
            Ok(Done::Looked(joined)) => {
                self.failed = 0;
                self.server.replication = match self.server.replication {
                    Replication::Unseen(looks) if !joined => Replication::Unseen(looks + 1),
                    _ => Replication::Joined,
                };
                Ok(None)
            }
            Err(error) => {
                self.failed += 1;
                self.notice_its_end();
                // A failover takes away whom a server was about to copy or to look at: the next
                // attempt finds another.
                if self.failed < FAILURES { Ok(None) } else { Err(error) }
            }
        }
    }

    /// Whether it gets the rows of the primary that has begun is yet to be seen; a look at the one
    /// before says nothing of it.
    fn has_another_primary(&mut self) {
        self.server.replication = Replication::default();
        if let Some(look) = self.busy.take_if(|busy| busy.action == Action::Look) {
            look.task.abort();
        }
    }

    /// A server whose process has ended runs no longer. It was not asked to, so a primary has
    /// handed nothing over.
    fn notice_its_end(&mut self) {
        if let Some(running) = self.server.state.running
            && !self.member.is_running()
        {
            self.server.state.running = None;
            self.server.replication = Replication::default();
            if running.role == Role::Primary {
                self.server.state.data = Data::Ahead;
            }
        }
    }

    fn tell(&mut self, changing: String) -> io::Result<()> {
        if self.told != changing {
            self.member.tell(&changing)?;
            self.told = changing;
        }
        Ok(())
    }

    fn begin(
        &mut self,
        action: Action,
        host: IpAddr,
        primary: Option<(Member, Running)>,
        former: Option<Member>,
    ) {
        if matches!(
            action,
            Action::Create | Action::CopyRunning | Action::TakeOver | Action::Discard
        ) {
            // Whatever is there is being overwritten.
            self.server.state.data = Data::Nothing;
        }
        let member = self.member.clone();
        let running = self.server.state.running;
        let task = tokio::spawn(async move {
            match (action, primary, former, running) {
                (Action::Create, ..) => member.create(host).await.map(Done::Moved),
                (Action::Start(role), ..) => member.start(host, role).await.map(Done::Moved),
                (Action::Stop, ..) => member.stop().await.map(Done::Moved),
                (Action::Discard, ..) => member.discard().await.map(Done::Moved),
                (Action::Promote, _, _, Some(running)) => {
                    member.promote(running).await.map(Done::Moved)
                }
                (Action::TakeOver, _, Some(former), _) => {
                    member.take_over(former, host).await.map(Done::Moved)
                }
                (Action::CopyRunning, Some((primary, running)), ..) => {
                    let port = running.socket.port();
                    member.copy_running(primary, port).await.map(Done::Moved)
                }
                (Action::Look, Some((primary, leads)), _, Some(follows)) => {
                    member.gets_rows_of(primary, leads, follows).await.map(Done::Looked)
                }
                // The plan does none of these without the other server that it takes.
                (Action::Promote | Action::TakeOver | Action::CopyRunning | Action::Look, ..) => {
                    Err(io::Error::other(format!("{}: nobody to {action:?} with", member.name)))
                }
            }
        });
        self.busy = Some(Busy { action, task });
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(busy) = self.busy.take() {
            busy.task.abort();
        }
        self.member.close();
    }
}

#[cfg(test)]
mod tests;
