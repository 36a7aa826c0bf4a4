// Parses AsyncAPI documents with the official parser: node check_asyncapi.mjs TOOLS DOCUMENT...
// Standard output, a list, one a document: {"diagnostics": [...], "channels": {address: {message name: {payload, headers}}}},
// references resolved; no channels for a document with errors.
import { createRequire } from "node:module";

const [tools, ...paths] = process.argv.slice(2);
const { Parser, fromFile } = createRequire(`${tools}/package.json`)("@asyncapi/parser");

async function told(path) {
  const { document, diagnostics } = await fromFile(new Parser(), path).parse();
  const channels = {};
  for (const channel of document?.channels().all() ?? []) {
    const messages = channel.messages().all();
    const parts = (message) => ({ payload: message.payload().json(), headers: message.headers().json() });
    channels[channel.address()] = Object.fromEntries(messages.map((message) => [message.name(), parts(message)]));
  }
  const short = ({ severity, message, path: place }) => ({ severity, message, place: place.join("/") });
  return { diagnostics: diagnostics.map(short), channels };
}

const results = [];
for (const path of paths) results.push(await told(path));
process.stdout.write(JSON.stringify(results));
