// Checks events against the official CloudEvents JSON Schema and the rules of the official SDK: node
// check_cloudevents.mjs TOOLS < EVENTS. Standard input: a list of events; standard output: one list of faults an event.
import { createRequire } from "node:module";

const [tools] = process.argv.slice(2);
const load = createRequire(`${tools}/package.json`);
const validate = load(`${tools}/node_modules/cloudevents/dist/schema/v1.js`); // the schema of the specification, compiled
const { CloudEvent } = load("cloudevents");

let input = "";
for await (const chunk of process.stdin) input += chunk;
const faults = JSON.parse(input).map((event) => {
  const found = validate(event) ? [] : validate.errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
  try {
    new CloudEvent(event); // strict: also refuses attribute names that the specification does not allow
  } catch (error) {
    found.push(`SDK: ${error.message}`);
  }
  return found;
});
process.stdout.write(JSON.stringify(faults));
