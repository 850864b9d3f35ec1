"""The report: a static site, one Markdown and one LaTeX document with the same content; reads files, writes files."""
