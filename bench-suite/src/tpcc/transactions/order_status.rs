//! Order-Status (clause 2.6): the last order of a customer. Reads only.

use super::super::Size;
use super::super::random::Random;
use super::super::statements::{Failure, Session, value};
use super::Customer;

const CUSTOMER: &str = "select c_balance::text, c_first, c_middle, c_last from customer \
    where c_w_id = $1 and c_d_id = $2 and c_id = $3";
const LAST_ORDER: &str = "select o_id, o_entry_d, o_carrier_id from orders \
    where o_w_id = $1 and o_d_id = $2 and o_c_id = $3 order by o_id desc limit 1";
const LINES: &str = "select ol_i_id, ol_supply_w_id, ol_quantity, ol_amount::text, ol_delivery_d from order_line \
    where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3";

/// The input.
#[derive(Debug)]
pub(crate) struct OrderStatus {
    warehouse: i32,
    district: i32,
    customer: Customer,
}

impl OrderStatus {
    pub(super) fn draw(random: &mut Random, size: Size, warehouse: i32) -> Self {
        Self { warehouse, district: random.between(1, Size::DISTRICTS), customer: Customer::draw(random, size) }
    }

    pub(super) fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let (warehouse, district) = (&self.warehouse, &self.district);
        let customer = self.customer.number(session, self.warehouse, self.district)?;
        session.get(CUSTOMER, &[warehouse, district, &customer])?;
        // Every customer was loaded with an order.
        let order: i32 = value(&session.get(LAST_ORDER, &[warehouse, district, &customer])?, 0)?;
        session.query(LINES, &[warehouse, district, &order]).map(|_| ())
    }
}
