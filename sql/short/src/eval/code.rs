//! The compiled form of an expression.

use cairn_sql_types::functions::array;
use cairn_sql_types::kernel::{Function, ScalarFn, TypedFn};
use cairn_sql_types::{Datum, Type, TypeId};

/// A compiled expression: the shape of [`cairn_sql_binder::tree::Expr`] with everything looked up.
pub(crate) enum Code {
    Const(Datum),
    Param(usize),
    Column {
        source: u16,
        column: u16,
    },
    /// A column of a string type: can be handed out without a copy.
    TextColumn {
        source: u16,
        column: u16,
    },
    /// The hidden row id of a table without primary key, read from its key.
    RowId(u16),
    Aggregate(usize),
    /// The hot case: an operator over two values.
    Binary {
        kernel: ScalarFn,
        strict: bool,
        args: Box<[Code; 2]>,
    },
    Call {
        callee: Callee,
        strict: bool,
        args: Box<[Code]>,
    },
    ViaText {
        arg: Box<Code>,
        from: Type,
        to: Type,
    },
    Length {
        arg: Box<Code>,
        ty: Type,
        explicit: bool,
    },
    ArrayCast {
        arg: Box<Code>,
        element: Box<Code>,
        to: TypeId,
    },
    Element,
    And(Box<[Code]>),
    Or(Box<[Code]>),
    Not(Box<Code>),
    IsNull {
        arg: Box<Code>,
        negated: bool,
    },
    IsBool {
        arg: Box<Code>,
        value: Option<bool>,
        negated: bool,
    },
    Distinct {
        equal: ScalarFn,
        args: Box<[Code; 2]>,
        negated: bool,
    },
    InList {
        arg: Box<Code>,
        list: Box<[Code]>,
        equal: ScalarFn,
        negated: bool,
    },
    Quantified {
        array: Box<Code>,
        test: Box<Code>,
        all: bool,
    },
    Case {
        branches: Box<[(Code, Code)]>,
        otherwise: Box<Code>,
    },
    Coalesce(Box<[Code]>),
    NullIf {
        value: Box<Code>,
        test: Box<Code>,
    },
    Extreme {
        greatest: bool,
        args: Box<[Code]>,
        ty: TypeId,
    },
    Array {
        elements: Box<[Code]>,
        element: TypeId,
        nested: bool,
    },
    Subscript {
        array: Box<Code>,
        subscripts: Box<[Subscript]>,
    },
    Row(Box<[Code]>),
    /// The one value of an uncorrelated subquery, or the array made from it.
    SubValue(usize),
    SubExists {
        sub: usize,
        negated: bool,
    },
    /// `test` over every row of an uncorrelated subquery.
    SubTest {
        sub: usize,
        test: Box<Code>,
        all: bool,
    },
    /// A column of the row under test in [`Code::SubTest`].
    SubColumn(usize),
}

/// Whom a call calls.
pub(crate) enum Callee {
    Scalar(ScalarFn),
    /// With the types of its arguments.
    Typed(TypedFn, Box<[TypeId]>),
    /// The session or the catalog.
    Host(&'static Function),
}

/// One subscript.
pub(crate) enum Subscript {
    Index(Code),
    Slice(Option<Code>, Option<Code>),
}

impl Subscript {
    /// The subscript as the kernels take it.
    pub(crate) fn part(&self) -> array::Subscript<'_, Code> {
        match self {
            Self::Index(index) => array::Subscript::Index(index),
            Self::Slice(low, high) => array::Subscript::Slice(low.as_ref(), high.as_ref()),
        }
    }
}

impl Code {
    /// Does `test` hold for this node or any below it?
    pub(crate) fn any(&self, test: &mut dyn FnMut(&Code) -> bool) -> bool {
        if test(self) {
            return true;
        }
        let mut found = false;
        self.children(&mut |child| found = found || child.any(test));
        found
    }

    fn children(&self, f: &mut dyn FnMut(&Code)) {
        match self {
            Code::Const(_)
            | Code::Param(_)
            | Code::Column { .. }
            | Code::TextColumn { .. }
            | Code::RowId(_)
            | Code::Aggregate(_)
            | Code::Element
            | Code::SubValue(_)
            | Code::SubExists { .. }
            | Code::SubColumn(_) => {}
            Code::Binary { args, .. } | Code::Distinct { args, .. } => args.iter().for_each(f),
            Code::Call { args, .. }
            | Code::And(args)
            | Code::Or(args)
            | Code::Coalesce(args)
            | Code::Extreme { args, .. }
            | Code::Array { elements: args, .. }
            | Code::Row(args) => args.iter().for_each(f),
            Code::ViaText { arg, .. }
            | Code::Length { arg, .. }
            | Code::Not(arg)
            | Code::IsNull { arg, .. }
            | Code::IsBool { arg, .. }
            | Code::SubTest { test: arg, .. } => f(arg),
            Code::ArrayCast { arg: a, element: b, .. }
            | Code::Quantified { array: a, test: b, .. }
            | Code::NullIf { value: a, test: b } => {
                f(a);
                f(b);
            }
            Code::InList { arg, list, .. } => {
                f(arg);
                list.iter().for_each(f);
            }
            Code::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    f(condition);
                    f(result);
                }
                f(otherwise);
            }
            Code::Subscript { array, subscripts } => {
                f(array);
                for subscript in subscripts {
                    match subscript {
                        Subscript::Index(index) => f(index),
                        Subscript::Slice(low, high) => low.iter().chain(high).for_each(&mut *f),
                    }
                }
            }
        }
    }
}
