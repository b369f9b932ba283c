-- Lets another thread ask how far a statement is; DuckDB prints nothing of its own.
set enable_progress_bar = true;
set enable_progress_bar_print = false;
