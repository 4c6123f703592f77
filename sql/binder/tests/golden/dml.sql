insert into t values (1)
insert into t values (1, 'x', 1.5, now(), true)
insert into t values (1, 'x', 1.5, now(), true, 6)
insert into t (a, b) values (1)
insert into t (a) values (1, 2)
insert into t (a, a) values (1, 2)
insert into t (nosuch) values (1)
insert into t (a, b) values (1, 2)
insert into t (a) values ('x')
insert into t (a) values (true)
insert into t (a) values (1.5)
insert into t (b) values (1.5), (now())
insert into t (d) values (5)
insert into t (e) values (1)
insert into t values (default, default)
insert into t default values
insert into t (a) values (1), (2, 3)
insert into t select * from t
insert into t (a, b) select id, name from u
insert into t (a, b) select id from u
insert into t (a) select id, name from u
insert into t (a) select name from u
insert into t (a, d) select 1, '2020-01-01'
insert into t (a, d) select 1, '2020-01-01' union select 2, '2021-01-01'
insert into t (a, b) values (1, 'x') returning a, b, a + 1 as n
insert into t (a) values (1) returning *
insert into t as x (a) values (1) returning x.a
insert into t as x (a) values (1) returning t.a
insert into t (a) values (1) returning nosuch
insert into t (a) values (1) returning count(*)
insert into t (a) values (count(*))
insert into t (a) values ((select max(a) from t))
insert into nosuch values (1)
insert into tv values (1)
insert into pg_class values (1)
insert into ser_id_seq values (1)
insert into t (a) values (1) on conflict do nothing
insert into t (a) values (1) on conflict (a) do nothing
insert into t (a) values (1) on conflict (b) do nothing
insert into t (a) values (1) on conflict (nosuch) do nothing
insert into t (a) values (1) on conflict on constraint t_pkey do nothing
insert into t (a) values (1) on conflict on constraint nosuch do nothing
insert into t (a) values (1) on conflict do update set b = 'x'
insert into t (a, b) values (1, 'x') on conflict (a) do update set b = excluded.b
insert into t (a, b) values (1, 'x') on conflict (a) do update set b = t.b || excluded.b where t.a > 1 returning a
insert into t (a, b) values (1, 'x') on conflict (a) do update set b = b
insert into t (a, b) values (1, 'x') on conflict (a) do update set b = excluded.nosuch
insert into t (a, b) values (1, 'x') on conflict (a) do update set nosuch = 1
insert into s2.w values (1, 'x') on conflict (k, a) do nothing
insert into s2.w values (1, 'x') on conflict (a) do nothing
insert into ser (n) values (1)
insert into ser (m) values (1)
insert into ser (m) overriding system value values (1)
insert into ser (m) values (default)
with c as (select 1 as z) insert into t (a) select z from c
with c as (select 1 as z) insert into t (a) values ((select z from c))
insert into v (z, by, uu, js, i) values ('x', '\x00', '00000000-0000-0000-0000-000000000000', '{}', '1 day')
insert into v (js) values ('{')
insert into u (tags) values ('{1,2}'), (array[1])
insert into u (id, name, price) values (1, 'x', 2)
insert into t (a) values (5000000000)
update t set a = 1
update t set a = 'x'
update t set a = b
update t set nosuch = 1
update t set t.a = 1
update t set a = 1, a = 2
update t set (a, b) = (1, 'x')
update t set (a, b) = (1, 'x', 2)
update t set (a, b) = (select 1, 'x')
update t set (a, b) = (select 1)
update t set (a, b) = row(1, 'x')
update t set a = default
update t set a = count(*)
update t set a = (select max(a) from t)
update t x set a = x.a + 1 where x.b = 'y'
update t x set a = t.a + 1
update t set b = u.name from u where u.t_a = t.a
update t set b = u.name from u, t where u.t_a = 1
update t set b = name from u where t_a = a returning t.a, u.id, *
update t set a = 1 where nosuch
update t set a = 1 where a
update t set a = 1 returning *
update nosuch set a = 1
update tv set a = 1
update ser set m = 1
update ser set m = default
update t set c = 1.555, d = '2020-01-01', e = 'f'
update t set b = 1
update t set tags[1] = 1
delete from t
delete from t where a = 1 returning b
delete from t using u where t_a = a
delete from t using t where true
delete from t x where t.a = 1
delete from t x using u y where x.a = y.t_a returning x.*, y.id
delete from nosuch
delete from tv
delete from t where count(*) > 1
delete from t where sum(a) over () > 1
delete from t returning sum(a)
