"""The texts of the page as HTML. Whatever comes from outside passes through `escape` here, and nowhere else."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Final

from n2n.drums import DRUM_NAMES, DRUMS
from n2n.notes import Note

TITLE: Final = "Noise to Notes"
HEADER: Final = f"""<header class="top"><h1>{TITLE}</h1>
<p>Drop in a drum recording and watch its notes come out of noise. Paint over what you want played anew, hear it, and keep it as MIDI.</p>
</header>"""

RUNNING: Final = 'data-state="running"'
"""What the markup of a status holds while a job runs."""


def section(title: str, hint: str) -> str:
    """The heading of a part of the page."""
    return f'<h2>{title}</h2><p class="hint">{hint}</p>'


def status(text: str, *, state: str = "idle", step: int = 0, steps: int = 0) -> str:
    """The line that says what is going on; `state` is idle, running, done or failed."""
    bar = f'<progress max="{steps}" value="{step}" aria-label="steps done"></progress>' if steps else ""
    role = "alert" if state == "failed" else "status"
    data = f'data-state="{state}" data-step="{step}" data-steps="{steps}"'
    return f'<div class="status {state}" role="{role}" {data}><p>{escape(text)}</p>{bar}</div>'


def no_model(name: str) -> str:
    """What stands on the page where no model could be loaded."""
    return f"""<div class="notice" role="alert"><p><b>There is no model yet.</b> This copy of Noise-to-Notes cannot load the model
<code>{escape(name)}</code>, so it cannot write notes; you can still draw, play and keep them. Train a model with <code>n2n train</code>,
or set <code>N2N_MODEL</code> to a folder that holds one, and start the app again. The terminal in which it was started says what was
wrong.</p></div>"""


def describe(notes: Sequence[Note]) -> str:
    """How many notes of which drum: `12 notes: 8 kick, 4 snare`."""
    counts = Counter(note.drum for note in notes)
    each = ", ".join(f"{counts[drum]} {DRUM_NAMES[drum]}" for drum in DRUMS if counts[drum])
    return f"{count(notes)}: {each}" if notes else "no notes"


def count(notes: Sequence[object]) -> str:
    return "1 note" if len(notes) == 1 else f"{len(notes)} notes"


def length(seconds: int | float) -> str:
    """A length of time in words: `12.3 s`, `10 min`, `1 min 5 s`."""
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" + (f" {rest} s" if rest else "")
