//! Conditions that were pushed down to a leaf, over the leaf's columns.

use std::sync::Arc;

use cairn_sql_binder::tree::Expr as Tree;
use cairn_sql_types::SqlError;
use datafusion::logical_expr::Expr;

use crate::eval::INPUT;
use crate::function::Eval;

/// A condition whose inputs are columns of the leaf.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// Over [`INPUT`] columns that are positions in the leaf.
    pub(crate) tree: Arc<Tree>,
}

/// The expression behind a call of ours over plain columns, and those columns' names.
fn open(expr: &Expr) -> Option<(&Eval, Vec<&str>)> {
    let Expr::ScalarFunction(call) = expr else { return None };
    let eval = call.func.inner().downcast_ref::<Eval>()?;
    let names = call.args.iter().map(|arg| match arg {
        Expr::Column(column) => Some(column.name.as_str()),
        _ => None,
    });
    Some((eval, names.collect::<Option<_>>()?))
}

/// Can a leaf check this condition by itself?
pub(crate) fn is_ours(expr: &Expr) -> bool {
    open(expr).is_some()
}

impl Condition {
    /// A pushed condition over the columns of these names.
    pub(crate) fn new(expr: &Expr, columns: &[String]) -> Result<Self, SqlError> {
        let (eval, names) = open(expr).ok_or_else(|| SqlError::internal("a foreign condition in a scan"))?;
        let place = |name: &str| columns.iter().position(|column| column == name);
        let places: Option<Vec<usize>> = names.into_iter().map(place).collect();
        let places = places.ok_or_else(|| SqlError::internal("a condition over another relation in a scan"))?;
        Ok(Self { tree: Arc::new(move_inputs((*eval.tree).clone(), &|input| places[input])?) })
    }

    /// The columns it uses.
    pub(crate) fn columns(&self) -> Vec<usize> {
        self.tree.columns().into_iter().map(|(_, column, _)| column).collect()
    }

    /// The same over a row that holds only some columns.
    pub(crate) fn moved(&self, to: &dyn Fn(usize) -> usize) -> Result<Self, SqlError> {
        Ok(Self { tree: Arc::new(move_inputs((*self.tree).clone(), to)?) })
    }
}

fn move_inputs(tree: Tree, to: &dyn Fn(usize) -> usize) -> Result<Tree, SqlError> {
    match tree {
        Tree::Column(_, input, ty) => Ok(Tree::Column(INPUT, to(input), ty)),
        other => other.map_children(&mut |child| move_inputs(child, to)),
    }
}
