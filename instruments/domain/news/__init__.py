"""News: what a source told, made plain; what it is about; and how it sounds."""
