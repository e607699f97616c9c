//! Rows that are there.

use crate::capsule;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// A table, or as much of it as there is. It has the Arrow PyCapsule interface: `pyarrow.table(table)`,
/// `polars.DataFrame(table)`, `pandas.DataFrame.from_arrow(table)`.
#[pyclass(module = "mailtap", frozen)]
pub struct Table {
    /// Its name, as the command line's `--show` has it.
    #[pyo3(get)]
    name: &'static str,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    pub fn new(name: &'static str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { name, schema, batches }
    }

    fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

#[pymethods]
impl Table {
    /// The number of rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.rows()
    }

    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        names(&self.schema)
    }

    fn __len__(&self) -> usize {
        self.rows()
    }

    // One without rows is there all the same.
    fn __bool__(&self) -> bool {
        true
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::of_schema(py, &self.schema)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface lets a producer give its own.
        drop(requested_schema);
        capsule::of_batches(py, self.batches.clone(), self.schema.clone())
    }

    fn __repr__(&self) -> String {
        format!("<mailtap.Table {}: {} rows, {} columns>", self.name, self.rows(), self.schema.fields().len())
    }
}

/// Rows of a table, as `stream` gives them. It has the Arrow PyCapsule interface: `pyarrow.record_batch(batch)`,
/// `polars.DataFrame(batch)`.
#[pyclass(module = "mailtap", frozen)]
pub struct Batch {
    rows: RecordBatch,
}

impl Batch {
    pub fn new(rows: RecordBatch) -> Self {
        Self { rows }
    }
}

#[pymethods]
impl Batch {
    /// The number of rows, at least one.
    #[getter]
    fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        names(self.rows.schema_ref())
    }

    fn __len__(&self) -> usize {
        self.rows.num_rows()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::of_schema(py, self.rows.schema_ref())
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        drop(requested_schema);
        capsule::of_batch(py, &self.rows)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        capsule::of_batches(py, vec![self.rows.clone()], self.rows.schema())
    }

    fn __repr__(&self) -> String {
        format!("<mailtap.Batch: {} rows, {} columns>", self.rows.num_rows(), self.rows.num_columns())
    }
}

/// The names of the columns of `schema`.
pub fn names(schema: &SchemaRef) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}
