//! TPC-H's tables as files, for `bench-suite tpch`.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use cairn_bench_suite::BenchError;
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};

/// Writes all eight tables at a scale factor, each into a file of its name in `directory`.
pub(crate) fn write(directory: &Path, scale: f64) -> Result<(), BenchError> {
    std::fs::create_dir_all(directory).map_err(BenchError::io("create", directory))?;
    table(directory, "region", RegionGenerator::new(scale, 1, 1).iter())?;
    table(directory, "nation", NationGenerator::new(scale, 1, 1).iter())?;
    table(directory, "supplier", SupplierGenerator::new(scale, 1, 1).iter())?;
    table(directory, "customer", CustomerGenerator::new(scale, 1, 1).iter())?;
    table(directory, "part", PartGenerator::new(scale, 1, 1).iter())?;
    table(directory, "partsupp", PartSuppGenerator::new(scale, 1, 1).iter())?;
    table(directory, "orders", OrderGenerator::new(scale, 1, 1).iter())?;
    table(directory, "lineitem", LineItemGenerator::new(scale, 1, 1).iter())
}

fn table(directory: &Path, name: &str, rows: impl Iterator<Item = impl Display>) -> Result<(), BenchError> {
    let path = directory.join(name);
    let write = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(&path)?);
        for row in rows {
            // The specification's form ends each field, also the last one, with a bar.
            let row = row.to_string();
            writeln!(file, "{}", row.strip_suffix('|').unwrap_or(&row))?;
        }
        file.flush()
    };
    write().map_err(BenchError::io("write", &path))
}
