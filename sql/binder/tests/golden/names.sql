select a from t
select t.a, t.b from t
select x.a from t as x
select x.* from t x
select * from t
select *, a from t
select nosuch from t
select t.nosuch from t
select y.a from t x
select t.a from t x
select a from nosuch
select a from public.t
select public.t.a from t
select a from nosch.t
select s2.w.k from s2.w
select w.k from s2.w
select k from w
select a from t, s2.w
select t.a from t, t
select t.a from t, t as t2 where t2.a = 1
select A from T
select "A" from t
select "a" from "t"
select a as "A b" from t
select bind.public.t.a from t
select other.public.t.a from t
select a from other.public.t
select z.q from t z(q)
select z.b from t z(q)
select z.q from t z(q, r, s, u, v, w)
select x.column1 from (values (1, 'a')) x
select x.n, x.m from (values (1, 'a'), (2, null)) x(n, m)
select * from (select a, b from t) x
select * from (select a, b from t)
select q.aa from (select a aa from t) q
select * from t join u on t.a = u.t_a
select * from t join u on a = t_a and id > 3
select id, name from u join emp using (id)
select id from u join emp using (id)
select name from u join emp using (id)
select * from u join emp using (id)
select u.id, emp.id from u left join emp using (id)
select id from u full join emp using (id)
select * from u natural join emp
select * from t natural join emp
select * from u join emp using (nosuch)
select * from u join emp using (id, id)
select x.id from (u join emp using (id)) x
select u.id from (u join emp using (id)) x
select * from t cross join u
select * from t, lateral (select u.id from u where u.t_a = t.a) l
select * from t, (select u.id from u where u.t_a = t.a) l
select * from t left join lateral (select u.id from u where u.t_a = t.a) l on true
select * from t right join lateral (select u.id from u where u.t_a = t.a) l on true
select * from u join t on nosuch = 1
select * from t join u on t.a = e2.id join emp e2 on true
select a from tv
select * from tv
select * from tv2
select tv.b from tv
select tv.nosuch from tv
select t as r from t
select (t).a from t
select (t.*).b from t
select t.* is null from t
select a.b from t
select tableoid from t
select t.tableoid from t
select aa from t
select bb from t
select namee from emp
select em.name from emp
select 1 from t where t.a = (select max(u.t_a) from u where u.t_a = t.a)
select (select b) from t
select (select x.b from t x where x.a = t.a) from t
select exists (select 1 from u where t_a = a) from t
select 1 as a, 2 as a
select a from t union select id from u
with c as (select a, b from t) select * from c
with c(x) as (select a, b from t) select * from c
with c(x, y, z) as (select a, b from t) select * from c
with c as (select 1), c as (select 2) select 1
with c as (select a from c) select * from c
with t as (select 1 as zz) select * from t
with recursive r(n) as (select 1 union all select n + 1 from r where n < 10) select n from r
with recursive r(n) as (select 1 union all select n + 1.5 from r) select n from r
with recursive r as (select n + 1 from r) select * from r
with recursive r(n) as (select 1 union all select n from r union all select 1) select * from r
with recursive r(n) as (select 1 union select r.n + 1 from r, r r2) select * from r
with recursive a as (select 1 x), b as (select x from a) select * from b
with c as materialized (select 1 one) select one from c
select * from c
select * from generate_series(1, 3)
select * from generate_series(1, 3) g
select g from generate_series(1, 3) g
select g.g from generate_series(1, 3) g
select x from generate_series(1, 3) g(x)
select * from generate_series(1, 3) with ordinality
select * from generate_series(1, 3) with ordinality as z(n, o)
select t.a, g from t, generate_series(1, t.a) g
select * from unnest(array['a','b']) u(x)
select * from now()
select * from current_date
select * from lower('X') l
select * from nosuchf(1)
select last_value, is_called from ser_id_seq
select * from t_pkey
select count(*) from pg_class
select relname, oid from pg_class where relname = 'x'
select pg_class.relname from pg_catalog.pg_class
select nspname from pg_namespace
select table_name from information_schema.tables
table t
table nosuch
select a from only t
select a from t *
