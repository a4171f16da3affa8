"""What a month costs in us-east-1: of a rate, or of a run.

    from waterline.pricing import Profile, bill, lambda_, sqs

    orders = Profile.per_second(20, payload=1_000, batch=10)
    bill(sqs.Queue.carrying(orders), lambda_.Function.carrying(orders, duration_ms=200, memory_mb=512))
    bill(cloud.journal, times=4_380)          # this run, every ten minutes

Words
-----
use
    what a month takes of one service, counted in what that service charges for: requests, GB-seconds, shard-hours. Each
    service has a module of its own here, and in it a frozen class with `lines(tariff)` and, where a service carries
    messages, a constructor `carrying(profile, ...)`.
profile
    a month's messages: how many, of what size, how many of them to a batch.
tariff
    the prices and free allowances of one account and one month. All uses of a bill share it, so the free million and
    the volume tiers are given once.
line
    one charge: what, how much of it, at which price, and the fact that the price is.
bill
    the lines, their total, and what it comes to for a million messages.

Every price, rounding and allowance is a fact; a line whose amount rests on a fact that is not verified says so. Data
transfer, logs, storage elsewhere and taxes are not in a bill.
"""

from waterline.pricing import apigateway, dynamodb, eventbridge, firehose, kinesis, lambda_, sns, sqs, stepfunctions
from waterline.pricing.bill import Bill, bill
from waterline.pricing.profile import Profile
from waterline.pricing.run import Run
from waterline.pricing.tariff import Line, Price, Tariff, Use

__all__ = [
    "Bill",
    "Line",
    "Price",
    "Profile",
    "Run",
    "Tariff",
    "Use",
    "apigateway",
    "bill",
    "dynamodb",
    "eventbridge",
    "firehose",
    "kinesis",
    "lambda_",
    "sns",
    "sqs",
    "stepfunctions",
]
