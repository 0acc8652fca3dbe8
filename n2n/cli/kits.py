"""`n2n kits`: training material."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from tyro.conf import UseAppendAction, arg

from n2n.cli.options import Flag, usage


@dataclass(frozen=True)
class Kits:
    """Builds what training needs: kits, instruments, tunes, recorded guitars, speech and human performances.

    Sources are a data folder (a folder `kits` with a kits.csv, and the Groove MIDI Dataset as groove-midi.zip), what Debian's and Ubuntu's
    packages bring where they are installed, kits that anyone may download, and synthesis. Of packages are taken SoundFonts (those for
    FluidSynth, and in minuet-data and denemo-data), Hydrogen kits, the drums of LMMS, eXaDrums and FreePats (lmms-common, exadrums,
    freepats), tunes of MMA (mma), and guitars and speech out of games (fretsonfire-songs-sectoid, fretsonfire-songs-muldjord,
    klettres-data, ktuberling-data, hedgewars-data, fillets-ng-data-cs and fillets-ng-data-nl).

        n2n kits --download
        n2n kits --data ~/drum-data -o data
        n2n kits --soundfont my.sf2 --public tr505 -o data

    Attributes:
        output: where `bundles/`, `performances.safetensors` and `tunes.safetensors` go; `n2n train --data` takes it.
        data: the data folder; by default the one that the environment variable N2N_DATA names, if it is set.
        soundfont: one more SoundFont, General MIDI drums in bank 128. May be given several times.
        hydrogen: one more folder of a Hydrogen kit. May be given several times.
        public: a public kit to download: casio_rz1, cr78, linndrum_lm2, menegass, mfb512, sonicpi_electronic, tr505 or uzu. May be given
            several times.
        download: download all public kits, and the performances where the data folder has none.
        no_system: leave out what the system's packages bring.
        procedural: how many kits to synthesise; 0 for none.
    """

    output: Annotated[Path, arg(aliases=["-o"], metavar="DIR")] = Path("data")
    data: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None
    soundfont: Annotated[tuple[Path, ...], UseAppendAction, arg(metavar="FILE")] = ()
    hydrogen: Annotated[tuple[Path, ...], UseAppendAction, arg(metavar="DIR")] = ()
    public: Annotated[tuple[str, ...], UseAppendAction, arg(metavar="NAME")] = ()
    download: Flag = False
    no_system: Flag = False
    procedural: Annotated[int, arg(metavar="N")] = 24

    def run(self) -> int:
        """Builds; the exit status."""
        from n2n.kits import DATA_VARIABLE, DataFolder, Sources, build_all, data_folder, installed_sources, read_data_folder
        from n2n.kits.download import GROOVE, fetch_groove
        from n2n.kits.folder import TABLE
        from n2n.kits.public import PUBLIC_KITS, check_public

        with usage():
            if self.procedural < 0:
                raise ValueError(f"--procedural must be 0 or more, not {self.procedural}")
            for name in self.public:
                check_public(name)
            data = data_folder(self.data) if self.data is not None or os.environ.get(DATA_VARIABLE) else None
            kits_folder, groove = read_data_folder(data) if data is not None else DataFolder(None, None)
        if self.download and groove is None:
            groove = fetch_groove(self.output / "downloads")
        found = Sources() if self.no_system else installed_sources()
        sources = replace(
            found,
            procedural=self.procedural,
            kits_folder=kits_folder,
            soundfonts=(*self.soundfont, *found.soundfonts),
            hydrogen=(*self.hydrogen, *found.hydrogen),
            public=tuple(dict.fromkeys([*self.public, *(PUBLIC_KITS if self.download else ())])),
            groove=groove,
        )
        if sources == Sources():
            raise ValueError("nothing to build: name a data folder, SoundFonts, Hydrogen kits or public kits, or say --download")
        written = build_all(self.output, sources)
        for path in written:
            print(path)
        if data is not None and kits_folder is None:
            print(f"no recorded kits: {data} has no kits/{TABLE}")
        if groove is None:
            print(f"no performances: training also needs {GROOVE.file} in a data folder, or --download")
        return 0
