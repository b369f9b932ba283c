"""What runs inside the sandbox. It stands on the standard library alone: nothing else is there."""
