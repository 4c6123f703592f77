//! Aggregates as DataFusion aggregate functions: our states, one per group, fed row by row. DISTINCT, ORDER BY and FILTER
//! of a call are ours, too.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use cairn_sql_types::compare::{HashKey, compare};
use cairn_sql_types::kernel::{Aggregate, AggregateState};
use cairn_sql_types::{Datum, SqlError, TypeId};
use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature,
};
use rustc_hash::FxHashSet;

use crate::context::Run;
use crate::error::wrap;
use crate::function::any_arguments;
use crate::value::{Reader, Writer, arrow_type};

/// What an aggregate call computes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kernel {
    /// A kernel of the library.
    Library(&'static Aggregate),
    /// The first value of the group, NULL or not: what stands for a group whose key is not shown by its bytes.
    First,
    /// All values as an array, in order; its type. An empty group gives the empty array.
    Collect(TypeId),
    /// The number of rows (int8).
    Count,
}

/// One aggregate call. Its arguments: the aggregate's own, the filter (if any), the sort expressions.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) kernel: Kernel,
    /// Types of the aggregate's own arguments.
    pub(crate) args: Vec<TypeId>,
    pub(crate) distinct: bool,
    /// Is the argument after the aggregate's own a condition?
    pub(crate) filtered: bool,
    /// (type, descending, nulls first) of the last arguments.
    pub(crate) order: Vec<(TypeId, bool, bool)>,
    /// Result type.
    pub(crate) ty: TypeId,
    pub(crate) run: Arc<Run>,
}

impl Call {
    /// All values' types as passed.
    fn types(&self) -> Vec<TypeId> {
        let filter = self.filtered.then_some(TypeId::BOOL);
        self.args.iter().copied().chain(filter).chain(self.order.iter().map(|(ty, ..)| *ty)).collect()
    }

    /// The call as an expression over these arguments.
    pub(crate) fn over(self, args: Vec<Expr>) -> Expr {
        let function = Udaf { call: Arc::new(self), signature: any_arguments(false) };
        let function = Arc::new(AggregateUDF::new_from_impl(function));
        Expr::AggregateFunction(AggregateFunction::new_udf(function, args, false, None, Vec::new(), None))
    }

    fn compare(&self, a: &[Datum], b: &[Datum]) -> std::cmp::Ordering {
        let first = self.args.len() + usize::from(self.filtered);
        let keys = self.order.iter().zip(a[first..].iter().zip(&b[first..]));
        let mut orders = keys.map(|((ty, descending, nulls_first), (a, b))| match (a.is_null(), b.is_null()) {
            (true, true) => std::cmp::Ordering::Equal,
            (true, false) if *nulls_first => std::cmp::Ordering::Less,
            (true, false) => std::cmp::Ordering::Greater,
            (false, true) if *nulls_first => std::cmp::Ordering::Greater,
            (false, true) => std::cmp::Ordering::Less,
            (false, false) if *descending => compare(*ty, b, a),
            (false, false) => compare(*ty, a, b),
        });
        orders.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    }
}

/// The rows of one group so far.
enum Group {
    State(Box<dyn AggregateState>),
    First(Option<Datum>),
    Values(Vec<Datum>),
    Count(i64),
    /// Rows to sort or to make distinct before the state sees them.
    Rows {
        rows: Vec<Vec<Datum>>,
        seen: FxHashSet<Vec<HashKey>>,
        bytes: usize,
    },
}

impl Group {
    fn new(call: &Call) -> Self {
        match call.kernel {
            _ if call.distinct || !call.order.is_empty() => {
                Group::Rows { rows: Vec::new(), seen: FxHashSet::default(), bytes: 0 }
            }
            kernel => Self::plain(kernel, call),
        }
    }

    fn plain(kernel: Kernel, call: &Call) -> Self {
        match kernel {
            Kernel::Library(aggregate) => Group::State((aggregate.state)(&call.args)),
            Kernel::First => Group::First(None),
            Kernel::Collect(_) => Group::Values(Vec::new()),
            Kernel::Count => Group::Count(0),
        }
    }

    fn update(&mut self, call: &Call, row: &[Datum]) -> Result<(), SqlError> {
        let args = &row[..call.args.len()];
        if call.filtered && !matches!(row[call.args.len()], Datum::Bool(true)) {
            return Ok(());
        }
        if let Kernel::Library(aggregate) = call.kernel
            && aggregate.strict
            && args.iter().any(Datum::is_null)
        {
            return Ok(());
        }
        match self {
            Group::State(state) => state.update(&call.run.eval(), args)?,
            Group::First(value) => {
                value.get_or_insert_with(|| args[0].clone());
            }
            Group::Values(values) => values.push(args[0].clone()),
            Group::Count(count) => *count += 1,
            Group::Rows { rows, seen, bytes } => {
                if call.distinct {
                    let key = args.iter().zip(&call.args);
                    let key = key.map(|(datum, ty)| HashKey { ty: *ty, datum: datum.clone() }).collect();
                    if !seen.insert(key) {
                        return Ok(());
                    }
                }
                *bytes += row.iter().map(size_of_datum).sum::<usize>() * (1 + usize::from(call.distinct)) + 48;
                rows.push(row.to_vec());
            }
        }
        Ok(())
    }

    fn finish(&mut self, call: &Call) -> Result<Datum, SqlError> {
        match self {
            Group::State(state) => state.finish(&call.run.eval()),
            Group::First(value) => Ok(value.clone().unwrap_or(Datum::Null)),
            Group::Count(count) => Ok(Datum::Int8(*count)),
            Group::Values(values) => {
                let Kernel::Collect(element) = call.kernel else {
                    return Err(SqlError::internal("values collected for another aggregate"));
                };
                crate::eval::collect(std::mem::take(values), element)
            }
            Group::Rows { rows, .. } => {
                match call.order.is_empty() {
                    // PostgreSQL sorts to find duplicates.
                    true => rows.sort_by(|a, b| compare_all(&call.args, a, b)),
                    false => rows.sort_by(|a, b| call.compare(a, b)),
                }
                let mut plain = Self::plain(call.kernel, call);
                let sorted = Call { distinct: false, filtered: false, order: Vec::new(), ..call.clone() };
                rows.iter().try_for_each(|row| plain.update(&sorted, &row[..call.args.len()]))?;
                plain.finish(&sorted)
            }
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Group::State(state) => state.bytes() + 32,
            Group::First(_) | Group::Count(_) => 64,
            Group::Values(values) => values.len() * 48,
            Group::Rows { bytes, .. } => *bytes,
        }
    }
}

fn compare_all(types: &[TypeId], a: &[Datum], b: &[Datum]) -> std::cmp::Ordering {
    let orders = types.iter().zip(a.iter().zip(b)).map(|(ty, (a, b))| match (a.is_null(), b.is_null()) {
        (false, false) => compare(*ty, a, b),
        (a, b) => a.cmp(&b),
    });
    orders.into_iter().find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
}

/// About how many bytes a value holds.
pub(crate) fn size_of_datum(datum: &Datum) -> usize {
    let heap = match datum {
        Datum::Text(text) => text.len() + 16,
        Datum::Bytea(bytes) => bytes.len() + 16,
        Datum::Array(array) => array.elements.iter().map(size_of_datum).sum::<usize>() + 64,
        Datum::Record(fields) => fields.iter().map(size_of_datum).sum::<usize>() + 16,
        _ => 0,
    };
    size_of::<Datum>() + heap
}

/// The DataFusion face of a [`Call`].
#[derive(Debug)]
struct Udaf {
    call: Arc<Call>,
    signature: Signature,
}

impl PartialEq for Udaf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.call, &other.call)
    }
}

impl Eq for Udaf {}

impl Hash for Udaf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.call).hash(state);
    }
}

impl AggregateUDFImpl for Udaf {
    fn name(&self) -> &str {
        match self.call.kernel {
            Kernel::Library(aggregate) => aggregate.name,
            Kernel::First => "first",
            Kernel::Collect(_) => "collect",
            Kernel::Count => "count",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(arrow_type(self.call.ty))
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(args.name, DataType::Binary, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let groups = Groups { call: self.call.clone(), groups: Vec::new(), bytes: 0 };
        Ok(Box::new(One { groups: Mutex::new(groups) }))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups { call: self.call.clone(), groups: Vec::new(), bytes: 0 }))
    }
}

/// All groups of one aggregate.
struct Groups {
    call: Arc<Call>,
    groups: Vec<Group>,
    bytes: usize,
}

impl Groups {
    fn grow(&mut self, total: usize) {
        while self.groups.len() < total {
            self.groups.push(Group::new(&self.call));
        }
    }
}

/// States stay where they are: nothing is merged, nothing is spilled.
fn no_partial_states<T>() -> Result<T> {
    Err(DataFusionError::ResourcesExhausted("the groups of an aggregation do not fit into the query's memory".into()))
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        _: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.call.run.check_cancel().map_err(wrap)?;
        self.grow(total);
        let types = self.call.types();
        let readers = values.iter().zip(&types).map(|(array, ty)| Reader::new(array, *ty).map_err(wrap));
        let readers = readers.collect::<Result<Vec<_>>>()?;
        let mut row = vec![Datum::Null; types.len()];
        for (number, group) in groups.iter().enumerate() {
            for (value, reader) in row.iter_mut().zip(&readers) {
                *value = reader.get(number).map_err(wrap)?;
            }
            self.groups[*group].update(&self.call, &row).map_err(wrap)?;
        }
        self.bytes = self.groups.iter().map(Group::bytes).sum();
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut groups = emit_to.take_needed(&mut self.groups);
        let mut out = Writer::new(self.call.ty, groups.len());
        for group in &mut groups {
            group.finish(&self.call).and_then(|value| out.push(&value)).map_err(wrap)?;
        }
        Ok(out.finish())
    }

    fn state(&mut self, _: EmitTo) -> Result<Vec<ArrayRef>> {
        no_partial_states()
    }

    fn merge_batch(&mut self, _: &[ArrayRef], _: &[usize], _: usize) -> Result<()> {
        no_partial_states()
    }

    fn convert_to_state(&self, _: &[ArrayRef], _: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        no_partial_states()
    }

    fn size(&self) -> usize {
        self.bytes
    }
}

/// One group, for aggregation without GROUP BY. The lock is never contended: it makes a state shareable in name.
struct One {
    groups: Mutex<Groups>,
}

impl One {
    fn groups(&mut self) -> &mut Groups {
        self.groups.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for One {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("One").finish_non_exhaustive()
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |array| array.len());
        self.groups().update_batch(values, &vec![0; rows], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let groups = self.groups();
        groups.grow(1);
        let array = groups.evaluate(EmitTo::All)?;
        ScalarValue::try_from_array(&array, 0)
    }

    fn size(&self) -> usize {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        no_partial_states()
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> Result<()> {
        no_partial_states()
    }
}
