select 1, 5000000000, 99999999999999999999, 1.5, 1e3, 'x', null, true, .5
select -1, - 2147483648, -9223372036854775808, +3
select 1 + 1, 1 + 2.5, 1 + 5000000000, 1 / 2.0, 2 ^ 3, 7 % 3
select 1 + '2', '1' + '2'
select 'a' || 'b', 'a' || 1, 1 || 'a', 1 || 2
select 'x' + 1
select 1 + 'x'
select 1 = '1', 1 = 'a'
select a + 1, a + 1.5, a || b, a * c, c + c from t
select x + a, x + x, y + y, y + price, x + 1 from v, t, u
select d + interval '1 day', d - d, d::date + 1, w - w, w + 1, ts - ts, ts + i from t, v
select b = 'x', c > 1, e and true, not e from t
select a and e from t
select not a from t
select a from t where a
select a from t where b
select a from t where 'true'
select a from t where null
select b + 1 from t
select -b from t
select @ a, |/ 4.0, a | 3, ~ a, a # 2, a << 1 from t
select e = 1 from t
select d = '2020-01-01', d < now(), w = d from t, v
select cast(a as text), a::text, a::varchar(3), a::numeric(5,1), a::bool, a::float8 from t
select b::int, b::date, '1'::int, '1.5'::numeric(3,1) from t
select true::int, 1::bool, e::date from t
select d::bool from t
select 'x'::int
select 'x'::nosuch
select 'x'::nosch.foo
select 1::int4, 1::"int4", 1::pg_catalog.int4, 1::int2, 1::bigint, 1::real, 1::double precision
select 1::text::varchar::char(3), 1::bpchar, 1::"char"
select int '5', date '2020-01-01', timestamp '2020-01-01', timestamptz '2020-01-01 00:00+00', interval '1 day', interval '1' day, interval '3' year to month, time '10:00', numeric '1.5', float8 '1', bool 't', text 'x'
select timestamp with time zone '2020-01-01 00:00+00', timestamp(3) '2020-01-01', interval(2) '1 second'
select 'abc'::varchar(2), 'abc'::char(2), 'abc'::varchar(0)
select 1::numeric(1000,2000)
select 1::int(3)
select '{1,2}'::int[], array[1,2], array[1,2.5], array['a','b'], array[[1,2],[3,4]], array[]::int[], array[1,null]
select array[]
select array[1,'a']
select array[1,'2']
select array[1, true]
select tags[1], tags[1:2], tags[1][2], array[1,2,3][2] from u
select a[1] from t
select b from t where b like 'a%' and b not ilike '%b' and b similar to 'x' and b ~ 'y' and b !~* 'z'
select b like 'a' escape '#' from t
select a like 'x' from t
select case when a > 0 then 1 else 2.5 end, case a when 1 then 'x' end, case when e then null end from t
select case when a then 1 end from t
select case when e then 1 else 'x' end from t
select case when e then a else b end from t
select case when e then a else 'a' end as z, case when e then b end from t
select coalesce(a, 1.5), coalesce(null, 'x'), coalesce(b, 'x') from t
select coalesce(a, b) from t
select nullif(a, 1), nullif(b, 'x'), nullif(1, 2.5) from t
select greatest(a, 1.5), least('a', 'b'), greatest(a, x) from t, v
select a between 1 and 2, a not between symmetric 5 and 1 from t
select a between 'x' and 2 from t
select a in (1, 2, 3), a in (1, 2.5), b in ('x', 'y'), a not in (1) from t
select a in ('x') from t
select a in (1, 'x') from t
select b in (1, 2) from t
select a in (select id from u), (a, b) in (select id, name from u) from t
select a in (select id, name from u) from t
select (a, b) in (select id from u) from t
select a = any (array[1,2]), a = any ('{1,2}'), b <> all (array['x']), a < any (select id from u) from t
select a = any (1) from t
select a = any (b) from t
select (select a from t), (select count(*) from t), array(select a from t), exists (select 1)
select (select a, b from t)
select (1, 2) = (3, 4), (1, 'a') < (2, 'b'), row(1, 2) <> row(3, 4), (a, b) = (1, 'x') from t
select (1, 2) = (1, 2, 3)
select row(1, 'x'), row(a, b), (a, b) from t
select a is null, a is not null, e is true, e is not unknown, a is distinct from 1 from t
select a is true from t
select a isnull, a notnull from t
select d at time zone 'UTC', ts at time zone 'UTC' from t, v
select extract(year from d), extract(epoch from i), date_part('day', d), date_trunc('month', d) from t, v
select position('a' in b), substring(b from 2 for 3), substring(b for 2), substring(b, 1), trim(b), trim(leading 'x' from b), overlay(b placing 'x' from 1) from t
select current_date, current_timestamp, localtimestamp, current_user, current_schema, current_catalog, session_user
select current_timestamp(3), localtimestamp(0)
select lower(b), upper('x'), length(b), abs(a), round(c, 1), round(c), now() from t
select lower(a) from t
select lower()
select nosuch(a) from t
select nosuch.f(1)
select pg_catalog.lower('X')
select count(a), count(*), sum(a), sum(c), sum(x), sum(y), avg(a), avg(y), min(b), max(d), min(z) from t, v
select sum(b) from t
select sum(id), avg(id), sum(price), bool_and(e), string_agg(b, ','), array_agg(a) from t, u
select count(distinct a), sum(distinct c) from t
select string_agg(b) from t
select percentile_cont(0.5) within group (order by price) from u
select json_build_object('a', 1), to_json(a), j -> 'a', j ->> 'a', js from t, u, v
select int4(1.5), text(5), float8('1'), date('2020-01-01')
select a::text collate "C", b collate "default", b collate pg_catalog."C" from t
select a collate "C" from t
select 1 operator(pg_catalog.+) 2
select 1 operator(nosuch.+) 2
select E'a\nb', U&'\0041', $$x$$, $q$y$q$, 'a' 'b'
select 'a'
select B'101'
select $1
select $1 + 1
select $1::int, $2::text
select a from t where a = $1 and b = $2
select a from t where a = $1 or a > $1
select a from t where a in ($1, $2) and b like $3
select a from t where a = any ($1)
select $1 || 'x', $2 = $2
select $1 is null
select coalesce($1, 1), case when $2 then $3 else 5 end
select a from t limit $1 offset $2
select $2
select $1::int + $1::text
select a from t where a = $1 and b = $1
insert into t values ($1, $2, $3, $4, $5)
update t set b = $1, c = $2 where a = $3
select abs($1)
select lower($1), $2 + $3::numeric
select interval '1 day' * 2, i * 1.5, i / 2 from v
select count(*) + 1, -sum(a) from t
select min(tags), tags || 1, tags || tags, array_length(tags, 1) from u group by tags
select generate_series(1, 3), unnest(tags) from u
select by || '\x01'::bytea, length(by), uu = '00000000-0000-0000-0000-000000000000' from v
select uu = 'x' from v
select z = 'a', z || 'x', length(z), z::text from v
select b from t where b = z'x'
select b from t where b < 5
select 'now'::timestamp is null, '2020-13-01'::date
select cast('5' as smallint) + 1, cast(a as bigint) from t
select (a).b from t
select 5 not in (1, 2), 5 not like 'x'
select concat(a, b, c), concat_ws(',', a, b), format('%s', a) from t
select substring('abc' from 'b'), substring('abc' similar 'a' escape '#')
select sqrt(a), power(a, 2), ln(c), mod(a, 2), ceil(c), floor(price), trunc(c), sign(a), random() from t, u
select to_char(d, 'YYYY'), to_char(c, '999'), to_date('x', 'YYYY'), to_timestamp(0), to_number('1', '9') from t
select md5(b), replace(b, 'a', 'b'), split_part(b, ',', 1), left(b, 1), right(b, 1), lpad(b, 3), repeat(b, 2), reverse(b), strpos(b, 'x'), initcap(b), ascii(b), chr(65) from t
select pg_typeof(a), version(), pg_backend_pid(), current_setting('x') from t
select 'x'::regclass
select 't'::regclass
select age(d, d), date_part('x', d), make_date(1,2,3), justify_days(i) from t, v
