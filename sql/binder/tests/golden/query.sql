select a, count(*) from t group by a
select b, count(*) from t
select a, b, count(*) from t group by a
select b, a from t group by b
select a + 1 from t group by a + 1
select a + 1, a from t group by a + 1
select a + 1 from t group by a
select b from t group by 1
select b x from t group by x
select count(*) from t group by 1
select a from t group by 2
select a from t group by b
select t.b from t group by t.a
select u.name, t.b from t join u on t.a = u.t_a group by u.id
select u.name from t join u on t.a = u.t_a group by u.id
select count(*) from t having count(*) > 1
select a from t having count(*) > 1
select 1 from t having a > 1
select count(*) from t where count(*) > 1
select count(count(*)) from t
select sum(a) filter (where b = 'x') from t
select sum(a) filter (where count(*) > 1) from t
select a, sum(c) from t group by rollup (a)
select b, e, sum(c), grouping(b, e) from t group by cube (b, e)
select b, e from t group by grouping sets ((b), (e), ())
select grouping(a) from t group by b
select grouping(b) from t group by b
select b, sum(c) from t group by b order by sum(c) desc, b nulls first
select b from t order by a
select b from t order by 2
select b from t order by 1
select b from t order by 'x'
select b as a from t order by a
select b, c as b from t order by b
select b from t order by nosuch
select b from t order by a + 1 desc
select distinct b from t order by a
select distinct b from t order by b
select distinct on (b) b, c from t order by b, a
select distinct on (b) b, c from t order by c
select distinct on (1) b from t
select distinct on (5) b from t
select a from t union select x from v
select a, b from t union select id from u
select a from t union all select b from t
select 1 union select 'a'
select 1 union select '2'
select 'a' union select 'b'
select null union select 1
select null union select null union select 1
select 1 union select 2.5 intersect select 3
select a from t union select id from u order by a
select a from t union select id from u order by 1
select a from t union select id from u order by a + 1
select a from t union select id from u order by id
select a from t intersect select id from u limit 1
(select a from t order by b limit 1) union (select 2)
(select a from t order by a) limit 1
(select a from t order by a) order by b
values (1, 'a'), (2, 'b')
values (1, 'a'), (2)
values (1), ('x')
values (1), (2.5), (null)
values (1, 2) order by column2
select * from (values (1), (2)) x
select a from t limit 1 offset 2
select a from t limit 'x'
select a from t limit a
select a from t limit 1.5
select a from t limit null
select a from t limit all
select a from t fetch first 3 rows only
select a from t fetch first row only
select a from t order by a fetch first 3 rows with ties
select a from t fetch first 3 rows with ties
select a from t offset 1 rows
select a from t limit 1 limit 2
select a from t for update
select a from t for no key update nowait
select a from t for share of t skip locked
select a from t for update of x
select a from t x for update of t
select a from t for key share for update
select count(*) from t for update
select a from t group by a for update
select distinct a from t for update
select a from t union select 1 for update
select t.a from t left join u on true for update
select t.a from t left join u on true for update of t
select t.a from t left join u on true for update of u
select x.a from (select a from t) x for update
select row_number() over (order by a), rank() over (partition by b order by c desc) from t
select sum(a) over (order by a rows between 1 preceding and current row) from t
select sum(a) over w from t window w as (partition by b)
select sum(a) over (w order by a) from t window w as (partition by b)
select sum(a) over (w partition by a) from t window w as (partition by b)
select sum(a) over nosuch from t
select lag(a) over (order by a), lag(a, 2, 0) over (order by a), first_value(b) over (), ntile(4) over (order by a) from t
select row_number() from t
select lower(b) over () from t
select sum(a) over () from t where sum(a) over () > 1
select sum(sum(a) over ()) from t
select sum(sum(a)) over () from t
select sum(a) over (order by sum(a) over ()) from t
select count(distinct a) over () from t
select sum(a) over (order by a range between 1 preceding and 1 following) from t
select sum(a) over (order by b range between 1 preceding and 1 following) from t
select sum(a) over (range between 1 preceding and 1 following) from t
select sum(a) over (order by d range between '1 day' preceding and current row) from t
select sum(a) over (rows between current row and 1 preceding) from t
select sum(a) over (order by a groups 1 preceding) from t
select b, sum(sum(a)) over (order by b) from t group by b
select generate_series(1, a) from t
select 1 from t where generate_series(1, 2) = 1
select sum(generate_series(1, 2)) from t
select a from t where a in (select t_a from u) and not exists (select 1 from emp where id = a)
select a from t where (select count(*) from u where t_a = t.a) > 1
select (select sum(x.a) from t x) from t
select max(a), (select b from t t2 where t2.a = max(t.a)) from t
select a, (select count(*) from u where u.t_a = t.a) from t group by a
select b, (select count(*) from u where u.t_a = t.a) from t group by b
select t.a from t where t.a > all (select t_a from u)
select t.a from t where a = 1 and b = 'x' or c is null
select
select from t
select * from t where true and false or not true
select 1 where true
select 1 group by ()
select all a from t
select a, a from t
select a from t tablesample bernoulli (10)
select *
select t.* from t order by t.b using >
select * from t where current of c
with x as (insert into t values (1) returning a) select * from x
select a into zz from t
select (select a into zz from t)
select string_agg(b, ',' order by a desc), array_agg(distinct b order by b) from t
select array_agg(distinct b order by a) from t
select count(*) from t group by j
select distinct js from v
select js from v order by js
select js from v group by js
select e from t group by e having e
select b from t group by b having c > 1
select sum(1), count(b) from t where 1 = 2
select 1 from t group by a, b having max(c) > min(c) order by max(d) limit 5
select rank(3) within group (order by a) from t
select mode() within group (order by b) from t
select count() from t
select lower(*) from t
select lower(distinct b) from t
select lower(b) filter (where true) from t
