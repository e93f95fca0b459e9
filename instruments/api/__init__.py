"""Instruments' API."""
