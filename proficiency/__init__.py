"""Proficiency: the assessment platform of the Certificate of Proficiency in case management."""

__version__ = "0.1.0"
