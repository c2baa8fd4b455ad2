"""One output format a module; each loads only when used."""
