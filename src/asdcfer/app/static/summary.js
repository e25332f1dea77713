// What is sent to be summed up, and the files that come back.
import { summaryFile } from "./api.js";
import { stemOf } from "./kinds.js";

const MEASURES = ["detection_score", "yaw", "pitch", "roll", "sharpness", "interocular"];
const share = (value) => Math.min(1, Math.max(0, Number(value.toFixed(6))));

function faceToSend({ id, box, scores, status, ...face }) {
  const sent = { id, box, status, scores: Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, share(score)])) };
  for (const name of MEASURES) if (face[name] !== undefined && face[name] !== null) sent[name] = face[name];
  return sent;
}

// The answers as they came, with the reader's names and limits.
export function requestOf({ name, records, names, limits, events }) {
  return {
    file: name.slice(-255),
    frames: records.map(({ frame, time, faces }) => ({ frame, time, faces: faces.map(faceToSend) })),
    names,
    abstain_below: limits.threshold,
    max_yaw: limits.maxYaw,
    min_sharpness: limits.minSharpness,
    events,
  };
}

export async function download(file, request) {
  const content = await summaryFile(file, request);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = `${stemOf(request.file)}-${file}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return link.download;
}
