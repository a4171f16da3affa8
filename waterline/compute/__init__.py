"""The Lambda service in virtual time, one idea per module.

source        a function as its author writes it, and the real zip that is made of it
package       a deployment package: the modules in a zip, imported afresh by every execution environment
sandbox       where a handler runs: one small interface
inline        runs handlers on the clock, in this process; ``stage`` gives each what it believes to be its own,
              ``forbidden`` what it must not do to the process, ``eventloop`` asyncio on the clock, and ``watchdog``
              ends what computes without end, and ``scratch`` is its temporary directory
environment   an execution environment, and one invocation in it
fleet         the environments of one version of a function
provisioned   environments that are initialized ahead and kept
concurrency   how many invocations run at once, and how fast that may grow
function      a function as moto keeps it, and its policy
versions      which version a qualifier reaches, and the API of concurrency
faulted       what the faults of ``cloud.faults`` do to an invocation
outcome       how an invocation ended, in the words of the Lambda API
logs          what a handler prints, as CloudWatch Logs keeps it
asynchronous  the queue behind ``InvocationType="Event"``
sqs_mapping   the event source mapping that polls a queue; ``mapping_checks`` is what AWS refuses, ``batch_response``
              what a function may answer
filters       which messages and records of an event source reach the function
stream_mapping  the event source mapping that reads a stream of Kinesis or of a DynamoDB table; ``lane`` works its
              batches off, ``stream_retry`` decides what becomes of one, ``stream_destination`` is told of what is given
              up, ``tumbling`` is state from batch to batch; ``stream_settings``, ``stream_checks``: the API's words
aim           whom a mapping invokes: a function, a version, or what an alias names at that moment
mappings      the API of event source mappings; ``function_urls`` is that of URLs
backend       the API: moto parses and stores, the modules above deliver; ``responses`` is what moto's answers lack,
              ``errors`` are its refusals
doors         a package: function URLs and API Gateway in front of a function
limits        the numbers, from the dated facts
"""
