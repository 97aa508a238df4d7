// node read.mjs FOLDER ADDRESS
// Prints what the reader of oEmbed that is installed in FOLDER finds by the links of the page at ADDRESS.
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const { extract } = require("@extractus/oembed-extractor");

console.log(JSON.stringify(await extract(process.argv[3], { maxwidth: 320 })));
