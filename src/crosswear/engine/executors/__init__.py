"""Executors of cohorts: processes of this machine, workers of a cluster."""
