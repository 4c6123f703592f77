//! How aggregates are declared.

/// A table of aggregates named `AGGREGATES`. Rows with NULL arguments are skipped unless the row is `[lax]`;
/// `[within_group(n)]` has n direct arguments before WITHIN GROUP.
macro_rules! aggregates {
    ($(
        $oid:literal $name:ident ( $($arg:ident),* ) -> $result:ident
        $([ $($flag:ident $(($count:literal))?),* ])? = $state:expr;
    )*) => {
        /// The aggregates of this family.
        pub(super) static AGGREGATES: &[$crate::kernel::Aggregate] = {
            use $crate::functions::types;
            &[$(
                $crate::aggregates::declare::Row($crate::kernel::Aggregate {
                    oid: $oid,
                    name: stringify!($name),
                    args: &[$(types::$arg),*],
                    result: types::$result,
                    strict: true,
                    ordered_set: None,
                    state: $state,
                })
                $($(.$flag($($count)?))*)?
                .0
            ),*]
        };
    };
}

/// A row under construction.
pub(super) struct Row(pub(super) crate::kernel::Aggregate);

impl Row {
    /// NULL arguments are taken in, too.
    pub(super) const fn lax(self) -> Self {
        Self(crate::kernel::Aggregate { strict: false, ..self.0 })
    }

    /// An ordered-set aggregate with so many direct arguments.
    pub(super) const fn within_group(self, direct: usize) -> Self {
        Self(crate::kernel::Aggregate { ordered_set: Some(direct), ..self.0 })
    }
}

pub(super) use aggregates;
