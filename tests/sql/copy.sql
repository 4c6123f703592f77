-- COPY FROM STDIN, COPY TO STDOUT.
create table c (id int primary key, t text, n numeric(6,2), d date default '2024-01-01', b bool);
copy c from stdin;
1	one	1.5	2024-05-06	t
2	\N	\N	\N	\N
3	tab\there\\ and\nline	-2	infinity	false
\.
select * from c order by id;
copy c to stdout;
copy c (id, t) from stdin;
4	four
5	
\.
copy c (t, id) to stdout;
copy (select id, t from c where id > 3 order by id desc) to stdout;
copy c (id, t) from stdin with (format csv);
6,six
7,"quoted, comma"
8,"say ""hi"""
9,
10,""
\.
copy (select id, t from c where id between 6 and 10 order by id) to stdout with (format csv);
copy (select id, t, b from c where id in (1, 2, 10) order by id) to stdout with (format csv, header, null 'NULL', force_quote (t));
copy c (id, t) from stdin with (format csv, header, delimiter ';', null 'nil', quote '''');
id;text
11;nil
12;'a;b'
\.
copy (select * from c where id > 10 order by id) to stdout with (delimiter '|', null '-');
copy c (id, t) from stdin with (delimiter '|', null '-');
13|-
14|\x41\102
\.
select id, t from c where id in (13, 14) order by id;
copy c from stdin;
20	bad number	xyz	2024-01-01	t
\.
copy c from stdin;
20	too few
\.
copy c from stdin;
20	too	1	2024-01-01	t	many
\.
copy c (id) from stdin;
21
21
\.
copy c (id) from stdin;
1
\.
copy c (id) from stdin;
\N
\.
copy c (nosuch) from stdin;
copy nosuch from stdin;
copy nosuch to stdout;
copy c to stdout (format nosuch);
copy c to stdout (nosuch);
copy c to stdout (delimiter 'ab');
copy c to stdout (format csv, quote 'ab');
copy (select nosuch from c) to stdout;
copy c (id, id) from stdin;
copy (values (1, 'a'), (2, null)) to stdout;
copy (select 1, null, 'x y', e'a\\b', e'\t') to stdout;
copy (select 'a,b', 'q"q', null, '', ' ') to stdout csv;
copy (insert into c (id) values (50) returning id) to stdout;
copy c (id, t) from stdin csv;
60,"multi
line"
\.
select t from c where id = 60;
copy c (id, n) from stdin csv;
61,12345678
\.
create table kid (id int primary key, c int references c, v int check (v > 0), s serial);
copy kid (id, c, v) from stdin;
1	1	5
2	2	6
\.
copy kid (id, c, v) from stdin;
3	999	5
\.
copy kid (id, c, v) from stdin;
3	1	-5
\.
select * from kid order by id;
begin;
copy kid (id, c, v) from stdin;
7	1	1
\.
select count(*) from kid;
rollback;
select count(*) from kid;
copy types_missing from stdin;
create table forms (a bytea, i interval, ts timestamptz, arr int[], j json, u uuid);
copy forms from stdin;
\\x0102	1 day 02:00	2024-01-01 10:00+02	{1,NULL,3}	{"a": [1, 2]}	a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11
\.
copy forms to stdout;
copy forms to stdout csv header;
copy forms (arr) from stdin csv;
"{4,5}"
\.
select arr from forms where a is null;
