//! The connection with its two buffers: what has arrived and is not yet carried out, what is answered and not yet sent.

use std::io;

use cairn_sql_protocol::frontend::{self, Frame, ProtocolError, Startup};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stream::Stream;

/// Read buffer to begin with; it grows to the largest message and shrinks back.
const READ_BYTES: usize = 16 << 10;
/// Answers of a long result are sent whenever this much has gathered.
const RELIEF_BYTES: usize = 64 << 10;
/// Buffers that grew beyond this are given back when they are empty.
const KEEP_BYTES: usize = 1 << 20;

/// A connection and its buffers.
#[derive(Debug)]
pub(crate) struct Buffered {
    stream: Stream,
    input: Vec<u8>,
    /// Bytes of `input` that are carried out.
    consumed: usize,
    /// Answers to send.
    pub(crate) output: Vec<u8>,
}

impl Buffered {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, input: Vec::with_capacity(READ_BYTES), consumed: 0, output: Vec::with_capacity(READ_BYTES) }
    }

    /// The bytes that are not carried out yet.
    fn pending(&self) -> &[u8] {
        &self.input[self.consumed..]
    }

    /// The next message, if all of it is here. [`Self::consume`] its length when it is carried out.
    pub(crate) fn next(&self) -> Result<Option<Frame<'_>>, ProtocolError> {
        frontend::next(self.pending())
    }

    /// Is the message after the next `length` bytes a Sync?
    pub(crate) fn sync_follows(&self, length: usize) -> bool {
        self.pending().get(length) == Some(&b'S')
    }

    /// A message of this length has been carried out.
    pub(crate) fn consume(&mut self, length: usize) {
        self.consumed += length;
        debug_assert!(self.consumed <= self.input.len());
    }

    /// Waits for more bytes; sends nothing. `false`: the client has gone.
    pub(crate) async fn read(&mut self) -> io::Result<bool> {
        if self.consumed == self.input.len() {
            self.input.clear();
            self.input.shrink_to(KEEP_BYTES);
        } else {
            self.input.drain(..self.consumed);
        }
        self.consumed = 0;
        if self.input.capacity() - self.input.len() < READ_BYTES / 2 {
            self.input.reserve(READ_BYTES.max(self.input.len()));
        }
        Ok(self.stream.read_buf(&mut self.input).await? > 0)
    }

    /// Sends all answers.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
            self.output.shrink_to(KEEP_BYTES);
        }
        self.stream.flush().await
    }

    /// Sends answers if many have gathered.
    pub(crate) async fn relieve(&mut self) -> io::Result<()> {
        if self.output.len() >= RELIEF_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Waits for a start-up packet. `None`: the client has gone.
    pub(crate) async fn startup(&mut self) -> io::Result<Option<Result<Startup, ProtocolError>>> {
        loop {
            match frontend::startup(self.pending()) {
                Ok(Some((packet, length))) => {
                    self.consume(length);
                    return Ok(Some(Ok(packet)));
                }
                Ok(None) if !self.read().await? => return Ok(None),
                Ok(None) => {}
                Err(error) => return Ok(Some(Err(error))),
            }
        }
    }

    /// The plain stream, for the TLS handshake. Fails when bytes have arrived already: somebody put plain text in front of
    /// the handshake (CVE-2021-23214).
    pub(crate) fn into_stream(self) -> Result<Stream, ProtocolError> {
        if self.pending().is_empty() { Ok(self.stream) } else { Err(ProtocolError::Leftover) }
    }

    pub(crate) async fn shutdown(&mut self) {
        // The client may have closed first; there is nobody left to tell.
        let _ = self.stream.shutdown().await;
    }
}
