"""Pictures and widgets: of a run, fed by its journal alone, and of the facts.

========================  =============================================================================
``timeline(journal)``     the picture of a run: one row per message
``explore(scenario, c)``  a widget with one control that runs a scenario again and draws it
``Control``               the setting that ``explore`` turns
``capacity(scenario)``    a widget with up to three controls over four curves of the capacity simulator
``predict(question)``     asks before a run, keeps the answer, and sets it beside what happened
``comparison(time)``      the services on six axes, as they were known in 2018, in 2021 and today
========================  =============================================================================

A picture has ``caption`` (the finding in words), ``text`` (its text alternative), ``table()`` (its table twin) and an
HTML form that holds all three. matplotlib is imported when the first picture is drawn.
"""

from waterline.views.capacity import capacity
from waterline.views.comparison import comparison
from waterline.views.explore import Control, explore
from waterline.views.predict import predict
from waterline.views.timeline import timeline

__all__ = ["Control", "capacity", "comparison", "explore", "predict", "timeline"]
