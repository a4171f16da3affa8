"""Amazon CloudWatch: metrics that are derived from the journal, and alarms on the cloud's clock."""

from waterline.services.cloudwatch.backend import MetricBackend

__all__ = ["MetricBackend"]
