//! `DateStyle` and `IntervalStyle` as SET takes and SHOW gives them.

use std::fmt;

use crate::zone::{DateFormat, DateOrder, DateStyle, IntervalStyle};

impl DateStyle {
    /// PostgreSQL's default: `ISO, MDY`.
    pub const ISO_MDY: Self = Self { format: DateFormat::Iso, order: DateOrder::Mdy };

    /// This style with the words of a `SET datestyle` applied: a format, a field order, or both. `None` for other words
    /// and for two that contradict each other.
    pub fn changed(self, words: &str) -> Option<Self> {
        let (mut format, mut order) = (None, None);
        for word in words.split(',') {
            let word = word.trim().to_ascii_lowercase();
            let new_format = match word.as_str() {
                "iso" => Some(DateFormat::Iso),
                "sql" => Some(DateFormat::Sql),
                "german" => Some(DateFormat::German),
                _ if word.starts_with("postgres") => Some(DateFormat::Postgres),
                _ => None,
            };
            let new_order = match word.as_str() {
                "ymd" => Some(DateOrder::Ymd),
                "dmy" => Some(DateOrder::Dmy),
                "mdy" | "us" => Some(DateOrder::Mdy),
                _ if word.starts_with("euro") => Some(DateOrder::Dmy),
                _ if word.starts_with("noneuro") => Some(DateOrder::Mdy),
                _ => None,
            };
            match (new_format, new_order) {
                (Some(new), _) if format.is_none_or(|format| format == new) => format = Some(new),
                (None, Some(new)) if order.is_none_or(|order| order == new) => order = Some(new),
                (None, None) if word == "default" => {
                    format.get_or_insert(Self::ISO_MDY.format);
                    order.get_or_insert(Self::ISO_MDY.order);
                }
                _ => return None,
            }
        }
        // German dates begin with the day, unless the order is given.
        let german = format == Some(DateFormat::German) && order.is_none();
        let order = if german { Some(DateOrder::Dmy) } else { order };
        Some(Self { format: format.unwrap_or(self.format), order: order.unwrap_or(self.order) })
    }
}

impl Default for DateStyle {
    fn default() -> Self {
        Self::ISO_MDY
    }
}

impl fmt::Display for DateStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.format {
            DateFormat::Iso => "ISO",
            DateFormat::Postgres => "Postgres",
            DateFormat::Sql => "SQL",
            DateFormat::German => "German",
        };
        let order = match self.order {
            DateOrder::Mdy => "MDY",
            DateOrder::Dmy => "DMY",
            DateOrder::Ymd => "YMD",
        };
        write!(f, "{format}, {order}")
    }
}

impl IntervalStyle {
    /// The style of this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "postgres" => Self::Postgres,
            "postgres_verbose" => Self::PostgresVerbose,
            "sql_standard" => Self::SqlStandard,
            "iso_8601" => Self::Iso8601,
            _ => return None,
        })
    }
}

impl fmt::Display for IntervalStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "postgres",
            Self::PostgresVerbose => "postgres_verbose",
            Self::SqlStandard => "sql_standard",
            Self::Iso8601 => "iso_8601",
        })
    }
}
