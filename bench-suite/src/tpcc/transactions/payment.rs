//! Payment (clause 2.5): a customer pays, the warehouse and the district count it. The hot rows of TPC-C.

use super::super::Size;
use super::super::random::Random;
use super::super::statements::{Failure, Session, value};
use super::{Customer, other_warehouse};

const WAREHOUSE: &str = "update warehouse set w_ytd = w_ytd + $2::bigint * 0.01 where w_id = $1 \
    returning w_name, w_street_1, w_street_2, w_city, w_state, w_zip";
const DISTRICT: &str = "update district set d_ytd = d_ytd + $3::bigint * 0.01 where d_w_id = $1 and d_id = $2 \
    returning d_name, d_street_1, d_street_2, d_city, d_state, d_zip";
const CUSTOMER: &str = "update customer set c_balance = c_balance - $4::bigint * 0.01, \
    c_ytd_payment = c_ytd_payment + $4::bigint * 0.01, c_payment_cnt = c_payment_cnt + 1 \
    where c_w_id = $1 and c_d_id = $2 and c_id = $3 \
    returning c_credit, c_first, c_middle, c_last, c_street_1, c_street_2, c_city, c_state, c_zip, c_phone, c_since, \
    c_credit_lim::text, c_discount::text, c_balance::text";
/// Customers with bad credit carry along who they are and what they paid.
const BAD_CREDIT: &str = "update customer set c_data = substr($4::text || c_data, 1, 500) \
    where c_w_id = $1 and c_d_id = $2 and c_id = $3";
const HISTORY: &str = "insert into history (h_c_id, h_c_d_id, h_c_w_id, h_d_id, h_w_id, h_date, h_amount, h_data) \
    values ($1, $2, $3, $4, $5, now(), $6::bigint * 0.01, $7)";

/// The input.
#[derive(Debug)]
pub(crate) struct Payment {
    warehouse: i32,
    district: i32,
    /// Where the customer belongs.
    home_warehouse: i32,
    home_district: i32,
    customer: Customer,
    amount_cents: i64,
}

impl Payment {
    pub(super) fn draw(random: &mut Random, size: Size, warehouse: i32) -> Self {
        let district = random.between(1, Size::DISTRICTS);
        let (home_warehouse, home_district) = if random.percent(85) {
            (warehouse, district)
        } else {
            (other_warehouse(random, size, warehouse), random.between(1, Size::DISTRICTS))
        };
        let customer = Customer::draw(random, size);
        let amount_cents = i64::from(random.between(100, 500_000));
        Self { warehouse, district, home_warehouse, home_district, customer, amount_cents }
    }

    pub(super) fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let (warehouse, district, amount) = (&self.warehouse, &self.district, &self.amount_cents);
        let warehouse_name: String = value(&session.get(WAREHOUSE, &[warehouse, amount])?, 0)?;
        let district_name: String = value(&session.get(DISTRICT, &[warehouse, district, amount])?, 0)?;
        let customer = &self.customer.number(session, self.home_warehouse, self.home_district)?;
        let (home_warehouse, home_district) = (&self.home_warehouse, &self.home_district);
        let paid = session.get(CUSTOMER, &[home_warehouse, home_district, customer, amount])?;
        if paid.text(0) == Some("BC") {
            let who = format!("{customer} {home_district} {home_warehouse} {district} {warehouse} {amount} ");
            session.execute(BAD_CREDIT, &[home_warehouse, home_district, customer, &who])?;
        }
        let data = format!("{warehouse_name}    {district_name}");
        session.execute(HISTORY, &[customer, home_district, home_warehouse, district, warehouse, amount, &data])
    }
}
