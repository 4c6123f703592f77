//! Delivery (clause 2.7): the oldest new order of each district.

use super::super::Size;
use super::super::random::Random;
use super::super::statements::{Failure, Session, value};

/// Locked, so that two deliveries wait for each other and do not deliver the same order.
const OLDEST: &str =
    "select no_o_id from new_order where no_w_id = $1 and no_d_id = $2 order by no_o_id limit 1 for update";
const TAKE: &str = "delete from new_order where no_w_id = $1 and no_d_id = $2 and no_o_id = $3";
const CARRY: &str =
    "update orders set o_carrier_id = $4 where o_w_id = $1 and o_d_id = $2 and o_id = $3 returning o_c_id";
const STAMP: &str = "update order_line set ol_delivery_d = now() where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3";
const SUM: &str =
    "select (sum(ol_amount) * 100)::bigint from order_line where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3";
const BILL: &str = "update customer set c_balance = c_balance + $4::bigint * 0.01, c_delivery_cnt = c_delivery_cnt + 1 \
    where c_w_id = $1 and c_d_id = $2 and c_id = $3";

/// The input.
#[derive(Debug)]
pub(crate) struct Delivery {
    warehouse: i32,
    carrier: i32,
}

impl Delivery {
    pub(super) fn draw(random: &mut Random, warehouse: i32) -> Self {
        Self { warehouse, carrier: random.between(1, 10) }
    }

    pub(super) fn run(&self, session: &mut Session) -> Result<(), Failure> {
        for district in 1..=Size::DISTRICTS {
            // A district may have no new order.
            if let Some(oldest) = session.find(OLDEST, &[&self.warehouse, &district])? {
                self.deliver(session, district, value(&oldest, 0)?)?;
            }
        }
        Ok(())
    }

    fn deliver(&self, session: &mut Session, district: i32, order: i32) -> Result<(), Failure> {
        let warehouse = &self.warehouse;
        session.execute(TAKE, &[warehouse, &district, &order])?;
        let customer: i32 = value(&session.get(CARRY, &[warehouse, &district, &order, &self.carrier])?, 0)?;
        session.execute(STAMP, &[warehouse, &district, &order])?;
        let cents: i64 = value(&session.get(SUM, &[warehouse, &district, &order])?, 0)?;
        session.execute(BILL, &[warehouse, &district, &customer, &cents])
    }
}
