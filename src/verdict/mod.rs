/*!
What a session means. The facts are in [`session`](crate::session); here they are read: [`purpose`] says what a step
does where it stands. Nothing here knows of a view, and nothing is kept: a view asks when it shows.
*/

pub mod purpose;
