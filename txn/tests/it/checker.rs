//! Is a history of list appends strictly serializable? Adya's direct serialization graph plus real time.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// What one transaction did, as its client saw it.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Step of the schedule in which it began.
    pub begun: u64,
    pub reads: Vec<(u8, Vec<u32>)>,
    pub appends: Vec<(u8, u32)>,
}

impl Observed {
    pub fn read(&mut self, key: u8, list: Vec<u32>) {
        // Own appends say nothing about others.
        let own = |value: &u32| self.appends.contains(&(key, *value));
        let foreign: Vec<u32> = list.into_iter().filter(|value| !own(value)).collect();
        self.reads.push((key, foreign));
    }
}

/// What is wrong with a history.
#[derive(Debug)]
pub enum Violation {
    /// A list lacks a committed value or holds another, or a read saw what the final list contradicts.
    Impossible(String),
    /// Transactions that each must come before the next.
    Cycle(Vec<(usize, &'static str)>),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible(what) => f.write_str(what),
            Self::Cycle(circle) => {
                f.write_str("cycle:")?;
                circle.iter().try_for_each(|(txn, kind)| write!(f, " {txn} -{kind}->"))
            }
        }
    }
}

#[derive(Default)]
pub struct Checker {
    txns: Vec<Observed>,
    /// Step in which the client was answered.
    answered: HashMap<usize, u64>,
    lists: BTreeMap<u8, Vec<u32>>,
}

impl Checker {
    /// A transaction committed; returns its number.
    pub fn commit(&mut self, observed: Observed) -> usize {
        self.txns.push(observed);
        self.txns.len() - 1
    }

    pub fn answered(&mut self, txn: usize, step: u64) {
        self.answered.insert(txn, step);
    }

    pub fn final_list(&mut self, key: u8, list: Vec<u32>) {
        self.lists.insert(key, list);
    }

    pub fn violation(&self) -> Option<Violation> {
        let writers = self.writers();
        if let Some(violation) = self.lists_are_whole(&writers).or_else(|| self.reads_are_prefixes()) {
            return Some(violation);
        }
        let mut graph = Graph::new(self.txns.len());
        self.data_edges(&writers, &mut graph);
        self.time_edges(&mut graph);
        graph.cycle(self.txns.len()).map(Violation::Cycle)
    }

    fn writers(&self) -> HashMap<u32, usize> {
        let appends = self.txns.iter().enumerate();
        appends.flat_map(|(txn, observed)| observed.appends.iter().map(move |(_, value)| (*value, txn))).collect()
    }

    fn lists_are_whole(&self, writers: &HashMap<u32, usize>) -> Option<Violation> {
        for (key, list) in &self.lists {
            if let Some(value) = list.iter().find(|value| !writers.contains_key(value)) {
                return Some(Violation::Impossible(format!("list {key} holds {value}, which nobody committed")));
            }
        }
        for (writer, observed) in self.txns.iter().enumerate() {
            for (key, value) in &observed.appends {
                if !self.lists[key].contains(value) {
                    return Some(Violation::Impossible(format!(
                        "{value} of transaction {writer} is not in list {key}"
                    )));
                }
            }
        }
        None
    }

    fn reads_are_prefixes(&self) -> Option<Violation> {
        for (reader, observed) in self.txns.iter().enumerate() {
            for (key, seen) in &observed.reads {
                let list = &self.lists[key];
                if !list.starts_with(seen) {
                    let what = format!("transaction {reader} saw {seen:?} in list {key}, which is {list:?}");
                    return Some(Violation::Impossible(what));
                }
            }
        }
        None
    }

    fn data_edges(&self, writers: &HashMap<u32, usize>, graph: &mut Graph) {
        for list in self.lists.values() {
            for pair in list.windows(2) {
                graph.edge(writers[&pair[0]], writers[&pair[1]], "ww");
            }
        }
        for (reader, observed) in self.txns.iter().enumerate() {
            for (key, seen) in &observed.reads {
                if let Some(last) = seen.last() {
                    graph.edge(writers[last], reader, "wr");
                }
                let mut later = self.lists[key][seen.len()..].iter().map(|value| writers[value]);
                // Own appends follow the read directly; the next foreign one is the anti-dependency.
                if let Some(writer) = later.find(|writer| *writer != reader) {
                    graph.edge(reader, writer, "rw");
                }
            }
        }
    }

    /// Answered before begun. Instead of an edge for each pair: a chain of moments, entered by ends, left by beginnings.
    fn time_edges(&self, graph: &mut Graph) {
        let mut moments: Vec<(u64, usize, bool)> = Vec::new();
        for (txn, observed) in self.txns.iter().enumerate() {
            moments.push((observed.begun, txn, true));
            moments.extend(self.answered.get(&txn).map(|step| (*step, txn, false)));
        }
        // A beginning in the same step as an end does not follow it.
        moments.sort_by_key(|(step, _, begins)| (*step, !*begins));
        let mut now = graph.node();
        for (_, txn, begins) in moments {
            if begins {
                graph.edge(now, txn, "time");
            } else {
                let next = graph.node();
                graph.edge(now, next, "time");
                graph.edge(txn, next, "time");
                now = next;
            }
        }
    }
}

struct Graph {
    edges: Vec<Vec<(usize, &'static str)>>,
}

impl Graph {
    fn new(nodes: usize) -> Self {
        Self { edges: vec![Vec::new(); nodes] }
    }

    fn node(&mut self) -> usize {
        self.edges.push(Vec::new());
        self.edges.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, kind: &'static str) {
        if from != to {
            self.edges[from].push((to, kind));
        }
    }

    /// A cycle, as the real transactions (below `txns`) on it and what leads on from each.
    fn cycle(&self, txns: usize) -> Option<Vec<(usize, &'static str)>> {
        const NEW: u8 = 0;
        const OPEN: u8 = 1;
        const DONE: u8 = 2;
        let mut state = vec![NEW; self.edges.len()];
        for root in 0..self.edges.len() {
            if state[root] != NEW {
                continue;
            }
            state[root] = OPEN;
            let mut path = vec![(root, 0)];
            while let Some((node, next)) = path.last_mut() {
                let Some((to, _)) = self.edges[*node].get(*next).copied() else {
                    state[*node] = DONE;
                    path.pop();
                    continue;
                };
                *next += 1;
                match state[to] {
                    NEW => {
                        state[to] = OPEN;
                        path.push((to, 0));
                    }
                    OPEN => {
                        let start = path.iter().position(|(node, _)| *node == to).expect("open nodes are on the path");
                        let circle = path[start..].iter().map(|(node, next)| (*node, self.edges[*node][next - 1].1));
                        return Some(circle.filter(|(node, _)| *node < txns).collect());
                    }
                    _ => {}
                }
            }
        }
        None
    }
}

#[test]
fn the_checker_finds_what_is_planted() {
    let mut skew = Checker::default();
    skew.commit(Observed { reads: vec![(2, vec![])], appends: vec![(1, 10)], ..Observed::default() });
    skew.commit(Observed { reads: vec![(1, vec![])], appends: vec![(2, 20)], ..Observed::default() });
    skew.final_list(1, vec![10]);
    skew.final_list(2, vec![20]);
    assert!(matches!(skew.violation(), Some(Violation::Cycle(circle)) if circle.len() == 2));

    let mut stale = Checker::default();
    let writer = stale.commit(Observed { begun: 1, appends: vec![(1, 10)], ..Observed::default() });
    stale.answered(writer, 2);
    stale.commit(Observed { begun: 3, reads: vec![(1, vec![])], ..Observed::default() });
    stale.final_list(1, vec![10]);
    assert!(matches!(stale.violation(), Some(Violation::Cycle(_))), "a read in the past of an answered commit");
}
