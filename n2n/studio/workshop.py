"""What all parts of one running app share: its models, its limits, its files, what visitors brought, and the jobs at work."""

from n2n.inference import Transcriber
from n2n.studio.files import Shelf
from n2n.studio.jobs import Jobs
from n2n.studio.recordings import Recordings
from n2n.studio.settings import Settings
from n2n.studio.view import quoted
from n2n.values import is_number


class Workshop:
    """What one running app works with.

    Args:
        model: None where no model could be loaded; then every try to use it says so.
        settings: the limits.
        shelf: where files lie until they expire.
        fast: a model that answers in one step; None where there is none, and no choice.
    """

    def __init__(self, model: Transcriber | None, settings: Settings, shelf: Shelf, fast: Transcriber | None = None) -> None:
        self.model, self.fast, self.settings, self.shelf = model, fast if model else None, settings, shelf
        models = [known for known in (self.model, self.fast) if known]
        keep_audio = any(known.foundation for known in models)
        self.recordings = Recordings(shelf, settings.max_seconds, settings.upload_bytes, keep_audio=keep_audio)
        self.jobs = Jobs(models, shelf)

    def need_model(self) -> Transcriber:
        """The model. Raises ValueError where there is none."""
        if self.model is None:
            text = f"there is no model: {self.settings.model!r} could not be loaded when the app started, whose terminal says why"
            raise ValueError(text)
        return self.model

    def need_fast(self) -> Transcriber:
        """The fast model. Raises ValueError where there is none."""
        if self.fast is None:
            raise ValueError("this app has no fast model: leave fast out")
        return self.fast

    def check_seconds(self, seconds: int | float | None) -> float:
        """A length of a roll. Raises ValueError where it is none, or longer than is taken here."""
        if not is_number(seconds) or not 0.0 < seconds <= self.settings.max_seconds:
            raise ValueError(f"seconds must lie between 0 and {self.settings.max_seconds:g}, not {quoted(seconds)}")
        return float(seconds)
