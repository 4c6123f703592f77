//! Where clients come in: TCP and Unix sockets.

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use cairn_config::{AuthMethod, Config, TlsFiles};
use cairn_sql_wire::{Auth, ConnectionError, Reception, Stream, Verifier, serve, turn_away};
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

/// The way in: what receives connections, and how many there are.
pub(crate) struct Door {
    reception: Reception,
    /// Connections now, those that have not said yet what they want included.
    open: Cell<usize>,
    /// Twice the sessions, as in PostgreSQL: a cancel request must come through when all sessions are taken, and
    /// connections that never speak must not take all memory.
    open_max: usize,
}

impl Door {
    pub(crate) fn new(reception: Reception, sessions_max: usize) -> Self {
        Self { reception, open: Cell::new(0), open_max: 2 * sessions_max }
    }
}

/// A connection that counts.
struct Visitor(Rc<Door>);

impl Visitor {
    /// `None`: there is no room.
    fn enter(door: &Rc<Door>) -> Option<Self> {
        if door.open.get() >= door.open_max {
            return None;
        }
        door.open.set(door.open.get() + 1);
        Some(Self(door.clone()))
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
    }
}

/// How clients prove who they are.
pub(crate) fn auth(config: &Config) -> Auth {
    match (config.pg_auth, &config.pg_password) {
        (AuthMethod::Scram, Some(password)) => {
            let verifier = Verifier::new(password, rand::random());
            Auth::Scram([(config.pg_user.clone(), verifier)].into())
        }
        _ => Auth::Trust,
    }
}

/// The TLS side, from its files.
pub(crate) fn tls(files: &TlsFiles) -> Result<TlsAcceptor, String> {
    let chain: Result<Vec<_>, _> = match CertificateDer::pem_file_iter(&files.certificate) {
        Ok(certificates) => certificates.collect(),
        Err(error) => Err(error),
    };
    let chain =
        chain.map_err(|error| format!("cannot read TLS certificate {}: {error}", files.certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| format!("cannot read TLS key {}: {error}", files.key.display()))?;
    let server = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| format!("cannot use the TLS certificate: {error}"))?;
    Ok(TlsAcceptor::from(Arc::new(server)))
}

/// Takes in TCP clients for ever.
pub(crate) async fn tcp(listener: TcpListener, door: Rc<Door>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
                }
                welcome(Stream::Tcp(stream), &door);
            }
            Err(error) => overloaded(&error).await,
        }
    }
}

/// Takes in clients of a Unix socket for ever.
pub(crate) async fn unix(listener: UnixListener, door: Rc<Door>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => welcome(Stream::Unix(stream), &door),
            Err(error) => overloaded(&error).await,
        }
    }
}

/// Out of file descriptors, most likely: let some connections end before trying again.
async fn overloaded(error: &std::io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
}

fn welcome(stream: Stream, door: &Rc<Door>) {
    let visitor = Visitor::enter(door);
    tokio::task::spawn_local(async move {
        let Some(Visitor(door)) = &visitor else { return turn_away(stream).await };
        match serve(stream, &door.reception).await {
            Ok(()) => {}
            Err(ConnectionError::Io(error)) => tracing::debug!(%error, "connection lost"),
            Err(error) => tracing::warn!(%error, "connection ended"),
        }
    });
}

/// A Unix socket that psql finds; removed when dropped.
pub(crate) struct Socket {
    path: PathBuf,
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Somebody else may have taken the place already.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Opens a socket in a directory under PostgreSQL's name for the port.
pub(crate) fn bind_unix(dir: &Path, port: u16) -> std::io::Result<(UnixListener, Socket)> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!(".s.PGSQL.{port}"));
    // Left over from a server that was killed? The TCP port is ours already, so nobody else serves here.
    match std::os::unix::net::UnixStream::connect(&path) {
        Ok(_) => return Err(std::io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => std::fs::remove_file(&path)?,
        Err(_) => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777))?;
    Ok((listener, Socket { path }))
}
