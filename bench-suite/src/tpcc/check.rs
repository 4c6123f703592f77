//! The consistency conditions of clause 3.3.2, asked after the run. Condition 11 holds of the first population only.

use std::collections::BTreeMap;

use crate::error::BenchError;
use crate::run::{Metric, Run};
use crate::server::{Subject, query};

/// Each finds the rows that break a condition: how many there are.
const CONDITIONS: [(u32, &str); 11] = [
    (1, "select count(*) from warehouse where w_ytd <> (select sum(d_ytd) from district where d_w_id = w_id)"),
    (
        2,
        "select count(*) from district
         join (select o_w_id, o_d_id, max(o_id) as last from orders group by o_w_id, o_d_id) as o
           on o_w_id = d_w_id and o_d_id = d_id
         left join (select no_w_id, no_d_id, max(no_o_id) as last_new from new_order group by no_w_id, no_d_id) as n
           on no_w_id = d_w_id and no_d_id = d_id
         where d_next_o_id - 1 <> last or d_next_o_id - 1 <> coalesce(last_new, last)",
    ),
    (
        3,
        "select count(*) from (select max(no_o_id) - min(no_o_id) + 1 - count(*) as gaps
         from new_order group by no_w_id, no_d_id) as n where gaps <> 0",
    ),
    (
        4,
        "select count(*) from (select o_w_id, o_d_id, sum(o_ol_cnt) as said from orders group by o_w_id, o_d_id) as o
         join (select ol_w_id, ol_d_id, count(*) as found from order_line group by ol_w_id, ol_d_id) as l
           on ol_w_id = o_w_id and ol_d_id = o_d_id
         where said <> found",
    ),
    (
        5,
        "select count(*) from orders
         left join new_order on no_w_id = o_w_id and no_d_id = o_d_id and no_o_id = o_id
         where (o_carrier_id is null) <> (no_o_id is not null)",
    ),
    (
        6,
        "select count(*) from orders
         left join (select ol_w_id, ol_d_id, ol_o_id, count(*) as found from order_line group by ol_w_id, ol_d_id, ol_o_id) as l
           on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id
         where o_ol_cnt <> coalesce(found, 0)",
    ),
    (
        7,
        "select count(*) from order_line
         join orders on o_w_id = ol_w_id and o_d_id = ol_d_id and o_id = ol_o_id
         where (ol_delivery_d is null) <> (o_carrier_id is null)",
    ),
    (8, "select count(*) from warehouse where w_ytd <> (select sum(h_amount) from history where h_w_id = w_id)"),
    (
        9,
        "select count(*) from district
         join (select h_w_id, h_d_id, sum(h_amount) as paid from history group by h_w_id, h_d_id) as h
           on h_w_id = d_w_id and h_d_id = d_id
         where d_ytd <> paid",
    ),
    (
        10,
        "select count(*) from customer
         left join (select o_w_id, o_d_id, o_c_id, sum(ol_amount) as owed from orders
                    join order_line on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id
                    where ol_delivery_d is not null group by o_w_id, o_d_id, o_c_id) as o
           on o_w_id = c_w_id and o_d_id = c_d_id and o_c_id = c_id
         left join (select h_c_w_id, h_c_d_id, h_c_id, sum(h_amount) as paid from history
                    group by h_c_w_id, h_c_d_id, h_c_id) as h
           on h_c_w_id = c_w_id and h_c_d_id = c_d_id and h_c_id = c_id
         where c_balance <> coalesce(owed, 0) - coalesce(paid, 0)",
    ),
    (
        12,
        "select count(*) from customer
         left join (select o_w_id, o_d_id, o_c_id, sum(ol_amount) as owed from orders
                    join order_line on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id
                    where ol_delivery_d is not null group by o_w_id, o_d_id, o_c_id) as o
           on o_w_id = c_w_id and o_d_id = c_d_id and o_c_id = c_id
         where c_balance + c_ytd_payment <> coalesce(owed, 0)",
    ),
];

/// Checks every server once; violations go into the run, as figures of all cases, and into its notes.
pub(super) fn all(subjects: &[Subject], run: &mut Run) -> Result<(), BenchError> {
    let mut of_server: BTreeMap<u32, u64> = BTreeMap::new();
    for subject in subjects {
        let process = subject.server.process();
        if let std::collections::btree_map::Entry::Vacant(vacant) = of_server.entry(process) {
            vacant.insert(one(subject, run)?);
        }
        for case in run.cases() {
            run.add(&case, &subject.name, &Metric::lower("violations"), of_server[&process] as f64);
        }
    }
    Ok(())
}

fn one(subject: &Subject, run: &mut Run) -> Result<u64, BenchError> {
    let mut violations = 0;
    for (number, condition) in CONDITIONS {
        let answer = query(subject.server.as_ref(), condition)?;
        let found: u64 = answer.parse().map_err(|_| BenchError::parse("a count", &answer))?;
        if found > 0 {
            run.notes.push(format!("{}: {found} rows break consistency condition {number}", subject.name));
        }
        violations += found;
    }
    run.notes.push(format!(
        "{}: {} consistency conditions asked, {violations} rows break them",
        subject.name,
        CONDITIONS.len()
    ));
    Ok(violations)
}
