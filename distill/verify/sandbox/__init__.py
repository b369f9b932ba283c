"""Running programs that a model wrote: bubblewrap outside, a cell of their own for each inside."""
