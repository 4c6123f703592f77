//! pgbench as Debian ships it: three scripts, three protocols, two engines, no failed transaction, equal sums.
//!
//! `CAIRN_PGBENCH_SCALE` (1) and `CAIRN_PGBENCH_TRANSACTIONS` per client (100) set the size; the full bar is scale 10.

use cairn_tests::tools::require_program;
use cairn_tests::{Client, ENGINES, Server, number};

const SCRIPTS: [&str; 3] = ["tpcb-like", "simple-update", "select-only"];
const PROTOCOLS: [&str; 3] = ["simple", "extended", "prepared"];

#[test]
fn nothing_fails_and_sums_are_equal() {
    require_program("pgbench");
    for engine in ENGINES {
        let server = Server::start(&[]);
        pgbench(&server, engine, &["-i", "-q", "-s", &number("CAIRN_PGBENCH_SCALE", 1).to_string()]);
        let transactions = number("CAIRN_PGBENCH_TRANSACTIONS", 100).to_string();
        for script in SCRIPTS {
            for protocol in PROTOCOLS {
                for clients in ["1", "8"] {
                    let arguments = ["-n", "-b", script, "-M", protocol, "-c", clients, "-t", &transactions];
                    let report = pgbench(&server, engine, &arguments);
                    let clean = report.contains("number of failed transactions: 0 (0.000%)");
                    assert!(clean, "{engine} {arguments:?}:\n{report}");
                }
            }
        }
        check(&mut server.connect(), engine);
    }
}

/// Runs pgbench and returns what it printed.
fn pgbench(server: &Server, engine: &str, arguments: &[&str]) -> String {
    let mut command = server.client_program("pgbench");
    command.env("PGOPTIONS", format!("-c default_table_access_method={engine}"));
    let output = command.args(arguments).output().expect("pgbench can be run");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pgbench {arguments:?} on {engine}:\n{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// tpcb-like adds the same delta to all four tables; simple-update leaves tellers and branches alone.
fn check(client: &mut Client, engine: &str) {
    let mut sum = |query: &str| client.ok(query).value().to_owned();
    let tellers = sum("select sum(tbalance) from pgbench_tellers");
    assert_eq!(tellers, sum("select sum(bbalance) from pgbench_branches"), "{engine}: tellers and branches");
    let history = sum("select sum(delta) from pgbench_history");
    assert_eq!(history, sum("select sum(abalance) from pgbench_accounts"), "{engine}: history and accounts");
    let access_method =
        sum("select amname from pg_class c join pg_am a on a.oid = c.relam where c.relname = 'pgbench_accounts'");
    assert_eq!(access_method, engine);
}
