//! The five transactions, a file each: what is drawn at random, so that a retry does the same again, and the statements.

mod customer;
mod delivery;
mod new_order;
mod order_status;
mod payment;
mod stock_level;

use super::Size;
use super::random::Random;
use super::statements::{Failure, Session};
use customer::Customer;
pub(super) use delivery::Delivery;
pub(super) use new_order::NewOrder;
pub(super) use order_status::OrderStatus;
pub(super) use payment::Payment;
pub(super) use stock_level::StockLevel;

/// How a transaction wants to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Commit,
    /// The New-Order with an item that does not exist.
    RollBack,
}

/// A transaction with its input.
#[derive(Debug)]
pub(super) enum Work {
    NewOrder(NewOrder),
    Payment(Payment),
    OrderStatus(OrderStatus),
    Delivery(Delivery),
    StockLevel(StockLevel),
}

impl Work {
    /// With the shares of clause 5.2.3: what is not at least 43, 4, 4 and 4 percent is New-Order.
    pub(super) fn draw(random: &mut Random, size: Size, home: i32) -> Self {
        match random.between(1, 100) {
            1..=45 => Self::NewOrder(NewOrder::draw(random, size, home)),
            46..=88 => Self::Payment(Payment::draw(random, size, home)),
            89..=92 => Self::OrderStatus(OrderStatus::draw(random, size, home)),
            93..=96 => Self::Delivery(Delivery::draw(random, home)),
            _ => Self::StockLevel(StockLevel::draw(random, home)),
        }
    }

    /// Its statements, between `BEGIN` and the end that it wants.
    pub(super) fn run(&self, session: &mut Session) -> Result<End, Failure> {
        match self {
            Self::NewOrder(work) => return work.run(session),
            Self::Payment(work) => work.run(session)?,
            Self::OrderStatus(work) => work.run(session)?,
            Self::Delivery(work) => work.run(session)?,
            Self::StockLevel(work) => work.run(session)?,
        }
        Ok(End::Commit)
    }
}

/// A warehouse that is not `home`, if there is another.
fn other_warehouse(random: &mut Random, size: Size, home: i32) -> i32 {
    match size.warehouses {
        1 => home,
        all => 1 + (home - 1 + random.between(1, all - 1)) % all,
    }
}
