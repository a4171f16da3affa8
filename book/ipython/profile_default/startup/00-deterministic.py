"""Makes what a kernel would draw at random the same in every run (see book/kernel.py)."""


def _count_comms() -> None:
    """A widget's model identifier is its comm's, and a comm's is random: count them instead."""
    from itertools import count
    from types import SimpleNamespace

    import comm.base_comm

    numbers = count(1)
    comm.base_comm.uuid = SimpleNamespace(
        uuid4=lambda: SimpleNamespace(hex=f"{next(numbers):032x}")
    )


def _no_font_cache_notice() -> None:
    """On a new machine matplotlib says on stderr that it builds its font cache; that is no output of a lesson."""
    import logging

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


_count_comms()
_no_font_cache_notice()
del _count_comms, _no_font_cache_notice
