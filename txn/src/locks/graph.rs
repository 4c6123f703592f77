//! The waits-for graph, walked depth first. Its edges are read from the queues: nothing has to be kept in step.

use rustc_hash::FxHashSet;

use super::mode::TxnId;

/// A cycle through `start`, as the transactions on it in waiting order (`start` first), or `None`.
/// `blockers` answers for whom a transaction waits (nobody, when it does not wait); the last one is followed first.
pub(super) fn cycle(start: TxnId, blockers: impl Fn(TxnId) -> Vec<TxnId>) -> Option<Vec<TxnId>> {
    let mut seen = FxHashSet::default();
    let mut path = vec![(start, blockers(start))];
    while let Some((_, next)) = path.last_mut() {
        match next.pop() {
            Some(txn) if txn == start => return Some(path.iter().map(|(txn, _)| *txn).collect()),
            Some(txn) if seen.insert(txn) => path.push((txn, blockers(txn))),
            Some(_) => {}
            None => {
                path.pop();
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &'static [(u64, u64)]) -> impl Fn(TxnId) -> Vec<TxnId> {
        move |txn| edges.iter().filter(|(from, _)| *from == txn.0).map(|(_, to)| TxnId(*to)).collect()
    }

    #[test]
    fn finds_cycles_through_the_start_only() {
        assert_eq!(cycle(TxnId(1), graph(&[(1, 2), (2, 3), (3, 1)])), Some(vec![TxnId(1), TxnId(2), TxnId(3)]));
        assert_eq!(cycle(TxnId(1), graph(&[(1, 2), (2, 3), (3, 2)])), None);
        assert_eq!(cycle(TxnId(1), graph(&[(1, 2), (1, 3), (2, 4), (3, 4)])), None);
    }
}
