//! The functions behind `typinput`, `typoutput`, `typreceive` and `typsend`, as `pg_proc` shows them. Drivers find out by their
//! names and numbers how a type travels (`typinput = 'array_in'::regproc`); nobody calls them: [`super::input`] and its
//! siblings do the work.

/// One I/O function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IoFunction {
    /// `pg_proc.oid`, PostgreSQL's.
    pub oid: u32,
    /// `pg_proc.proname`
    pub name: &'static str,
    /// OIDs of the argument types; 2275 is `cstring`, 2281 `internal`.
    pub args: &'static [u32],
    /// OID of the result type.
    pub result: u32,
}

/// All of them, by OID.
pub fn all() -> impl Iterator<Item = IoFunction> {
    FUNCTIONS.iter().map(|&(oid, name, args, result)| IoFunction { oid, name, args, result })
}

/// The one of this name.
pub fn by_name(name: &str) -> Option<IoFunction> {
    all().find(|function| function.name == name)
}

/// The one with this OID.
pub fn by_oid(oid: u32) -> Option<IoFunction> {
    all().find(|function| function.oid == oid)
}

/// (OID, name, argument types, result type)
const FUNCTIONS: &[(u32, &str, &[u32], u32)] = &[
    (31, "byteaout", &[17], 2275),
    (33, "charout", &[18], 2275),
    (34, "namein", &[2275], 19),
    (35, "nameout", &[19], 2275),
    (38, "int2in", &[2275], 21),
    (39, "int2out", &[21], 2275),
    (40, "int2vectorin", &[2275], 22),
    (41, "int2vectorout", &[22], 2275),
    (42, "int4in", &[2275], 23),
    (43, "int4out", &[23], 2275),
    (44, "regprocin", &[2275], 24),
    (45, "regprocout", &[24], 2275),
    (46, "textin", &[2275], 25),
    (47, "textout", &[25], 2275),
    (50, "xidin", &[2275], 28),
    (51, "xidout", &[28], 2275),
    (54, "oidvectorin", &[2275], 30),
    (55, "oidvectorout", &[30], 2275),
    (109, "unknownin", &[2275], 705),
    (110, "unknownout", &[705], 2275),
    (195, "pg_node_tree_in", &[2275], 194),
    (196, "pg_node_tree_out", &[194], 2275),
    (197, "pg_node_tree_recv", &[2281], 194),
    (198, "pg_node_tree_send", &[194], 17),
    (200, "float4in", &[2275], 700),
    (201, "float4out", &[700], 2275),
    (214, "float8in", &[2275], 701),
    (215, "float8out", &[701], 2275),
    (321, "json_in", &[2275], 114),
    (322, "json_out", &[114], 2275),
    (323, "json_recv", &[2281], 114),
    (324, "json_send", &[114], 17),
    (460, "int8in", &[2275], 20),
    (461, "int8out", &[20], 2275),
    (750, "array_in", &[2275, 26, 23], 2277),
    (751, "array_out", &[2277], 2275),
    (1031, "aclitemin", &[2275], 1033),
    (1032, "aclitemout", &[1033], 2275),
    (1044, "bpcharin", &[2275, 26, 23], 1042),
    (1045, "bpcharout", &[1042], 2275),
    (1046, "varcharin", &[2275, 26, 23], 1043),
    (1047, "varcharout", &[1043], 2275),
    (1084, "date_in", &[2275], 1082),
    (1085, "date_out", &[1082], 2275),
    (1143, "time_in", &[2275, 26, 23], 1083),
    (1144, "time_out", &[1083], 2275),
    (1150, "timestamptz_in", &[2275, 26, 23], 1184),
    (1151, "timestamptz_out", &[1184], 2275),
    (1160, "interval_in", &[2275, 26, 23], 1186),
    (1161, "interval_out", &[1186], 2275),
    (1242, "boolin", &[2275], 16),
    (1243, "boolout", &[16], 2275),
    (1244, "byteain", &[2275], 17),
    (1245, "charin", &[2275], 18),
    (1312, "timestamp_in", &[2275, 26, 23], 1114),
    (1313, "timestamp_out", &[1114], 2275),
    (1701, "numeric_in", &[2275, 26, 23], 1700),
    (1702, "numeric_out", &[1700], 2275),
    (1798, "oidin", &[2275], 26),
    (1799, "oidout", &[26], 2275),
    (2218, "regclassin", &[2275], 2205),
    (2219, "regclassout", &[2205], 2275),
    (2220, "regtypein", &[2275], 2206),
    (2221, "regtypeout", &[2206], 2275),
    (2290, "record_in", &[2275, 26, 23], 2249),
    (2291, "record_out", &[2249], 2275),
    (2294, "any_in", &[2275], 2276),
    (2295, "any_out", &[2276], 2275),
    (2296, "anyarray_in", &[2275], 2277),
    (2297, "anyarray_out", &[2277], 2275),
    (2298, "void_in", &[2275], 2278),
    (2299, "void_out", &[2278], 2275),
    (2312, "anyelement_in", &[2275], 2283),
    (2313, "anyelement_out", &[2283], 2275),
    (2400, "array_recv", &[2281, 26, 23], 2277),
    (2401, "array_send", &[2277], 17),
    (2402, "record_recv", &[2281, 26, 23], 2249),
    (2403, "record_send", &[2249], 17),
    (2404, "int2recv", &[2281], 21),
    (2405, "int2send", &[21], 17),
    (2406, "int4recv", &[2281], 23),
    (2407, "int4send", &[23], 17),
    (2408, "int8recv", &[2281], 20),
    (2409, "int8send", &[20], 17),
    (2410, "int2vectorrecv", &[2281], 22),
    (2411, "int2vectorsend", &[22], 17),
    (2412, "bytearecv", &[2281], 17),
    (2413, "byteasend", &[17], 17),
    (2414, "textrecv", &[2281], 25),
    (2415, "textsend", &[25], 17),
    (2416, "unknownrecv", &[2281], 705),
    (2417, "unknownsend", &[705], 17),
    (2418, "oidrecv", &[2281], 26),
    (2419, "oidsend", &[26], 17),
    (2420, "oidvectorrecv", &[2281], 30),
    (2421, "oidvectorsend", &[30], 17),
    (2422, "namerecv", &[2281], 19),
    (2423, "namesend", &[19], 17),
    (2424, "float4recv", &[2281], 700),
    (2425, "float4send", &[700], 17),
    (2426, "float8recv", &[2281], 701),
    (2427, "float8send", &[701], 17),
    (2430, "bpcharrecv", &[2281, 26, 23], 1042),
    (2431, "bpcharsend", &[1042], 17),
    (2432, "varcharrecv", &[2281, 26, 23], 1043),
    (2433, "varcharsend", &[1043], 17),
    (2434, "charrecv", &[2281], 18),
    (2435, "charsend", &[18], 17),
    (2436, "boolrecv", &[2281], 16),
    (2437, "boolsend", &[16], 17),
    (2440, "xidrecv", &[2281], 28),
    (2441, "xidsend", &[28], 17),
    (2444, "regprocrecv", &[2281], 24),
    (2445, "regprocsend", &[24], 17),
    (2452, "regclassrecv", &[2281], 2205),
    (2453, "regclasssend", &[2205], 17),
    (2454, "regtyperecv", &[2281], 2206),
    (2455, "regtypesend", &[2206], 17),
    (2460, "numeric_recv", &[2281, 26, 23], 1700),
    (2461, "numeric_send", &[1700], 17),
    (2468, "date_recv", &[2281], 1082),
    (2469, "date_send", &[1082], 17),
    (2470, "time_recv", &[2281, 26, 23], 1083),
    (2471, "time_send", &[1083], 17),
    (2474, "timestamp_recv", &[2281, 26, 23], 1114),
    (2475, "timestamp_send", &[1114], 17),
    (2476, "timestamptz_recv", &[2281, 26, 23], 1184),
    (2477, "timestamptz_send", &[1184], 17),
    (2478, "interval_recv", &[2281, 26, 23], 1186),
    (2479, "interval_send", &[1186], 17),
    (2502, "anyarray_recv", &[2281], 2277),
    (2503, "anyarray_send", &[2277], 17),
    (2777, "anynonarray_in", &[2275], 2776),
    (2778, "anynonarray_out", &[2776], 2275),
    (2952, "uuid_in", &[2275], 2950),
    (2953, "uuid_out", &[2950], 2275),
    (2961, "uuid_recv", &[2281], 2950),
    (2962, "uuid_send", &[2950], 17),
    (3120, "void_recv", &[2281], 2278),
    (3121, "void_send", &[2278], 17),
    (3803, "jsonb_send", &[3802], 17),
    (3804, "jsonb_out", &[3802], 2275),
    (3805, "jsonb_recv", &[2281], 3802),
    (3806, "jsonb_in", &[2275], 3802),
    (4084, "regnamespacein", &[2275], 4089),
    (4085, "regnamespaceout", &[4089], 2275),
    (4087, "regnamespacerecv", &[2281], 4089),
    (4088, "regnamespacesend", &[4089], 17),
    (4092, "regroleout", &[4096], 2275),
    (4094, "regrolerecv", &[2281], 4096),
    (4095, "regrolesend", &[4096], 17),
    (4098, "regrolein", &[2275], 4096),
    (5086, "anycompatible_in", &[2275], 5077),
    (5087, "anycompatible_out", &[5077], 2275),
    (5088, "anycompatiblearray_in", &[2275], 5078),
    (5089, "anycompatiblearray_out", &[5078], 2275),
    (5090, "anycompatiblearray_recv", &[2281], 5078),
    (5091, "anycompatiblearray_send", &[5078], 17),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::info::{TypeInfo, scalar_types};

    #[test]
    fn every_type_has_its_functions() {
        for scalar in scalar_types() {
            for info in [Some(*scalar), scalar.id.array().and_then(TypeInfo::of)].into_iter().flatten() {
                for name in [info.input(), info.output(), info.receive(), info.send()] {
                    assert!(name == "-" || by_name(&name).is_some(), "{:?}: {name}", info.id);
                }
            }
        }
    }
}
