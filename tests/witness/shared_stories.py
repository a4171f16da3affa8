"""Short stories, each written once against plain boto3, with the outcome that AWS documents, a module per service.

Each is told to the lab in virtual time and to ministack in real seconds; `docs/witness.md` says how they compare.
"""

from __future__ import annotations

import stories_dynamodb
import stories_events
import stories_kinesis
import stories_lambda
import stories_pipes
import stories_s3
import stories_scheduler
import stories_sns
import stories_sns_filters
import stories_sqs
import stories_states
import stories_states_errors
from telling import Story

STORIES: tuple[Story, ...] = (
    *stories_sqs.STORIES,
    *stories_lambda.STORIES,
    *stories_sns.STORIES,
    *stories_sns_filters.STORIES,
    *stories_events.STORIES,
    *stories_kinesis.STORIES,
    *stories_dynamodb.STORIES,
    *stories_s3.STORIES,
    *stories_states.STORIES,
    *stories_states_errors.STORIES,
    *stories_scheduler.STORIES,
    *stories_pipes.STORIES,
)
"""In the order in which they are told."""
