//! Window functions. The window operator computes them over its partitions; aggregates serve as window functions, too.

use crate::functions::declare::functions;
use crate::kernel::Body;

const WINDOW: Body = Body::Window;

functions! {
    3104 cume_dist() -> FLOAT8 [lax] = WINDOW;
    3102 dense_rank() -> INT8 [lax] = WINDOW;
    3112 first_value(ANYELEMENT) -> ANYELEMENT = WINDOW;
    3106 lag(ANYELEMENT) -> ANYELEMENT = WINDOW;
    3107 lag(ANYELEMENT, INT4) -> ANYELEMENT = WINDOW;
    3108 lag(ANYCOMPATIBLE, INT4, ANYCOMPATIBLE) -> ANYCOMPATIBLE = WINDOW;
    3113 last_value(ANYELEMENT) -> ANYELEMENT = WINDOW;
    3109 lead(ANYELEMENT) -> ANYELEMENT = WINDOW;
    3110 lead(ANYELEMENT, INT4) -> ANYELEMENT = WINDOW;
    3111 lead(ANYCOMPATIBLE, INT4, ANYCOMPATIBLE) -> ANYCOMPATIBLE = WINDOW;
    3114 nth_value(ANYELEMENT, INT4) -> ANYELEMENT = WINDOW;
    3105 ntile(INT4) -> INT4 = WINDOW;
    3103 percent_rank() -> FLOAT8 [lax] = WINDOW;
    3101 rank() -> INT8 [lax] = WINDOW;
    3100 row_number() -> INT8 [lax] = WINDOW;
}
