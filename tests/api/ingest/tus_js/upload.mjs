// node upload.mjs '{"endpoint", "token", "track", "file", "chunkBytes", "stopAt", "retries", "url"}'
// Prints the upload's address once it is whole; with stopAt it is aborted after so many bytes and gone on with.
import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";

const asked = JSON.parse(process.argv[2]);
const tus = createRequire(`${process.argv[3]}/`)("tus-js-client");
const size = statSync(asked.file).size;

function send(url, stopAt) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(asked.file), {
      endpoint: `${asked.endpoint}/api/v1/uploads`,
      uploadUrl: url,
      uploadSize: size,
      chunkSize: asked.chunkBytes ?? Infinity,
      retryDelays: Array(asked.retries ?? 0).fill(300),
      headers: { Authorization: `Bearer ${asked.token}` },
      metadata: { track: asked.track, filename: "take.flac" },
      onError: reject,
      onSuccess: () => resolve(upload.url),
      onChunkComplete: (_, accepted) => {
        console.error(`stored ${accepted}`);
        if (stopAt && accepted >= stopAt) upload.abort().then(() => resolve(upload.url), reject);
      },
    });
    upload.start();
  });
}

try {
  let url = await send(asked.url ?? null, asked.stopAt);
  if (asked.stopAt) url = await send(url);
  console.log(new URL(url, asked.endpoint).href);
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
