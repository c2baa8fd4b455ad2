"""One output format a module; each loads only when used."""

FORMATS = ("text", "json", "jsonl", "md", "csv", "sarif", "junit", "html", "xlsx", "docx")
