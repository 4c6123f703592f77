//! The search for a cycle: what was seen gives edges that each serial order must respect, and a cycle of them is an anomaly
//! with a name.
//!
//! ```text
//!   ww  T1 wrote a version, T2 the next one          wr  T1 wrote a version, T2 saw it
//!   rw  T1 saw a version, T2 wrote the next one      rt  T1 was answered before T2 began
//!
//!   G0  ww only      G1c  ww, wr      G-single  one rw      G2  more of them      strict-..  needs rt, too
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::{History, Object, Observed, Operation, UNANSWERED};

/// What is wrong with a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// Its name in the literature.
    pub name: &'static str,
    /// The transactions and what connects them.
    pub what: String,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.what)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Ww,
    Wr,
    Rw,
    Rt,
}

type Edges = Vec<Vec<(usize, Kind)>>;
type Found<T> = Result<T, Anomaly>;

/// Looks for an anomaly.
pub fn check(history: &History) -> Found<()> {
    let versions = Versions::of(history)?;
    let mut edges: Edges = vec![Vec::new(); history.observed.len()];
    for (place, observed) in history.observed.iter().enumerate() {
        for operation in &observed.operations {
            versions.connect(place, observed, operation, &mut edges)?;
        }
    }
    versions.connect_writers(&mut edges);
    connect_times(&history.observed, &mut edges);
    if is_acyclic(&edges) { Ok(()) } else { Err(name_cycle(&edges, &history.observed)) }
}

/// The order of every object's versions, and who wrote them.
struct Versions {
    orders: BTreeMap<Object, Vec<u64>>,
    /// Place of each number in its object's order, and its writer.
    places: BTreeMap<u64, (usize, usize)>,
}

impl Versions {
    fn of(history: &History) -> Found<Self> {
        let orders = orders(history)?;
        let mut writers = BTreeMap::new();
        for (place, observed) in history.observed.iter().enumerate() {
            for operation in &observed.operations {
                if let Operation::Append(_, number) | Operation::Replace(_, _, number) = operation {
                    assert_ne!(*number, 0, "nobody writes 0, which stands for what was there before");
                    writers.insert(*number, place);
                }
            }
        }
        let mut places = BTreeMap::new();
        for (object, order) in &orders {
            for (place, number) in order.iter().enumerate() {
                let Some(writer) = writers.get(number) else {
                    return Err(anomaly("G1a", format!("{object:?} holds {number}, which nobody committed")));
                };
                if places.insert(*number, (place, *writer)).is_some() {
                    return Err(anomaly("duplicate", format!("{object:?} holds {number} twice")));
                }
            }
        }
        for (number, writer) in &writers {
            if !places.contains_key(number) {
                let writer = history.observed[*writer].number;
                return Err(anomaly("lost-write", format!("{number} of t{writer} is nowhere")));
            }
        }
        Ok(Self { orders, places })
    }

    fn order(&self, object: &Object) -> &[u64] {
        self.orders.get(object).map_or(&[], Vec::as_slice)
    }

    fn writer(&self, number: u64) -> Option<usize> {
        self.places.get(&number).map(|(_, writer)| *writer)
    }

    fn connect(&self, me: usize, observed: &Observed, operation: &Operation, edges: &mut Edges) -> Found<()> {
        match operation {
            Operation::Append(..) => Ok(()),
            Operation::Read(key, seen) => self.connect_read(me, observed, *key, seen, edges),
            Operation::Look(key, seen) | Operation::Replace(key, seen, _) => {
                self.connect_version(me, &Object::Register(*key), *seen, edges)
            }
        }
    }

    fn connect_read(&self, me: usize, observed: &Observed, key: u8, seen: &[u64], edges: &mut Edges) -> Found<()> {
        let object = Object::List(key);
        let foreign: Vec<u64> = seen.iter().copied().filter(|number| self.writer(*number) != Some(me)).collect();
        let order = self.order(&object);
        if !order.starts_with(&foreign) {
            let what = format!("t{} saw {foreign:?} in {object:?}, which is {order:?}", observed.number);
            return Err(anomaly(
                if foreign.iter().all(|number| order.contains(number)) { "incompatible-order" } else { "G1a" },
                what,
            ));
        }
        self.connect_version(me, &object, foreign.last().copied().unwrap_or(0), edges)
    }

    /// Connects a reader of the version that `seen` made (0: of nothing) with its writer and the next one.
    fn connect_version(&self, me: usize, object: &Object, seen: u64, edges: &mut Edges) -> Found<()> {
        let order = self.order(object);
        let next = match self.places.get(&seen) {
            _ if seen == 0 => 0,
            None => return Err(anomaly("G1a", format!("somebody saw {seen} in {object:?}, which nobody committed"))),
            Some((place, writer)) => {
                if order.get(place + 1).is_some_and(|next| self.writer(*next) == Some(*writer)) && *writer != me {
                    return Err(anomaly("G1b", format!("{seen} in {object:?} was seen between its writer's writes")));
                }
                edge(edges, *writer, me, Kind::Wr);
                place + 1
            }
        };
        // Own writes follow directly; the next foreign one is the anti-dependency.
        let later = order.get(next..).unwrap_or_default().iter().filter_map(|number| self.writer(*number));
        if let Some(writer) = later.into_iter().find(|writer| *writer != me) {
            edge(edges, me, writer, Kind::Rw);
        }
        Ok(())
    }

    fn connect_writers(&self, edges: &mut Edges) {
        for order in self.orders.values() {
            for pair in order.windows(2) {
                if let (Some(first), Some(second)) = (self.writer(pair[0]), self.writer(pair[1])) {
                    edge(edges, first, second, Kind::Ww);
                }
            }
        }
    }
}

fn anomaly(name: &'static str, what: String) -> Anomaly {
    Anomaly { name, what }
}

fn edge(edges: &mut Edges, from: usize, to: usize, kind: Kind) {
    if from != to {
        edges[from].push((to, kind));
    }
}

/// Lists show their order; a register's follows from what each replacement replaced.
fn orders(history: &History) -> Found<BTreeMap<Object, Vec<u64>>> {
    let mut next: BTreeMap<(u8, u64), (u64, u64)> = BTreeMap::new();
    for observed in &history.observed {
        for operation in &observed.operations {
            let Operation::Replace(key, old, new) = operation else { continue };
            if let Some((_, other)) = next.insert((*key, *old), (*new, observed.number)) {
                let what = format!("t{other} and t{} both replaced {old} in register {key}", observed.number);
                return Err(anomaly("lost-update", what));
            }
        }
    }
    let mut orders = history.last.clone();
    for (object, order) in &mut orders {
        let Object::Register(key) = object else { continue };
        let last = order.last().copied().unwrap_or(0);
        order.clear();
        let mut at = 0;
        while let Some((new, _)) = next.get(&(*key, at)) {
            order.push(*new);
            at = *new;
        }
        if at != last {
            return Err(anomaly("lost-write", format!("register {key} holds {last}, the last replacement was {at}")));
        }
    }
    Ok(orders)
}

/// Answered before begun. Instead of an edge for each pair: a chain of moments, entered by ends, left by beginnings.
fn connect_times(observed: &[Observed], edges: &mut Edges) {
    let mut moments: Vec<(u64, bool, usize)> = Vec::new();
    for (place, one) in observed.iter().enumerate() {
        moments.push((one.began, false, place));
        if one.answered != UNANSWERED {
            moments.push((one.answered, true, place));
        }
    }
    // A beginning at the same moment as an end does not follow it.
    moments.sort_unstable();
    edges.push(Vec::new());
    let mut now = edges.len() - 1;
    for (_, ends, place) in moments {
        if ends {
            edges.push(Vec::new());
            let next = edges.len() - 1;
            edge(edges, now, next, Kind::Rt);
            edge(edges, place, next, Kind::Rt);
            now = next;
        } else {
            edge(edges, now, place, Kind::Rt);
        }
    }
}

/// Kahn's algorithm: can every node be taken away once nothing leads to it?
fn is_acyclic(edges: &Edges) -> bool {
    let mut incoming = vec![0_u32; edges.len()];
    edges.iter().flatten().for_each(|(to, _)| incoming[*to] += 1);
    let mut free: Vec<usize> = (0..edges.len()).filter(|node| incoming[*node] == 0).collect();
    let mut taken = 0;
    while let Some(node) = free.pop() {
        taken += 1;
        for (to, _) in &edges[node] {
            incoming[*to] -= 1;
            if incoming[*to] == 0 {
                free.push(*to);
            }
        }
    }
    taken == edges.len()
}

/// The cycle with the most telling name.
fn name_cycle(edges: &Edges, observed: &[Observed]) -> Anomaly {
    use Kind::{Rt, Rw, Wr, Ww};
    type Class = (&'static str, &'static [Kind], &'static [Kind]);
    // Name, the edge that is looked for once, those that lead back.
    const CLASSES: [Class; 8] = [
        ("G0", &[Ww], &[Ww]),
        ("G1c", &[Wr], &[Ww, Wr]),
        ("G-single", &[Rw], &[Ww, Wr]),
        ("G2", &[Rw], &[Ww, Wr, Rw]),
        ("strict-G0", &[Ww], &[Ww, Rt]),
        ("strict-G1c", &[Wr], &[Ww, Wr, Rt]),
        ("strict-G-single", &[Rw], &[Ww, Wr, Rt]),
        ("strict-G2", &[Rw], &[Ww, Wr, Rw, Rt]),
    ];
    for (name, first, rest) in CLASSES {
        for from in 0..edges.len() {
            for (to, kind) in edges[from].iter().filter(|(_, kind)| first.contains(kind)) {
                if let Some(path) = path(edges, *to, from, rest) {
                    return anomaly(name, describe(from, *kind, &path, observed));
                }
            }
        }
    }
    anomaly("cycle", "of real time alone".to_owned())
}

/// The shortest way by edges of these kinds, as nodes and the edges that leave them.
fn path(edges: &Edges, from: usize, to: usize, kinds: &[Kind]) -> Option<Vec<(usize, Kind)>> {
    let mut came: Vec<Option<(usize, Kind)>> = vec![None; edges.len()];
    let mut queue = VecDeque::from([from]);
    while let Some(node) = queue.pop_front() {
        if node == to {
            let mut path = Vec::new();
            let mut at = to;
            while at != from {
                let (before, kind) = came[at]?;
                path.push((before, kind));
                at = before;
            }
            path.reverse();
            return Some(path);
        }
        for (next, kind) in edges[node].iter().filter(|(_, kind)| kinds.contains(kind)) {
            if came[*next].is_none() && *next != from {
                came[*next] = Some((node, *kind));
                queue.push_back(*next);
            }
        }
    }
    None
}

fn describe(from: usize, kind: Kind, path: &[(usize, Kind)], observed: &[Observed]) -> String {
    let mut text = String::new();
    let first = (from, kind);
    let steps = std::iter::once(&first).chain(path);
    // Moments between two transactions are no transactions.
    let steps: Vec<_> = steps.filter(|(node, _)| *node < observed.len()).collect();
    for (node, kind) in &steps {
        text.push_str(&format!("t{} -{}-> ", observed[*node].number, format!("{kind:?}").to_lowercase()));
    }
    text.push_str("the first again;");
    for (node, _) in &steps {
        text.push_str(&format!(" t{} {:?};", observed[*node].number, observed[*node].operations));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Operation::{Append, Look, Read, Replace};
    use super::*;

    /// Transactions that overlap in time.
    fn history(transactions: &[&[Operation]], lists: &[(u8, &[u64])], registers: &[(u8, u64)]) -> History {
        let observed = |(place, operations): (usize, &&[Operation])| Observed {
            number: place as u64,
            record: 1,
            began: 1,
            answered: 2,
            operations: operations.to_vec(),
        };
        let lists = lists.iter().map(|(key, list)| (Object::List(*key), list.to_vec()));
        let registers = registers.iter().map(|(key, number)| (Object::Register(*key), vec![*number]));
        History {
            observed: transactions.iter().enumerate().map(observed).collect(),
            last: lists.chain(registers).collect(),
        }
    }

    fn name(history: &History) -> &'static str {
        check(history).expect_err("an anomaly").name
    }

    #[test]
    fn serial_histories_pass() {
        let reads = [Read(1, vec![10]), Append(2, 20)];
        let serial = history(&[&[Append(1, 10)], &reads, &[Read(2, vec![20])]], &[(1, &[10]), (2, &[20])], &[]);
        assert_eq!(check(&serial), Ok(()));
        let registers = history(&[&[Replace(1, 0, 5)], &[Look(1, 5)], &[Replace(1, 5, 6)]], &[], &[(1, 6)]);
        assert_eq!(check(&registers), Ok(()));
    }

    #[test]
    fn write_skew_is_g2() {
        let skew = history(
            &[&[Read(2, vec![]), Append(1, 10)], &[Read(1, vec![]), Append(2, 20)]],
            &[(1, &[10]), (2, &[20])],
            &[],
        );
        assert_eq!(name(&skew), "G2");
    }

    #[test]
    fn a_fractured_read_is_g_single() {
        let fractured = history(
            &[&[Append(1, 10), Append(2, 20)], &[Read(1, vec![10]), Read(2, vec![])]],
            &[(1, &[10]), (2, &[20])],
            &[],
        );
        assert_eq!(name(&fractured), "G-single");
    }

    #[test]
    fn circles_of_writes_and_of_information_have_their_names() {
        let writes = history(
            &[&[Append(1, 10), Append(2, 20)], &[Append(1, 11), Append(2, 21)]],
            &[(1, &[10, 11]), (2, &[21, 20])],
            &[],
        );
        assert_eq!(name(&writes), "G0");
        let information = history(
            &[&[Append(1, 10), Read(2, vec![20])], &[Append(2, 20), Read(1, vec![10])]],
            &[(1, &[10]), (2, &[20])],
            &[],
        );
        assert_eq!(name(&information), "G1c");
    }

    #[test]
    fn lost_and_invented_values_are_seen() {
        assert_eq!(name(&history(&[&[Append(1, 10)]], &[(1, &[])], &[])), "lost-write");
        assert_eq!(name(&history(&[], &[(1, &[10])], &[])), "G1a");
        assert_eq!(name(&history(&[&[Replace(1, 0, 5)], &[Replace(1, 0, 6)]], &[], &[(1, 6)])), "lost-update");
        let between = history(&[&[Append(1, 10), Append(1, 11)], &[Read(1, vec![10])]], &[(1, &[10, 11])], &[]);
        assert_eq!(name(&between), "G1b");
    }

    #[test]
    fn a_read_in_the_past_of_an_answered_commit_is_not_strict() {
        let mut stale = history(&[&[Append(1, 10)], &[Read(1, vec![])]], &[(1, &[10])], &[]);
        (stale.observed[1].began, stale.observed[1].answered) = (3, 4);
        assert_eq!(name(&stale), "strict-G-single");
    }
}
