"""The metrics of AWS services, derived from the journal: nothing else keeps count.

Words
-----
metric
    a namespace, a name and a set of dimensions; each set of dimensions is a metric of its own.
sample
    one value that a service sends to CloudWatch, at a minute.
series
    the samples of one metric, minute by minute.

Pure: from a journal to samples. What CloudWatch does with them is in ``waterline.services.cloudwatch``.
"""

from waterline.services.metrics.reader import JournalMetrics
from waterline.services.metrics.samples import STATISTICS, Samples, is_percentile
from waterline.services.metrics.series import MINUTE, Metric, Series

__all__ = ["MINUTE", "STATISTICS", "JournalMetrics", "Metric", "Samples", "Series", "is_percentile"]
