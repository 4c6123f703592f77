//! New-Order (clause 2.4): the order of a customer, five to fifteen lines.

use std::fmt::Display;

use super::super::Size;
use super::super::random::Random;
use super::super::statements::{Failure, Session, value};
use super::{End, other_warehouse};

const CUSTOMER: &str = "select c_discount::text, c_last, c_credit, w_tax::text from customer, warehouse \
    where w_id = $1 and c_w_id = w_id and c_d_id = $2 and c_id = $3";
const NEXT_ORDER: &str = "update district set d_next_o_id = d_next_o_id + 1 where d_w_id = $1 and d_id = $2 \
    returning d_next_o_id - 1, d_tax::text";
const ORDER: &str = "insert into orders (o_w_id, o_d_id, o_id, o_c_id, o_entry_d, o_ol_cnt, o_all_local) \
    values ($1, $2, $3, $4, now(), $5, $6)";
const NEW_ORDER: &str = "insert into new_order (no_w_id, no_d_id, no_o_id) values ($1, $2, $3)";
const ITEM: &str = "select (i_price * 100)::bigint, i_name, i_data from item where i_id = $1";
const STOCK: &str = "select s_quantity, s_data, case $3::int when 1 then s_dist_01 when 2 then s_dist_02 \
    when 3 then s_dist_03 when 4 then s_dist_04 when 5 then s_dist_05 when 6 then s_dist_06 when 7 then s_dist_07 \
    when 8 then s_dist_08 when 9 then s_dist_09 else s_dist_10 end from stock where s_w_id = $1 and s_i_id = $2";
const TAKE: &str = "update stock set s_quantity = $3, s_ytd = s_ytd + $4, s_order_cnt = s_order_cnt + 1, \
    s_remote_cnt = s_remote_cnt + $5 where s_w_id = $1 and s_i_id = $2";
const LINE: &str = "insert into order_line (ol_w_id, ol_d_id, ol_o_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, \
    ol_amount, ol_dist_info) values ($1, $2, $3, $4, $5, $6, $7, $8::bigint * 0.01, $9)";

/// No item has this number.
const NO_ITEM: i32 = 0;

/// One line.
#[derive(Debug)]
struct Line {
    item: i32,
    supply: i32,
    quantity: i32,
}

/// The input.
#[derive(Debug)]
pub(crate) struct NewOrder {
    warehouse: i32,
    district: i32,
    customer: i32,
    lines: Vec<Line>,
}

impl NewOrder {
    pub(super) fn draw(random: &mut Random, size: Size, warehouse: i32) -> Self {
        let district = random.between(1, Size::DISTRICTS);
        let customer = random.customer(size);
        let mut lines: Vec<Line> = (0..random.between(5, 15))
            .map(|_| {
                let supply = if random.percent(1) { other_warehouse(random, size, warehouse) } else { warehouse };
                Line { item: random.item(size), supply, quantity: random.between(1, 10) }
            })
            .collect();
        // In one order everywhere, so that orders that meet wait for each other and do not deadlock.
        lines.sort_by_key(|line| (line.supply, line.item));
        if random.percent(1) {
            lines.last_mut().expect("there are five").item = NO_ITEM;
        }
        Self { warehouse, district, customer, lines }
    }

    pub(super) fn run(&self, session: &mut Session) -> Result<End, Failure> {
        let (warehouse, district) = (&self.warehouse, &self.district);
        session.get(CUSTOMER, &[warehouse, district, &self.customer])?;
        let order: i32 = value(&session.get(NEXT_ORDER, &[warehouse, district])?, 0)?;
        let count = i32::try_from(self.lines.len()).expect("there are at most fifteen");
        let all_local = i32::from(self.lines.iter().all(|line| line.supply == self.warehouse));
        session.execute(ORDER, &[warehouse, district, &order, &self.customer, &count, &all_local])?;
        session.execute(NEW_ORDER, &[warehouse, district, &order])?;
        for (number, line) in (1..).zip(&self.lines) {
            let Some(item) = session.find(ITEM, &[&line.item])? else { return Ok(End::RollBack) };
            self.line(session, order, number, line, value(&item, 0)?)?;
        }
        Ok(End::Commit)
    }

    fn line(
        &self,
        session: &mut Session,
        order: i32,
        number: i32,
        line: &Line,
        price_cents: i64,
    ) -> Result<(), Failure> {
        let stock = session.get(STOCK, &[&line.supply, &line.item, &self.district])?;
        let (left, information): (i32, String) = (value(&stock, 0)?, value(&stock, 2)?);
        let left = if left >= line.quantity + 10 { left - line.quantity } else { left - line.quantity + 91 };
        let remote = i32::from(line.supply != self.warehouse);
        session.execute(TAKE, &[&line.supply, &line.item, &left, &line.quantity, &remote])?;
        let amount = price_cents * i64::from(line.quantity);
        let (warehouse, district) = (&self.warehouse, &self.district);
        let line_of: [&dyn Display; 9] =
            [warehouse, district, &order, &number, &line.item, &line.supply, &line.quantity, &amount, &information];
        session.execute(LINE, &line_of)
    }
}
