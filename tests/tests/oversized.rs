//! Too long, too deep, too many: each ends in PostgreSQL's error or in an answer, and the server lives.
//!
//! `CAIRN_OVERSIZED_PORT` runs the same on a PostgreSQL, to see that the expected SQLSTATEs are its own. Where Cairn's limit is another
//! (and `docs/differences.md` says so) the expectation names both.

use std::time::{Duration, Instant};

use cairn_tests::client::{failure, frame};
use cairn_tests::frames::{bind, bind_binary, execute, parse_as, startup, sync};
use cairn_tests::vitals::Vitals;
use cairn_tests::{Client, Server};

/// What must come back: success, or one of these SQLSTATEs.
#[derive(Clone, Copy)]
enum Expect {
    Ok,
    /// From both servers.
    Error(&'static str),
    /// PostgreSQL's, Cairn's; `00000` is success.
    Differs(&'static str, &'static str),
    /// Success or 54001: where the stack ends is nobody's promise.
    OkOrDeep,
}

use Expect::{Differs, Error, Ok as Fine, OkOrDeep};

const SLOW: Duration = Duration::from_secs(60);

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (1..=count).map(item).collect::<Vec<_>>().join(", ")
}

fn statements() -> Vec<(&'static str, String, Expect)> {
    // Numbers that do not compress.
    let noise = |count: usize| {
        (0..count as u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect::<String>()
    };
    let columns = |count| list(count, |n| format!("c{n} int"));
    let mut all = vec![
        ("a key", "create table big (k text primary key, v text)".to_owned(), Fine),
        ("a key of 2 kB", format!("insert into big values ('{}')", noise(125)), Fine),
        ("a key of 7 kB", format!("insert into big values ('{}')", noise(450)), Differs("54000", "00000")),
        ("a key of 16 kB", format!("insert into big values ('{}')", noise(1000)), Error("54000")),
        ("a key of 1 MB", format!("insert into big values ('{}')", noise(65_000)), Error("54000")),
        ("a lookup of a long key", format!("select * from big where k = '{}'", noise(65_000)), Fine),
        ("a range of long keys", format!("select * from big where k between '{0}' and '{0}x'", noise(65_000)), Fine),
        ("a value of 10 MB", format!("insert into big values ('v', '{}')", "v".repeat(10_000_000)), Fine),
        (
            "a value of 300 MB",
            "insert into big values ('w', repeat('w', 300000000))".to_owned(),
            Differs("00000", "54000"),
        ),
        ("a text above 1 GiB", "select length(repeat('x', 2000000000))".to_owned(), Error("54000")),
        ("a long lpad", "select lpad('x', 2000000000)".to_owned(), Error("54000")),
        ("1,600 columns", format!("create table wide ({})", columns(1600)), Fine),
        ("1,601 columns", format!("create table wider ({})", columns(1601)), Error("54011")),
        ("column 1,601", "alter table wide add column more int".to_owned(), Error("54011")),
        ("a row of 1,600 columns", format!("insert into wide values ({})", list(1600, |n| n.to_string())), Fine),
        ("1,600 columns read", "select * from wide".to_owned(), Fine),
        ("1,665 targets", format!("select {}", list(1665, |n| n.to_string())), Error("54011")),
        ("an index of 33 columns", format!("create index on wide ({})", list(33, |n| format!("c{n}"))), Error("54011")),
        (
            "a primary key of 33 columns",
            format!("create table keys ({}, primary key ({}))", columns(33), list(33, |n| format!("c{n}"))),
            Error("54011"),
        ),
        ("101 arguments", format!("select concat({})", list(101, |n| n.to_string())), Error("54023")),
        ("a name of 70 bytes", format!("create table {} (id int)", "n".repeat(70)), Fine),
        ("two names, alike in 63 bytes", format!("create table {} (id int)", "n".repeat(80)), Error("42P07")),
        ("100,000 values of IN", format!("select 1 where 7 in ({})", list(100_000, |n| n.to_string())), Fine),
        ("100,000 keys of IN", format!("select k from big where k in ({})", list(100_000, |n| format!("'{n}'"))), Fine),
        (
            "20,000 rows of VALUES",
            format!("insert into big values {}", list(20_000, |n| format!("('r{n}', '')"))),
            Fine,
        ),
        ("a number of 1,000 digits", format!("select {}", "9".repeat(1000)), Differs("00000", "22003")),
        ("a number of 200,000 digits", format!("select {}", "9".repeat(200_000)), Error("22003")),
        ("a float beyond range", "select '1e400'::float8".to_owned(), Error("22003")),
        ("parameter 65,536", "select $65536".to_owned(), Error("42P02")),
        ("parameter 99999999999", "select $99999999999".to_owned(), Differs("42601", "42601")),
        (
            "an array of 7 dimensions",
            format!("select '{}'::int[]", nested("{", "1", "}", 7)),
            Differs("54000", "54000"),
        ),
        ("a text of 50 MB", format!("select 1{}", " ".repeat(50_000_000)), Fine),
        ("a literal of 50 MB", format!("select length('{}')", "x".repeat(50_000_000)), Fine),
    ];
    for depth in [1_000, 20_000, 200_000] {
        all.extend([
            ("parentheses", format!("select {}", nested("(", "1", ")", depth)), OkOrDeep),
            ("NOT", format!("select {} true", "not ".repeat(depth)), OkOrDeep),
            ("minus signs", format!("select {}1", "- ".repeat(depth)), OkOrDeep),
            ("a sum", format!("select 1{}", "+1".repeat(depth)), OkOrDeep),
            ("ORs", format!("select false{}", " or 1=2".repeat(depth)), OkOrDeep),
            ("ANDs", format!("select k from big where k = 'a'{}", " and v <> 'b'".repeat(depth)), OkOrDeep),
            ("concatenations", format!("select ''{}", "||'x'".repeat(depth)), OkOrDeep),
            ("calls", format!("select {}", nested("abs(", "1", ")", depth)), OkOrDeep),
            ("casts", format!("select 1{}", "::int".repeat(depth)), OkOrDeep),
            ("cases", format!("select {}", nested("case when true then ", "1", " end", depth)), OkOrDeep),
            ("subqueries", format!("select {}", nested("(select ", "1", ")", depth)), OkOrDeep),
            (
                "subqueries in FROM",
                format!("select * from {}", nested("(select * from ", "(values (1)) v", ") s", depth)),
                OkOrDeep,
            ),
            ("arrays", format!("select {}", nested("array[", "1", "]", depth)), OkOrDeep),
            ("array texts", format!("select '{}'::int[]", nested("{", "1", "}", depth)), OkOrDeep),
            ("json", format!("select '{}'::json", nested("[", "1", "]", depth)), OkOrDeep),
            ("jsonb", format!("select '{}'::jsonb", nested("{\"a\":", "1", "}", depth)), OkOrDeep),
            ("regular expression", format!("select 'a' ~ '{}'", nested("(", "a", ")", depth)), OkOrDeep),
            ("comments", format!("select 1 {}", nested("/*", "", "*/", depth)), OkOrDeep),
            ("rows", format!("select {}", nested("row(", "1", ")", depth)), OkOrDeep),
            ("explain", format!("{}select 1", "explain ".repeat(depth)), OkOrDeep),
        ]);
    }
    for depth in [1_000, 20_000] {
        all.extend([
            ("unions", format!("select 1{}", " union all select 1".repeat(depth)), OkOrDeep),
            (
                "common table expressions",
                format!("with {} select 1", list(depth, |n| format!("w{n} as (select 1)"))),
                OkOrDeep,
            ),
            (
                "join",
                format!("select count(*) from {}", vec!["(values (1)) v"; depth].join(" natural join ")),
                OkOrDeep,
            ),
            ("statements", "select 1;".repeat(depth), OkOrDeep),
        ]);
    }
    all
}

#[test]
fn statements_of_every_size_are_answered() {
    let postgresql = std::env::var("CAIRN_OVERSIZED_PORT").ok().map(|port| port.parse::<u16>().expect("a port"));
    let mut server = postgresql.is_none().then(|| Server::start(&["instance.durability=none"]));
    let port = postgresql.unwrap_or_else(|| server.as_ref().map_or(0, Server::port));
    let mut wrong = String::new();
    let mut admin = Client::connect(port).expect("a connection");
    for table in ["big", "wide", "wider", "keys", &"n".repeat(63)] {
        admin.ok(&format!("drop table if exists {table}"));
    }
    for (name, text, expect) in statements() {
        let mut client =
            Client::connect(port).unwrap_or_else(|error| panic!("no connection after {wrong}{name}: {error}"));
        client.ok("set statement_timeout = '40s'");
        client.set_patience(SLOW);
        let began = Instant::now();
        let (_, failed) = client.run(&text);
        let code = failed.as_ref().map_or("00000", |failure| failure.code.as_str());
        let fits = match expect {
            Fine => code == "00000",
            Error(expected) => code == expected,
            Differs(theirs, ours) => code == if postgresql.is_some() { theirs } else { ours },
            OkOrDeep => deep(code),
        };
        let took = began.elapsed();
        println!("{name} ({} bytes): {code} in {took:.1?}", text.len());
        if !fits {
            let message = failed.as_ref().map_or("", |failure| failure.message.as_str());
            wrong += &format!("{name} ({} bytes): {code} {:.200}\n", text.len(), message);
        }
        if let Some(server) = &mut server {
            assert!(server.lives(), "the server died of {name} ({} bytes)\n{wrong}", text.len());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// An answer to nested text: success, 54001, or an error that PostgreSQL's parser or limits give at some depth.
fn deep(code: &str) -> bool {
    matches!(code, "00000" | "54001" | "54000" | "42601" | "22P02" | "2201B" | "53200" | "54011" | "57014")
}

#[test]
fn a_long_name_is_cut_with_a_notice() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.ok(&format!("create table {} (id int)", "é".repeat(40)));
    let notice = client.notices.pop().expect("a notice");
    assert_eq!(notice.code, "42622");
    assert_eq!(
        notice.message,
        format!("identifier \"{}\" will be truncated to \"{}\"", "é".repeat(40), "é".repeat(31))
    );
    assert_eq!(client.ok(&format!("select count(*) from {}", "é".repeat(31))).value(), "0");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    for text in [&b"select '\xff'\0"[..], b"select '\xc3'\0", b"select '\xed\xa0\x80'\0", b"select 1 as \"\xf8\"\0"] {
        client.send(b'Q', text).expect("sent");
        let messages = client.read_to_ready().expect("the session lives");
        assert_eq!(failure(&messages[0].body).code, "22021", "{}", text.escape_ascii());
    }
    for value in [&b"\0"[..], b"a\0b", b"\xff"] {
        for format in [0_u8, 1] {
            let mut body = b"\0\0\0\x01\0".to_vec();
            body.push(format);
            body.extend([0, 1]);
            body.extend(i32::try_from(value.len()).expect("short").to_be_bytes());
            body.extend_from_slice(value);
            body.extend([0, 0]);
            let messages = [parse_as("", "select $1::text", &[25]), frame(b'B', &body), execute(0), sync()];
            client.write(&messages.concat()).expect("sent");
            let messages = client.read_to_ready().expect("the session lives");
            let error = messages.iter().find(|message| message.kind == b'E').expect("an error");
            assert_eq!(failure(&error.body).code, "22021", "{} in format {format}", value.escape_ascii());
        }
    }
    assert_eq!(client.err("select E'\\000'"), "22021");
    assert_eq!(client.err("select chr(0)"), "54000");
    assert_eq!(client.err("select '\\xff'::bytea::text::int"), "22P02");
    assert_eq!(client.ok("select 1").value(), "1");
}

/// The length word is the client's word only.
#[test]
fn announced_bytes_cost_nothing() {
    let server = Server::start(&[]);
    let vitals = Vitals::new(server.pid());
    let before = vitals.memory_bytes();
    let mut clients: Vec<Client> = (0..50).map(|_| server.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        let kind = [b'Q', b'P', b'B', b'd', b'F'][number % 5];
        client.write(&[&[kind][..], &0x3fff_ffff_i32.to_be_bytes(), b"the rest never comes"].concat()).expect("sent");
    }
    // A parameter that is longer than its message.
    let mut client = server.connect();
    let mut bind = bind_binary("", "", &[Some(b"abc")]);
    let at = bind.len() - 11;
    bind[at..at + 4].copy_from_slice(&i32::MAX.to_be_bytes());
    client.write(&[parse_as("", "select $1::text", &[25]), bind].concat()).expect("sent");
    let error = loop {
        let message = client.read().expect("an answer");
        if message.kind == b'E' {
            break failure(&message.body);
        }
    };
    assert_eq!(error.code, "08P01");
    client.write(&sync()).expect("sent");
    client.read_to_ready().expect("the session goes on");
    assert_eq!(server.connect().ok("select 1").value(), "1");
    let grown = vitals.memory_bytes().saturating_sub(before);
    assert!(grown < 100 << 20, "{} MiB for bytes that never came", grown >> 20);
}

#[test]
fn messages_above_their_limits_end_the_connection() {
    let server = Server::start(&[]);
    for (kind, length) in
        [(b'Q', 0x4000_0000_u32), (b'S', 10_001), (b'D', 20_000), (b'X', 3), (b'Q', 0), (b'B', u32::MAX)]
    {
        let mut client = server.connect();
        client.write(&[&[kind][..], &length.to_be_bytes(), &[0; 16]].concat()).expect("sent");
        // PostgreSQL tells its log only.
        assert!(client.read().is_err(), "the connection is closed");
    }
    assert_eq!(server.connect().ok("select 1").value(), "1");
}

#[test]
fn many_statements_portals_and_savepoints_are_kept_and_given_back() {
    let server = Server::start(&[]);
    let mut vitals = Vitals::new(server.pid());
    for round in 0..3 {
        let mut client = server.connect();
        let mut bytes = Vec::new();
        for number in 0..5_000 {
            bytes.extend(parse_as(&format!("s{number}"), &format!("select {number}, $1::int"), &[23]));
        }
        bytes.extend(sync());
        client.write(&bytes).expect("sent");
        client.read_to_ready().expect("prepared");
        client.ok("begin");
        for number in 0..2_000 {
            client.ok(&format!("savepoint s{number}"));
        }
        client.ok("rollback to s0");
        client.ok("commit");
        client.write(&[parse_as("", "select 1", &[]), bind(), execute(0), sync()].concat()).expect("sent");
        client.read_to_ready().expect("answered");
        drop(client);
        println!("round {round}");
        vitals.check(64 << 20);
    }
}

/// [`startup`] is used by other tests only through [`Client`]; here its packets are cut.
#[test]
fn startup_packets_of_every_size_are_refused_or_answered() {
    use std::io::{Read, Write};
    let server = Server::start(&[]);
    let whole = startup(&[("user", "postgres"), ("database", "postgres")]);
    let talk = |bytes: &[u8]| {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port())).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a positive duration");
        stream.write_all(bytes).expect("sent");
        stream.shutdown(std::net::Shutdown::Write).expect("half closed");
        let mut answer = Vec::new();
        // A reset is an answer, too.
        let _ = stream.read_to_end(&mut answer);
        answer
    };
    assert_eq!(talk(&whole)[0], b'R');
    for length in 0..whole.len() {
        assert!(talk(&whole[..length]).is_empty(), "{length} bytes of a start-up packet are answered");
    }
    for length in (0..300).chain((300..10_100).step_by(97)).chain([9_999, 10_000, 10_001, 65_536, u32::MAX]) {
        let body = vec![0; (length as usize).min(12_000).saturating_sub(4)];
        let answer = talk(&[&length.to_be_bytes()[..], &body].concat());
        assert!(answer.first().is_none_or(|kind| *kind == b'E'), "{length}: {}", answer.escape_ascii());
    }
    for version in [0_u32, 1, 0x0002_0000, 0x0004_0000, u32::MAX] {
        let answer = talk(&[&whole[..4], &version.to_be_bytes(), &whole[8..]].concat());
        assert_eq!(failure(answer.get(5..).expect("a message")).code, "0A000", "version {version:#x}");
    }
    // A newer minor version is negotiated down.
    assert_eq!(talk(&[&whole[..4], &0x0003_0002_u32.to_be_bytes(), &whole[8..]].concat())[0], b'v');
    assert_eq!(server.connect().ok("select 1").value(), "1");
}

#[test]
fn requests_in_the_wrong_order_hurt_nobody() {
    use std::io::{Read, Write};
    const TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    const GSS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 48];
    let server = Server::start(&[]);
    let mut vitals = Vitals::new(server.pid());
    let connect = || {
        let stream = std::net::TcpStream::connect(("127.0.0.1", server.port())).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a positive duration");
        stream
    };
    let hello = startup(&[("user", "postgres")]);
    // Each may be asked once, as in PostgreSQL.
    let mut stream = connect();
    stream.write_all(&[TLS, GSS].concat()).expect("sent");
    let mut no = [0; 2];
    stream.read_exact(&mut no).expect("an answer");
    assert_eq!(&no, b"NN");
    stream.write_all(&hello).expect("sent");
    stream.read_exact(&mut no).expect("an answer");
    assert_eq!(no[0], b'R');
    for request in [TLS, GSS] {
        let mut stream = connect();
        stream.write_all(&[request, request].concat()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("closed");
        assert_eq!(answer[..2], *b"NE");
        assert_eq!(failure(&answer[6..]).code, "0A000");
    }
    // Whatever follows Terminate is not read.
    let mut client = server.connect();
    client.write(&[frame(b'X', b""), vec![0xff; 100_000]].concat()).expect("sent");
    assert!(client.read().is_err(), "the connection is closed");
    // Connections that come and go.
    for number in 0..500 {
        let mut stream = connect();
        stream.write_all(&hello[..number % (hello.len() + 1)]).expect("sent");
    }
    // One byte at a time.
    let mut slow = connect();
    slow.set_nodelay(true).expect("a socket");
    for byte in &hello {
        slow.write_all(&[*byte]).expect("sent");
        std::thread::sleep(Duration::from_millis(5));
    }
    slow.read_exact(&mut no).expect("an answer");
    assert_eq!(no[0], b'R');
    assert_eq!(server.connect().ok("select 1").value(), "1");
    drop((slow, client));
    vitals.check(0);
}
