// What is open and what was found in it; every other part reads it here.
import { $ } from "./elements.js";
import { People } from "./people.js";
import { recordAt } from "./timeline.js";

export const nothing = () => ({ kind: "empty", name: "", file: null, address: null, width: 0, height: 0, records: [], time: 0, chosen: null, explained: null, playable: true, converted: false, duration: 0, reading: false, summary: null });

export const people = new People();
export const state = {
  open: nothing(),
  work: new AbortController(), // of requests on what is open
  camera: null,
  server: { expressions: [], limits: null },
  refresh: () => {}, // draws everything anew; set by the page
};

export const wantsAttention = () => $("attention").checked;

// Which faces count, as the reader's sliders say; null switches a limit off.
export function limitsOfFaces() {
  const [threshold, yaw, sharpness] = ["threshold", "max-yaw", "min-sharpness"].map((id) => Number($(id).value));
  return { threshold: threshold / 100, maxYaw: yaw < Number($("max-yaw").max) ? yaw : null, minSharpness: sharpness > 0 ? sharpness : null };
}

export function currentRecord() {
  const { kind, records, time } = state.open;
  return records[kind === "photo" ? 0 : kind === "camera" ? records.length - 1 : recordAt(records, time)];
}

export const currentFaces = () => state.open.explained ?? currentRecord()?.faces ?? [];
