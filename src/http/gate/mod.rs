//! What every http request passes through.
