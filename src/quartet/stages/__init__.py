"""The stages of the workflow as functions: files in, files out, provenance beside them."""
