// node read.mjs FOLDER < '{"feed": "<feed …", "playlist": "#EXTM3U …"}'
// Prints what the parsers that are installed in FOLDER read of the two.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const { parseFeed } = require("@rowanmanning/feed-parser");
const { Parser } = require("m3u8-parser");

const given = JSON.parse(readFileSync(0, "utf8"));
const feed = parseFeed(given.feed);
const playlist = new Parser();
playlist.push(given.playlist);
playlist.end();

console.log(
  JSON.stringify({
    form: `${feed.meta.type} ${feed.meta.version}`,
    title: feed.title,
    self: feed.self,
    entries: feed.items.map((one) => ({
      id: one.id,
      title: one.title,
      url: one.url,
      by: one.authors[0].name,
      text: one.description,
      cover: one.image?.url ?? null,
    })),
    lines: playlist.manifest.segments.map((one) => [one.title, one.duration, one.uri]),
  }),
);
