//! A customer as terminals name one: six of ten by the last name.

use super::super::Size;
use super::super::random::Random;
use super::super::statements::{Failure, Session, value};

/// A customer of some district.
#[derive(Debug)]
pub(super) enum Customer {
    Number(i32),
    LastName(String),
}

impl Customer {
    pub(super) fn draw(random: &mut Random, size: Size) -> Self {
        if random.percent(60) { Self::LastName(random.name_to_find(size)) } else { Self::Number(random.customer(size)) }
    }

    /// Its number: of several with the same last name the middle one, by first name.
    pub(super) fn number(&self, session: &mut Session, warehouse: i32, district: i32) -> Result<i32, Failure> {
        let name = match self {
            Self::Number(number) => return Ok(*number),
            Self::LastName(name) => name,
        };
        const BY_NAME: &str =
            "select c_id from customer where c_w_id = $1 and c_d_id = $2 and c_last = $3 order by c_first";
        let rows = session.query(BY_NAME, &[&warehouse, &district, name])?;
        let middle = rows.len().div_ceil(2).checked_sub(1).expect("every name that is drawn was loaded");
        value(&rows[middle], 0)
    }
}
