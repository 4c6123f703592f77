//! Who may come in: trust, or a password by SCRAM-SHA-256 (RFC 5802, RFC 7677).

use std::collections::HashMap;

use cairn_sql_protocol::frontend::{ProtocolError, sasl_initial};
use cairn_sql_types::{SqlError, SqlState};
use pgwire::api::auth::sasl::scram::{
    SCRAM_ITERATIONS, ScramSecret, ScramServerAuth, ScramServerAuthWaitingForClientFinal, gen_salted_password,
};

/// How clients prove who they are.
#[derive(Clone, Debug)]
pub enum Auth {
    /// They need not.
    Trust,
    /// By password; the verifiers by user name.
    Scram(HashMap<String, Verifier>),
}

/// What the server keeps of a password. It can check a client's proof with it, and nobody can log in with it.
#[derive(Clone)]
pub struct Verifier {
    salt: Vec<u8>,
    salted_password: Vec<u8>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(..)")
    }
}

impl Verifier {
    /// Of a password, under a salt (16 random bytes).
    pub fn new(password: &str, salt: [u8; 16]) -> Self {
        Self { salt: salt.to_vec(), salted_password: gen_salted_password(password, &salt, SCRAM_ITERATIONS) }
    }

    /// For a user that does not exist: the exchange looks the same and fails at its end, so that nobody learns which users
    /// exist.
    fn mock(user: &str, salt: [u8; 16]) -> Self {
        Self::new(&format!("\u{0}no password of {user}"), salt)
    }

    fn secret(&self) -> ScramSecret {
        ScramSecret::SaltedPassword { salt: self.salt.clone(), salted_password: self.salted_password.clone() }
    }
}

/// Name of the one mechanism offered.
pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";

/// One SCRAM exchange: first message in, challenge out; proof in, server's signature out.
pub(crate) struct Exchange {
    verifier: Verifier,
    user: String,
    known: bool,
    waiting: Option<ScramServerAuthWaitingForClientFinal>,
}

impl Exchange {
    pub(crate) fn new(users: &HashMap<String, Verifier>, user: &str, salt: [u8; 16]) -> Self {
        let known = users.get(user);
        let verifier = known.cloned().unwrap_or_else(|| Verifier::mock(user, salt));
        Self { verifier, user: user.to_owned(), known: known.is_some(), waiting: None }
    }

    /// The client's SASLInitialResponse (the body of its password message); answers the challenge.
    pub(crate) fn first(&mut self, body: &[u8]) -> Result<Vec<u8>, SqlError> {
        let first = initial_response(body).map_err(|error| malformed(&error.to_string()))?;
        let server = ScramServerAuth::new();
        let (challenge, waiting) = server
            .on_client_first_message_with_secret(first, self.verifier.secret())
            .map_err(|error| malformed(&error.to_string()))?;
        self.waiting = Some(waiting);
        Ok(challenge.into_bytes())
    }

    /// The client's SASLResponse; answers the server's signature.
    pub(crate) fn last(&mut self, body: &[u8]) -> Result<Vec<u8>, SqlError> {
        let waiting = self.waiting.take().ok_or_else(|| malformed("out of sequence"))?;
        match waiting.on_client_final_message(body) {
            Ok(signature) if self.known => Ok(signature.into_bytes()),
            _ => Err(self.refused()),
        }
    }

    fn refused(&self) -> SqlError {
        let message = format!("password authentication failed for user \"{}\"", self.user);
        SqlError::new(SqlState::INVALID_PASSWORD, message)
    }
}

fn malformed(detail: &str) -> SqlError {
    SqlError::new(SqlState::PROTOCOL_VIOLATION, "malformed SCRAM message").detail(format!("{detail}."))
}

/// The client's first SCRAM message out of a SASLInitialResponse: mechanism name, length, data.
fn initial_response(body: &[u8]) -> Result<&[u8], ProtocolError> {
    match sasl_initial(body)? {
        (MECHANISM, data) => Ok(data),
        _ => Err(ProtocolError::Leftover),
    }
}
