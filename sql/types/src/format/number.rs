//! What a number pattern says as a whole: how many digits, which sign, where.

use super::pattern::{Node, NumberKey, number_nodes};
use crate::error::{SqlError, SqlState};

/// Where the locale's sign (`S`) stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SignPlace {
    None,
    Before,
    After,
}

/// A number pattern, read once.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) nodes: Vec<Node<NumberKey>>,
    /// Digits before the point.
    pub(super) whole: i32,
    /// Digits after it.
    pub(super) fraction: i32,
    /// Digits after `V`.
    pub(super) multiplier: i32,
    pub(super) sign: SignPlace,
    /// Digits before the point when `S` was met.
    pub(super) whole_at_sign: i32,
    /// Position of the first and behind the last `0`.
    pub(super) zero_start: i32,
    pub(super) zero_end: i32,
    pub(super) has_zero: bool,
    pub(super) has_point: bool,
    pub(super) has_sign: bool,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) bracket: bool,
    pub(super) fill: bool,
    pub(super) roman: bool,
    pub(super) multiply: bool,
    pub(super) exponent: bool,
}

fn refused<T>(message: &str) -> Result<T, SqlError> {
    Err(SqlError::new(SqlState::SYNTAX_ERROR, message))
}

impl Picture {
    /// Reads a pattern. 42601 for parts that exclude each other.
    pub(super) fn of(pattern: &str) -> Result<Self, SqlError> {
        let mut picture = Self {
            nodes: number_nodes(pattern),
            whole: 0,
            fraction: 0,
            multiplier: 0,
            sign: SignPlace::None,
            whole_at_sign: 0,
            zero_start: 0,
            zero_end: 0,
            has_zero: false,
            has_point: false,
            has_sign: false,
            minus: false,
            plus: false,
            bracket: false,
            fill: false,
            roman: false,
            multiply: false,
            exponent: false,
        };
        for at in 0..picture.nodes.len() {
            if let Node::Field(key) = picture.nodes[at] {
                picture.take(key)?;
            }
        }
        Ok(picture)
    }

    fn take(&mut self, key: NumberKey) -> Result<(), SqlError> {
        use NumberKey as K;
        if self.exponent && !matches!(key, K::Exponent) {
            return refused("\"EEEE\" must be the last pattern used");
        }
        let other_signs = self.minus || self.plus || self.bracket;
        match key {
            K::Nine if self.bracket => return refused("\"9\" must be ahead of \"PR\""),
            K::Nine if self.multiply => self.multiplier += 1,
            K::Nine if self.has_point => self.fraction += 1,
            K::Nine => self.whole += 1,
            K::Zero if self.bracket => return refused("\"0\" must be ahead of \"PR\""),
            K::Zero => {
                if !self.has_zero && !self.has_point {
                    self.has_zero = true;
                    self.zero_start = self.whole + 1;
                }
                match self.has_point {
                    true => self.fraction += 1,
                    false => self.whole += 1,
                }
                self.zero_end = self.whole + self.fraction;
            }
            K::Decimal | K::Point if self.has_point => return refused("multiple decimal points"),
            K::Decimal | K::Point if self.multiply => return refused("cannot use \"V\" and decimal point together"),
            K::Decimal | K::Point => self.has_point = true,
            K::Fill => self.fill = true,
            K::Sign if self.has_sign => return refused("cannot use \"S\" twice"),
            K::Sign if other_signs => return refused("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together"),
            K::Sign if !self.has_point => {
                self.sign = SignPlace::Before;
                self.whole_at_sign = self.whole;
                self.has_sign = true;
            }
            K::Sign => {
                self.sign = SignPlace::After;
                self.has_sign = true;
            }
            K::Minus if self.has_sign => return refused("cannot use \"S\" and \"MI\" together"),
            K::Minus => self.minus = true,
            K::Plus if self.has_sign => return refused("cannot use \"S\" and \"PL\" together"),
            K::Plus => self.plus = true,
            K::SignText if self.has_sign => return refused("cannot use \"S\" and \"SG\" together"),
            K::SignText => {
                self.minus = true;
                self.plus = true;
            }
            K::Bracket if self.has_sign || self.plus || self.minus => {
                return refused("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
            }
            K::Bracket => self.bracket = true,
            K::Roman(_) => self.roman = true,
            K::Multiply if self.has_point => return refused("cannot use \"V\" and decimal point together"),
            K::Multiply => self.multiply = true,
            K::Exponent if self.exponent => return refused("cannot use \"EEEE\" twice"),
            K::Exponent => {
                let others = self.fill || self.has_sign || other_signs || self.roman || self.multiply || self.has_zero;
                if others {
                    return Err(SqlError::new(SqlState::SYNTAX_ERROR, "\"EEEE\" is incompatible with other formats")
                        .detail("\"EEEE\" may only be used together with digit and decimal point patterns."));
                }
                self.exponent = true;
            }
            K::Comma | K::Group | K::Currency | K::Blank | K::Ordinal(_) | K::Code => {}
        }
        Ok(())
    }
}
