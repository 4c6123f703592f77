//! What "durable" means.

/// When a record counts as durable, and so what an acknowledged transaction survives.
///
/// | survives                        | `Sync` | `Os` | `None` |
/// |---------------------------------|--------|------|--------|
/// | the process being killed        | yes    | yes  | no     |
/// | the system crashing, power loss | yes    | no   | no     |
/// | the medium failing              | no     | no   | no     |
///
/// In every mode what is found after a crash is a prefix of what was appended, in order, without gaps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Durability {
    /// A record is durable when `fdatasync` has returned after its write.
    #[default]
    Sync,
    /// A record is durable when the operating system has taken its bytes. It writes them when it likes.
    Os,
    /// Nothing is written: a record is durable as soon as it is submitted, in name only. Existing segments are replayed
    /// and left alone.
    None,
}

impl std::str::FromStr for Durability {
    type Err = UnknownDurability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sync" => Ok(Self::Sync),
            "os" => Ok(Self::Os),
            "none" => Ok(Self::None),
            _ => Err(UnknownDurability(text.to_owned())),
        }
    }
}

/// A name that is none of the three.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown durability \"{0}\": it is sync, os or none")]
pub struct UnknownDurability(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse() {
        assert_eq!("sync".parse(), Ok(Durability::Sync));
        assert_eq!("os".parse(), Ok(Durability::Os));
        assert_eq!("none".parse(), Ok(Durability::None));
        let error = "Sync".parse::<Durability>().expect_err("names are lower case");
        assert_eq!(error.to_string(), "unknown durability \"Sync\": it is sync, os or none");
    }
}
