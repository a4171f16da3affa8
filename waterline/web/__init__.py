"""HTTP inside the cloud: hosts that answer, and requests that reach them on the clock. No socket is opened.

Words
-----
site
    what answers at a host: somebody else's API, the endpoint of a subscription. Its place in the journal is
    ``http:HOST``.
request
    ``requested`` when it reaches the site; ``written`` when the site has done what was asked for, and not only
    read; ``answered`` with the status that goes back. A connection that nobody takes is ``refused``.

In reading order: ``messages`` (a request and its response as values), ``web`` (the hosts of one cloud), ``wire`` (how
``urllib``, ``http.client``, ``urllib3`` and ``requests`` get there). A service hands over with
``waterline.services.delivery.Targets.http``.
"""

from waterline.web.messages import Headers, Request, Response, request_to
from waterline.web.web import Answer, Entrance, Unreachable, Web

__all__ = ["Answer", "Entrance", "Headers", "Request", "Response", "Unreachable", "Web", "request_to"]
