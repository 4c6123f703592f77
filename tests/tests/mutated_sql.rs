//! Mutated SQL texts: no crash, no hang, no internal error, no leak.
//!
//! The statements of the corpus run in order on each engine, so that their tables are there; before each one, mutations of it run in a
//! block of their own that is rolled back, and with them queries over every function with arguments at the edges of its types.
//! `CAIRN_TEXTS` (4,000) sets how many; the full bar is 100,000. `CAIRN_SEED` repeats them. With `CAIRN_COMPARE_PORT` each text also goes
//! to a PostgreSQL on that port, and the test prints which SQLSTATEs differ.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cairn_tests::client::cancel;
use cairn_tests::corpus::{Statement, files, statements};
use cairn_tests::nasty::{generated, mutated};
use cairn_tests::vitals::Vitals;
use cairn_tests::{Client, ENGINES, Failure, Server, number, seed};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// After this long a statement is cancelled; it must then end within [`END`].
const PATIENCE: Duration = Duration::from_secs(10);
const END: Duration = Duration::from_secs(20);
/// What takes longer is printed.
const SLOW: Duration = Duration::from_secs(2);
const MIB: u64 = 1 << 20;

#[test]
fn mutated_texts_hurt_nobody() {
    let mut server = Server::start(&["instance.durability=none"]);
    let seed = seed();
    let corpus: Vec<Vec<Statement>> = files().iter().map(|file| statements(file)).collect();
    let all: Vec<&Statement> = corpus.iter().flatten().collect();
    let texts = number("CAIRN_TEXTS", 4_000);
    let per_statement = texts as f64 / (all.len() * ENGINES.len()) as f64;
    let mut run = Run::new(&server, seed);
    let mut vitals = Vitals::new(server.pid());
    for engine in ENGINES {
        for file in &corpus {
            run.begin_file(&server, engine);
            for statement in file {
                let whole = per_statement as u64;
                let rest = run.rng.random_bool(per_statement.fract());
                for _ in 0..whole + u64::from(rest) {
                    let other = all[run.rng.random_range(0..all.len())];
                    run.one(&statement.text, &other.text);
                }
                run.original(statement);
            }
            assert!(server.lives(), "the server died; seed {seed}, last text:\n{}", run.last);
        }
        vitals.check(2048 * MIB);
    }
    run.report();
}

/// What to say before and after a text so that nothing of it stays, by the transaction status.
fn brackets(status: u8) -> (&'static str, &'static str) {
    match status {
        b'T' => ("savepoint mutant", "rollback to mutant"),
        b'E' => ("", ""),
        _ => ("begin", "rollback"),
    }
}

struct Run {
    rng: StdRng,
    client: Client,
    port: u16,
    /// PostgreSQL, where it is compared.
    compared: Option<Client>,
    functions: Vec<String>,
    last: String,
    codes: BTreeMap<String, u64>,
    /// Internal errors, all of which the report shows.
    bugs: Vec<String>,
    /// (PostgreSQL's SQLSTATE, Cairn's): how often, and one text.
    differences: BTreeMap<(String, String), (u64, String)>,
}

impl Run {
    fn new(server: &Server, seed: u64) -> Self {
        let mut client = server.connect();
        let query =
            "select distinct proname from pg_proc where proname not in ('pg_sleep', 'pg_terminate_backend') order by 1";
        let functions = client.ok(query).rows.into_iter().flatten().flatten().collect();
        let compared = std::env::var("CAIRN_COMPARE_PORT").ok();
        let compared = compared.map(|port| Client::connect(port.parse().expect("a port")).expect("PostgreSQL"));
        Self {
            rng: StdRng::seed_from_u64(seed),
            client,
            port: server.port(),
            compared,
            functions,
            last: String::new(),
            codes: BTreeMap::new(),
            bugs: Vec::new(),
            differences: BTreeMap::new(),
        }
    }

    /// A new session in an empty schema.
    fn begin_file(&mut self, server: &Server, engine: &str) {
        self.client = server.connect();
        self.client.ok(&format!("set default_table_access_method = {engine}"));
        let executor = ["auto", "auto", "short", "analytics"][self.rng.random_range(0..4)];
        self.client.ok(&format!("set cairn.executor = {executor}"));
        for client in std::iter::once(&mut self.client).chain(&mut self.compared) {
            for text in [
                "rollback",
                "drop schema if exists corpus cascade",
                "create schema corpus",
                "set search_path = corpus",
                "set statement_timeout = '3s'",
            ] {
                client.ok(text);
            }
        }
        self.client.set_patience(PATIENCE);
    }

    /// One mutated or generated text, in a block that is rolled back.
    fn one(&mut self, text: &str, other: &str) {
        let text = match self.rng.random_bool(0.3) {
            true => generated(&mut self.rng, &self.functions),
            false => mutated(&mut self.rng, text, other),
        };
        self.last.clone_from(&text);
        let failed = self.attempt(&text);
        let code = failed.map_or_else(|| "00000".to_owned(), |failure| self.judge(&text, failure));
        *self.codes.entry(code.clone()).or_default() += 1;
        if let Some(other) = &mut self.compared {
            let (before, after) = brackets(other.status);
            other.run(before);
            let (_, failed) = other.run(&text);
            let expected = failed.map_or_else(|| "00000".to_owned(), |failure| failure.code);
            other.run(after);
            if expected != code && code != "0A000" {
                self.differences.entry((expected, code)).or_insert((0, text)).0 += 1;
            }
        }
    }

    fn attempt(&mut self, text: &str) -> Option<Failure> {
        let (before, after) = brackets(self.client.status);
        let (_, refused) = self.client.run(before);
        assert!(refused.is_none(), "{before} before {text}: {refused:?}");
        let began = Instant::now();
        let (_, failed) = self.client.run(text);
        if began.elapsed() > SLOW {
            println!("slow ({:.1?}): {text}", began.elapsed());
        }
        let failed = match failed {
            Some(failure) if failure.code == "lost" => Some(self.recover(text, &failure)),
            failed => failed,
        };
        // The text may have ended the block itself.
        let (_, undone) = self.client.run(after);
        assert!(undone.is_none_or(|failure| failure.code != "lost"), "no answer after\n{text}");
        failed
    }

    /// No answer in time: a cancel must end the statement. Anything else is a crash or a hang.
    fn recover(&mut self, text: &str, failure: &Failure) -> Failure {
        cancel(self.port, self.client.key).unwrap_or_else(|error| panic!("{failure}, then {error}, after\n{text}"));
        self.client.set_patience(END);
        let ended = self.client.read_to_ready().unwrap_or_else(|error| panic!("a hang ({error}) in\n{text}"));
        self.client.set_patience(PATIENCE);
        println!("slow, cancelled: {text}");
        let error = ended.iter().find(|message| message.kind == b'E');
        error.map(|message| cairn_tests::client::failure(&message.body)).unwrap_or_default()
    }

    /// The SQLSTATE of a failure, which must be none of a bug.
    fn judge(&mut self, text: &str, failure: Failure) -> String {
        assert_eq!(failure.code.len(), 5, "{failure} after\n{text}");
        if failure.code.starts_with("XX") {
            self.bugs.push(format!("{failure} after\n{text}"));
        }
        failure.code
    }

    /// The statement as it is, so that those behind it find what they need. Its answer is the corpus test's business.
    fn original(&mut self, statement: &Statement) {
        let (_, failed) = self.client.run_copy(&statement.text, statement.data.as_deref());
        let lost = failed.is_some_and(|failure| failure.code == "lost");
        assert!(
            !lost,
            "no answer to a statement of the corpus; before it came\n{}\nthe statement:\n{}",
            self.last, statement.text
        );
        if let Some(other) = &mut self.compared {
            other.run_copy(&statement.text, statement.data.as_deref());
        }
    }

    fn report(&self) {
        println!("{} texts, SQLSTATEs: {:?}", self.codes.values().sum::<u64>(), self.codes);
        for ((expected, found), (count, text)) in &self.differences {
            println!("{count} times PostgreSQL {expected}, Cairn {found}: {text:?}");
        }
        assert!(self.bugs.is_empty(), "{} internal errors:\n{}", self.bugs.len(), self.bugs.join("\n"));
        assert!(self.codes.len() > 20, "the mutations reach too little: {:?}", self.codes);
    }
}
