"""Words of the demo's labels: kinds of music with names, sentences and titles of invented people."""
# ruff: noqa: E501  (lists of words)

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of music: how its artists are called, what they say of themselves, how they name records and songs."""

    tags: tuple[str, str]
    names: tuple[str, ...]
    bios: tuple[str, ...]
    albums: tuple[str, ...]
    songs: tuple[str, ...]


SCENES: tuple[Scene, ...] = (
    Scene(
        ("ambient", "post-rock"),
        ("Kelp Forest Telegraph", "The Slow Barometer", "Harbour of Felt", "Undertow Cartographers", "Low Lamp Weather"),
        ("Slow guitars, tape echo and the sound of a harbour before anybody is up.",
         "Long pieces for short days. Recorded with the window open.",
         "Three people, eleven pedals, one boathouse."),
        ("Low Water", "A Lamp for the Boats", "Salt on the Windows", "Soundings", "Morning, No Wind"),
        ("Moorings", "Undertow", "Neap", "Slack", "Rigging", "Far Buoy", "The Tide Table", "Silt", "Harbour Master’s Dream",
         "Everything Grey", "Nine Fathoms", "Lee Shore", "Foghorn, Answered", "What the Gulls Said"),
    ),
    Scene(
        ("synth-pop", "electronic"),
        ("Night Ferry Timetable", "Left Luggage Disco", "Sodium Arcade", "Platform Zero Hotel", "Vending Machine Romance"),
        ("Two synthesisers, one drum machine, last boat home.", "Songs for stations after the kiosk has closed.",
         "Made at night, finished at night, best heard at night."),
        ("Departures", "Duty Free", "Vacancy", "Last Train Faces", "Sleeper Class"),
        ("Platform Light", "The 23:40", "Radio Off", "Deckchairs", "Nobody Sleeps", "Arrivals", "Wrong Terminal",
         "Coin Return", "Revolving Door", "Lost Property", "Your Reflection Waves", "Neon, Half of It", "Tannoy", "Window Seat"),
    ),
    Scene(
        ("chamber pop", "chanson"),
        ("Petite Foule Nocturne", "Orchestre du Palier", "Tante Électrique", "Les Fenêtres d’en Face", "Bureau des Étoiles Perdues"),
        ("Chamber pop for a street with the lights out.", "A string quartet that never learned to sit still.",
         "Songs written on the landing, between two floors."),
        ("Rue des Ombres", "Deuxième Étage", "Les Heures Creuses", "Papier Peint", "Cour Intérieure"),
        ("Ouverture", "Petite Foule", "L’Escalier", "Sans Parapluie", "Dernier Étage", "Valse du Matin", "Valse du Soir",
         "Le Chat du Cinquième", "Minuterie", "Boîte aux Lettres", "Un Peu de Pluie", "La Concierge Danse", "Balcon",
         "Lettre Sans Timbre"),
    ),
    Scene(
        ("choral", "experimental"),
        ("Copper Wire Choir", "Nine Voices Below", "The Cellar Antiphon", "Hum of the Parish Hall", "Candlewick Chorus Society"),
        ("Nine voices, no instruments, one very good cellar.", "Old rounds, new rooms, nothing added afterwards.",
         "We sing to buildings and record what they answer."),
        ("Nine in a Cellar", "Reverberations", "The Loud Bishop", "Plainsong for Pipes", "Below Stairs"),
        ("Hum", "Ground", "Copper", "Wire", "Round the First", "Round the Second", "Canon at the Door", "Breathe Here",
         "Stone Tenor", "Echo of an Echo", "The Quiet Alto", "Vowels", "Cistern", "Hold"),
    ),
    Scene(
        ("jazz", "downtempo"),
        ("Slow Elevator Quartet", "The Mezzanine Six", "Revolving Door Trio", "Lobby Plant Ensemble", "Thirteenth Floor Missing"),
        ("Jazz for buildings with more than forty floors.", "After hours, before the cleaners, no charts.",
         "Brushes, upright bass and a piano that came with the lease."),
        ("Mezzanine Standards", "Doors Closing", "Observation Deck", "Out of Office", "Quorum"),
        ("Lobby", "Thirteen Is Missing", "Service Lift", "Fire Drill in F", "Corner Desk", "Window Cleaner", "Water Cooler",
         "Atrium", "Minutes of the Meeting", "Late Invoice", "Key Card Blues", "The Sub-Basement", "Ficus", "Going Up"),
    ),
    Scene(
        ("punk", "garage"),
        ("Ostrich Parade", "Angry Cutlery", "Broken Stapler Union", "Wet Cardboard Riot", "Nine Damp Dogs"),
        ("Loud, short, and over before the neighbours knock. 🪶", "Three chords, two amplifiers, one warning letter.",
         "We learned to play last year. Mostly."),
        ("Head First", "Return to Sender", "No Refunds", "Under the Sink", "Cheap Seats"),
        ("Feathers", "Run", "Sandbox", "Bury It", "Not Sorry", "Bins", "Who Moved My Van", "Kettle", "Parking Fine",
         "Shut the Door", "Lukewarm", "Nobody Asked", "Left Shoe", "Again, Faster"),
    ),
    Scene(
        ("dub techno", "electronic"),
        ("Subbasement Gardens", "Concrete Allotment", "Pump House Nine", "Relay Cabinet", "Transformer Hum Collective"),
        ("Chords that arrive late and stay long.", "Field recordings from switch rooms, and a very patient kick drum.",
         "Built from one oscillator and whatever the pipes were doing."),
        ("Substation", "Ground Loop", "Night Shift", "Condensation", "Load Bearing"),
        ("Valve", "Return Path", "Standby", "Overflow", "Intake", "Sump", "Fifty Hertz", "Low Pass Street", "Cable Trench",
         "Damper", "Pressure Drop at Six", "Manifold", "Drip", "Isolation Switch"),
    ),
    Scene(
        ("folk", "acoustic"),
        ("The Hedge Surveyors", "Two Gates Open", "Barley and Rust", "Ditchwater Fiddles", "A Cart of Turnips"),
        ("Tunes from the wrong side of the hill.", "Fiddle, concertina and an argument about tempo.",
         "Songs we were taught, and the verses we forgot."),
        ("Common Ground", "Three Fields Over", "The Crooked Mile Post", "Windfall", "Stile"),
        ("The Miller’s Other Daughter", "Gate Left Open", "Wet Hay", "Muddy Lane Reel", "Candle End", "Hare on the Hill",
         "The Late Post", "Brambles", "Old Tup", "Leaving by the Orchard", "Cold Tea Jig", "Lapwing", "Nettle Bed",
         "The Surveyor’s Lament"),
    ),
    Scene(
        ("hip-hop", "instrumental"),
        ("Crate of Lemons", "Bus Lane Philosophers", "Corner Shop Oracle", "Lost Umbrella Bureau", "Eleven Dusty Fingers"),
        ("Beats from records nobody else wanted.", "Made on the top deck of the night bus.",
         "Slow drums, warm tape, and a shopkeeper’s advice."),
        ("Exact Change", "Top Deck", "Off Licence", "Paper Bag Sessions", "Closing Time Loops"),
        ("Receipt", "Lemon Peel", "Rain on the Shutter", "Two for One", "Third Stop", "Cousin’s Car", "Loose Change",
         "The Till Sings", "Back Room", "Day Return", "Static and Mint", "Sunday Prices", "Umbrella Weather", "Last Biscuit"),
    ),
)  # fmt: skip

CYRILLIC = Scene(
    ("dream pop", "shoegaze"),
    ("Дальний Свет За Окном", "Ночная Заправка", "Тёплый Асфальт", "Стеклянный Перевал"),
    ("Long roads at night, sung in three languages.", "Guitars as wide as the valley.", "Four people and a van that starts."),
    ("Перевал", "Обратная Дорога", "Серпантин", "Тихий Час"),
    ("Дорога", "Фары", "Обочина", "Заправка", "Chveni Gza", "Туман", "Мост", "Поворот", "Снег в Июне", "Радио Ночью"),
)  # fmt: skip
ARABIC = Scene(
    ("oud", "drone"),
    ("بيت الريح القديم", "سطوح آخر الليل", "مقهى الضوء البعيد", "خمس نوافذ"),
    ("Oud, drone and field recordings from the roofs.", "Slow music for the hour when the power is out.",
     "Two brothers, one oud, one tape machine."),
    ("سطوح", "درج البيت", "ضوء خافت", "بعد المطر"),
    ("غسيل", "حمام", "مولّد", "ليل", "نافذة", "مطر", "قهوة", "صدى", "طابق خامس", "ريح"),
)  # fmt: skip

PACKS = ("Harbour Recordings", "Stairwell Drums", "Broken Piano, Eleven Keys", "Kitchen Percussion", "Tape Hiss and Hum",
         "Bells of a Small Town")  # fmt: skip
SAMPLES = ("Loop A, 96 bpm", "Loop B, 82 bpm", "Brushes, 120 bpm", "Foghorn Choir", "Door, Closing", "Rims, 110 bpm",
           "Room, Empty", "Low Drone in D", "Rain on Tin", "Coins and Keys", "One Long Breath")  # fmt: skip
REMIXES = ("Long Way Round", "Engine Room", "Without Drums", "Slower", "For the Last Guest")

HANDLES = ("tape-hiss", "b-side", "low-end", "night-bus", "room-tone", "run-out-groove", "locked-groove", "lead-in",
           "wow-and-flutter", "test-pressing", "off-centre", "inner-sleeve", "spindle", "dust-jacket")  # fmt: skip
PLAYLISTS = ("Early, before anybody", "Between two trains", "For the night bus", "Washing up", "Rain on the roof light",
             "Things to hear twice", "Not for sleeping", "Sunday, indoors")  # fmt: skip

COMMENTS: tuple[tuple[str, str | None], ...] = (
    ("took me four listens to hear it", "eleven here"),
    ("is that a door in the background?", "sounds more like rain to me"),
    ("this is where I missed my stop", "same, twice"),
    ("turn it up here", "my neighbour has just found out"),
    ("so quiet just before this", "quiet enough to hear the fridge"),
    ("one more time, please", "and once more"),
    ("who else is still awake?", "me, sadly"),
    ("from here on with headphones", "and the lamp off"),
    ("this bit has been in my head since Tuesday", "now it is in mine, thanks"),
    ("left and right are arguing", None),
    ("my neighbour asked what this is", None),
    ("💛💛💛", None),
    ("تمام", None),
    ("красиво", None),
)
"""A comment at a moment of any song, and a reply to it."""
SPAM = "CHEAP PLAYS AND FOLLOWERS write to me, first thousand free!!!"
