//! Trigonometry in degrees. As in PostgreSQL, each function is put together from pieces that are scaled so that the notable
//! angles (30, 45, 60, 90 degrees) give their exact values.

use crate::error::SqlError;
use crate::functions::declare::{f, functions};

use super::math::{inverse, out_of_range};

/// Degrees to radians.
const DEGREE: f64 = std::f64::consts::PI / 180.0;

/// Sine of 0 to 90 degrees, exact at 0, 30 and 90. (PostgreSQL scales both halves so that the notable values come out even.)
fn sine_of_quadrant(degrees: f64) -> f64 {
    match degrees <= 30.0 {
        true => (degrees * DEGREE).sin() / (30.0 * DEGREE).sin() / 2.0,
        false => cosine_of_quadrant(90.0 - degrees),
    }
}

/// Cosine of 0 to 90 degrees, exact at 0, 60 and 90.
fn cosine_of_quadrant(degrees: f64) -> f64 {
    match degrees <= 60.0 {
        true => 1.0 - (1.0 - (degrees * DEGREE).cos()) / (1.0 - (60.0 * DEGREE).cos()) / 2.0,
        false => sine_of_quadrant(90.0 - degrees),
    }
}

/// The angle within 0 to 90 degrees that has the same sine and cosine up to their signs: (angle, sign of sine, sign of cosine).
fn quadrant(degrees: f64) -> (f64, f64, f64) {
    let turn = degrees % 360.0;
    let (angle, mut sine) = (turn.abs(), if turn < 0.0 { -1.0 } else { 1.0 });
    let angle = if angle > 180.0 {
        sine = -sine;
        360.0 - angle
    } else {
        angle
    };
    if angle > 90.0 { (180.0 - angle, sine, -1.0) } else { (angle, sine, 1.0) }
}

fn sine_degrees(a: f64) -> f64 {
    let (angle, sine, _) = quadrant(a);
    sine * sine_of_quadrant(angle)
}

fn cosine_degrees(a: f64) -> f64 {
    let (angle, _, cosine) = quadrant(a);
    cosine * cosine_of_quadrant(angle)
}

/// Scaled so that 45 degrees give 1.
fn tangent_degrees(a: f64) -> f64 {
    let (angle, sine, cosine) = quadrant(a);
    let ratio = |angle: f64| sine_of_quadrant(angle) / cosine_of_quadrant(angle);
    // -0 becomes 0.
    sine * cosine * (ratio(angle) / ratio(45.0)) + 0.0
}

fn cotangent_degrees(a: f64) -> f64 {
    let (angle, sine, cosine) = quadrant(a);
    let ratio = |angle: f64| cosine_of_quadrant(angle) / sine_of_quadrant(angle);
    sine * cosine * (ratio(angle) / ratio(45.0)) + 0.0
}

/// The arc sine of 0 to 1 in degrees, exact at 0, 0.5 and 1.
fn arc_sine_of_quadrant(x: f64) -> f64 {
    match x <= 0.5 {
        true => x.asin() / 0.5_f64.asin() * 30.0,
        false => 90.0 - x.acos() / 0.5_f64.acos() * 60.0,
    }
}

/// The arc cosine of 0 to 1 in degrees, exact at 0, 0.5 and 1.
fn arc_cosine_of_quadrant(x: f64) -> f64 {
    match x <= 0.5 {
        true => 90.0 - x.asin() / 0.5_f64.asin() * 30.0,
        false => x.acos() / 0.5_f64.acos() * 60.0,
    }
}

fn arc_sine_degrees(x: f64) -> f64 {
    if x >= 0.0 { arc_sine_of_quadrant(x) } else { -arc_sine_of_quadrant(-x) }
}

fn arc_cosine_degrees(x: f64) -> f64 {
    if x >= 0.0 { arc_cosine_of_quadrant(x) } else { 90.0 + arc_sine_of_quadrant(-x) }
}

/// Scaled so that 1 gives 45 degrees.
fn arc_tangent_degrees(x: f64) -> f64 {
    x.atan() / 1.0_f64.atan() * 45.0
}

fn arc_tangent_degrees_of(y: f64, x: f64) -> f64 {
    y.atan2(x) / 1.0_f64.atan() * 45.0
}

/// A function of an angle: undefined at infinity.
fn of_angle(function: fn(f64) -> f64, degrees: f64) -> Result<f64, SqlError> {
    match degrees {
        _ if degrees.is_nan() => Ok(degrees),
        _ if degrees.is_infinite() => Err(out_of_range("input is out of range")),
        _ => Ok(function(degrees)),
    }
}

functions! {
    2735 sind(FLOAT8) -> FLOAT8 = f!(|a: f64| of_angle(sine_degrees, a));
    2736 cosd(FLOAT8) -> FLOAT8 = f!(|a: f64| of_angle(cosine_degrees, a));
    2737 tand(FLOAT8) -> FLOAT8 = f!(|a: f64| of_angle(tangent_degrees, a));
    2738 cotd(FLOAT8) -> FLOAT8 = f!(|a: f64| of_angle(cotangent_degrees, a));
    2731 asind(FLOAT8) -> FLOAT8 = f!(|a: f64| inverse(arc_sine_degrees, a));
    2732 acosd(FLOAT8) -> FLOAT8 = f!(|a: f64| inverse(arc_cosine_degrees, a));
    2733 atand(FLOAT8) -> FLOAT8 = f!(|a: f64| arc_tangent_degrees(a));
    2734 atan2d(FLOAT8, FLOAT8) -> FLOAT8 = f!(|y: f64, x: f64| arc_tangent_degrees_of(y, x));
}
