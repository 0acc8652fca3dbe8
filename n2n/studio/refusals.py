"""What a caller or a visitor is told where a function cannot do what was asked."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

LOG = logging.getLogger(__name__)


@contextmanager
def told() -> Iterator[None]:
    """Raises each error as `gr.Error`: of a ValueError, which says what was asked wrongly, with its text; of any other, which is logged,
    only that something went wrong."""
    try:
        yield
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except Exception as error:
        LOG.exception("an endpoint failed")
        raise gr.Error("something went wrong on the server, which has written down what", print_exception=False) from error
