"""Models for use: bundles, recognition of activities, export."""
