"""The page: what stands where, and which handler answers to what. Elements that others may rely on carry fixed ids."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import gradio as gr
from gradio.components import Navbar

from n2n.assets import find_asset
from n2n.diffusion import SAMPLERS
from n2n.notes import NOTE_SUFFIXES
from n2n.render import DEFAULT_KIT, kit_names
from n2n.sampling import SamplingConfig
from n2n.studio import api, markup
from n2n.studio.described import DescribedBlocks
from n2n.studio.editor import DRAFT, DrumRoll
from n2n.studio.files import address
from n2n.studio.handlers import Handlers
from n2n.studio.keep import build_keep
from n2n.studio.learn import build_learn
from n2n.studio.local import LocalBlocks
from n2n.studio.session import Session
from n2n.studio.settings import Settings
from n2n.studio.turns import MODEL_JOB, PRIVATE
from n2n.studio.view import MAX_TAKES, PAGE_SAMPLES, PAGE_STEPS, Choices, View, flat
from n2n.studio.workshop import Workshop

STYLE_FILE: Final = Path(__file__).with_name("page.css")
PAGE_SCRIPT: Final = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
SAMPLER_LABELS: Final = {"renoise": "renoise (as in the paper)", "euler": "Euler", "heun": "Heun (two evaluations a step)"}
STORED_SCRIPT: Final = f"""(example, draft, session) => {{
  try {{
    return [example, JSON.parse(sessionStorage.getItem({json.dumps(DRAFT)})), session];
  }} catch (error) {{
    console.warn("what this tab held could not be read", error);
    return [example, null, session];
  }}
}}"""
"""Gives `Handlers.arrive` what the tab held; null where the browser forbids storage."""
SEED_INFO: Final = "The same seed gives the same notes. Regenerate and Generate go on to the next."
NEXT_SEED: Final = """(status, seed, [used, takes = 1]) => seed === used && status.includes('data-state="done"') ? seed + takes : seed"""
"""The seed after a job that used one: another one, unless nothing came of it, or the visitor has set the next by now."""


class Page(DescribedBlocks, LocalBlocks):
    """The blocks that the page is made of."""


class Parts(NamedTuple):
    """What the visitor acts on."""

    audio: gr.Audio
    choices: Choices
    listen: gr.Radio
    takes: gr.Slider
    strength: gr.Slider
    notes_file: gr.UploadButton
    seconds: gr.Slider

    def remembered(self) -> list[Any]:
        """The components whose values are restored at the visitor's next visit: all choices but the seed."""
        choices = [choice for choice in self.choices if choice is not self.choices.seed]
        return [*choices, self.listen, self.takes, self.strength, self.seconds]


def build_page(workshop: Workshop, examples: Sequence[Path] = ()) -> gr.Blocks:
    """The page and its public endpoints."""
    settings, model = workshop.settings, workshop.model
    usual = model.checkpoint.sampling if model else SamplingConfig()
    keep, ready = settings.time_to_live, model is not None
    with Page(title=markup.TITLE, analytics_enabled=False, delete_cache=(min(keep, 600), keep), fill_width=True) as page:
        Navbar(main_page_name="Studio")
        gr.HTML(markup.HEADER)
        if not ready:
            gr.HTML(markup.no_model(settings.model), elem_id="no-model")
        with gr.Row(elem_classes="begin", equal_height=False):
            audio = _player(settings, examples)
            choices, transcribe = _transcribe(usual, ready=ready, fast=workshop.fast is not None)
        with gr.Row(elem_id="progress"):
            status = gr.HTML(markup.status("One moment…"), elem_id="status")
            stop = gr.Button("Stop", interactive=False, elem_id="stop", size="md", scale=0, min_width=90)
        roll = DrumRoll(settings=editor_settings(ready=ready), label="Drum roll", elem_id="drum-roll")
        with gr.Row(elem_classes="cards", equal_height=True):
            listen, takes, regenerate = _regenerate(ready=ready)
            strength, notes_file, refine = _refine(ready=ready)
            seconds, generate = _generate(settings, ready=ready)
        session, ticket = gr.State(Session()), gr.State(None)
        api.publish(api.Endpoints(workshop))  # first, so that no private handler of the same name takes its name
        parts = Parts(audio, choices, listen, takes, strength, notes_file, seconds)
        view = View(status, roll, session, transcribe, stop, regenerate, refine, generate)
        build_keep(workshop, view, audio=audio, ticket=ticket)
        _connect(page, workshop, parts, view, ticket, examples)
        _remember(page, parts)
        page.load(None, js=PAGE_SCRIPT)
    build_learn(page, workshop)
    page.queue(max_size=settings.queue_length, api_open=False)
    return page


def editor_settings(*, ready: bool) -> dict[str, Any]:
    """What the editor has to know once: the kits it may play, and whether there is a model."""
    return {"kits": [_kit(name) for name in usual_first(kit_names())], "model": ready}


def usual_first(kits: Sequence[str]) -> list[str]:
    """The kits, the default one first."""
    return sorted(kits, key=lambda name: name != DEFAULT_KIT)


def theme() -> gr.themes.Base:
    """Quiet greys, one accent, the fonts of the visitor's own system."""
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_lg,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    return base.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        button_secondary_background_fill="*neutral_200",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
        button_primary_text_color="white",
        slider_color="*primary_600",
        slider_color_dark="*primary_500",
    )


def _kit(name: str) -> dict[str, str]:
    folder = find_asset(f"kits/{name}")
    return {"name": name, "title": name, "json": address(folder / "kit.json"), "samples": address(folder / "samples.flac")}


def _player(settings: Settings, examples: Sequence[Path]) -> gr.Audio:
    limit = f"wav, flac, mp3, ogg, m4a and most others, up to {settings.upload_mb:g} MB and {markup.length(settings.max_seconds)}."
    with gr.Column(elem_classes="card", scale=3, min_width=320):
        gr.HTML(markup.section("Listen", f"Drop a recording anywhere on the page, upload one or make one: {limit}"))
        audio = gr.Audio(
            sources=["upload", "microphone"],
            type="filepath",
            format=None,  # as it is: no conversion, no ffmpeg
            label="Recording",
            show_label=False,
            editable=True,
            buttons=["download"],
            elem_id="audio",
        )
        if examples:
            labels = [path.stem.replace("-", " ").capitalize() for path in examples]
            rows = [[str(path)] for path in examples]
            gr.Examples(rows, [audio], label="Or take an example", example_labels=labels, api_visibility="private", elem_id="examples")
    return audio


def _transcribe(usual: SamplingConfig, *, ready: bool, fast: bool) -> tuple[Choices, gr.Button]:
    with gr.Column(elem_classes="card", scale=2, min_width=320):
        more = " At once takes a second model, which answers in one step and imagines fewer notes." if fast else ""
        gr.HTML(markup.section("Transcribe", f"One step finds the notes; a few more settle the doubtful ones.{more}"))
        ways = [("Step by step", False), ("At once", True)]
        fast_choice = gr.Radio(ways, value=False, visible=fast, label="How to transcribe", show_label=False, elem_id="fast")
        first = min(usual.num_steps, PAGE_STEPS)
        num_steps = gr.Slider(1, PAGE_STEPS, first, step=1, label="Denoising steps", elem_id="num-steps")
        button = gr.Button("Transcribe", variant="primary", interactive=ready, elem_id="transcribe")
        with gr.Accordion("More", open=False, elem_id="more"):
            labels = [(SAMPLER_LABELS.get(name, name), name) for name in SAMPLERS]
            info = "How one walks down the noise levels."
            sampler = gr.Dropdown(labels, value=usual.sampler, label="Sampler", info=info, elem_id="sampler")
            seed = gr.Number(0, precision=0, minimum=0, label="Seed", info=SEED_INFO, elem_id="seed")
            guidance = gr.Slider(0, 4, value=1, step=0.1, label="Guidance", info="Above 1 leans more on the audio.", elem_id="guidance")
            num_samples = gr.Slider(
                1,
                PAGE_SAMPLES,
                value=usual.num_samples,
                step=1,
                label="Samples",
                info="Walks that are averaged; each takes as long.",
                elem_id="num-samples",
            )
            imagine_steps = gr.Slider(
                1,
                PAGE_STEPS,
                value=min(usual.imagine_steps, PAGE_STEPS),
                step=1,
                label="Steps to imagine",
                info="Used where no audio is heard.",
                elem_id="imagine-steps",
            )
    walk = [num_steps, sampler, imagine_steps]
    fast_choice.change(lambda chosen: [gr.update(visible=not (chosen and fast))] * len(walk), [fast_choice], walk, queue=False, **PRIVATE)
    components: dict[str, Any] = {
        "fast": fast_choice,
        "num_steps": num_steps,
        "imagine_steps": imagine_steps,
        "seed": seed,
        "sampler": sampler,
        "guidance": guidance,
        "num_samples": num_samples,
    }
    return Choices(**components), button


def _regenerate(*, ready: bool) -> tuple[gr.Radio, gr.Slider, gr.Button]:
    with gr.Column(elem_classes="card", min_width=260):
        gr.HTML(markup.section("Regenerate", "Mark a region with the paint tool. New notes come there, and nowhere else."))
        ways = [("Listen to the audio", True), ("Imagine", False)]
        listen = gr.Radio(ways, value=True, label="What new notes go by", show_label=False, elem_id="listen")
        takes = gr.Slider(1, MAX_TAKES, value=1, step=1, label="Takes", elem_id="takes")
        button = gr.Button("Regenerate", interactive=ready, elem_id="regenerate")
    return listen, takes, button


def _refine(*, ready: bool) -> tuple[gr.Slider, gr.UploadButton, gr.Button]:
    with gr.Column(elem_classes="card", min_width=260):
        gr.HTML(markup.section("Refine", "Corrects the notes in the roll, or those of a MIDI file, by the audio."))
        notes_file = gr.UploadButton("Open a MIDI file", file_types=list(NOTE_SUFFIXES), size="md", elem_id="notes-file")
        info = "Near 0 little changes; at 1 nothing of the given notes is left."
        strength = gr.Slider(0.05, 1, value=0.5, step=0.05, label="Strength", info=info, elem_id="strength")
        button = gr.Button("Refine", interactive=ready, elem_id="refine")
    return strength, notes_file, button


def _generate(settings: Settings, *, ready: bool) -> tuple[gr.Slider, gr.Button]:
    with gr.Column(elem_classes="card", min_width=260):
        gr.HTML(markup.section("Generate", "Drumming from nothing, in a roll of its own."))
        longest = min(60.0, settings.max_seconds)
        seconds = gr.Slider(min(1.0, longest), longest, value=min(8.0, longest), step=1, label="Seconds", elem_id="seconds")
        button = gr.Button("Generate", interactive=ready, elem_id="generate")
    return seconds, button


def _connect(page: gr.Blocks, workshop: Workshop, parts: Parts, view: View, ticket: gr.State, examples: Sequence[Path]) -> None:
    handlers = Handlers(workshop)
    outputs: list[Any] = list(view)
    with_player = [parts.audio, *outputs]
    example, draft = gr.State(str(examples[0]) if examples else None), gr.JSON(visible=False)
    jobs = [
        (view.transcribe, handlers.transcribe, [parts.audio]),
        (view.regenerate, handlers.regenerate, [view.roll, parts.listen, parts.takes]),
        (view.refine, handlers.refine, [view.roll, parts.strength]),
        (view.generate, handlers.generate, [parts.seconds]),
    ]
    begun = []
    for button, handler, inputs in jobs:
        click = button.click(flat(handlers.wait), None, [ticket, *outputs], queue=False, **PRIVATE)
        job = click.then(handler, [ticket, view.session, *inputs, *parts.choices], outputs, **MODEL_JOB, **PRIVATE)
        begun.append(job)
        if button in (view.regenerate, view.generate):  # where the next click is to bring something else
            seed: Any = parts.choices.seed
            used, given = gr.JSON(visible=False), [seed, parts.takes] if button is view.regenerate else [seed]
            button.click(None, given, [used], js="(...given) => [given]", queue=False, **PRIVATE)
            job.then(None, [view.status, seed, used], [seed], js=NEXT_SEED, queue=False, **PRIVATE)
    # What does not need the model stays out of the queue, in which waiting jobs would have it refused.
    in_player = [parts.audio, view.session, ticket]
    begun.append(parts.audio.change(flat(handlers.player_changed), in_player, with_player, queue=False, **PRIVATE))
    brought = [parts.notes_file, view.roll, view.session, ticket]
    begun.append(parts.notes_file.upload(handlers.bring_notes, brought, outputs, queue=False, **PRIVATE))
    for job in begun:
        job.failure(handlers.fail, [view.status], outputs, queue=False, **PRIVATE)
    arrival = [example, draft, view.session]
    arrived = page.load(flat(handlers.arrive), arrival, with_player, js=STORED_SCRIPT, queue=False, **PRIVATE)
    arrived.failure(handlers.not_arrived, None, outputs, queue=False, **PRIVATE)
    view.roll.returned(flat(handlers.returned), [ticket, view.session], with_player, queue=False, **PRIVATE)
    gr.Timer(workshop.settings.time_to_live / 4.0).tick(handlers.stay, [view.session], None, queue=False, **PRIVATE)
    stopping = json.dumps(markup.status("Stopping…", state="running"))  # told by the page itself: an answer may come after the job's last
    view.stop.click(None, None, [view.status], js=f"() => {stopping}", queue=False, **PRIVATE)
    view.stop.click(handlers.stop, [ticket], outputs, queue=False, **PRIVATE)


def _remember(page: gr.Blocks, parts: Parts) -> None:
    """Keeps the choices in the visitor's browser, without asking the server."""
    remembered = parts.remembered()
    values: list[Any] = [choice.value for choice in remembered]
    stored = gr.BrowserState(values, storage_key="n2n.choices", secret="n2n")
    page.load(None, [stored], remembered, js=f"(stored) => stored?.length === {len(values)} ? stored : {json.dumps(values)}")
    gr.on([choice.change for choice in remembered], None, remembered, [stored], js="(...values) => [values]")
