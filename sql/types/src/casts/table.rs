//! `pg_cast`: source, target, where the cast applies by itself, how, and its function.

use super::Row;
use crate::functions::types;
use crate::kernel::{CastContext, CastMethod};

macro_rules! casts {
    ($($from:ident as $to:ident = $context:ident $method:ident $($function:literal)?;)*) => {
        pub(super) static ROWS: &[Row] = &[$(
            Row {
                from: types::$from,
                to: types::$to,
                context: CastContext::$context,
                method: CastMethod::$method,
                function: optional!($($function)?),
            }
        ),*];
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($oid:literal) => {
        Some($oid)
    };
}

casts! {
    BOOL as INT4 = Explicit Function 2558;
    BOOL as TEXT = Assignment Function 2971;
    BOOL as BPCHAR = Assignment Function 2971;
    BOOL as VARCHAR = Assignment Function 2971;
    CHAR as INT4 = Explicit Function 77;
    CHAR as TEXT = Implicit Function 946;
    CHAR as BPCHAR = Assignment Function 860;
    CHAR as VARCHAR = Assignment Function 946;
    NAME as TEXT = Implicit Function 406;
    NAME as BPCHAR = Assignment Function 408;
    NAME as VARCHAR = Assignment Function 1401;
    INT8 as INT2 = Assignment Function 714;
    INT8 as INT4 = Assignment Function 480;
    INT8 as REGPROC = Implicit Function 1287;
    INT8 as OID = Implicit Function 1287;
    INT8 as FLOAT4 = Implicit Function 652;
    INT8 as FLOAT8 = Implicit Function 482;
    INT8 as NUMERIC = Implicit Function 1781;
    INT8 as REGCLASS = Implicit Function 1287;
    INT8 as REGTYPE = Implicit Function 1287;
    INT8 as REGNAMESPACE = Implicit Function 1287;
    INT8 as REGROLE = Implicit Function 1287;
    INT2 as INT8 = Implicit Function 754;
    INT2 as INT4 = Implicit Function 313;
    INT2 as REGPROC = Implicit Function 9000003;
    INT2 as OID = Implicit Function 9000003;
    INT2 as FLOAT4 = Implicit Function 236;
    INT2 as FLOAT8 = Implicit Function 235;
    INT2 as NUMERIC = Implicit Function 1782;
    INT2 as REGCLASS = Implicit Function 9000003;
    INT2 as REGTYPE = Implicit Function 9000003;
    INT2 as REGNAMESPACE = Implicit Function 9000003;
    INT2 as REGROLE = Implicit Function 9000003;
    INT4 as BOOL = Explicit Function 2557;
    INT4 as CHAR = Explicit Function 78;
    INT4 as INT8 = Implicit Function 481;
    INT4 as INT2 = Assignment Function 314;
    INT4 as REGPROC = Implicit Binary 9000001;
    INT4 as OID = Implicit Binary 9000001;
    INT4 as FLOAT4 = Implicit Function 318;
    INT4 as FLOAT8 = Implicit Function 316;
    INT4 as NUMERIC = Implicit Function 1740;
    INT4 as REGCLASS = Implicit Binary 9000001;
    INT4 as REGTYPE = Implicit Binary 9000001;
    INT4 as REGNAMESPACE = Implicit Binary 9000001;
    INT4 as REGROLE = Implicit Binary 9000001;
    REGPROC as INT8 = Assignment Function 1288;
    REGPROC as INT4 = Assignment Binary 9000002;
    REGPROC as OID = Implicit Binary;
    TEXT as CHAR = Assignment Function 944;
    TEXT as NAME = Implicit Function 407;
    TEXT as BPCHAR = Implicit Binary;
    TEXT as VARCHAR = Implicit Binary;
    TEXT as REGCLASS = Implicit Function 1079;
    OID as INT8 = Assignment Function 1288;
    OID as INT4 = Assignment Binary 9000002;
    OID as REGPROC = Implicit Binary;
    OID as REGCLASS = Implicit Binary;
    OID as REGTYPE = Implicit Binary;
    OID as REGNAMESPACE = Implicit Binary;
    OID as REGROLE = Implicit Binary;
    JSON as JSONB = Assignment InOut;
    PG_NODE_TREE as TEXT = Implicit Binary;
    FLOAT4 as INT8 = Assignment Function 653;
    FLOAT4 as INT2 = Assignment Function 238;
    FLOAT4 as INT4 = Assignment Function 319;
    FLOAT4 as FLOAT8 = Implicit Function 311;
    FLOAT4 as NUMERIC = Assignment Function 1742;
    FLOAT8 as INT8 = Assignment Function 483;
    FLOAT8 as INT2 = Assignment Function 237;
    FLOAT8 as INT4 = Assignment Function 317;
    FLOAT8 as FLOAT4 = Assignment Function 312;
    FLOAT8 as NUMERIC = Assignment Function 1743;
    BPCHAR as CHAR = Assignment Function 944;
    BPCHAR as NAME = Implicit Function 409;
    BPCHAR as TEXT = Implicit Function 401;
    BPCHAR as VARCHAR = Implicit Function 401;
    VARCHAR as CHAR = Assignment Function 944;
    VARCHAR as NAME = Implicit Function 1400;
    VARCHAR as TEXT = Implicit Binary;
    VARCHAR as BPCHAR = Implicit Binary;
    VARCHAR as REGCLASS = Implicit Function 1079;
    DATE as TIMESTAMP = Implicit Function 2024;
    DATE as TIMESTAMPTZ = Implicit Function 1174;
    TIME as INTERVAL = Implicit Function 1370;
    TIMESTAMP as DATE = Assignment Function 2029;
    TIMESTAMP as TIME = Assignment Function 1316;
    TIMESTAMP as TIMESTAMPTZ = Implicit Function 2028;
    TIMESTAMPTZ as DATE = Assignment Function 1178;
    TIMESTAMPTZ as TIME = Assignment Function 2019;
    TIMESTAMPTZ as TIMESTAMP = Assignment Function 2027;
    INTERVAL as TIME = Assignment Function 1419;
    NUMERIC as INT8 = Assignment Function 1779;
    NUMERIC as INT2 = Assignment Function 1783;
    NUMERIC as INT4 = Assignment Function 1744;
    NUMERIC as FLOAT4 = Implicit Function 1745;
    NUMERIC as FLOAT8 = Implicit Function 1746;
    REGCLASS as INT8 = Assignment Function 1288;
    REGCLASS as INT4 = Assignment Binary 9000002;
    REGCLASS as OID = Implicit Binary;
    REGTYPE as INT8 = Assignment Function 1288;
    REGTYPE as INT4 = Assignment Binary 9000002;
    REGTYPE as OID = Implicit Binary;
    JSONB as BOOL = Explicit Function 3556;
    JSONB as INT8 = Explicit Function 3452;
    JSONB as INT2 = Explicit Function 3450;
    JSONB as INT4 = Explicit Function 3451;
    JSONB as JSON = Assignment InOut;
    JSONB as FLOAT4 = Explicit Function 3453;
    JSONB as FLOAT8 = Explicit Function 2580;
    JSONB as NUMERIC = Explicit Function 3449;
    REGNAMESPACE as INT8 = Assignment Function 1288;
    REGNAMESPACE as INT4 = Assignment Binary 9000002;
    REGNAMESPACE as OID = Implicit Binary;
    REGROLE as INT8 = Assignment Function 1288;
    REGROLE as INT4 = Assignment Binary 9000002;
    REGROLE as OID = Implicit Binary;
}
