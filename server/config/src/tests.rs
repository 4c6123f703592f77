use super::*;

fn assignment(key: &str, value: &str) -> Assignment {
    Assignment { key: key.to_owned(), value: value.to_owned(), source: "the test".to_owned() }
}

fn configured(assignments: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let list = assignments.iter().map(|(key, value)| assignment(key, value)).collect();
    Config::from_sources(None, std::iter::empty(), list, &check)
}

fn check(name: &str, _: &str) -> Result<(), String> {
    if name == "lock_timeout" { Ok(()) } else { Err("unknown to this test".to_owned()) }
}

#[test]
fn the_default_file_is_the_default_configuration() {
    let assignments = yaml::parse(&default_yaml(), "the default file").unwrap();
    assert_eq!(assignments.len(), KEYS.iter().filter(|key| !key.hidden).count());
    let config = Config::from_sources(None, std::iter::empty(), assignments, &check).unwrap();
    assert_eq!(config, Config::defaults());
}

#[test]
fn an_unknown_key_names_its_neighbour() {
    let error = configured(&[("instance.pg.lisen", "x")]).unwrap_err().to_string();
    assert!(error.contains("did you mean \"instance.pg.listen\"?"), "{error}");
}

#[test]
fn what_needs_replication_is_refused_unless_it_asks_for_nothing() {
    assert!(configured(&[("cluster.default_replication_factor", "1"), ("instance.peer", "")]).is_ok());
    for (key, value) in [("cluster.default_replication_factor", "3"), ("instance.peer", "a:1"), ("instance.cores", "2")]
    {
        let error = configured(&[(key, value)]).unwrap_err().to_string();
        assert!(error.contains("not supported yet"), "{error}");
    }
}

#[test]
fn later_sources_win() {
    let environment = [("CAIRN_PG_LISTEN".to_owned(), "127.0.0.1:1".to_owned())];
    let config = Config::from_sources(None, environment.clone().into_iter(), vec![], &check).unwrap();
    assert_eq!(config.pg_listen.port(), 1);
    let line = vec![assignment("instance.pg.listen", "127.0.0.1:2")];
    assert_eq!(Config::from_sources(None, environment.into_iter(), line, &check).unwrap().pg_listen.port(), 2);
}

#[test]
fn an_unknown_environment_variable_is_refused() {
    let environment = [("CAIRN_PG_LISTN".to_owned(), "x".to_owned())];
    let error = Config::from_sources(None, environment.into_iter(), vec![], &check).unwrap_err().to_string();
    assert!(error.contains("CAIRN_PG_LISTEN"), "{error}");
}

#[test]
fn nested_keys_lists_and_odd_shapes() {
    let text = "instance:\n  pg:\n    listen: 127.0.0.1:9\n    socket_dirs: [/a, /b]\nsettings:\n  lock_timeout: 5s\n";
    let assignments = yaml::parse(text, "f").unwrap();
    let config = Config::from_sources(None, std::iter::empty(), assignments, &check).unwrap();
    assert_eq!(config.pg_listen.port(), 9);
    assert_eq!(config.pg_socket_dirs, [PathBuf::from("/a"), PathBuf::from("/b")]);
    assert_eq!(config.settings, [("lock_timeout".to_owned(), "5s".to_owned())]);
    for nothing in ["", "{}", "# only words\n", "---\n"] {
        assert!(yaml::parse(nothing, "f").unwrap().is_empty(), "{nothing:?}");
    }
    for odd in ["- a\n", "a: !tag x\n", "[", "1: 2\n"] {
        assert!(yaml::parse(odd, "f").is_err(), "{odd:?}");
    }
}

#[test]
fn scram_needs_a_password() {
    assert!(configured(&[("instance.pg.auth", "scram-sha-256")]).is_err());
    assert!(configured(&[("instance.pg.auth", "scram-sha-256"), ("instance.pg.password", "x")]).is_ok());
}

#[test]
fn settings_are_checked_by_who_knows_them() {
    let error = configured(&[("settings.no_such_setting", "1")]).unwrap_err().to_string();
    assert_eq!(error, "bad value \"1\" for settings.no_such_setting in the test: unknown to this test");
}
