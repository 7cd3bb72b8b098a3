"""Appraisal: verified evidence, a registration and a policy in, a verdict out. Pure: no clock, file or database."""
