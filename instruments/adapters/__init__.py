"""The wire to files and vendors: no table, no clock."""
