"""Grooves: what each drum plays in a bar, and how a player departs from the grid."""
# ruff: noqa: E501  (tables of instruments, grooves and players)

from __future__ import annotations

GROOVES: dict[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    "four on the floor": (
        (("kick", "9...9...9...9..."), ("clap", "....8.......8..."), ("hat", "3.6.3.6.3.6.3.64"), ("open hat", "..4...4...4...4.")),
        (("kick", "9...9...9...9.3."), ("machine snare", "....8.......8..."), ("hat", "5.4.5.4.5.4.5.43"), ("block", "...3..4.......3.")),
        (("kick", "9...9...9...9..."), ("clap", "....8.......8..4"), ("shaker", "4363436343634363"), ("tom", "..............45")),
    ),
    "drum machine": (
        (("kick", "9.....7.9......."), ("machine snare", "....9.......9..."), ("hat", "6.5.6.5.6.5.6.54")),
        (("kick", "9..6..6.....6..."), ("clap", "....8.......8..."), ("hat", "5353535353535353"), ("rim", "..3....3..3....3")),
    ),
    "rock": (
        (("kick", "9.....4.9.6....."), ("snare", "....9.......9..."), ("dark hat", "7.5.7.5.7.5.7.5.")),
        (("kick", "9...4...9.6...4."), ("snare", "....9.......9..."), ("ride", "5...4...5...4...")),
        (("kick", "9..6....9..6...."), ("snare", "....9.......9..3"), ("dark hat", "7.5.7.5.7.5.7.5.")),
    ),
    "punk": (
        (("kick", "9...9...9...9..."), ("snare", "..9...9...9...9."), ("dark hat", "6.4.6.4.6.4.6.4.")),
        (("kick", "9.....7.9.8....."), ("snare", "....9.......9..."), ("dark hat", "7.6.7.6.7.6.7.6.")),
        (("kick", "9..7....9..7.7.."), ("snare", "....9.......9..6"), ("ride", "5...5...5...5...")),
    ),
    "boom bap": (
        (("soft kick", "9..4..5...8....."), ("dusty snare", "....9.......9..."), ("dark hat", "6.4.6.4.6.5.6.43")),
        (("soft kick", "9......7..8..4.."), ("dusty snare", "....9..2....9..2"), ("dark hat", "5.5.5.3.5.5.5.3.")),
        (("soft kick", "9.7.......7..6.."), ("dusty snare", "....9.......9.3."), ("shaker", "5.3.5.3.5.3.5.3.")),
    ),
    "brushes": (
        (("brush", "3...6...3...6.2."), ("ride", "6...5..36...5..3"), ("soft kick", "3.......2.......")),
        (("brush", "2...7...2...7..."), ("ride", "6...5...6..35..."), ("soft kick", "4.........2.....")),
        (("brush", "3...6..23...6..."), ("dark hat", "....6.......6..."), ("soft kick", "4...2...3...2...")),
    ),
    "waltz": (
        (("soft kick", "5..........."), ("brush", "....4...5..."), ("dark hat", "....2...2...")),
        (("soft kick", "5.........2."), ("brush", "....5...4.2."), ("block", "........2...")),
    ),
    "jig": (
        (("bodhran", "8.....7....."), ("bodhran tip", "..34..4.34.."), ("shaker", "4.3.3.4.3.3.")),
        (("bodhran", "8.....6...4."), ("bodhran tip", "..3.4...3.4.")),
    ),
    "reel": (
        (("bodhran", "8.....4.7......."), ("bodhran tip", "..3.4.3...3.4.33"), ("shaker", "4.3.5.3.4.3.5.3.")),
        (("bodhran", "8...5...7...5.4."), ("bodhran tip", "..3...34..3...3.")),
    ),
    "dub": (
        (("deep kick", "9...9...9...9..."), ("dark hat", "..5...5...5...53"), ("rim", "......3.......2.")),
        (("deep kick", "9...9...9...9..."), ("shaker", "3.5.3.5.3.5.3.5."), ("clap", "....3.......3...")),
        (("deep kick", "9...9...9...9..."), ("dark hat", "2.5.2.5.2.5.2.52"), ("block", "...3......2.....")),
    ),
    "frame drum": (
        (("doum", "8.....6...6....."), ("tek", "...43..4.3..4.3.")),
        (("doum", "8.......8......."), ("tek", "..4...4.4...4.43")),
        (("doum", "8..5....6......."), ("tek", "......4...4.5...")),
    ),
    "slow mallets": (
        (("mallet", "6.......3......."), ("shaker", "....2.......2...")),
        (("mallet", "6..........3...."),),
    ),
    "dream": (
        (("soft kick", "9.....5.8......."), ("snare", "....7.......7..."), ("dark hat", "5.3.5.3.5.3.5.3."), ("shaker", "..3...3...3...3.")),
        (("soft kick", "9.......8.4....."), ("dusty snare", "....7.......7..."), ("ride", "4...4...4...4...")),
    ),
}  # fmt: skip
"""Of each kind some patterns, each a drum with loudness 1 to 9 for every sixteenth; bars of three beats have twelve."""

FILLS = ("........4.5.6678", "............6677", "........6...7.78", "..........5.6.78")
"""What the snare, or its like, adds in the last bar of eight."""


def swung(beat: float, swing: float, unit: float) -> float:
    """The beat at which a player plays `beat`: the second of each pair of `unit`s (0.5 or 0.25 beats) comes later.

    `swing` is the share of the pair that the first takes: 0.5 is straight, 0.66 triplets.
    """
    pair = 2 * unit
    begun, within = divmod(beat, pair)
    if within <= unit:
        return begun * pair + within / unit * swing * pair
    return begun * pair + (swing + (within - unit) / unit * (1 - swing)) * pair
