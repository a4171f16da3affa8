"""IPython settings of every kernel that executes a notebook of the course (see book/kernel.py)."""

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.HistoryManager.enabled = False
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "metadata": {"Date": None}}
