"""Measured numbers and claims: recorded, compared with published ones, published, verified."""
