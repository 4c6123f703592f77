//! Who gets in: the limit on sessions, the time to authenticate, connections that never speak; and what a server refuses to
//! start with.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use cairn_tests::client::{cancel, failure};
use cairn_tests::vitals::Vitals;
use cairn_tests::{Client, Server};

const SESSIONS: usize = 5;

#[test]
fn the_session_after_the_last_one_is_told_that_there_is_no_room() {
    let server = Server::start(&[&format!("instance.pg.connections_max={SESSIONS}")]);
    let mut clients: Vec<Client> = (0..SESSIONS).map(|_| server.connect()).collect();
    assert_eq!(clients[0].ok("show max_connections").value(), SESSIONS.to_string());
    let refused = server.try_connect().err().expect("no room").to_string();
    assert_eq!(refused, "53300: sorry, too many clients already");
    // A cancel request needs no place.
    clients[0].send(b'Q', b"select pg_sleep(60)\0").expect("sent");
    std::thread::sleep(Duration::from_millis(300));
    cancel(server.port(), clients[0].key).expect("the request is heard");
    let answers = clients[0].read_to_ready().expect("the statement ends");
    let error = answers.iter().find(|message| message.kind == b'E').expect("it was cancelled");
    assert_eq!(failure(&error.body).code, "57014");
    drop(clients.pop());
    eventually(|| server.try_connect().is_ok(), "a place is free again");
}

#[test]
fn connections_that_never_speak_are_bounded_and_dropped() {
    let server =
        Server::start(&[&format!("instance.pg.connections_max={SESSIONS}"), "instance.pg.authentication_timeout=2"]);
    let mut client = server.connect();
    assert_eq!(client.ok("show authentication_timeout").value(), "2s");
    let began = Instant::now();
    let mut silent: Vec<_> = (0..2 * SESSIONS - 1).map(|_| connect(&server)).collect();
    // Some of a start-up packet is not enough.
    silent[0].write_all(&[0, 0, 0, 50, 0, 3]).expect("written");
    let mut answer = Vec::new();
    connect(&server).read_to_end(&mut answer).expect("an answer");
    assert_eq!(failure(answer.get(5..).expect("a message")).code, "53300");
    for stream in &mut silent {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("closed in time");
        assert!(rest.is_empty(), "{rest:?}");
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "they had two seconds");
    eventually(|| server.try_connect().is_ok(), "there is room again");
    client.ok("select 1");
}

#[test]
fn the_core_looks_for_the_next_message_for_as_long_as_it_is_told() {
    let long = Duration::from_secs(1);
    let server = Server::start(&[&format!("instance.pg.busy_poll={}", long.as_micros())]);
    let vitals = Vitals::new(server.pid());
    let began = Instant::now();
    server.connect().ok("select 1");
    let mut looks = 0;
    while began.elapsed() < long / 2 {
        assert!(!vitals.sleeps() || began.elapsed() >= long, "it sleeps too early, at look {looks}");
        looks += 1;
        std::thread::sleep(Duration::from_millis(5));
    }
    eventually(|| vitals.sleeps(), "it sleeps when nobody speaks");
}

#[test]
fn the_core_sleeps_when_nobody_speaks() {
    for configured in ["instance.pg.busy_poll=0", "instance.pg.busy_poll=50"] {
        let server = Server::start(&[configured]);
        let mut client = server.connect();
        client.ok("select 1");
        eventually(|| Vitals::new(server.pid()).sleeps(), "it sleeps");
    }
}

#[test]
fn a_password_must_come_in_time() {
    let server = Server::start(&[
        "instance.pg.auth=scram-sha-256",
        "instance.pg.password=secret",
        "instance.pg.authentication_timeout=1",
        "instance.pg.connections_max=1",
    ]);
    let mut half_open = connect(&server);
    let mut packet = 196_608_i32.to_be_bytes().to_vec();
    packet.extend_from_slice(b"user\0postgres\0\0");
    let length = i32::try_from(packet.len() + 4).expect("short");
    half_open.write_all(&[&length.to_be_bytes()[..], &packet].concat()).expect("written");
    let mut request = [0; 5];
    half_open.read_exact(&mut request).expect("asked for a password");
    assert_eq!(request[0], b'R');
    // It holds the only place.
    assert!(server.try_connect().err().expect("no room").to_string().starts_with("53300"));
    let mut rest = Vec::new();
    half_open.read_to_end(&mut rest).expect("ended in time");
    let at = rest.windows(2).position(|bytes| bytes == b"SF").expect("an error");
    let told = failure(&rest[at..]);
    assert_eq!((told.code.as_str(), told.message.as_str()), ("57014", "canceling authentication due to timeout"));
}

#[test]
fn a_wrong_configuration_is_refused_at_the_start() {
    let server = Server::start(&[]);
    let wrong = [
        ("settings.lock_timeout=soon", "bad value \"soon\" for settings.lock_timeout in option -c: invalid value"),
        ("settings.lock_timout=5s", "unrecognized configuration parameter \"lock_timout\""),
        ("settings.server_version=9", "parameter \"server_version\" cannot be changed"),
        ("settings.default_table_access_method=heap", "\"heap\" is none of memtx, vinyl"),
        ("instance.pg.connections_max=0", "must be from 1 to"),
        ("instance.pg.authentication_timeout=0", "must be from 1 to 600"),
    ];
    for (parameter, message) in wrong {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut command = server.command(0);
        command
            .arg("-c")
            .arg(parameter)
            .arg("-c")
            .arg(format!("instance.instance_dir={}", directory.path().join("data").display()));
        let output = command.stderr(std::process::Stdio::piped()).output().expect("the binary runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{parameter}: {told}");
        assert!(told.contains("cairn: ") && told.contains(message), "{parameter}: {told}");
    }
}

#[test]
fn a_client_cannot_set_what_is_fixed() {
    let server = Server::start(&[]);
    let mut stream = connect(&server);
    let mut packet = 196_608_i32.to_be_bytes().to_vec();
    packet.extend_from_slice(b"user\0postgres\0database\0postgres\0is_superuser\0off\0\0");
    let length = i32::try_from(packet.len() + 4).expect("short");
    stream.write_all(&[&length.to_be_bytes()[..], &packet].concat()).expect("written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("refused");
    let at = answer.windows(2).position(|bytes| bytes == b"SF").expect("an error");
    assert_eq!(failure(&answer[at..]).code, "55P02");
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", server.port())).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a positive duration");
    stream
}

fn eventually(mut condition: impl FnMut() -> bool, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "not in ten seconds: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
