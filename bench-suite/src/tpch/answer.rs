//! Answers and how they differ.

use std::collections::BTreeMap;

use tokio_postgres::SimpleQueryMessage;

/// The rows of an answer as text, how often each occurs.
#[derive(Debug, Default)]
pub(super) struct Answer(BTreeMap<Vec<Option<String>>, usize>);

impl Answer {
    /// Of these rows.
    pub(super) fn of(rows: Vec<Vec<Option<String>>>) -> Self {
        let mut answer = Self::default();
        rows.into_iter().for_each(|row| answer.add(row));
        answer
    }

    /// Of what came over the wire.
    pub(super) fn of_messages(messages: &[SimpleQueryMessage]) -> Self {
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Self::of(rows.collect())
    }

    /// The same rows with numbers in six significant digits and texts without blanks at the end, to be compared with those
    /// of a system whose types are others.
    pub(super) fn rounded(&self) -> Self {
        let mut rounded = Self::default();
        for (row, times) in &self.0 {
            let row = row.iter().map(|value| value.as_deref().map(canonical)).collect();
            *rounded.0.entry(row).or_default() += times;
        }
        rounded
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

fn canonical(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(number) => format!("{number:.5e}"),
        Err(_) => value.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rows: &[&str]) -> Answer {
        Answer::of(rows.iter().map(|row| vec![Some((*row).to_owned())]).collect())
    }

    #[test]
    fn types_of_others_are_forgiven_and_values_are_not() {
        let ours = answer(&["25.5000000000000000", "FRANCE   "]).rounded();
        assert_eq!(ours.rows_unlike(&answer(&["25.5", "FRANCE"]).rounded()), 0);
        assert_eq!(ours.rows_unlike(&answer(&["25.6", "FRANCE"]).rounded()), 2);
    }

    #[test]
    fn order_does_not_matter_and_values_do() {
        assert_eq!(answer(&["a", "b", "b"]).rows_unlike(&answer(&["b", "a", "b"])), 0);
        assert_eq!(answer(&["a", "b"]).rows_unlike(&answer(&["b", "a", "b"])), 1);
        assert_eq!(answer(&["1.0"]).rows_unlike(&answer(&["1.00"])), 2);
        assert!(answer(&["1.0"]).first_unlike(&answer(&["1.00"])).contains("1.00"));
    }
}
