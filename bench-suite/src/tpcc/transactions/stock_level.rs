//! Stock-Level (clause 2.8): how many items of the last twenty orders run short. Reads only.

use super::super::Size;
use super::super::random::Random;
use super::super::statements::{Failure, Session, value};

const NEXT_ORDER: &str = "select d_next_o_id from district where d_w_id = $1 and d_id = $2";
const SHORT: &str = "select count(distinct s_i_id) from order_line join stock on s_w_id = ol_w_id and s_i_id = ol_i_id \
    where ol_w_id = $1 and ol_d_id = $2 and ol_o_id >= $3 and ol_o_id < $4 and s_quantity < $5";

/// Orders looked at.
const ORDERS: i32 = 20;

/// The input.
#[derive(Debug)]
pub(crate) struct StockLevel {
    warehouse: i32,
    district: i32,
    threshold: i32,
}

impl StockLevel {
    pub(super) fn draw(random: &mut Random, warehouse: i32) -> Self {
        Self { warehouse, district: random.between(1, Size::DISTRICTS), threshold: random.between(10, 20) }
    }

    pub(super) fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let (warehouse, district) = (&self.warehouse, &self.district);
        let next: i32 = value(&session.get(NEXT_ORDER, &[warehouse, district])?, 0)?;
        session.get(SHORT, &[warehouse, district, &(next - ORDERS), &next, &self.threshold]).map(|_| ())
    }
}
