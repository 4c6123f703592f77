//! Histories of list appends and the search for cycles in them, after Elle (Kingsbury and Alvaro, VLDB 2020).
//!
//! Every append adds a number that is used once, so the longest list read from a key shows the order of its versions, and every
//! read shows which version it saw. From that come the edges that each serial order must respect:
//!
//! ```text
//!   ww  T1 appended x, T2 appended the next element        T1 -> T2
//!   wr  T1 appended x, T2 read a list that ends with x     T1 -> T2
//!   rw  T1 read a list, T2 appended the element after it   T1 -> T2
//! ```
//!
//! A cycle means that no serial order exists.

use std::collections::{BTreeMap, HashMap};

/// A key of the history's tables.
pub type Key = u32;
/// A number that is appended at most once in a history.
pub type Element = u64;

/// What one operation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Put an element at the end of a key's list.
    Append(Key, Element),
    /// Saw this list.
    Read(Key, Vec<Element>),
}

/// The operations of a transaction whose commit was acknowledged.
pub type Transaction = Vec<Operation>;

/// Checks a history of committed transactions. `last` are the lists at the end.
///
/// # Errors
/// The first violation found, in words.
pub fn check(history: &[Transaction], last: &BTreeMap<Key, Vec<Element>>) -> Result<(), String> {
    let writers = writers(history);
    for (index, transaction) in history.iter().enumerate() {
        check_transaction(index, transaction, last, &writers)?;
    }
    let edges = edges(history, last, &writers);
    find_cycle(&edges).map_or(Ok(()), |cycle| Err(describe(&cycle, history)))
}

fn writers(history: &[Transaction]) -> HashMap<Element, usize> {
    let mut writers = HashMap::new();
    for (index, transaction) in history.iter().enumerate() {
        for operation in transaction {
            if let Operation::Append(_, element) = operation {
                writers.insert(*element, index);
            }
        }
    }
    writers
}

/// Reads are prefixes of the last list followed by own appends; appends are in the last list.
fn check_transaction(
    index: usize,
    transaction: &Transaction,
    last: &BTreeMap<Key, Vec<Element>>,
    writers: &HashMap<Element, usize>,
) -> Result<(), String> {
    let empty = Vec::new();
    for operation in transaction {
        match operation {
            Operation::Append(key, element) => {
                let found = last.get(key).unwrap_or(&empty).iter().filter(|&other| other == element).count();
                if found != 1 {
                    return Err(format!("T{index}: the committed append of {element} to {key} is there {found} times"));
                }
            }
            Operation::Read(key, seen) => {
                if !last.get(key).unwrap_or(&empty).starts_with(seen) {
                    return Err(format!("T{index}: read {seen:?} of {key}, which is no prefix of {:?}", last.get(key)));
                }
                if let Some(stranger) = seen.iter().find(|element| !writers.contains_key(element)) {
                    return Err(format!("T{index}: read {stranger}, which no acknowledged transaction wrote"));
                }
            }
        }
    }
    Ok(())
}

fn edges(
    history: &[Transaction],
    last: &BTreeMap<Key, Vec<Element>>,
    writers: &HashMap<Element, usize>,
) -> Vec<Vec<usize>> {
    let mut edges = vec![Vec::new(); history.len()];
    let mut edge = |from: Option<&usize>, to: Option<&usize>| {
        if let (Some(&from), Some(&to)) = (from, to)
            && from != to
        {
            edges[from].push(to);
        }
    };
    for list in last.values() {
        for pair in list.windows(2) {
            edge(writers.get(&pair[0]), writers.get(&pair[1]));
        }
    }
    for (reader, transaction) in history.iter().enumerate() {
        for operation in transaction {
            let Operation::Read(key, seen) = operation else { continue };
            edge(seen.last().and_then(|element| writers.get(element)), Some(&reader));
            let next = last.get(key).and_then(|list| list.get(seen.len()));
            edge(Some(&reader), next.and_then(|element| writers.get(element)));
        }
    }
    edges
}

/// A cycle of the graph, found by depth-first search without recursion.
fn find_cycle(edges: &[Vec<usize>]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; edges.len()];
    for start in 0..edges.len() {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Open;
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let (from, position) = (*node, *next);
            *next += 1;
            match edges[from].get(position) {
                None => {
                    marks[from] = Mark::Done;
                    path.pop();
                }
                Some(&to) if marks[to] == Mark::New => {
                    marks[to] = Mark::Open;
                    path.push((to, 0));
                }
                Some(&to) if marks[to] == Mark::Open => {
                    return Some(path.iter().map(|&(node, _)| node).skip_while(|&node| node != to).collect());
                }
                Some(_) => {}
            }
        }
    }
    None
}

fn describe(cycle: &[usize], history: &[Transaction]) -> String {
    let mut text = String::from("no serial order exists for these transactions, each before the next:\n");
    for &index in cycle {
        text.push_str(&format!("  T{index}: {:?}\n", history[index]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Operation::{Append, Read};
    use super::*;

    #[test]
    fn a_serial_history_passes() {
        let history =
            [vec![Append(1, 10)], vec![Read(1, vec![10]), Append(2, 20)], vec![Read(2, vec![20]), Append(1, 11)]];
        check(&history, &BTreeMap::from([(1, vec![10, 11]), (2, vec![20])])).expect("serial");
    }

    #[test]
    fn write_skew_is_a_cycle() {
        let history = [vec![Read(1, vec![]), Append(2, 20)], vec![Read(2, vec![]), Append(1, 10)]];
        let error = check(&history, &BTreeMap::from([(1, vec![10]), (2, vec![20])])).expect_err("a cycle");
        assert!(error.contains("no serial order"), "{error}");
    }

    #[test]
    fn a_lost_append_and_a_dirty_read_are_seen() {
        let lost = [vec![Append(1, 10)]];
        assert!(check(&lost, &BTreeMap::new()).expect_err("lost").contains("0 times"));
        let dirty = [vec![Read(1, vec![9])]];
        assert!(check(&dirty, &BTreeMap::from([(1, vec![9])])).expect_err("dirty").contains("no acknowledged"));
    }
}
