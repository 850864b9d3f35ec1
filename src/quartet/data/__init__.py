"""Episode files, samplers and trajectory weights."""
