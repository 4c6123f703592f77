//! The initial population (clause 4.3.3), as one file a table, in the form that [`crate::server::copy`] reads.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::Size;
use super::random::Random;

/// When everything that the population holds happened.
const THEN: &str = "2026-01-01 00:00:00";

/// The tables, in the order in which they are written and loaded.
pub(super) const TABLES: [&str; 9] =
    ["item", "warehouse", "stock", "district", "customer", "history", "orders", "new_order", "order_line"];

/// An open file for each table.
struct Files([BufWriter<File>; 9]);

impl Files {
    fn create(directory: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let mut files = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            files.push(BufWriter::new(File::create(directory.join(table))?));
        }
        Ok(Self(files.try_into().expect("there is one for each table")))
    }

    fn of(&mut self, table: &str) -> &mut BufWriter<File> {
        let place = TABLES.iter().position(|known| *known == table).expect("it is a table of TPC-C");
        &mut self.0[place]
    }
}

/// Writes the population of `size` into files named like the tables.
pub(super) fn write(directory: &Path, size: Size, seed: u64) -> io::Result<()> {
    let mut random = Random::new(seed);
    let mut files = Files::create(directory)?;
    for item in 1..=size.items {
        let (image, name) = (random.between(1, 10_000), random.text(14, 24));
        let (price, data) = (cents(random.between(100, 10_000)), random.data());
        writeln!(files.of("item"), "{item}|{image}|{name}|{price}|{data}")?;
    }
    for warehouse in 1..=size.warehouses {
        write_warehouse(&mut files, &mut random, size, warehouse)?;
        for district in 1..=Size::DISTRICTS {
            write_district(&mut files, &mut random, size, warehouse, district)?;
            write_customers(&mut files, &mut random, size, warehouse, district)?;
            write_orders(&mut files, &mut random, size, warehouse, district)?;
        }
    }
    files.0.iter_mut().try_for_each(Write::flush)
}

fn write_warehouse(files: &mut Files, random: &mut Random, size: Size, warehouse: i32) -> io::Result<()> {
    let (name, address, tax) = (random.text(6, 10), address(random), tax(random));
    // The sum of what its customers have paid.
    let paid = size.customers * Size::DISTRICTS * 10;
    writeln!(files.of("warehouse"), "{warehouse}|{name}|{address}|{tax}|{paid}")?;
    for item in 1..=size.items {
        let quantity = random.between(10, 100);
        let districts: Vec<String> = (0..Size::DISTRICTS).map(|_| random.text(24, 24)).collect();
        let (districts, data) = (districts.join("|"), random.data());
        writeln!(files.of("stock"), "{warehouse}|{item}|{quantity}|{districts}|0|0|0|{data}")?;
    }
    Ok(())
}

fn write_district(files: &mut Files, random: &mut Random, size: Size, warehouse: i32, district: i32) -> io::Result<()> {
    let (name, address, tax) = (random.text(6, 10), address(random), tax(random));
    let (paid, next) = (size.customers * 10, size.customers + 1);
    writeln!(files.of("district"), "{warehouse}|{district}|{name}|{address}|{tax}|{paid}|{next}")
}

fn write_customers(
    files: &mut Files,
    random: &mut Random,
    size: Size,
    warehouse: i32,
    district: i32,
) -> io::Result<()> {
    for customer in 1..=size.customers {
        let (first, last, address) = (random.text(8, 16), random.name_to_load(customer), address(random));
        let (phone, credit) = (random.digits(16), if random.percent(10) { "BC" } else { "GC" });
        let (discount, data) = (random.between(0, 5000), random.text(300, 500));
        writeln!(
            files.of("customer"),
            "{warehouse}|{district}|{customer}|{first}|OE|{last}|{address}|{phone}|{THEN}|{credit}|50000|0.{discount:04}|\
             -10|10|1|0|{data}"
        )?;
        let data = random.text(12, 24);
        writeln!(files.of("history"), "{customer}|{district}|{warehouse}|{district}|{warehouse}|{THEN}|10|{data}")?;
    }
    Ok(())
}

fn write_orders(files: &mut Files, random: &mut Random, size: Size, warehouse: i32, district: i32) -> io::Result<()> {
    for (order, customer) in (1..).zip(random.permutation(size.customers)) {
        let delivered = order < size.first_undelivered();
        let carrier = if delivered { random.between(1, 10).to_string() } else { String::new() };
        let lines = random.between(5, 15);
        writeln!(files.of("orders"), "{warehouse}|{district}|{order}|{customer}|{THEN}|{carrier}|{lines}|1")?;
        if !delivered {
            writeln!(files.of("new_order"), "{warehouse}|{district}|{order}")?;
        }
        for line in 1..=lines {
            let (item, information) = (random.between(1, size.items), random.text(24, 24));
            let amount = if delivered { "0.00".to_owned() } else { cents(random.between(1, 999_999)) };
            let when = if delivered { THEN } else { "" };
            writeln!(
                files.of("order_line"),
                "{warehouse}|{district}|{order}|{line}|{item}|{warehouse}|{when}|5|{amount}|{information}"
            )?;
        }
    }
    Ok(())
}

/// Two streets, a city, a state, a code.
fn address(random: &mut Random) -> String {
    let streets = [random.text(10, 20), random.text(10, 20), random.text(10, 20)].join("|");
    format!("{streets}|{}|{}", random.text(2, 2), random.zip())
}

fn tax(random: &mut Random) -> String {
    format!("0.{:04}", random.between(0, 2000))
}

fn cents(amount: i32) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}
