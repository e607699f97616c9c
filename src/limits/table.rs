/*!
The table of bounds.

A bound is one row of `limits!`: its name in `limits_hit`, its constants, the text shown where it cost something
(`hit`), and its line of the README's table (`readme`). Both texts name the constants in braces. The rows are in
`limits/table/session.rs` and `limits/table/run.rs`, in this order.
*/

#[macro_use]
mod run;
#[macro_use]
mod session;

use super::row::{Row, Value, Words, bound};

session_bounds!(run_bounds);
