"""Executors of cohorts: processes of this machine, workers of a cluster."""

LOCAL = "local"
"""Address of a cluster that is started on this machine."""
