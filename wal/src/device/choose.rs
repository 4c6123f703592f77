//! Which device writes this log, and why.

use std::io;

use super::{LogDevice, PortableDevice, SimDevice, UringDevice};
use crate::options::DeviceKind;

/// A device with its name and the reason why it was chosen, for the server's log.
#[derive(Debug)]
pub struct ChosenDevice {
    /// The device.
    pub device: Box<dyn LogDevice>,
    /// What it is called.
    pub name: &'static str,
    /// Why it was chosen.
    pub reason: String,
}

/// Chooses by wish and by what this machine can do. `real`: are the files those of the operating system?
pub(crate) fn choose(kind: DeviceKind, real: bool) -> io::Result<ChosenDevice> {
    match kind {
        DeviceKind::Uring => uring("asked for by configuration".to_owned()),
        DeviceKind::Portable => portable("asked for by configuration".to_owned()),
        DeviceKind::Auto if !real => Ok(ChosenDevice {
            device: Box::new(SimDevice::new()),
            name: "simulated",
            reason: "the disk is simulated".to_owned(),
        }),
        DeviceKind::Auto => match uring("the kernel offers io_uring".to_owned()) {
            Err(error) => portable(format!("the kernel offers no io_uring: {error}")),
            chosen => chosen,
        },
    }
}

fn uring(reason: String) -> io::Result<ChosenDevice> {
    Ok(ChosenDevice { device: Box::new(UringDevice::new()?), name: "io_uring", reason })
}

fn portable(reason: String) -> io::Result<ChosenDevice> {
    Ok(ChosenDevice { device: Box::new(PortableDevice::new()?), name: "portable", reason })
}
