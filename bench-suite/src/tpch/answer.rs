//! Answers and how they differ.

use std::collections::BTreeMap;

use tokio_postgres::SimpleQueryMessage;

/// The rows of an answer as text, how often each occurs.
#[derive(Debug, Default)]
pub(super) struct Answer(BTreeMap<Vec<Option<String>>, usize>);

impl Answer {
    /// Of what came over the wire.
    pub(super) fn of(messages: &[SimpleQueryMessage]) -> Self {
        let mut answer = Self::default();
        for message in messages {
            if let SimpleQueryMessage::Row(row) = message {
                answer.add((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect());
            }
        }
        answer
    }

    fn add(&mut self, row: Vec<Option<String>>) {
        *self.0.entry(row).or_default() += 1;
    }

    /// Rows that only one of the two has.
    pub(super) fn rows_unlike(&self, other: &Self) -> usize {
        self.beyond(other).map(|(_, times)| times).sum::<usize>()
            + other.beyond(self).map(|(_, times)| times).sum::<usize>()
    }

    /// The first of these rows, on either side, for a message.
    pub(super) fn first_unlike(&self, other: &Self) -> String {
        let (own, others) = (self.beyond(other).next(), other.beyond(self).next());
        format!("has {:?}, has not {:?}", own.map(|(row, _)| row), others.map(|(row, _)| row))
    }

    fn beyond<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a Vec<Option<String>>, usize)> {
        self.0.iter().filter_map(|(row, times)| {
            let more = times.saturating_sub(other.0.get(row).copied().unwrap_or(0));
            (more > 0).then_some((row, more))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rows: &[&str]) -> Answer {
        let mut answer = Answer::default();
        rows.iter().for_each(|row| answer.add(vec![Some((*row).to_owned())]));
        answer
    }

    #[test]
    fn order_does_not_matter_and_values_do() {
        assert_eq!(answer(&["a", "b", "b"]).rows_unlike(&answer(&["b", "a", "b"])), 0);
        assert_eq!(answer(&["a", "b"]).rows_unlike(&answer(&["b", "a", "b"])), 1);
        assert_eq!(answer(&["1.0"]).rows_unlike(&answer(&["1.00"])), 2);
        assert!(answer(&["1.0"]).first_unlike(&answer(&["1.00"])).contains("1.00"));
    }
}
