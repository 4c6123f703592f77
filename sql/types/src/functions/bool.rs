//! `boolean` beyond AND, OR and NOT, which are forms of the language.

use crate::functions::declare::{f, functions};

functions! {
    2515 booland_statefunc(BOOL, BOOL) -> BOOL = f!(|a: bool, b: bool| a && b);
    2516 boolor_statefunc(BOOL, BOOL) -> BOOL = f!(|a: bool, b: bool| a || b);
}
