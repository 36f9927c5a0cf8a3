"""The workshop of cases: writing one, reviewing it together, and letting it go live."""
