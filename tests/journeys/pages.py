"""What tests do in the pages of browsers: functions of JavaScript, each of whose promises comes to plain values."""

from __future__ import annotations


def awaited(function: str) -> str:
    """The script for WebDriver and its kin that calls an async function with the script's arguments, and says what its
    promise comes to."""
    return (
        f"const done = arguments[arguments.length - 1]; ({function})(...[...arguments].slice(0, -1)).then("
        "(value) => done({value}), (error) => done({error: String(error)}))"
    )


PLAYED = """async () => {
    const audio = document.querySelector("audio");
    audio.muted = true;
    const happened = (name, what = () => true) => new Promise((resolve, reject) => {
        audio.addEventListener(name, () => what() && resolve());
        audio.addEventListener("error", () => reject(audio.error.message));
        audio.querySelector("source:last-of-type")?.addEventListener("error", () => reject("no source plays"));
    });
    const going = happened("timeupdate", () => audio.currentTime > 0.2);
    await audio.play();
    await going;
    const reached = audio.currentTime;
    const ended = happened("ended");
    audio.currentTime = audio.duration - 0.5;
    await ended;
    return [audio.duration, reached, audio.currentTime];
}"""
"""The page's player: how long what it plays is, how far it came by itself, and where it ended after a jump to half a
second before the end (seconds)."""

PLAYED_BY_THE_PAGE = """async () => {
    const bar = document.querySelector("veza-player"), audio = bar.querySelector("audio");
    const until = (what, is) => new Promise((resolve, reject) => {
        const begun = Date.now();
        const look = () => {
            if (is()) resolve();
            else if (Date.now() - begun > 20000) reject(`${what} in vain: ${JSON.stringify(bar.player?.state)}`);
            else setTimeout(look, 50);
        };
        look();
    });
    audio.muted = true;
    await until("waited for the player", () => bar.player);
    document.querySelector("#page [data-play-track]").click();
    await until("waited for sound", () => bar.player.state.playing && bar.player.state.position > 0.2);
    const {position: reached, duration} = bar.player.state;
    bar.player.seek(duration - 0.5);
    await until("waited for the end", () => audio.ended);
    return [duration, reached, audio.currentTime];
}"""
"""The same by a click on a track's page, in the player beside the page."""

PLAYED_FROM_THE_QUEUE = """async (title) => {
    const bar = document.querySelector("veza-player"), audio = bar.querySelector("audio");
    const until = (what, is) => new Promise((resolve, reject) => {
        const begun = Date.now();
        const look = () => {
            if (is()) resolve();
            else if (Date.now() - begun > 20000) reject(`${what} in vain: ${JSON.stringify(bar.player?.state)}`);
            else setTimeout(look, 50);
        };
        look();
    });
    audio.muted = true;
    await until("waited for the player", () => bar.player);
    bar.player.clear();
    const queue = () => bar.player.queue.map((one) => one.title);
    document.querySelector(`#page [data-title="${title}"] [data-queue-track]`).click();
    await until("waited for the queue", () => queue().length === 2);
    bar.querySelector("[data-do=toggle]").click();
    await until("waited for sound", () => bar.player.state.playing && bar.player.state.position > 0.2);
    bar.querySelector("[data-do=next]").click();
    const goesOn = ({ track, playing, position }) => track.title === title && playing && position > 0.2 && position < 3;
    await until("waited for the next track", () => goesOn(bar.player.state));
    return [queue(), bar.querySelector(".deck-now .title").textContent];
}"""
"""On a release's page, after a track was played: what is in the queue once the track of that title was put there, and
what the bar says after a click on “Next”."""

GIVEN_A_PLAYER = """async (program) => {
    const script = document.createElement("script");
    script.textContent = program;
    document.documentElement.append(document.createElement("audio"), script);
}"""
"""A page without scripts of its own gets an audio element and runs a program."""

PLAYED_BY_HLS_JS = """async (address) => {
    const troubles = [];
    const hls = new Hls({enableWorker: false, startLevel: 0});
    // It ends requests of its own to take another level, and tells of a browser that was not given a processor.
    const ofTheMachine = ["aborted", "bufferStalledError"];
    hls.on(Hls.Events.ERROR, (_, data) => ofTheMachine.includes(data.details) || troubles.push(data.details));
    const parsed = new Promise((resolve) => hls.once(Hls.Events.MANIFEST_PARSED, resolve));
    hls.loadSource(address);
    hls.attachMedia(document.querySelector("audio"));
    await parsed;
    const played = await PLAYED();
    return [played, hls.levels.map((level) => level.audioCodec), troubles];
}""".replace("PLAYED()", f"({PLAYED})()")
"""The same with hls.js, with the codec of each level, and the errors it met."""

PLAYED_BY_SEGMENTS = """async (track, rung) => {
    const manifest = await (await fetch(`/stream/${track}/manifest.json`)).json();
    const one = manifest.renditions.find((found) => found.rung === rung);
    const part = async (offset, size) => {
        const headers = {Range: `bytes=${offset}-${offset + size - 1}`};
        const answer = await fetch(`/stream/${track}/${one.url}`, {headers});
        if (answer.status !== 206) throw new Error(`answered ${answer.status}`);
        return answer.arrayBuffer();
    };
    const audio = document.createElement("audio"), source = new MediaSource();
    document.documentElement.append(audio);
    audio.src = URL.createObjectURL(source);
    await new Promise((resolve) => source.addEventListener("sourceopen", resolve));
    const buffer = source.addSourceBuffer(one.mime);
    const append = (bytes) => new Promise((resolve, reject) => {
        buffer.addEventListener("updateend", resolve, {once: true});
        buffer.addEventListener("error", () => reject("a segment was refused"), {once: true});
        buffer.appendBuffer(bytes);
    });
    await append(await part(0, one.init_bytes));
    for (const [offset, size] of one.segments) await append(await part(offset, size));
    source.endOfStream();
    const stretches = buffer.buffered.length, end = buffer.buffered.end(stretches - 1);
    return [await PLAYED(), stretches, end];
}""".replace("PLAYED()", f"({PLAYED})()")
"""A rung put together from its segments (MSE), with the number of stretches that were buffered, and their end."""

OBSCURED = """async () => {
    const kinds = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    const controls = [...document.querySelectorAll(`main :is(${kinds})`)].filter((one) => one.checkVisibility());
    const obscured = [];
    for (const one of [...controls, ...controls.slice().reverse()]) {
        one.focus();
        await new Promise(requestAnimationFrame);
        const {left, top, width, height} = one.getClientRects()[0], main = document.querySelector("main");
        const seen = [2, height / 2, height - 2].every((down) =>
            main.contains(document.elementFromPoint(left + width / 2, top + down)));
        if (!seen) obscured.push(`${one.localName} “${(one.textContent || one.name || "").trim()}” at ${top}`);
    }
    return [controls.length, obscured];
}"""
"""How many controls the page has, and which of them are out of the window or under the player while they have the focus
(WCAG 2.2, 2.4.11), going through them from the first to the last and back."""
