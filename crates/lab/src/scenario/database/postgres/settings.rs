//! The configuration files of a PostgreSQL server.

use std::net::SocketAddr;
use std::path::Path;

/// The file beside `postgresql.conf` with what changes while the server runs.
pub(super) const CHANGING: &str = "changing.conf";

/// The superuser, which connects only over the socket in the server's own directory.
pub(super) const SUPERUSER: &str = "postgres";

/// The permitted connections: the application over TLS with a password, the superuser and the
/// standbys over a socket in a directory that no other account can enter.
pub(super) const ACCESS: &str = "\
local   all          postgres               trust
local   replication  postgres               trust
hostssl all          all       127.0.0.0/8  scram-sha-256
";

/// The settings of a server for as long as it runs.
pub(super) fn fixed(name: &str, home: &Path, socket: SocketAddr) -> String {
    let home = home.display();
    format!(
        "\
# Which instance answers: SHOW cluster_name.
cluster_name = '{name}'
listen_addresses = '{address}'
port = {port}
unix_socket_directories = '{home}'
hba_file = '{home}/pg_hba.conf'
ssl = on
ssl_cert_file = '{home}/server.crt'
ssl_key_file = '{home}/server.key'

# The data need not survive a restart of the machine, and many of these servers share one machine.
fsync = off
full_page_writes = off
autovacuum = off
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
max_connections = 100
max_worker_processes = 2
max_logical_replication_workers = 0
checkpoint_timeout = 1h
min_wal_size = 32MB
max_wal_size = 256MB

# Every acknowledged row can be read on every server. A standby never lags far behind, notices a
# new primary at once, and confirms often.
synchronous_commit = remote_apply
wal_keep_size = 64MB
wal_retrieve_retry_interval = 100ms
wal_receiver_status_interval = 1s
wal_receiver_timeout = 5s
wal_sender_timeout = 5s

include '{CHANGING}'
",
        address = socket.ip(),
        port = socket.port(),
    )
}

/// The setting that changes while a primary runs: which standbys must have a row before it is
/// acknowledged. None, if there is no standby.
pub(super) fn primary(standbys: &[String]) -> String {
    let quoted: Vec<_> = standbys.iter().map(|name| format!("\"{name}\"")).collect();
    let names = match quoted.len() {
        0 => String::new(),
        all => format!("FIRST {all} ({})", quoted.join(", ")),
    };
    format!("synchronous_standby_names = '{names}'\n")
}

/// The setting that changes while a standby runs: the primary that it follows.
pub(super) fn standby(name: &str, primary: &Path, port: u16) -> String {
    format!("primary_conninfo = '{} application_name={name}'\n", replication(primary, port))
}

/// How a standby reaches its primary.
pub(super) fn replication(primary: &Path, port: u16) -> String {
    format!("host={} port={port} user={SUPERUSER}", primary.display())
}
