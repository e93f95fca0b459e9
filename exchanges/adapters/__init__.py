"""The only modules that speak a venue's wire. They import its SDK, and no table."""
