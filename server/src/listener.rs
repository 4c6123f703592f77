//! Where clients come in: TCP and Unix sockets.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use cairn_sql_session::Core;
use cairn_sql_types::{SqlError, SqlState};
use cairn_sql_wire::{Auth, Cancels, ConnectionError, Stream, Verifier, serve};
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::config::{AuthMethod, Config, TlsFiles};

/// Everything a new connection needs.
pub(crate) struct Door {
    pub(crate) core: Rc<Core>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) auth: Auth,
    pub(crate) cancels: Cancels,
    pub(crate) connections_max: usize,
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
                welcome(Stream::Tcp(stream), door.clone());
            }
            Err(error) => overloaded(&error).await,
        }
    }
}

/// Takes in clients of a Unix socket for ever.
pub(crate) async fn unix(listener: UnixListener, door: Rc<Door>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => welcome(Stream::Unix(stream), door.clone()),
            Err(error) => overloaded(&error).await,
        }
    }
}

/// Out of file descriptors, most likely: let some connections end before trying again.
async fn overloaded(error: &std::io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
}

fn welcome(stream: Stream, door: Rc<Door>) {
    tokio::task::spawn_local(async move {
        if door.cancels.len() >= door.connections_max {
            let mut error = SqlError::new(SqlState::TOO_MANY_CONNECTIONS, "sorry, too many clients already");
            error.fields_mut().fatal = true;
            cairn_sql_wire::refuse(stream, &error).await;
            return;
        }
        match serve(stream, door.core.clone(), door.tls.clone(), &door.auth, &door.cancels).await {
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
