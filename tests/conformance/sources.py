"""The sources that a story may name, and how they are found in its docstring.

Words
-----
page
    a page of an AWS guide, named by its title in double quotes; `PAGES` has them all, by guide. A section's title in
    `SECTIONS` stands for its page. Anything else in quotes is a section or a sentence of the pages that the module's
    docstring names.
action
    an operation of a service's API, named as botocore names it: its page in the API reference. A module whose
    docstring says "Actions are those of eventbridgev2." means that service's first.
fact
    an identifier of ``waterline.facts`` in double backquotes: the fact names its own source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import boto3

from waterline.facts import facts

_LAMBDA = "AWS Lambda Developer Guide"
_SQS = "Amazon SQS Developer Guide"
_CLOUDWATCH = "Amazon CloudWatch User Guide"
_APIGATEWAY = "Amazon API Gateway Developer Guide"
_EVENTBRIDGE = "Amazon EventBridge User Guide"
_SCHEDULER = "Amazon EventBridge Scheduler User Guide"
_KINESIS = "Amazon Kinesis Data Streams Developer Guide"
_DYNAMODB = "Amazon DynamoDB Developer Guide"
_FIREHOSE = "Amazon Data Firehose Developer Guide"
_SNS = "Amazon SNS Developer Guide"
_IAM = "AWS Identity and Access Management User Guide"
_S3 = "Amazon S3 User Guide"
_STATES = "AWS Step Functions Developer Guide"
_CLOUDFORMATION = "AWS CloudFormation User Guide"
_TEMPLATES = "CloudFormation Template Reference Guide"
_SAM = "AWS SAM Developer Guide"

PAGES = {
    "AWS Lambda function errors in Python": _LAMBDA,
    "Capturing records of Lambda asynchronous invocations": _LAMBDA,
    "Configure Lambda function timeout": _LAMBDA,
    "Configuring partial batch response with Kinesis Data Streams and Lambda": _LAMBDA,
    "Configuring provisioned concurrency for a function": _LAMBDA,
    "Configuring reserved concurrency for a function": _LAMBDA,
    "Configuring scaling behavior for SQS event source mappings": _LAMBDA,
    "Control access to Lambda function URLs": _LAMBDA,
    "Control which events Lambda sends to your function": _LAMBDA,
    "Create an alias for a Lambda function": _LAMBDA,
    "Creating and configuring an Amazon SQS event source mapping": _LAMBDA,
    "Creating and managing Lambda function URLs": _LAMBDA,
    "Handling Lambda errors with an API Gateway API": _LAMBDA,
    "Handling errors for an SQS event source in Lambda": _LAMBDA,
    "How Lambda handles errors and retries with asynchronous invocation": _LAMBDA,
    "How Lambda processes records from stream and queue-based event sources": _LAMBDA,
    "Implement Lambda canary deployments using a weighted alias": _LAMBDA,
    "Implementing stateful Kinesis Data Streams processing in Lambda": _LAMBDA,
    "Invoking Lambda function URLs": _LAMBDA,
    "Invoking a Lambda function using an Amazon API Gateway endpoint": _LAMBDA,
    "Lambda parameters for Amazon Kinesis Data Streams event source mappings": _LAMBDA,
    "Lambda quotas": _LAMBDA,
    "Lambda scaling behavior": _LAMBDA,
    "Log and monitor Python Lambda functions": _LAMBDA,
    "Manage Lambda function versions": _LAMBDA,
    "Monitoring Lambda function URLs": _LAMBDA,
    "Retain discarded batch records for a Kinesis Data Streams event source in Lambda": _LAMBDA,
    "Retain discarded records for a DynamoDB event source in Lambda": _LAMBDA,
    "Select a method to invoke your Lambda function using an HTTP request": _LAMBDA,
    "Troubleshoot invocation issues in Lambda": _LAMBDA,
    "Types of metrics for Lambda functions": _LAMBDA,
    "Understanding Lambda function scaling": _LAMBDA,
    "Understanding the Lambda execution environment lifecycle": _LAMBDA,
    "Use Lambda recursive loop detection to prevent infinite loops": _LAMBDA,
    "Using AWS Lambda with Amazon DynamoDB": _LAMBDA,
    "Using AWS Lambda with Amazon SNS": _LAMBDA,
    "Using Lambda to process records from Amazon Kinesis Data Streams": _LAMBDA,
    "Using Lambda with Amazon SQS": _LAMBDA,
    "Using event filtering with a DynamoDB event source": _LAMBDA,
    "Using event filtering with an Amazon SQS event source": _LAMBDA,
    "Using the Lambda context object to retrieve Python function information": _LAMBDA,
    "Viewing resource-based IAM policies in Lambda": _LAMBDA,
    "Working with .zip file archives for Python Lambda functions": _LAMBDA,
    "Working with Lambda environment variables": _LAMBDA,
    "Working with Lambda function logs": _LAMBDA,
    "Amazon SQS delay queues": _SQS,
    "Amazon SQS message quotas": _SQS,
    "Amazon SQS short and long polling": _SQS,
    "Amazon SQS standard queues": _SQS,
    "Amazon SQS visibility timeout": _SQS,
    "Available CloudWatch metrics for Amazon SQS": _SQS,
    "Exactly-once processing in Amazon SQS": _SQS,
    "FIFO delivery logic in Amazon SQS": _SQS,
    "Learn how to configure a dead-letter queue redrive in Amazon SQS": _SQS,
    "Monitoring Amazon SQS queues using CloudWatch": _SQS,
    "Setting-up dead-letter queue retention": _SQS,
    "Using dead-letter queues in Amazon SQS": _SQS,
    "Alarm evaluation": _CLOUDWATCH,
    "Alarm events and EventBridge": _CLOUDWATCH,
    "CloudWatch statistics definitions": _CLOUDWATCH,
    "Configuring how CloudWatch alarms treat missing data": _CLOUDWATCH,
    "Percentile-based alarms and low data samples": _CLOUDWATCH,
    "Using math expressions with CloudWatch metrics": _CLOUDWATCH,
    "Amazon API Gateway quotas": _APIGATEWAY,
    "Create AWS Lambda proxy integrations for HTTP APIs": _APIGATEWAY,
    "Create routes for HTTP APIs in API Gateway": _APIGATEWAY,
    "Gateway response types": _APIGATEWAY,
    "Lambda proxy integrations in API Gateway": _APIGATEWAY,
    "Return binary media from a Lambda proxy integration in API Gateway": _APIGATEWAY,
    "Set up a deployment for a REST API": _APIGATEWAY,
    "Choose an API Gateway API integration type": _APIGATEWAY,
    "Create AWS service integrations for HTTP APIs in API Gateway": _APIGATEWAY,
    "Integration passthrough behaviors": _APIGATEWAY,
    "Integration subtype reference": _APIGATEWAY,
    "Override your API's request and response parameters and status codes for REST APIs in API Gateway": _APIGATEWAY,
    "Parameter mapping source for REST APIs in API Gateway": _APIGATEWAY,
    "Set up an integration response in API Gateway": _APIGATEWAY,
    "Set up mock integrations for REST APIs in API Gateway": _APIGATEWAY,
    "Stages for HTTP APIs in API Gateway": _APIGATEWAY,
    "Throttle requests to your HTTP APIs for better throughput in API Gateway": _APIGATEWAY,
    "Throttle requests to your REST APIs for better throughput in API Gateway": _APIGATEWAY,
    "Usage plans and API keys for REST APIs in API Gateway": _APIGATEWAY,
    "Variables for data transformations for API Gateway": _APIGATEWAY,
    "Troubleshooting issues with HTTP API Lambda integrations": _APIGATEWAY,
    "API destinations as targets in Amazon EventBridge": _EVENTBRIDGE,
    "Amazon EventBridge input transformation": _EVENTBRIDGE,
    "Archiving and replaying events in Amazon EventBridge": _EVENTBRIDGE,
    "Calculating Amazon EventBridge PutEvents event entry size": _EVENTBRIDGE,
    "Comparison operators for use in event patterns": _EVENTBRIDGE,
    "Creating Amazon EventBridge event patterns": _EVENTBRIDGE,
    "Creating a scheduled rule (legacy) in Amazon EventBridge": _EVENTBRIDGE,
    "Event bus targets in Amazon EventBridge": _EVENTBRIDGE,
    "How EventBridge retries delivering events": _EVENTBRIDGE,
    "Monitoring Amazon EventBridge": _EVENTBRIDGE,
    "Permissions for event buses in Amazon EventBridge": _EVENTBRIDGE,
    "Sending events between event buses in the same account and Region in Amazon EventBridge": _EVENTBRIDGE,
    "Using dead-letter queues to process undelivered events in EventBridge": _EVENTBRIDGE,
    "Using resource-based policies for Amazon EventBridge": _EVENTBRIDGE,
    "Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge": _EVENTBRIDGE,
    "Schedule types in EventBridge Scheduler": _SCHEDULER,
    "Amazon EventBridge Pipes batching and concurrency": _EVENTBRIDGE,
    "Amazon EventBridge Pipes error handling and troubleshooting": _EVENTBRIDGE,
    "Amazon EventBridge Pipes input transformation": _EVENTBRIDGE,
    "Amazon EventBridge Pipes sources": _EVENTBRIDGE,
    "Amazon EventBridge Pipes targets": _EVENTBRIDGE,
    "Amazon SQS queue target": _EVENTBRIDGE,
    "Batching deliveries to a target": _EVENTBRIDGE,
    "Creating a bus": _EVENTBRIDGE,
    "Event bus target: bus to bus": _EVENTBRIDGE,
    "Event enrichment in Amazon EventBridge Pipes": _EVENTBRIDGE,
    "Event filtering in Amazon EventBridge Pipes": _EVENTBRIDGE,
    "Event structure: data, metadata, and system metadata": _EVENTBRIDGE,
    "Filtering events for a subscriber": _EVENTBRIDGE,
    "HTTP targets: API Gateway and API destinations": _EVENTBRIDGE,
    "Lambda function target": _EVENTBRIDGE,
    "Ordering and deduplicating events on a Custom Event Bus": _EVENTBRIDGE,
    "Publishing events to a Custom Event Bus": _EVENTBRIDGE,
    "Replaying retained events to a subscriber": _EVENTBRIDGE,
    "Retry policies and dead-letter queues": _EVENTBRIDGE,
    "Sharing a Custom Event Bus with other accounts": _EVENTBRIDGE,
    "Step Functions state machine target": _EVENTBRIDGE,
    "Subscribing to events on a Custom Event Bus": _EVENTBRIDGE,
    "Targets for a Custom Event Bus subscriber": _EVENTBRIDGE,
    "Transforming events with JSONata": _EVENTBRIDGE,
    "Universal targets for a Custom Event Bus": _EVENTBRIDGE,
    "Updating, pausing, and resuming a subscriber": _EVENTBRIDGE,
    "Adding context attributes in EventBridge Scheduler": _SCHEDULER,
    "Configuring a schedule's dead-letter queue in EventBridge Scheduler": _SCHEDULER,
    "Configuring flexible time windows in EventBridge Scheduler": _SCHEDULER,
    "Using templated targets in EventBridge Scheduler": _SCHEDULER,
    "Using universal targets in EventBridge Scheduler": _SCHEDULER,
    "Change the data retention period": _KINESIS,
    "Choose the right mode to stream in": _KINESIS,
    "Develop enhanced fan-out consumers with dedicated throughput": _KINESIS,
    "Handle large records": _KINESIS,
    "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch": _KINESIS,
    "Quotas and limits": _KINESIS,
    "Reshard a stream": _KINESIS,
    "Terminology and concepts": _KINESIS,
    "Amazon Data Firehose quota": _FIREHOSE,
    "Configure Amazon S3 object name format": _FIREHOSE,
    "Configure source settings": _FIREHOSE,
    "Handle data delivery failures": _FIREHOSE,
    "Handle failure in data transformation": _FIREHOSE,
    "Monitor Amazon Data Firehose with CloudWatch metrics": _FIREHOSE,
    "Required parameters for data transformation": _FIREHOSE,
    "Transform source data in Amazon Data Firehose": _FIREHOSE,
    "Understand custom prefixes for Amazon S3 objects": _FIREHOSE,
    "Understand data delivery in Amazon Data Firehose": _FIREHOSE,
    "Best practices for designing and using partition keys effectively in DynamoDB": _DYNAMODB,
    "Change data capture for DynamoDB Streams": _DYNAMODB,
    "AND/OR logic": _SNS,
    "Amazon SNS dead-letter queues (DLQs)": _SNS,
    "Amazon SNS message archiving and replay for FIFO topics": _SNS,
    "Amazon SNS message attributes": _SNS,
    "Amazon SNS message delivery retries": _SNS,
    "Amazon SNS message delivery status": _SNS,
    "Amazon SNS message replay for FIFO topic subscribers": _SNS,
    "Amazon SNS raw message delivery": _SNS,
    "Amazon SNS subscription filter policy scope": _SNS,
    "Configuring an Amazon SNS dead-letter queue for a subscription": _SNS,
    "Fanout to Amazon SQS queues": _SNS,
    "Filter policy constraints": _SNS,
    "Key matching": _SNS,
    "Making sure your endpoint is ready to process Amazon SNS messages": _SNS,
    "Message deduplication for FIFO topics": _SNS,
    "Message delivery for FIFO topics": _SNS,
    "Message grouping for FIFO topics": _SNS,
    "Message ordering details for FIFO topics": _SNS,
    "Monitoring Amazon SNS topics using CloudWatch": _SNS,
    "Numeric value matching": _SNS,
    "Parsing Amazon SNS message formats": _SNS,
    "String value matching": _SNS,
    "Subscribing an Amazon SQS queue to an Amazon SNS topic": _SNS,
    "AWS JSON policy elements: Principal": _IAM,
    "IAM JSON policy elements: Action": _IAM,
    "IAM JSON policy elements: Condition operators": _IAM,
    "IAM JSON policy elements: NotAction": _IAM,
    "IAM JSON policy elements: NotResource": _IAM,
    "IAM JSON policy elements: Resource": _IAM,
    "Policy evaluation logic": _IAM,
    "Invoke a Lambda function from an alarm": _CLOUDWATCH,
    "Notifying users on alarm changes": _CLOUDWATCH,
    "Amazon S3 Event Notifications": _S3,
    "Configuring event notifications using object key name filtering": _S3,
    "Event message structure": _S3,
    "Event notification types and destinations": _S3,
    "EventBridge event message structure": _S3,
    "DynamoDB Streams and Time to Live": _DYNAMODB,
    "DynamoDB burst and adaptive capacity": _DYNAMODB,
    "DynamoDB provisioned capacity mode": _DYNAMODB,
    "Using time to live (TTL) in DynamoDB": _DYNAMODB,
    "Working with expired items and time to live (TTL)": _DYNAMODB,
    "Accessing execution data from the Context object in Step Functions": _STATES,
    "Automating Step Functions event delivery with EventBridge": _STATES,
    "Call HTTPS APIs in Step Functions workflows": _STATES,
    "Choice workflow state": _STATES,
    "Choosing workflow type in Step Functions": _STATES,
    "Discover service integration patterns in Step Functions": _STATES,
    "Fail workflow state": _STATES,
    "Handling errors in Step Functions workflows": _STATES,
    "Integrating services with Step Functions": _STATES,
    "Intrinsic functions for JSONPath states in Step Functions": _STATES,
    "ItemBatcher (Map)": _STATES,
    "ItemReader (Map)": _STATES,
    "Learn about Activities in Step Functions": _STATES,
    "Learning to use AWS service SDK integrations in Step Functions": _STATES,
    "Map workflow state": _STATES,
    "Monitoring Step Functions metrics using Amazon CloudWatch": _STATES,
    "Parallel workflow state": _STATES,
    "Pass workflow state": _STATES,
    "Passing data between states with variables": _STATES,
    "Processing input and output in Step Functions": _STATES,
    "Restarting state machine executions with redrive in Step Functions": _STATES,
    "ResultWriter (Map)": _STATES,
    "Setting failure thresholds for Distributed Map states in Step Functions": _STATES,
    "State machine versions in Step Functions workflows": _STATES,
    "Succeed workflow state": _STATES,
    "Task workflow state": _STATES,
    "Transforming data with JSONata in Step Functions": _STATES,
    "Using CloudWatch Logs to log execution history in Step Functions": _STATES,
    "Using Map state in Distributed mode for large-scale parallel workloads in Step Functions": _STATES,
    "Using Map state in Inline mode in Step Functions workflows": _STATES,
    "Wait workflow state": _STATES,
    "Choose how to handle failures when provisioning resources": _CLOUDFORMATION,
    "CloudFormation template Conditions syntax": _CLOUDFORMATION,
    "CloudFormation template Mappings syntax": _CLOUDFORMATION,
    "CloudFormation template Outputs syntax": _CLOUDFORMATION,
    "CloudFormation template Parameters syntax": _CLOUDFORMATION,
    "Get AWS values using pseudo parameters": _CLOUDFORMATION,
    "Get values stored in other services using dynamic references": _CLOUDFORMATION,
    "Template anatomy": _CLOUDFORMATION,
    "Update behaviors of stack resources": _CLOUDFORMATION,
    "AWS::Events::Rule": _TEMPLATES,
    "AWS::Include transform": _TEMPLATES,
    "AWS::Lambda::Function": _TEMPLATES,
    "AWS::Lambda::LayerVersion": _TEMPLATES,
    "AWS::S3::Bucket": _TEMPLATES,
    "AWS::SNS::Topic": _TEMPLATES,
    "AWS::SQS::Queue": _TEMPLATES,
    "AWS::StepFunctions::StateMachine": _TEMPLATES,
    "Condition functions": _TEMPLATES,
    "DeletionPolicy attribute": _TEMPLATES,
    "DependsOn attribute": _TEMPLATES,
    "Intrinsic function reference": _TEMPLATES,
    "UpdateReplacePolicy attribute": _TEMPLATES,
    "AWS SAM template anatomy": _SAM,
    "AWS::Serverless::Function": _SAM,
    "Generated CloudFormation resources": _SAM,
    "Globals section of the AWS SAM template": _SAM,
    "How AWS SAM uploads local files at deployment": _SAM,
}
"""Title and guide (read 2026-11)."""

_PARTS = {
    "Available CloudWatch metrics for Amazon SQS": ("Dead-letter queues (DLQs) and CloudWatch metrics",),
    "Capturing records of Lambda asynchronous invocations": (
        "Dead-letter queue message attributes",
        "Function versions use the same dead-letter queue settings as the unpublished version",
        "If Lambda can't send a message to the dead-letter queue, it deletes the event",
        "Lambda Function Invocation Result - Failure",
        "Lambda passes the invocation record as the payload to the function",
        "You can configure destinations in addition to or instead of a dead-letter queue",
        "You can set it as an event source for your Lambda function",
    ),
    "Change data capture for DynamoDB Streams": (
        "DynamoDB Streams: all data is subject to a 24-hour lifetime",
        "If you perform a PutItem or UpdateItem that does not change any data, no stream record is written",
    ),
    "Configuring partial batch response with Kinesis Data Streams and Lambda": (
        "If the array contains multiple items, Lambda uses the record with the lowest sequence number",
        "Lambda retries all records starting from that checkpoint",
        "The batch is bisected at the returned sequence number and Lambda retries only the remaining records",
        "The batch is bisected regardless of your ReportBatchItemFailures setting",
        "These responses will not be processed unless ReportBatchItemFailures is turned on",
    ),
    "Configuring reserved concurrency for a function": ("Configuring reserved concurrency",),
    "Configuring scaling behavior for SQS event source mappings": ("Configuring scaling behavior",),
    "Control access to Lambda function URLs": ("Condition keys",),
    "Control which events Lambda sends to your function": (
        "By default, you can define up to five different filters",
        "Lambda applies your filter criteria to each new event to determine whether to add it to the current batch",
        "Properly filtering Kinesis and DynamoDB messages",
        "The filter pattern for data properties must be in a valid JSON format",
        "The streams iterator advances past this record",
        "Your filters are logically ORed together",
    ),
    "Create AWS Lambda proxy integrations for HTTP APIs": ("Lambda function response for format 2.0",),
    "Create routes for HTTP APIs in API Gateway": ("Routing API requests",),
    "Handling errors for an SQS event source in Lambda": (
        "Handling errors",
        "Implementing partial batch responses",
    ),
    "How Lambda processes records from stream and queue-based event sources": ("Batching behavior",),
    "Invoking Lambda function URLs": (
        "Function URL invocation basics",
        "Request payload format",
        "Response payload format",
    ),
    "Lambda parameters for Amazon Kinesis Data Streams event source mappings": (
        "Amazon SQS queue or Amazon SNS topic destination for discarded records",
    ),
    "Lambda proxy integrations in API Gateway": (
        "Input format of a Lambda function for proxy integration",
        "Output format of a Lambda function for proxy integration",
        "Set up Lambda proxy integration",
        "Set up a proxy integration with a proxy resource",
    ),
    "Reshard a stream": ("Process parent shards before children",),
    "Retain discarded batch records for a Kinesis Data Streams event source in Lambda": (
        "Before invocation",
        "Before invocation: it retries until the records expire or exceed the maximum age",
        "It stops processing additional records in a shard if your function returns an error",
        "Retrying with smaller batches isolates bad records and works around timeout issues",
        "Splitting a batch does not count towards the retry quota",
        "With the default settings a bad record can block processing on the affected shard",
        "Your original batch size setting remains unchanged",
    ),
    "Types of metrics for Lambda functions": (
        "An unsupported destination type, such as an Amazon SQS FIFO queue or an Amazon SNS FIFO topic",
        "Delivery errors can also occur due to ... size limits",
    ),
    "Using AWS Lambda with Amazon DynamoDB": ("Example DynamoDB stream record event",),
    "Using Lambda to process records from Amazon Kinesis Data Streams": (
        "Each batch contains records from a single shard",
        "Example Kinesis record event",
        "It processes one batch of records at a time from each shard",
    ),
    "Using event filtering with an Amazon SQS event source": (
        "If there is a mismatch, Lambda drops the message",
        "Lambda automatically removes the message from the queue",
    ),
    "Amazon SNS message delivery retries": ("Creating an HTTP/S delivery policy",),
}
"""What stands for a page: titles of its sections, and sentences of it that a docstring quotes."""

SECTIONS = {part: page for page, parts in _PARTS.items() for part in parts}

_SERVICES = (
    "lambda",
    "sqs",
    "cloudwatch",
    "sns",
    "kinesis",
    "dynamodb",
    "apigateway",
    "apigatewayv2",
    "events",
    "eventbridgev2",
    "scheduler",
    "pipes",
    "firehose",
    "s3",
    "stepfunctions",
    "cloudformation",
    "dynamodbstreams",
)
_QUOTED = re.compile(r'"([A-Z][^"]{7,})"')
_FACT = re.compile(rf"``((?:{'|'.join(sorted({name.partition('.')[0] for name in facts}))})\.[a-z_0-9.]+)``")
_ACTION = re.compile(r"\b[A-Z][A-Za-z]+\b")
_OF = re.compile(r"Actions are those of ([a-z0-9]+)\.")


@cache
def actions(of: str = "") -> dict[str, str]:
    """Every operation of the services, and its API reference; where two have one, that of the service `of`."""
    names = {}
    for service in (*_SERVICES, *([of] if of else [])):
        model = boto3.client(service, region_name="us-east-1").meta.service_model
        names = dict.fromkeys(model.operation_names, f"{model.service_id} API Reference") | names
    return names


def sources(text: str, module: str = "") -> Iterator[str]:
    """What a docstring names, each once and in its order; ValueError for a page or a fact that nobody knows."""
    text = " ".join(text.split())
    found = []
    for title in _QUOTED.findall(text):
        pages = _pages(title) or [page for named in _QUOTED.findall(" ".join(module.split())) for page in _pages(named)]
        if not pages:
            raise ValueError(f'"{title}" is no page of tests/conformance/sources.py: add its title and its guide there')
        found += pages
    for identifier in _FACT.findall(text):
        if identifier not in facts:
            raise ValueError(f"{identifier} is no fact: look for it with `waterline facts`")
        found.append(f"fact `{identifier}`")
    own = _OF.search(" ".join(module.split()))
    known = actions(own[1] if own else "")
    found += [f"{known[word]}, {word}" for word in _ACTION.findall(_QUOTED.sub("", text)) if word in known]
    yield from dict.fromkeys(found)


def _pages(title: str) -> list[str]:
    """The page with this title, or with this section; none, if there is none."""
    page = SECTIONS.get(title, title)
    return [f'{PAGES[page]}, "{page}"'] if page in PAGES else []
