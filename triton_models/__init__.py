"""The Triton model repository: templates of its configurations, and what renders them with weights built in."""
