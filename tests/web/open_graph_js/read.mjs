// node read.mjs FOLDER < HTML
// Prints what the reader of Open Graph that is installed in FOLDER finds in a page.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/`);
const scrape = require("open-graph-scraper");

const { result } = await (scrape.default ?? scrape)({ html: readFileSync(0, "utf8") });
console.log(JSON.stringify(result));
