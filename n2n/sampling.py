"""How a model is meant to be sampled: what its `config.json` says, and `Options` may override."""

from dataclasses import dataclass, field, replace

from n2n.diffusion import SAMPLERS, Schedule
from n2n.roll import check_curve
from n2n.values import check_whole


@dataclass(frozen=True)
class SamplingConfig:
    """How a model is meant to be sampled.

    Attributes:
        num_steps, sampler: where audio is heard.
        num_samples: walks that are averaged.
        schedule: noise levels of a walk.
        window_frames, hop_frames: long recordings are estimated window by window, each so many frames after the one before.
        tail: the last share of the steps whose estimates are averaged where the sampler re-noises.
        imagine_steps, imagine_sampler: where audio is not heard.
        imagine_from: noise level at which a gap begins as its groove would go on: well below it nothing new comes up, well above it the
            groove is forgotten.
        imagine_velocities: curve (`DecodeConfig.velocity_curve`) for what is invented from nothing: estimates vary less than drummers do.
    """

    num_steps: int = 5
    sampler: str = "renoise"
    num_samples: int = 1
    schedule: Schedule = field(default_factory=Schedule)
    window_frames: int = 1000
    hop_frames: int = 800
    tail: float = 0.5
    imagine_steps: int = 20
    imagine_sampler: str = "heun"
    imagine_from: float = 1.0
    imagine_velocities: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for sampler in (self.sampler, self.imagine_sampler):
            if sampler not in SAMPLERS:
                raise ValueError(f"unknown sampler {sampler!r}: it must be one of {', '.join(SAMPLERS)}")
        for name in ("num_steps", "num_samples", "window_frames", "hop_frames", "imagine_steps"):
            object.__setattr__(self, name, check_whole(name, getattr(self, name), 1))
        if self.hop_frames > self.window_frames:
            raise ValueError(f"windows of {self.window_frames} frames cannot advance by {self.hop_frames}")
        if not 0.0 <= self.tail <= 1.0:
            raise ValueError(f"tail is a share of the steps, 0 to 1, not {self.tail}")
        if not self.imagine_from > 0.0:
            raise ValueError(f"imagine_from is a noise level above 0, not {self.imagine_from}")
        check_curve("imagine_velocities", self.imagine_velocities)

    def imagining(self) -> "SamplingConfig":
        """The same where audio is not heard: to re-noise one's own mean is to write nothing, so a path that keeps its noise decides."""
        schedule = replace(self.schedule, sigma_mend=None)
        return replace(self, num_steps=self.imagine_steps, sampler=self.imagine_sampler, schedule=schedule, tail=0.0)
