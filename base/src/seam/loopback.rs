//! Messages inside one process: every message arrives, once, and in order per receiver.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Address, Envelope, Net};

type Mailboxes = BTreeMap<Address, VecDeque<Envelope>>;

/// A network within the process. Clones are the same network.
#[derive(Clone, Debug, Default)]
pub struct Loopback {
    mailboxes: Arc<Mutex<Mailboxes>>,
}

impl Loopback {
    /// A network with nobody on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Joins the network. A second joining under one address takes over an empty mailbox: the first one restarted.
    pub fn join(&self, address: Address) -> LoopbackNet {
        self.locked().insert(address, VecDeque::new());
        LoopbackNet { address, network: self.clone() }
    }

    fn locked(&self) -> MutexGuard<'_, Mailboxes> {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One instance's end of a [`Loopback`].
#[derive(Debug)]
pub struct LoopbackNet {
    address: Address,
    network: Loopback,
}

impl Net for LoopbackNet {
    fn address(&self) -> Address {
        self.address
    }

    /// A message to an address where nobody has joined is lost.
    fn send(&mut self, to: Address, message: Vec<u8>) {
        if let Some(mailbox) = self.network.locked().get_mut(&to) {
            mailbox.push_back(Envelope { from: self.address, message });
        }
    }

    fn receive(&mut self) -> Option<Envelope> {
        self.network.locked().get_mut(&self.address)?.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_in_order_with_their_sender() {
        let network = Loopback::new();
        let (mut one, mut two) = (network.join(Address(1)), network.join(Address(2)));
        one.send(Address(2), b"a".to_vec());
        one.send(Address(2), b"b".to_vec());
        two.send(Address(2), b"to myself".to_vec());
        let received: Vec<_> = std::iter::from_fn(|| two.receive()).map(|e| (e.from.0, e.message)).collect();
        assert_eq!(received, [(1, b"a".to_vec()), (1, b"b".to_vec()), (2, b"to myself".to_vec())]);
        assert_eq!(one.receive(), None);
    }

    #[test]
    fn a_message_to_nobody_is_lost_and_a_restart_forgets() {
        let network = Loopback::new();
        let mut one = network.join(Address(1));
        one.send(Address(2), b"lost".to_vec());
        let mut two = network.join(Address(2));
        assert_eq!(two.receive(), None);
        one.send(Address(2), b"unread".to_vec());
        assert_eq!(network.join(Address(2)).receive(), None);
    }
}
