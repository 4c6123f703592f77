-- TPC-H: the schema, a tiny data set, the 22 queries.
create table region (r_regionkey int primary key, r_name char(25), r_comment varchar(152));
create table nation (n_nationkey int primary key, n_name char(25), n_regionkey int not null references region, n_comment varchar(152));
create table supplier (s_suppkey int primary key, s_name char(25), s_address varchar(40), s_nationkey int not null references nation, s_phone char(15), s_acctbal numeric(15,2), s_comment varchar(101));
create table customer (c_custkey int primary key, c_name varchar(25), c_address varchar(40), c_nationkey int not null references nation, c_phone char(15), c_acctbal numeric(15,2), c_mktsegment char(10), c_comment varchar(117));
create table part (p_partkey int primary key, p_name varchar(55), p_mfgr char(25), p_brand char(10), p_type varchar(25), p_size int, p_container char(10), p_retailprice numeric(15,2), p_comment varchar(23));
create table partsupp (ps_partkey int references part, ps_suppkey int references supplier, ps_availqty int, ps_supplycost numeric(15,2), ps_comment varchar(199), primary key (ps_partkey, ps_suppkey));
create table orders (o_orderkey int primary key, o_custkey int not null references customer, o_orderstatus char(1), o_totalprice numeric(15,2), o_orderdate date, o_orderpriority char(15), o_clerk char(15), o_shippriority int, o_comment varchar(79));
create table lineitem (l_orderkey int references orders, l_partkey int, l_suppkey int, l_linenumber int, l_quantity numeric(15,2), l_extendedprice numeric(15,2), l_discount numeric(15,2), l_tax numeric(15,2), l_returnflag char(1), l_linestatus char(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct char(25), l_shipmode char(10), l_comment varchar(44), primary key (l_orderkey, l_linenumber), foreign key (l_partkey, l_suppkey) references partsupp);
insert into region values (0, 'AFRICA', 'a'), (1, 'AMERICA', 'b'), (2, 'ASIA', 'c'), (3, 'EUROPE', 'd'), (4, 'MIDDLE EAST', 'e');
insert into nation values (0, 'ALGERIA', 0, 'x'), (1, 'BRAZIL', 1, 'x'), (2, 'CANADA', 1, 'x'), (3, 'CHINA', 2, 'x'), (4, 'FRANCE', 3, 'x'), (5, 'GERMANY', 3, 'x'), (6, 'INDIA', 2, 'x'), (7, 'SAUDI ARABIA', 4, 'x');
insert into supplier select i, 'Supplier#' || lpad(i::text, 9, '0'), 'addr ' || i, i % 8, (10 + i % 8) || '-100-200-' || (3000 + i), (i * 737 % 9999)::numeric / 7, case when i % 5 = 0 then 'slow Customer Complaints here' else 'fine' end from generate_series(1, 12) i;
insert into customer select i, 'Customer#' || lpad(i::text, 9, '0'), 'street ' || i, i * 3 % 8, (10 + i * 3 % 8) || '-555-' || (100 + i) || '-' || (4000 + i), (i * 911 % 12000 - 999)::numeric / 3, (array['BUILDING', 'AUTOMOBILE', 'MACHINERY', 'HOUSEHOLD', 'FURNITURE'])[i % 5 + 1], 'no comment' from generate_series(1, 30) i;
insert into part select i, (array['green', 'forest', 'red', 'blue', 'green antique'])[i % 5 + 1] || ' metallic ' || i, 'Manufacturer#' || (i % 5 + 1), 'Brand#' || (i % 5 + 1) || (i % 3 + 1), (array['PROMO BURNISHED COPPER', 'LARGE BRUSHED BRASS', 'MEDIUM POLISHED TIN', 'ECONOMY ANODIZED STEEL', 'SMALL PLATED BRASS'])[i % 5 + 1], i % 50 + 1, (array['SM CASE', 'MED BAG', 'LG BOX', 'JUMBO PKG', 'SM PACK', 'LG CASE'])[i % 6 + 1], 900 + i, 'c' from generate_series(1, 40) i;
insert into partsupp select p, (p + s * 3) % 12 + 1, (p * 97 + s * 31) % 1000 + 1, ((p * 53 + s * 17) % 1000)::numeric / 4 + 1, 'ps' from generate_series(1, 40) p, generate_series(0, 3) s;
insert into orders select i, i * 7 % 30 + 1, (array['O', 'F', 'P'])[i % 3 + 1], 0, date '1992-01-01' + (i * 41 % 2400), (array['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'])[i % 5 + 1], 'Clerk#' || i % 7, 0, case when i % 11 = 0 then 'special packages requests' else 'plain' end from generate_series(1, 120) i where i * 7 % 30 + 1 % 3 <> 0;
insert into lineitem select o_orderkey, (o_orderkey * 13 + n * 7) % 40 + 1, ((o_orderkey * 13 + n * 7) % 40 + 1 + (n % 4) * 3) % 12 + 1, n, (o_orderkey * n * 7) % 50 + 1, ((o_orderkey * n * 7) % 50 + 1) * (900 + (o_orderkey * 13 + n * 7) % 40), ((o_orderkey + n) % 11)::numeric / 100, (n % 9)::numeric / 100, (array['N', 'R', 'A'])[(o_orderkey + n) % 3 + 1], (array['O', 'F'])[(o_orderkey + n) % 2 + 1], o_orderdate + n * 11, o_orderdate + 30, o_orderdate + n * 11 + (o_orderkey % 25), (array['DELIVER IN PERSON', 'NONE', 'COLLECT COD'])[n % 3 + 1], (array['AIR', 'AIR REG', 'MAIL', 'SHIP', 'TRUCK'])[(o_orderkey + n) % 5 + 1], 'l' from orders, generate_series(1, 5) n;
update orders set o_totalprice = t.total from (select l_orderkey, sum(l_extendedprice * (1 + l_tax) * (1 - l_discount)) as total from lineitem group by l_orderkey) t where t.l_orderkey = o_orderkey;
select (select count(*) from orders) as o, (select count(*) from lineitem) as l, (select count(*) from partsupp) as ps, (select round(sum(o_totalprice), 2) from orders) as total;
select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price, sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge, avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc, count(*) as count_order
from lineitem where l_shipdate <= date '1998-12-01' - interval '90' day group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus;
select s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
from part, supplier, partsupp, nation, region
where p_partkey = ps_partkey and s_suppkey = ps_suppkey and p_size > 15 and p_type like '%BRASS' and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'EUROPE'
and ps_supplycost = (select min(ps_supplycost) from partsupp, supplier, nation, region where p_partkey = ps_partkey and s_suppkey = ps_suppkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'EUROPE')
order by s_acctbal desc, n_name, s_name, p_partkey limit 100;
select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority
from customer, orders, lineitem
where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15'
group by l_orderkey, o_orderdate, o_shippriority order by revenue desc, o_orderdate limit 10;
select o_orderpriority, count(*) as order_count from orders
where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-07-01' + interval '3' month and exists (select * from lineitem where l_orderkey = o_orderkey and l_commitdate < l_receiptdate)
group by o_orderpriority order by o_orderpriority;
select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue
from customer, orders, lineitem, supplier, nation, region
where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA' and o_orderdate >= date '1994-01-01' and o_orderdate < date '1994-01-01' + interval '3' year
group by n_name order by revenue desc;
select sum(l_extendedprice * l_discount) as revenue from lineitem
where l_shipdate >= date '1994-01-01' and l_shipdate < date '1994-01-01' + interval '1' year and l_discount between .06 - 0.01 and .06 + 0.01 and l_quantity < 24;
select supp_nation, cust_nation, l_year, sum(volume) as revenue
from (select n1.n_name as supp_nation, n2.n_name as cust_nation, extract(year from l_shipdate) as l_year, l_extendedprice * (1 - l_discount) as volume
from supplier, lineitem, orders, customer, nation n1, nation n2
where s_suppkey = l_suppkey and o_orderkey = l_orderkey and c_custkey = o_custkey and s_nationkey = n1.n_nationkey and c_nationkey = n2.n_nationkey
and ((n1.n_name = 'FRANCE' and n2.n_name = 'GERMANY') or (n1.n_name = 'GERMANY' and n2.n_name = 'FRANCE')) and l_shipdate between date '1992-01-01' and date '1998-12-31') as shipping
group by supp_nation, cust_nation, l_year order by supp_nation, cust_nation, l_year;
select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume) as mkt_share
from (select extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) as volume, n2.n_name as nation
from part, supplier, lineitem, orders, customer, nation n1, nation n2, region
where p_partkey = l_partkey and s_suppkey = l_suppkey and l_orderkey = o_orderkey and o_custkey = c_custkey and c_nationkey = n1.n_nationkey and n1.n_regionkey = r_regionkey and r_name = 'AMERICA' and s_nationkey = n2.n_nationkey
and o_orderdate between date '1992-01-01' and date '1998-12-31' and p_type = 'ECONOMY ANODIZED STEEL') as all_nations
group by o_year order by o_year;
select nation, o_year, sum(amount) as sum_profit
from (select n_name as nation, extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity as amount
from part, supplier, lineitem, partsupp, orders, nation
where s_suppkey = l_suppkey and ps_suppkey = l_suppkey and ps_partkey = l_partkey and p_partkey = l_partkey and o_orderkey = l_orderkey and s_nationkey = n_nationkey and p_name like '%green%') as profit
group by nation, o_year order by nation, o_year desc;
select c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) as revenue, c_acctbal, n_name, c_address, c_phone, c_comment
from customer, orders, lineitem, nation
where c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate >= date '1993-10-01' and o_orderdate < date '1993-10-01' + interval '9' month and l_returnflag = 'R' and c_nationkey = n_nationkey
group by c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment order by revenue desc, c_custkey limit 20;
select ps_partkey, sum(ps_supplycost * ps_availqty) as value
from partsupp, supplier, nation where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY'
group by ps_partkey having sum(ps_supplycost * ps_availqty) > (select sum(ps_supplycost * ps_availqty) * 0.02 from partsupp, supplier, nation where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY')
order by value desc, ps_partkey;
select l_shipmode, sum(case when o_orderpriority = '1-URGENT' or o_orderpriority = '2-HIGH' then 1 else 0 end) as high_line_count, sum(case when o_orderpriority <> '1-URGENT' and o_orderpriority <> '2-HIGH' then 1 else 0 end) as low_line_count
from orders, lineitem
where o_orderkey = l_orderkey and l_shipmode in ('MAIL', 'SHIP') and l_commitdate < l_receiptdate and l_shipdate < l_commitdate and l_receiptdate >= date '1994-01-01' and l_receiptdate < date '1994-01-01' + interval '1' year
group by l_shipmode order by l_shipmode;
select c_count, count(*) as custdist
from (select c_custkey, count(o_orderkey) from customer left outer join orders on c_custkey = o_custkey and o_comment not like '%special%requests%' group by c_custkey) as c_orders (c_custkey, c_count)
group by c_count order by custdist desc, c_count desc;
select 100.00 * sum(case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end) / sum(l_extendedprice * (1 - l_discount)) as promo_revenue
from lineitem, part where l_partkey = p_partkey and l_shipdate >= date '1995-01-01' and l_shipdate < date '1995-01-01' + interval '6' month;
create view revenue0 (supplier_no, total_revenue) as select l_suppkey, sum(l_extendedprice * (1 - l_discount)) from lineitem where l_shipdate >= date '1996-01-01' and l_shipdate < date '1996-01-01' + interval '3' month group by l_suppkey;
select s_suppkey, s_name, s_address, s_phone, total_revenue from supplier, revenue0 where s_suppkey = supplier_no and total_revenue = (select max(total_revenue) from revenue0) order by s_suppkey;
drop view revenue0;
select p_brand, p_type, p_size, count(distinct ps_suppkey) as supplier_cnt
from partsupp, part
where p_partkey = ps_partkey and p_brand <> 'Brand#41' and p_type not like 'MEDIUM POLISHED%' and p_size in (4, 9, 14, 19, 23, 36, 41, 3)
and ps_suppkey not in (select s_suppkey from supplier where s_comment like '%Customer%Complaints%')
group by p_brand, p_type, p_size order by supplier_cnt desc, p_brand, p_type, p_size;
select sum(l_extendedprice) / 7.0 as avg_yearly from lineitem, part
where p_partkey = l_partkey and p_brand = 'Brand#23' and l_quantity < (select 0.6 * avg(l_quantity) from lineitem where l_partkey = p_partkey);
select c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity)
from customer, orders, lineitem
where o_orderkey in (select l_orderkey from lineitem group by l_orderkey having sum(l_quantity) > 150) and c_custkey = o_custkey and o_orderkey = l_orderkey
group by c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice order by o_totalprice desc, o_orderdate limit 100;
select sum(l_extendedprice * (1 - l_discount)) as revenue from lineitem, part
where (p_partkey = l_partkey and p_brand = 'Brand#12' and p_container in ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG') and l_quantity >= 1 and l_quantity <= 1 + 30 and p_size between 1 and 45 and l_shipmode in ('AIR', 'AIR REG') and l_shipinstruct = 'DELIVER IN PERSON')
or (p_partkey = l_partkey and p_brand = 'Brand#23' and p_container in ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK') and l_quantity >= 10 and l_quantity <= 10 + 40 and p_size between 1 and 40 and l_shipmode in ('AIR', 'AIR REG') and l_shipinstruct = 'DELIVER IN PERSON')
or (p_partkey = l_partkey and p_brand = 'Brand#41' and p_container in ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG') and l_quantity >= 20 and l_quantity <= 20 + 30 and p_size between 1 and 45 and l_shipmode in ('AIR', 'AIR REG') and l_shipinstruct = 'DELIVER IN PERSON');
select s_name, s_address from supplier, nation
where s_suppkey in (select ps_suppkey from partsupp where ps_partkey in (select p_partkey from part where p_name like 'forest%') and ps_availqty > (select 0.5 * sum(l_quantity) from lineitem where l_partkey = ps_partkey and l_suppkey = ps_suppkey and l_shipdate >= date '1994-01-01' and l_shipdate < date '1994-01-01' + interval '3' year))
and s_nationkey = n_nationkey and n_name in ('CANADA', 'FRANCE', 'CHINA') order by s_name;
select s_name, count(*) as numwait from supplier, lineitem l1, orders, nation
where s_suppkey = l1.l_suppkey and o_orderkey = l1.l_orderkey and o_orderstatus = 'F' and l1.l_receiptdate > l1.l_commitdate
and exists (select * from lineitem l2 where l2.l_orderkey = l1.l_orderkey and l2.l_suppkey <> l1.l_suppkey)
and not exists (select * from lineitem l3 where l3.l_orderkey = l1.l_orderkey and l3.l_suppkey <> l1.l_suppkey and l3.l_receiptdate > l3.l_commitdate)
and s_nationkey = n_nationkey and n_name in ('SAUDI ARABIA', 'GERMANY') group by s_name order by numwait desc, s_name limit 100;
select cntrycode, count(*) as numcust, sum(c_acctbal) as totacctbal
from (select substring(c_phone from 1 for 2) as cntrycode, c_acctbal from customer
where substring(c_phone from 1 for 2) in ('13', '11', '12', '16', '10', '14', '17') and c_acctbal > (select avg(c_acctbal) from customer where c_acctbal > 0.00 and substring(c_phone from 1 for 2) in ('13', '11', '12', '16', '10', '14', '17'))
and not exists (select * from orders where o_custkey = c_custkey)) as custsale
group by cntrycode order by cntrycode;
select n_name, count(*) from customer join nation on n_nationkey = c_nationkey join region on r_regionkey = n_regionkey group by rollup (n_name) order by n_name nulls last;
select o_custkey, o_orderkey, rank() over (partition by o_custkey order by o_totalprice desc) as r from orders where o_custkey < 8 order by 1, 3, 2;
