"""Live pages: services publish ids, one subscription a process re-reads, renders once per viewpoint, fans bytes out."""
