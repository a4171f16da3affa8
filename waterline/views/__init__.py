"""Pictures and widgets, each fed by the journal alone.

========================  =============================================================================
``timeline(journal)``     the picture of a run: one row per message
``explore(scenario, c)``  a widget with one control that runs a scenario again and draws it
``Control``               the setting that ``explore`` turns
``predict(question)``     asks before a run, keeps the answer, and sets it beside what happened
========================  =============================================================================

A picture has ``caption`` (the finding in words), ``text`` (its text alternative), ``table()`` (its table twin) and an
HTML form that holds all three. matplotlib is imported when the first picture is drawn.
"""

from waterline.views.explore import Control, explore
from waterline.views.predict import predict
from waterline.views.timeline import timeline

__all__ = ["Control", "explore", "predict", "timeline"]
