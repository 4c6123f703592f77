//! Scalar expressions as DataFusion functions: one expression tree, one function over the columns that it uses.
//!
//! DataFusion sees `eval(c1, c7)` and nothing inside: it can move the call (past joins, into scans), and can neither
//! change nor reorder what PostgreSQL defines. Only what means the same to both is given natively: bare columns, AND
//! between conditions of WHERE, equality of canonical columns in joins.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use cairn_sql_binder::tree::Expr as Tree;
use cairn_sql_types::{Datum, TypeId};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use crate::context::Run;
use crate::error::wrap;
use crate::eval::{self, Frame};
use crate::sortable;
use crate::value::{Reader, Writer, arrow_type};

/// An expression over inputs.
#[derive(Debug)]
pub(crate) struct Eval {
    /// The tree; [`eval::INPUT`] columns are the arguments.
    pub(crate) tree: Arc<Tree>,
    inputs: Vec<TypeId>,
    run: Arc<Run>,
    signature: Signature,
}

impl Eval {
    /// The call of `tree` with these arguments (expression and type).
    pub(crate) fn call(tree: Tree, args: Vec<(Expr, TypeId)>, volatile: bool, run: &Arc<Run>) -> Expr {
        let (args, inputs) = args.into_iter().unzip();
        let signature = any_arguments(volatile);
        let function = Self { tree: Arc::new(tree), inputs, run: run.clone(), signature };
        call(function, args)
    }
}

/// The call of a function of ours.
fn call(function: impl ScalarUDFImpl + 'static, args: Vec<Expr>) -> Expr {
    let function = Arc::new(ScalarUDF::new_from_impl(function));
    Expr::ScalarFunction(datafusion::logical_expr::expr::ScalarFunction::new_udf(function, args))
}

/// Takes what it is given.
pub(crate) fn any_arguments(volatile: bool) -> Signature {
    let volatility = if volatile { Volatility::Volatile } else { Volatility::Immutable };
    Signature::new(TypeSignature::UserDefined, volatility)
}

impl ScalarUDFImpl for Eval {
    fn name(&self) -> &str {
        "eval"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(arrow_type(self.tree.ty().id))
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.run.check_cancel().map_err(wrap)?;
        let arrays = arrays(&args)?;
        let readers = open(&arrays, &self.inputs)?;
        let context = self.run.eval();
        let mut out = Writer::new(self.tree.ty().id, args.number_rows);
        let mut row = vec![Datum::Null; readers.len()];
        for number in 0..args.number_rows {
            for (value, reader) in row.iter_mut().zip(&readers) {
                *value = reader.get(number).map_err(wrap)?;
            }
            let value = eval::eval(&self.tree, &Frame::new(&context, &row)).map_err(wrap)?;
            out.push(&value).map_err(wrap)?;
        }
        Ok(ColumnarValue::Array(out.finish()))
    }
}

fn arrays(args: &ScalarFunctionArgs) -> Result<Vec<ArrayRef>> {
    args.args.iter().map(|arg| arg.to_array(args.number_rows)).collect()
}

fn open<'a>(arrays: &'a [ArrayRef], types: &[TypeId]) -> Result<Vec<Reader<'a>>> {
    arrays.iter().zip(types).map(|(array, ty)| Reader::new(array, *ty).map_err(wrap)).collect()
}

impl PartialEq for Eval {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.tree, &other.tree)
    }
}

impl Eq for Eval {}

impl Hash for Eval {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.tree).hash(state);
    }
}

/// The sort key of a value: see [`sortable`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct SortableKey {
    ty: TypeId,
    signature: Signature,
}

impl SortableKey {
    /// The call for a value of type `ty`.
    pub(crate) fn call(value: Expr, ty: TypeId) -> Expr {
        call(Self { ty, signature: any_arguments(false) }, vec![value])
    }
}

impl ScalarUDFImpl for SortableKey {
    fn name(&self) -> &str {
        "sortable"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = arrays(&args)?;
        let readers = open(&arrays, &[self.ty])?;
        let mut out = Writer::of(&DataType::Binary, args.number_rows);
        let mut key = Vec::new();
        for number in 0..args.number_rows {
            key.clear();
            match readers[0].get(number).map_err(wrap)? {
                Datum::Null => out.push_bytes(None),
                value => sortable::encode(&value, self.ty, &mut key).and_then(|()| out.push_bytes(Some(&key))),
            }
            .map_err(wrap)?;
        }
        Ok(ColumnarValue::Array(out.finish()))
    }
}
