"""What was done to get the notes: the calls of the model one after the other, with all that they were given.

A recipe is a list of actions, in JSON:

    {"verb": "transcribe" | "regenerate" | "refine" | "generate", "options": {"num_steps": n, "seed": n, "sampler": name, "guidance": x,
     "num_samples": n}, "thresholds": [7 numbers]}

and for `regenerate` "listen", "heard" and "seeds" (one a take), for `refine` "strength", for `generate` "seconds". "model" is its name,
where it was not the usual one. The two that change notes hold what they were given: "notes" (a transcription), "masks" and "locks".
"results", where it is there, holds the notes of each take. {"verb": "edit"} holds in "notes" what the notes became by hand. Recipes come
out of project files too, so each value is checked before anything is made of it. Files of before lack "heard": it counts as true.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from n2n.diffusion import SAMPLERS
from n2n.edits import MAX_SECONDS, EditedRoll, parse_flag, parse_list, parse_notes, parse_thresholds
from n2n.notes import Transcription
from n2n.task import MAX_SAMPLES, MAX_SEED, MAX_STEPS
from n2n.values import check_number, check_whole

VERBS: Final = ("transcribe", "regenerate", "refine", "generate", "edit")
MAX_ACTIONS: Final = 1000
MAX_TAKES: Final = 16
MAX_NAME: Final = 200


@dataclass(frozen=True)
class Action:
    """One call of the model, or one round of work by hand.

    Attributes:
        verb: one of `VERBS`.
        options: of `n2n.task.Options`, but for the seed.
        seeds: one for each take.
        given: the roll that `regenerate` and `refine` were given, with masks and locks; what an `edit` made.
        listen: of `regenerate`.
        heard: of `regenerate`: whether there was a recording; around what is imagined it is heard.
        strength: of `refine`.
        seconds: of `generate`.
        results: the notes of each take, where they are known.
        model: name of the model, where it was not the usual one.
    """

    verb: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    given: EditedRoll | None = None
    listen: bool = True
    heard: bool = True
    strength: float = 0.5
    seconds: float = 0.0
    results: tuple[Transcription, ...] = ()
    model: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The action as plain values."""
        entry: dict[str, Any] = {"verb": self.verb}
        if self.verb != "edit":
            entry["options"] = {**self.options, "seed": self.seeds[0]}
            entry["seeds"] = list(self.seeds)
        if self.model is not None:
            entry["model"] = self.model
        if self.verb == "regenerate":
            entry |= {"listen": self.listen, "heard": self.heard}
        elif self.verb == "refine":
            entry["strength"] = self.strength
        elif self.verb == "generate":
            entry["seconds"] = self.seconds
        if self.given is not None:
            value = self.given.to_json()
            notes = {name: value[name] for name in ("version", "duration", "notes")}
            entry |= {"notes": notes, "masks": value["masks"], "locks": value["locks"]}
        if self.results:
            entry["results"] = [result.to_json() for result in self.results]
        return entry

    @classmethod
    def from_json(cls, obj: object) -> "Action":
        """Checks plain values and makes them an action. Raises ValueError naming what is wrong."""
        if not isinstance(obj, dict) or obj.get("verb") not in VERBS:
            raise ValueError(f'must be an object {{"verb": ...}} with one of the verbs {", ".join(VERBS)}')
        verb = obj["verb"]
        options = obj.get("options", {})
        if not isinstance(options, dict):
            raise ValueError("options must be an object")
        seeds = parse_list("seeds", obj.get("seeds", [options.get("seed", 0)]), _seed, at_most=MAX_TAKES) or (0,)
        model = obj.get("model")
        if model is not None and not (isinstance(model, str) and 0 < len(model) <= MAX_NAME):
            raise ValueError(f"model must be a name of at most {MAX_NAME} letters")
        results = parse_list("results", obj.get("results", []), parse_notes, at_most=MAX_TAKES)
        if len(results) not in (0, len(seeds)):
            raise ValueError(f"there must be a result for each of its {len(seeds)} seeds, or none, not {len(results)}")
        return cls(
            verb,
            options=_options({**options, "thresholds": obj.get("thresholds", options.get("thresholds"))}),
            seeds=tuple(seeds),
            given=_given(obj) if verb in ("regenerate", "refine", "edit") else None,
            listen=parse_flag("listen", obj.get("listen", True)),
            heard=parse_flag("heard", obj.get("heard", True)),
            strength=check_number("strength", obj.get("strength", 0.5), 1e-6, 1.0),
            seconds=check_number("seconds", obj.get("seconds"), 1e-6, MAX_SECONDS) if verb == "generate" else 0.0,
            results=tuple(results),
            model=model,
        )


def parse_recipe(obj: object) -> tuple[Action, ...]:
    """Checks a recipe in JSON. Raises ValueError naming what is wrong, and where."""
    return tuple(parse_list("recipe", obj, Action.from_json, at_most=MAX_ACTIONS))


def _options(options: dict[str, Any]) -> dict[str, Any]:
    """Those that are named, checked; others are left out."""
    checked: dict[str, Any] = {}
    for name, highest in (("num_steps", MAX_STEPS), ("num_samples", MAX_SAMPLES)):
        if options.get(name) is not None:
            checked[name] = check_whole(name, options[name], 1, highest)
    if options.get("sampler") is not None:
        if options["sampler"] not in list(SAMPLERS):
            raise ValueError(f"the sampler must be one of {', '.join(SAMPLERS)}")
        checked["sampler"] = str(options["sampler"])
    if options.get("guidance") is not None:
        checked["guidance"] = check_number("guidance", options["guidance"], 0.0, 10.0)
    thresholds = parse_thresholds(options.get("thresholds"))
    if thresholds is not None:
        checked["thresholds"] = tuple(check_number("a threshold", value, 1e-9, 1.0 - 1e-9) for value in thresholds)
    return checked


def _given(obj: dict[str, Any]) -> EditedRoll:
    notes = obj.get("notes")
    if not isinstance(notes, dict):
        raise ValueError("its notes must be an object, as in the JSON of a transcription")
    return EditedRoll.from_json({**notes, "tempo": None, "masks": obj.get("masks", []), "locks": obj.get("locks", [])})


def _seed(value: object) -> int:
    return check_whole("a seed", value, 0, MAX_SEED)
