//! mazad from outside: one binary, one module per subject.

#[cfg(test)]
mod engine;
