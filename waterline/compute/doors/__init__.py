"""The front doors: HTTP requests that wait for the answer of a function, or of an AWS service.

http          a request and a response
client        ``cloud.http``: who sends requests, from the notebook cell, without a socket
door          what all doors share: permission, invocation, limits of time and size, and what the journal says of it
function_url  a function's own URL
rest_api      REST APIs; ``rest_backend`` is their API, ``openapi`` stands in for what moto needs to import it
integrations  the service behind a REST API's method; ``mapping`` its templates; ``aws`` how a service is asked
usage_plans   who may pass a REST API's method: keys, plans and quotas
http_api      HTTP APIs; ``http_backend`` is their API, ``subtypes`` are their integrations with services
throttling    the token buckets of the account, of stages and of usage plans
routes        which route of an API a path takes
events        the event that a function gets, in both payload formats
replies       the response that a function's answer becomes
"""
