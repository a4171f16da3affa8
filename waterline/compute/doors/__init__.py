"""The synchronous front doors of a function: HTTP requests that wait for its answer.

http          a request and a response
client        ``cloud.http``: who sends requests, from the notebook cell, without a socket
door          what all doors share: permission, invocation, limits of time and size, and what the journal says of it
function_url  a function's own URL
rest_api      REST APIs with Lambda proxy integrations; ``openapi`` stands in for what moto needs to import them
http_api      HTTP APIs with Lambda proxy integrations
routes        which route of an API a path takes
events        the event that a function gets, in both payload formats
replies       the response that a function's answer becomes
"""
