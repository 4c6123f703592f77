// pgjdbc against a server: types both ways and in both formats, batches, portals with row limits, savepoints, retries, COPY,
// cancel, metadata. Run as `java -cp postgresql.jar Jdbc.java`; exit status 0 means that every check passed.
//
// Where to connect comes from libpq's variables (PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGSSLMODE). DRIVER_ENGINE names
// the storage engine of the tables; without it (PostgreSQL itself) no engine is named.

import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeSet;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;

public class Jdbc {
    static final String ENGINE = env("DRIVER_ENGINE", "");
    static final String USING = ENGINE.isEmpty() ? "" : " using " + ENGINE;

    interface Check {
        void run() throws Exception;
    }

    static int passed = 0;
    static int failed = 0;

    public static void main(String[] arguments) {
        check("connection", Jdbc::connection);
        check("wrongPassword", Jdbc::wrongPassword);
        for (String mode : List.of("simple", "extended", "extendedForPrepared", "extendedCacheEverything")) {
            check("types " + mode, () -> types(mode));
            check("arrays " + mode, () -> arrays(mode));
            check("batches " + mode, () -> batches(mode, false));
            check("rewritten batches " + mode, () -> batches(mode, true));
        }
        check("generatedKeys", Jdbc::generatedKeys);
        check("failedBatch", Jdbc::failedBatch);
        check("fetchSize", Jdbc::fetchSize);
        check("savepoints", Jdbc::savepoints);
        check("automaticSavepoints", Jdbc::automaticSavepoints);
        check("serializationFailure", Jdbc::serializationFailure);
        check("copy", Jdbc::copy);
        check("cancel", Jdbc::cancel);
        check("queryTimeout", Jdbc::queryTimeout);
        check("severalStatements", Jdbc::severalStatements);
        check("changedTable", Jdbc::changedTable);
        check("errorFields", Jdbc::errorFields);
        check("resultMetadata", Jdbc::resultMetadata);
        check("databaseMetadata", Jdbc::databaseMetadata);
        check("updatableResult", Jdbc::updatableResult);
        check("sessionState", Jdbc::sessionState);
        System.out.println("pgjdbc: " + passed + " of " + (passed + failed) + " checks passed");
        System.exit(failed == 0 && passed > 0 ? 0 : 1);
    }

    static void check(String name, Check check) {
        try {
            check.run();
            passed += 1;
            System.out.println("ok " + name);
        } catch (Throwable error) {
            failed += 1;
            System.out.println("FAILED " + name);
            error.printStackTrace(System.out);
        }
    }

    static String env(String name, String fallback) {
        return Objects.requireNonNullElse(System.getenv(name), fallback);
    }

    /** A connection; options are pairs of a pgjdbc property and its value. */
    static Connection connect(String... options) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", env("PGUSER", "postgres"));
        properties.setProperty("password", env("PGPASSWORD", ""));
        properties.setProperty("sslmode", env("PGSSLMODE", "disable"));
        for (int i = 0; i < options.length; i += 2) {
            properties.setProperty(options[i], options[i + 1]);
        }
        String host = env("PGHOST", "127.0.0.1");
        String url = "jdbc:postgresql://" + host + ":" + env("PGPORT", "4327") + "/" + env("PGDATABASE", "postgres");
        return DriverManager.getConnection(url, properties);
    }

    static void fresh(Connection connection, String table, String columns) throws SQLException {
        run(connection, "drop table if exists " + table + " cascade");
        run(connection, "create table " + table + " (" + columns + ")" + USING);
    }

    static void run(Connection connection, String text) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    static String scalar(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(query)) {
            isTrue(rows.next(), "no row: " + query);
            return rows.getString(1);
        }
    }

    static void isTrue(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    static void equal(Object found, Object expected, String what) {
        boolean same = found instanceof byte[] bytes && expected instanceof byte[] other
            ? Arrays.equals(bytes, other)
            : Objects.equals(found, expected);
        isTrue(same, what + ": found " + found + ", expected " + expected);
    }

    static SQLException fails(String state, Check check) throws Exception {
        try {
            check.run();
        } catch (SQLException error) {
            equal(error.getSQLState(), state, error.getMessage());
            return error;
        }
        throw new AssertionError("no error, expected " + state);
    }

    static void connection() throws Exception {
        try (Connection connection = connect()) {
            isTrue(connection.isValid(5), "valid");
            DatabaseMetaData metadata = connection.getMetaData();
            equal(metadata.getDatabaseProductName(), "PostgreSQL", "product");
            isTrue(metadata.getDatabaseMajorVersion() >= 15, "version");
            equal(connection.getSchema(), "public", "schema");
            isTrue(connection.unwrap(PGConnection.class).getBackendPID() != 0, "process id");
        }
    }

    static void wrongPassword() throws Exception {
        if (!env("PGPASSWORD", "").isEmpty()) {
            fails("28P01", () -> connect("password", "wrong").close());
        }
    }

    /** SQL type, JDBC type to ask the result as, values. */
    record Case(String type, Class<?> as, Object... values) {}

    /** The simple mode of pgjdbc 42.5 cannot write a bytea into a statement's text. */
    static List<Case> cases(String mode) {
        return cases().stream().filter(item -> !(mode.equals("simple") && item.type.equals("bytea"))).toList();
    }

    static List<Case> cases() {
        return List.of(
            new Case("bool", Boolean.class, true, false),
            new Case("int2", Integer.class, -32768, 0, 32767),
            new Case("int4", Integer.class, Integer.MIN_VALUE, 0, Integer.MAX_VALUE),
            new Case("int8", Long.class, Long.MIN_VALUE, 0L, Long.MAX_VALUE),
            new Case("float4", Float.class, 0f, -1.5f, Float.MAX_VALUE, Float.MIN_VALUE, Float.POSITIVE_INFINITY),
            new Case("float8", Double.class, 0d, -1.5, Double.MAX_VALUE, Double.MIN_VALUE, Double.NEGATIVE_INFINITY),
            new Case("numeric", BigDecimal.class, new BigDecimal("0"), new BigDecimal("-1.50"),
                new BigDecimal("12345678901234567890.123456789"), new BigDecimal("0.000001")),
            new Case("text", String.class, "", "Grüße 你好 🦀 it's \\ \"", "x".repeat(50_000)),
            new Case("varchar", String.class, "", "one"),
            new Case("bpchar(3)", String.class, "abc", "   "),
            new Case("bytea", byte[].class, new byte[0], new byte[] {0, -1, 92, 39}),
            new Case("date", LocalDate.class, LocalDate.of(1, 1, 1), LocalDate.of(2024, 2, 29), LocalDate.of(9999, 12, 31)),
            new Case("timestamp", LocalDateTime.class, LocalDateTime.of(1, 1, 1, 0, 0),
                LocalDateTime.of(2024, 2, 29, 23, 59, 59, 999_999_000)),
            new Case("timestamptz", OffsetDateTime.class, OffsetDateTime.of(1970, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC),
                OffsetDateTime.of(2024, 6, 1, 12, 30, 0, 1000, ZoneOffset.UTC)),
            new Case("time", LocalTime.class, LocalTime.of(0, 0), LocalTime.of(23, 59, 59, 999_999_000)),
            new Case("uuid", UUID.class, new UUID(0, 0), UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")));
    }

    static void types(String mode) throws Exception {
        // Thresholds of 1 and -1: a named statement at once, results in binary at once.
        for (String threshold : List.of("0", "1", "-1")) {
            try (Connection connection = connect("preferQueryMode", mode, "prepareThreshold", threshold)) {
                for (Case item : cases(mode)) {
                    for (Object value : item.values) {
                        one(connection, item.type, item.as, value);
                    }
                }
                extraTypes(connection);
            }
        }
        storedTypes(mode);
    }

    static void one(Connection connection, String type, Class<?> as, Object value) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select cast(? as " + type + "), cast(? as " + type + ")")) {
            for (int round = 0; round < 2; round++) {
                statement.setObject(1, value);
                statement.setObject(2, null);
                try (ResultSet rows = statement.executeQuery()) {
                    isTrue(rows.next(), "a row");
                    equal(get(rows, 1, as), value, type);
                    isTrue(rows.getObject(2) == null, "NULL " + type);
                    isTrue(rows.wasNull(), "NULL " + type);
                    isTrue(!rows.next(), "one row");
                }
            }
        }
    }

    /** A value as this class. */
    static Object get(ResultSet rows, int column, Class<?> as) throws SQLException {
        return as == byte[].class ? rows.getBytes(column) : rows.getObject(column, as);
    }

    static void extraTypes(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select cast(? as interval), cast(? as json), cast(? as jsonb), cast(? as numeric)")) {
            PGobject json = new PGobject();
            json.setType("json");
            json.setValue("{\"a\": [1, null, \"ü\"]}");
            PGobject jsonb = new PGobject();
            jsonb.setType("jsonb");
            jsonb.setValue("{\"b\":1}");
            statement.setObject(1, new PGInterval(1, 2, 3, 4, 5, 6.5));
            statement.setObject(2, json);
            statement.setObject(3, jsonb);
            statement.setObject(4, Double.NaN);
            try (ResultSet rows = statement.executeQuery()) {
                isTrue(rows.next(), "a row");
                equal(rows.getObject(1), new PGInterval(1, 2, 3, 4, 5, 6.5), "interval");
                equal(rows.getString(2), json.getValue(), "json");
                equal(rows.getString(3), "{\"b\": 1}", "jsonb");
                equal(rows.getDouble(4), Double.NaN, "numeric NaN");
            }
        }
    }

    static void storedTypes(String mode) throws Exception {
        List<Case> cases = cases(mode);
        try (Connection connection = connect("preferQueryMode", mode, "prepareThreshold", "1")) {
            List<String> columns = new ArrayList<>();
            for (int i = 0; i < cases.size(); i++) {
                columns.add("c" + i + " " + cases.get(i).type);
            }
            fresh(connection, "j_every", "id int primary key, " + String.join(", ", columns));
            String places = "?" + ", ?".repeat(cases.size());
            try (PreparedStatement insert = connection.prepareStatement("insert into j_every values (" + places + ")")) {
                for (int row = 0; row < 3; row++) {
                    insert.setInt(1, row);
                    for (int i = 0; i < cases.size(); i++) {
                        Object[] values = cases.get(i).values;
                        insert.setObject(i + 2, values[row % values.length]);
                    }
                    equal(insert.executeUpdate(), 1, "inserted");
                }
            }
            try (PreparedStatement select = connection.prepareStatement("select * from j_every where id = ?")) {
                for (int row = 0; row < 3; row++) {
                    select.setInt(1, row);
                    try (ResultSet rows = select.executeQuery()) {
                        isTrue(rows.next(), "a row");
                        for (int i = 0; i < cases.size(); i++) {
                            Object[] values = cases.get(i).values;
                            equal(get(rows, i + 2, cases.get(i).as), values[row % values.length], cases.get(i).type);
                        }
                    }
                }
            }
        }
    }

    static void arrays(String mode) throws Exception {
        try (Connection connection = connect("preferQueryMode", mode, "prepareThreshold", "1")) {
            fresh(connection, "j_arrays", "id int primary key, i int[], t text[], n numeric[], u uuid[]");
            try (PreparedStatement insert = connection.prepareStatement("insert into j_arrays values (?, ?, ?, ?, ?)")) {
                insert.setInt(1, 1);
                insert.setArray(2, connection.createArrayOf("int4", new Integer[] {1, null, -3}));
                insert.setArray(3, connection.createArrayOf("text", new String[] {"a,b", "c\"d\\", null, "", "NULL"}));
                insert.setArray(4, connection.createArrayOf("numeric", new BigDecimal[] {new BigDecimal("1.50")}));
                insert.setArray(5, connection.createArrayOf("uuid", new UUID[] {new UUID(1, 2)}));
                insert.executeUpdate();
                insert.setInt(1, 2);
                insert.setObject(2, new int[] {4, 5});
                insert.setArray(3, connection.createArrayOf("text", new String[] {}));
                insert.setArray(4, null);
                insert.setArray(5, connection.createArrayOf("uuid", new UUID[] {}));
                insert.executeUpdate();
            }
            try (PreparedStatement select = connection.prepareStatement("select i, t, n, u from j_arrays where id = any(?) order by id")) {
                select.setArray(1, connection.createArrayOf("int4", new Integer[] {1, 2, 3}));
                try (ResultSet rows = select.executeQuery()) {
                    isTrue(rows.next(), "a row");
                    equal(list(rows.getArray(1)), Arrays.asList(1, null, -3), "int[]");
                    equal(list(rows.getArray(2)), Arrays.asList("a,b", "c\"d\\", null, "", "NULL"), "text[]");
                    equal(list(rows.getArray(3)), List.of(new BigDecimal("1.50")), "numeric[]");
                    equal(list(rows.getArray(4)), List.of(new UUID(1, 2)), "uuid[]");
                    isTrue(rows.next(), "a second row");
                    equal(list(rows.getArray(1)), List.of(4, 5), "int[]");
                    equal(list(rows.getArray(2)), List.of(), "text[]");
                    isTrue(rows.getArray(3) == null, "NULL array");
                    isTrue(!rows.next(), "two rows");
                }
            }
        }
    }

    static List<Object> list(Array array) throws SQLException {
        return Arrays.asList((Object[]) array.getArray());
    }

    static void batches(String mode, boolean rewrite) throws Exception {
        try (Connection connection = connect("preferQueryMode", mode, "reWriteBatchedInserts", Boolean.toString(rewrite))) {
            fresh(connection, "j_batch", "id int primary key, name text not null, amount numeric(10, 2)");
            try (PreparedStatement insert = connection.prepareStatement("insert into j_batch (id, name, amount) values (?, ?, ?)")) {
                for (int i = 0; i < 1000; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, "name " + i);
                    insert.setBigDecimal(3, i % 2 == 0 ? null : BigDecimal.valueOf(i, 2));
                    insert.addBatch();
                }
                equal(insert.executeBatch().length, 1000, "batch");
            }
            equal(scalar(connection, "select count(*) || ' ' || sum(amount) from j_batch"), "1000 2500.00", "stored");
            try (Statement statement = connection.createStatement()) {
                statement.addBatch("update j_batch set name = 'changed' where id < 10");
                statement.addBatch("delete from j_batch where id >= 990");
                equal(Arrays.toString(statement.executeBatch()), "[10, 10]", "counts");
            }
        }
    }

    static void generatedKeys() throws Exception {
        try (Connection connection = connect()) {
            fresh(connection, "j_keys", "id serial primary key, name text");
            try (PreparedStatement insert = connection.prepareStatement("insert into j_keys (name) values (?)", Statement.RETURN_GENERATED_KEYS)) {
                for (int i = 1; i <= 3; i++) {
                    insert.setString(1, "name " + i);
                    insert.addBatch();
                }
                insert.executeBatch();
                List<Integer> keys = new ArrayList<>();
                try (ResultSet rows = insert.getGeneratedKeys()) {
                    while (rows.next()) {
                        keys.add(rows.getInt("id"));
                    }
                }
                equal(keys, List.of(1, 2, 3), "keys");
            }
        }
    }

    static void failedBatch() throws Exception {
        try (Connection connection = connect()) {
            fresh(connection, "j_failed", "id int primary key");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("insert into j_failed values (?)")) {
                for (int id : new int[] {1, 2, 1, 3}) {
                    insert.setInt(1, id);
                    insert.addBatch();
                }
                insert.executeBatch();
                throw new AssertionError("a duplicate key in a batch passed");
            } catch (BatchUpdateException error) {
                equal(error.getSQLState(), "23505", "state");
            }
            connection.rollback();
            equal(scalar(connection, "select count(*) from j_failed"), "0", "rows");
        }
    }

    static void fetchSize() throws Exception {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            try (PreparedStatement select = connection.prepareStatement("select g, 'row ' || g from generate_series(1, 1000) g order by g")) {
                select.setFetchSize(64);
                for (int round = 0; round < 7; round++) {
                    int expected = 0;
                    try (ResultSet rows = select.executeQuery()) {
                        while (rows.next()) {
                            expected += 1;
                            equal(rows.getInt(1), expected, "row");
                            equal(rows.getString(2), "row " + expected, "text");
                        }
                    }
                    equal(expected, 1000, "rows");
                }
            }
            // Two portals at a time, and one left unread.
            try (Statement one = connection.createStatement(); Statement two = connection.createStatement()) {
                one.setFetchSize(10);
                two.setFetchSize(7);
                ResultSet first = one.executeQuery("select g from generate_series(1, 100) g order by g");
                ResultSet second = two.executeQuery("select g from generate_series(1, 100) g order by g desc");
                for (int i = 1; i <= 50; i++) {
                    isTrue(first.next() && second.next(), "both have rows");
                    equal(first.getInt(1) + second.getInt(1), 101, "interleaved");
                }
            }
            try (Statement limited = connection.createStatement()) {
                limited.setMaxRows(5);
                ResultSet rows = limited.executeQuery("select g from generate_series(1, 100) g");
                int count = 0;
                while (rows.next()) {
                    count += 1;
                }
                equal(count, 5, "setMaxRows");
            }
            connection.commit();
        }
    }

    static void savepoints() throws Exception {
        try (Connection connection = connect()) {
            fresh(connection, "j_save", "id int primary key");
            connection.setAutoCommit(false);
            run(connection, "insert into j_save values (1)");
            Savepoint named = connection.setSavepoint("a \"name\"");
            run(connection, "insert into j_save values (2)");
            Savepoint unnamed = connection.setSavepoint();
            fails("23505", () -> run(connection, "insert into j_save values (1)"));
            fails("25P02", () -> scalar(connection, "select 1"));
            connection.rollback(unnamed);
            equal(scalar(connection, "select count(*) from j_save"), "2", "after the inner rollback");
            connection.rollback(named);
            connection.releaseSavepoint(named);
            run(connection, "insert into j_save values (3)");
            connection.commit();
            equal(scalar(connection, "select string_agg(id::text, ',' order by id) from j_save"), "1,3", "kept");
            run(connection, "delete from j_save");
            connection.rollback();
            equal(scalar(connection, "select count(*) from j_save"), "2", "after rollback");
            connection.rollback();
        }
    }

    static void automaticSavepoints() throws Exception {
        try (Connection connection = connect("autosave", "always")) {
            fresh(connection, "j_auto", "id int primary key");
            connection.setAutoCommit(false);
            run(connection, "insert into j_auto values (1)");
            fails("23505", () -> run(connection, "insert into j_auto values (1)"));
            run(connection, "insert into j_auto values (2)");
            connection.commit();
            equal(scalar(connection, "select count(*) from j_auto"), "2", "rows");
            connection.commit();
        }
    }

    static void serializationFailure() throws Exception {
        try (Connection one = connect(); Connection two = connect()) {
            fresh(one, "j_skew", "id int primary key, value int not null");
            run(one, "insert into j_skew values (1, 10), (2, 20)");
            for (Connection connection : List.of(one, two)) {
                connection.setAutoCommit(false);
                connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
                equal(connection.getTransactionIsolation(), Connection.TRANSACTION_SERIALIZABLE, "level");
            }
            copyValue(one, 1, 2);
            copyValue(two, 2, 1);
            one.commit();
            int failures = 0;
            while (true) {
                try {
                    if (failures > 0) {
                        copyValue(two, 2, 1);
                    }
                    two.commit();
                    break;
                } catch (PSQLException error) {
                    equal(error.getSQLState(), "40001", error.getMessage());
                    failures += 1;
                    two.rollback();
                }
            }
            equal(failures, 1, "serialization failures");
            equal(scalar(one, "select string_agg(value::text, ',' order by id) from j_skew"), "10,10", "values");
            one.commit();
        }
    }

    static void copyValue(Connection connection, int from, int to) throws SQLException {
        String value = scalar(connection, "select value from j_skew where id = " + from);
        run(connection, "update j_skew set value = " + value + " where id = " + to);
    }

    static void copy() throws Exception {
        try (Connection connection = connect()) {
            fresh(connection, "j_copy", "id int primary key, name text");
            CopyManager manager = connection.unwrap(PGConnection.class).getCopyAPI();
            equal(manager.copyIn("copy j_copy from stdin", new StringReader("1\tone\n2\t\\N\n3\ttab\\there\n")), 3L, "in");
            equal(manager.copyIn("copy j_copy from stdin (format csv)", new StringReader("4,\"a,\"\"b\"\n5,\n")), 2L, "csv in");
            StringWriter text = new StringWriter();
            equal(manager.copyOut("copy (select * from j_copy order by id) to stdout", text), 5L, "out");
            equal(text.toString(), "1\tone\n2\t\\N\n3\ttab\\there\n4\ta,\"b\n5\t\\N\n", "text");
            StringWriter csv = new StringWriter();
            manager.copyOut("copy (select * from j_copy where id > 2 order by id) to stdout (format csv, header)", csv);
            equal(csv.toString(), "id,name\n3,tab\there\n4,\"a,\"\"b\"\n5,\n", "csv");
            fails("22P02", () -> manager.copyIn("copy j_copy from stdin", new StringReader("x\ty\n")));
            equal(scalar(connection, "select count(*) from j_copy"), "5", "rows");
        }
    }

    static void cancel() throws Exception {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            Thread canceller = new Thread(() -> {
                try {
                    Thread.sleep(500);
                    statement.cancel();
                } catch (Exception error) {
                    error.printStackTrace(System.out);
                }
            });
            canceller.start();
            fails("57014", () -> statement.execute("select pg_sleep(60)"));
            canceller.join();
            equal(scalar(connection, "select 1"), "1", "usable afterwards");
        }
    }

    static void queryTimeout() throws Exception {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            fails("57014", () -> statement.execute("select pg_sleep(60)"));
        }
    }

    static void severalStatements() throws Exception {
        for (String mode : List.of("simple", "extended")) {
            try (Connection connection = connect("preferQueryMode", mode); Statement statement = connection.createStatement()) {
                fresh(connection, "j_several", "id int primary key");
                isTrue(!statement.execute("insert into j_several values (1), (2); select id from j_several order by id; delete from j_several"), mode);
                equal(statement.getUpdateCount(), 2, mode);
                isTrue(statement.getMoreResults(), mode);
                isTrue(statement.getResultSet().next(), mode);
                isTrue(!statement.getMoreResults(), mode);
                equal(statement.getUpdateCount(), 2, mode);
                fails("22012", () -> statement.execute("insert into j_several values (3); select 1/0"));
                equal(scalar(connection, "select count(*) from j_several"), "0", "all or nothing in " + mode);
            }
        }
    }

    static void changedTable() throws Exception {
        try (Connection connection = connect("prepareThreshold", "1"); Connection other = connect()) {
            fresh(connection, "j_changing", "id int primary key");
            run(connection, "insert into j_changing values (1)");
            try (PreparedStatement select = connection.prepareStatement("select * from j_changing where id = ?")) {
                for (int round = 0; round < 3; round++) {
                    select.setInt(1, 1);
                    try (ResultSet rows = select.executeQuery()) {
                        equal(rows.getMetaData().getColumnCount(), round < 2 ? 1 : 2, "columns");
                        isTrue(rows.next(), "a row");
                    }
                    if (round == 1) {
                        // pgjdbc sees 0A000 "cached plan must not change result type" and prepares again by itself.
                        run(other, "alter table j_changing add column more text default 'm'");
                    }
                }
            }
        }
    }

    static void errorFields() throws Exception {
        try (Connection connection = connect()) {
            fresh(connection, "j_errors", "id int primary key, amount int not null check (amount > 0)");
            run(connection, "insert into j_errors values (1, 1)");
            PSQLException unique = (PSQLException) fails("23505", () -> run(connection, "insert into j_errors values (1, 1)"));
            equal(unique.getServerErrorMessage().getConstraint(), "j_errors_pkey", "constraint");
            equal(unique.getServerErrorMessage().getDetail(), "Key (id)=(1) already exists.", "detail");
            PSQLException syntax = (PSQLException) fails("42601", () -> run(connection, "select from where"));
            equal(syntax.getServerErrorMessage().getPosition(), 13, "position");
            fails("42P01", () -> run(connection, "select * from j_not_there"));
            fails("23502", () -> run(connection, "insert into j_errors values (2, null)"));
            fails("23514", () -> run(connection, "insert into j_errors values (2, 0)"));
            fails("22P02", () -> run(connection, "select 'x'::int"));
            run(connection, "drop table if exists j_not_there");
            try (Statement statement = connection.createStatement()) {
                statement.execute("drop table if exists j_not_there");
                equal(statement.getWarnings().getMessage(), "table \"j_not_there\" does not exist, skipping", "notice");
            }
        }
    }

    static void resultMetadata() throws Exception {
        try (Connection connection = connect()) {
            fresh(connection, "j_meta", "id serial primary key, name varchar(20) not null, price numeric(8, 2), note text");
            String query = "select id, name, price, note as remark, id + 1 as next from j_meta where id = ?";
            try (PreparedStatement statement = connection.prepareStatement(query)) {
                equal(statement.getParameterMetaData().getParameterType(1), Types.INTEGER, "parameter type");
                ResultSetMetaData metadata = statement.getMetaData();
                equal(metadata.getColumnCount(), 5, "columns");
                equal(metadata.getColumnTypeName(1), "serial", "serial");
                isTrue(metadata.isAutoIncrement(1), "auto increment");
                equal(metadata.getColumnType(2), Types.VARCHAR, "varchar");
                equal(metadata.getPrecision(2), 20, "length");
                equal(metadata.isNullable(2), ResultSetMetaData.columnNoNulls, "not null");
                equal(metadata.getPrecision(3) + "," + metadata.getScale(3), "8,2", "numeric");
                equal(metadata.getColumnLabel(4), "remark", "label");
                equal(((org.postgresql.PGResultSetMetaData) metadata).getBaseColumnName(4), "note", "base column");
                equal(metadata.getTableName(4), "j_meta", "table");
                equal(metadata.getTableName(5), "", "no table");
            }
        }
    }

    static void databaseMetadata() throws Exception {
        try (Connection connection = connect()) {
            fresh(connection, "j_parent", "id int primary key, code varchar(10) not null unique");
            fresh(connection, "j_child", "id serial primary key, parent int not null constraint j_child_parent references j_parent on delete cascade, "
                + "amount numeric(8, 2) default 1.5, at timestamptz, flag bool, list int[]");
            run(connection, "create index j_child_amount on j_child (amount, at)");
            run(connection, "create or replace view j_view as select id, amount from j_child");
            DatabaseMetaData metadata = connection.getMetaData();
            equal(column(metadata.getTables(null, "public", "j\\_%", new String[] {"TABLE"}), "TABLE_NAME").containsAll(List.of("j_child", "j_parent")), true, "tables");
            equal(column(metadata.getTables(null, "public", "j\\_v%", new String[] {"VIEW"}), "TABLE_NAME"), List.of("j_view"), "views");
            isTrue(column(metadata.getTables(null, null, "pg_class", null), "TABLE_TYPE").contains("SYSTEM TABLE"), "system tables");
            isTrue(column(metadata.getSchemas(), "TABLE_SCHEM").containsAll(List.of("information_schema", "pg_catalog", "public")), "schemas");
            isTrue(!column(metadata.getCatalogs(), "TABLE_CAT").isEmpty(), "catalogs");
            isTrue(column(metadata.getTableTypes(), "TABLE_TYPE").contains("TABLE"), "table types");
            isTrue(column(metadata.getTypeInfo(), "TYPE_NAME").containsAll(List.of("int4", "text", "numeric", "_int4")), "type info");
            ResultSet columns = metadata.getColumns(null, "public", "j_child", null);
            List<String> described = new ArrayList<>();
            while (columns.next()) {
                described.add(columns.getString("COLUMN_NAME") + " " + columns.getString("TYPE_NAME") + " " + columns.getInt("DATA_TYPE") + " "
                    + columns.getInt("COLUMN_SIZE") + "," + columns.getInt("DECIMAL_DIGITS") + " " + columns.getString("IS_NULLABLE") + " "
                    + columns.getString("IS_AUTOINCREMENT") + " " + columns.getInt("ORDINAL_POSITION"));
            }
            equal(described, List.of("id serial 4 10,0 NO YES 1", "parent int4 4 10,0 NO NO 2", "amount numeric 2 8,2 YES NO 3",
                "at timestamptz 93 35,6 YES NO 4", "flag bool -7 1,0 YES NO 5", "list _int4 2003 10,0 YES NO 6"), "columns");
            equal(column(metadata.getColumns(null, "public", "j_child", "amount"), "COLUMN_DEF"), List.of("1.5"), "default");
            equal(column(metadata.getPrimaryKeys(null, "public", "j_child"), "COLUMN_NAME"), List.of("id"), "primary key");
            equal(column(metadata.getPrimaryKeys(null, "public", "j_child"), "PK_NAME"), List.of("j_child_pkey"), "primary key's name");
            equal(column(metadata.getImportedKeys(null, "public", "j_child"), "FK_NAME"), List.of("j_child_parent"), "imported keys");
            equal(column(metadata.getImportedKeys(null, "public", "j_child"), "DELETE_RULE"), List.of("0"), "cascade");
            equal(column(metadata.getExportedKeys(null, "public", "j_parent"), "FKTABLE_NAME"), List.of("j_child"), "exported keys");
            equal(column(metadata.getCrossReference(null, null, "j_parent", null, null, "j_child"), "FKCOLUMN_NAME"), List.of("parent"), "cross reference");
            equal(new TreeSet<>(column(metadata.getIndexInfo(null, "public", "j_child", false, true), "INDEX_NAME")), new TreeSet<>(List.of("j_child_amount", "j_child_pkey")), "indexes");
            equal(column(metadata.getIndexInfo(null, "public", "j_parent", true, true), "COLUMN_NAME"), List.of("code", "id"), "unique indexes");
            equal(column(metadata.getBestRowIdentifier(null, "public", "j_child", DatabaseMetaData.bestRowSession, true), "COLUMN_NAME"), List.of("id"), "row identifier");
            column(metadata.getTablePrivileges(null, "public", "j_child"), "GRANTEE");
            column(metadata.getColumnPrivileges(null, "public", "j_child", "id"), "GRANTEE");
            column(metadata.getProcedures(null, null, "no_such%"), "PROCEDURE_NAME");
            column(metadata.getFunctions(null, null, "no_such%"), "FUNCTION_NAME");
            column(metadata.getUDTs(null, null, "%", null), "TYPE_NAME");
            column(metadata.getClientInfoProperties(), "NAME");
            isTrue(metadata.getMaxColumnNameLength() == 63, "longest name");
            run(connection, "drop view j_view");
        }
    }

    static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> values = new ArrayList<>();
        while (rows.next()) {
            values.add(rows.getString(name));
        }
        rows.close();
        return values;
    }

    static void updatableResult() throws Exception {
        try (Connection connection = connect()) {
            fresh(connection, "j_update", "id int primary key, name text");
            run(connection, "insert into j_update values (1, 'one'), (2, 'two')");
            try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
                ResultSet rows = statement.executeQuery("select id, name from j_update order by id");
                isTrue(rows.last(), "last");
                rows.updateString("name", "changed");
                rows.updateRow();
                rows.moveToInsertRow();
                rows.updateInt("id", 3);
                rows.updateString("name", "three");
                rows.insertRow();
                rows.absolute(1);
                rows.deleteRow();
            }
            equal(scalar(connection, "select string_agg(id || name, ',' order by id) from j_update"), "2changed,3three", "rows");
        }
    }

    static void sessionState() throws Exception {
        try (Connection connection = connect("ApplicationName", "driver test")) {
            equal(scalar(connection, "show application_name"), "driver test", "application name");
            connection.setClientInfo("ApplicationName", "renamed");
            equal(scalar(connection, "show application_name"), "renamed", "application name");
            connection.setReadOnly(true);
            connection.setAutoCommit(false);
            fails("25006", () -> run(connection, "create table j_never (id int)"));
            connection.rollback();
            connection.setReadOnly(false);
            run(connection, "create schema if not exists j_other");
            connection.setSchema("j_other");
            equal(connection.getSchema(), "j_other", "schema");
            connection.rollback();
        }
    }
}
