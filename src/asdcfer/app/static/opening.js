// Opens and closes photos, videos and the camera, and has them recognized.
import { recognize, recognizeVideo, shownPicture } from "./api.js";
import { Camera } from "./camera.js";
import { $ } from "./elements.js";
import { complainOfOptions } from "./events_panel.js";
import { isVideo } from "./kinds.js";
import { answerOf, percent } from "./palette.js";
import { currentFaces, limitsOfFaces, nothing, people, state, wantsAttention } from "./state.js";
import { stopSums, sumUp } from "./sums.js";
import { clock } from "./timeline.js";
import { complain, say, tell } from "./told.js";
import { player, show, showSummary } from "./view.js";

const [stage, photo, video] = ["stage", "photo", "video"].map($);
const OF_VIDEO = ["player", "timeline", "legend", "timeline-help", "stop", "progress-box"].map($);
const NO_FACE = "No face found in any frame of this video."; // the server's one message that is no complaint
const MOST_RECORDS = 100_000;
const SPOKEN = 10_000; // milliseconds between two words on a video that is being read: some hear each of them

export function inWords(faces) {
  const words = faces.map((face) => {
    const answer = answerOf(face, limitsOfFaces());
    return answer.uncertain ? answer.status : `${answer.best} ${percent(answer.share)}`;
  });
  return `${faces.length === 1 ? "One face" : `${faces.length} faces`}: ${words.join(", ")}.`;
}

export function close() {
  state.work.abort();
  state.work = new AbortController();
  stopSums();
  state.camera?.stop();
  state.camera = null;
  if (state.open.address) URL.revokeObjectURL(state.open.address);
  state.open = nothing();
  people.clear();
  photo.removeAttribute("src");
  player.close();
  for (const part of [photo, video, ...OF_VIDEO]) part.hidden = true;
  $("camera").setAttribute("aria-pressed", "false");
  $("camera").textContent = "Use the camera";
  stage.classList.remove("live");
  stage.dataset.state = "empty";
  complain(null);
  complain(null, "people-error");
  complainOfOptions(null);
  tell("");
  say("No picture yet.");
  show();
  showSummary();
}

function fail(error, keep = false) {
  if (error.name === "AbortError") return;
  if (!keep) close();
  complain(error);
  say(keep ? "Stopped." : "Nothing recognized.");
}

export async function openFile(file) {
  close();
  if (state.server.limits && file.size > state.server.limits.max_upload_mb * 1e6) {
    fail(new Error(`The file is larger than ${state.server.limits.max_upload_mb} MB, the limit here (raise it with --max-upload-mb).`));
    return;
  }
  const moving = isVideo(file);
  state.open = { ...nothing(), kind: moving ? "video" : "photo", name: file.name || "picture", file, address: URL.createObjectURL(file) };
  stage.dataset.state = state.open.kind;
  await (moving ? openVideo() : openPhoto());
}

async function openPhoto() {
  photo.hidden = false;
  photo.alt = `Your picture ${state.open.name}`;
  photo.src = state.open.address;
  await recognizePhoto();
}

export async function recognizePhoto() {
  const { open, work: { signal } } = state;
  say("Looking at the picture …");
  try {
    const answer = await recognize(open.file, open.name, { attention: wantsAttention(), signal });
    const { width, height, faces } = answer;
    const record = { file: open.name, frame: 0, time: 0, width, height, faces };
    if (!open.records.length) people.see(record);
    Object.assign(open, { width, height, records: [record] });
    const bare = wantsAttention() && faces.length && faces.every((face) => !face.attention);
    say(faces.length ? inWords(faces) + (bare ? " This model has no attention to show." : "") : answer.message);
    show();
    showSummary();
    sumUp();
  } catch (error) {
    fail(error);
  }
}

async function openVideo() {
  const { open, work: { signal } } = state;
  for (const part of [video, ...OF_VIDEO]) part.hidden = false;
  player.open(open.address);
  open.reading = true;
  $("progress").removeAttribute("value");
  $("progress-text").textContent = "sending";
  say("Reading the video …");
  try {
    const began = performance.now();
    let [shown, spoken] = [0, began];
    await recognizeVideo(open.file, open.name, (line) => {
      if (line.type !== "frame") {
        videoLine(line);
        return;
      }
      const { frame, time, width, height, faces } = line;
      open.records.push({ file: open.name, frame, time, width, height, faces });
      people.see(line);
      const now = performance.now();
      if (now - shown < 200) return;
      shown = now;
      showProgress(line, (now - began) / 1000);
      if (now - spoken > SPOKEN) {
        spoken = now;
        say(`Reading the video: ${clock(time)} so far.`);
      }
      show();
      if ($("track").options.length !== people.groups().length) showSummary();
    }, signal);
  } catch (error) {
    fail(error, open.records.length > 0);
  }
  if (!signal.aborted) doneReading();
}

export function stopReading() {
  state.work.abort();
  state.work = new AbortController();
  $("progress-text").textContent = `stopped after ${state.open.records.length} frames`;
  say("Stopped.");
  doneReading();
}

function doneReading() {
  state.open.reading = false;
  $("stop").hidden = true;
  show();
  showSummary();
  sumUp();
}

function videoLine(line) {
  if (line.type === "start") {
    Object.assign(state.open, { width: line.width, height: line.height, duration: line.duration ?? 0 });
  } else if (line.type === "error") {
    throw new Error(line.error);
  } else {
    $("progress").value = 1;
    $("progress-text").textContent = `${line.frames} frames in ${line.seconds.toFixed(1)} s`;
    say(line.with_faces ? `${line.frames} frames, ${line.with_faces} with a face.` : "No face found in this video.");
    if (line.message && line.message !== NO_FACE) complain(line.message);
  }
}

function showProgress(line, seconds) {
  const speed = state.open.records.length / seconds;
  if (line.done !== null) $("progress").value = line.done;
  const left = line.done > 0.01 ? `, ${clock((seconds / line.done) * (1 - line.done))} left` : "";
  $("progress-text").textContent = `${line.done === null ? "" : `${percent(line.done)}, `}${speed.toFixed(0)} frames a second${left}`;
}

// Attention is asked for the one frame that stands still: for every frame it would make a long video longer.
export async function explainFrame() {
  const { open, work: { signal } } = state;
  open.explained = null;
  if (open.kind !== "video" || !wantsAttention() || !video.paused || !video.videoWidth) return;
  const at = video.currentTime;
  const still = document.createElement("canvas");
  [still.width, still.height] = [video.videoWidth, video.videoHeight];
  still.getContext("2d").drawImage(video, 0, 0);
  try {
    const picture = await new Promise((done) => still.toBlob(done, "image/jpeg", 0.92));
    const answer = await recognize(picture, "frame.jpg", { attention: true, signal });
    if (state.open !== open || video.currentTime !== at || !video.paused) return;
    const tracked = currentFaces();
    const near = (one, other) => Math.hypot(one.box.x - other.box.x, one.box.y - other.box.y);
    open.explained = tracked.map((face) => {
      const match = answer.faces.reduce((best, other) => (best && near(best, face) <= near(other, face) ? best : other), null);
      return { ...face, attention: match && near(match, face) < face.box.width ? match.attention : null };
    });
    show();
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  }
}

export async function startCamera() {
  close();
  state.camera = new Camera(video, {
    attention: wantsAttention,
    onFrame(record) {
      const { open } = state;
      Object.assign(open, { width: record.width, height: record.height });
      if (open.records.length >= MOST_RECORDS) open.records.shift();
      // Attention maps are for the moment only: an hour of them would fill the memory.
      const before = open.records.at(-1);
      if (before) before.faces = before.faces.map(({ attention, ...face }) => face);
      open.records.push(record);
      const [first, known] = [open.records.length === 1, people.seen.size];
      people.see(record);
      if (!record.faces.some((face) => face.id === open.chosen)) open.chosen = null;
      say(record.faces.length ? `Camera: ${record.faces.length === 1 ? "one face" : `${record.faces.length} faces`}.` : "Camera: no face found.");
      show();
      if (first || people.seen.size !== known) showSummary();
    },
    onFail: (error) => fail(error),
  });
  try {
    state.open = { ...nothing(), kind: "camera", name: "camera" };
    stage.dataset.state = "camera";
    stage.classList.add("live");
    video.hidden = false;
    say("Waiting for the camera …");
    await state.camera.start();
    $("camera").setAttribute("aria-pressed", "true");
    $("camera").textContent = "Stop the camera";
  } catch (error) {
    fail(error);
  }
}

// A photo that the browser does not read (HEIC, TIFF) is shown as the server reads it.
export async function showConverted() {
  const { open, work: { signal } } = state;
  if (open.kind !== "photo" || !photo.getAttribute("src")) return;
  if (!open.converted) {
    open.converted = true;
    try {
      const picture = await shownPicture(open.file, open.name, signal);
      if (state.open !== open) return;
      URL.revokeObjectURL(open.address);
      open.address = URL.createObjectURL(picture);
      photo.src = open.address;
      return;
    } catch {
      if (state.open !== open) return; // another file is open, or none; else what is wrong is told below
    }
  }
  open.playable = false;
  stage.dataset.state = "unshowable";
  photo.hidden = true;
}
