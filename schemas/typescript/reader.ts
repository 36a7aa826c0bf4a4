// Reads a stream entry of Copytaster: give it the fields as your Redis client does, get a typed event. No Redis in here.
//
//   for (const { id, message } of entries) {
//     const event = readEvent(message);
//     if (event?.type === "copytaster.cluster.changed.v1") console.log(event.data.headline, event.data.counts.independent);
//   }

import { EVENT_TYPES, type CopytasterEvent } from "./events.ts";

/** What every event carries beside its data. Deduplicate on `source` + `id`. */
export interface Envelope {
  id: string;
  source: string;
  subject: string;
  time: string;
}

export type ReadEvent = Envelope & CopytasterEvent;

/** The event, or undefined for a type that these types do not know; throws for what is no event at all. */
export function readEvent(fields: Record<string, string>): ReadEvent | undefined {
  const { ce_specversion, ce_id, ce_source, ce_subject, ce_time, ce_type, data } = fields;
  if (ce_specversion !== "1.0") throw new TypeError(`ce_specversion is ${ce_specversion}, not 1.0`);
  if (!ce_id || !ce_source || !ce_subject || !ce_time || !ce_type || data === undefined) {
    throw new TypeError("a field that every event has is missing");
  }
  if (!EVENT_TYPES.some((known) => known === ce_type)) return undefined;
  const envelope = { id: ce_id, source: ce_source, subject: ce_subject, time: ce_time };
  return { ...envelope, type: ce_type, data: JSON.parse(data) } as ReadEvent;
}
