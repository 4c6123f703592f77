//! Messages between processes.
//!
//! The promise is weak on purpose: a message may be lost, arrive twice or overtake another one, and a sender never learns
//! which. Every protocol above must live with that; then any transport will do.

use std::fmt;

/// Where messages go: an instance of the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Address(pub u64);

/// A message with its sender.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// Who sent it.
    pub from: Address,
    /// Its bytes, whole.
    pub message: Vec<u8>,
}

/// One instance's way to the others. Neither call waits.
pub trait Net: Send + fmt::Debug {
    /// This instance's own address.
    fn address(&self) -> Address;

    /// Hands a message over for delivery, perhaps. Sending to oneself is allowed.
    fn send(&mut self, to: Address, message: Vec<u8>);

    /// The next message that has arrived, if any.
    fn receive(&mut self) -> Option<Envelope>;
}
