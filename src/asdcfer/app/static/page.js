// The page: what is open, what was found in it, and the wiring between the parts.
import { health, recognize, recognizeVideo, shownPicture } from "./api.js";
import { Camera } from "./camera.js";
import { download, toCsv } from "./csv.js";
import { showFaces } from "./faces.js";
import { answerOf, percent } from "./palette.js";
import { clear, draw, fit } from "./stage.js";
import { Timeline, clock, recordAt } from "./timeline.js";

const $ = (id) => document.getElementById(id);
const [stage, photo, video, overlay] = ["stage", "photo", "video", "overlay"].map($);
const VIDEO_NAMES =
  /\.(mp4|m4v|mov|qt|3gp|3g2|f4v|lrv|insv|mkv|webm|avi|divx|flv|wmv|asf|nut|rm|rmvb|mpe?g?|m[12]v|vob|mod|tod|m?ts|m2ts?|og[vm]|[hx]?26[45]|avc|hevc|mjpe?g|ivf|obu|266|vc1|dv|[mg]xf|y4m|amv|wtv|dvr-ms|tp|m2p)$/i;
const PHOTO_NAMES = /\.(hei[cf]s?|hif|avifs?)$/i; // systems that do not know these give them any type
const NO_FACE = "No face found in any frame of this video."; // the server's one message that is no complaint
const MOST_RECORDS = 100_000;

const server = { expressions: [], limits: null };
const nothing = () => ({ kind: "empty", name: "", file: null, address: null, width: 0, height: 0, records: [], time: 0, chosen: null, explained: null, playable: true, converted: false, duration: 0 });
let open = nothing();
let work = new AbortController();
let camera = null;

const threshold = () => Number($("threshold").value) / 100;
const wantsAttention = () => $("attention").checked;
const say = (text) => { if ($("status").textContent !== text) $("status").textContent = text; };

function complain(error) {
  $("error").textContent = error?.message ?? error ?? "";
  $("error").hidden = !error;
}

// ---- what is shown ----------------------------------------------------------------------------------------------------------------------

function currentRecord() {
  return open.records[open.kind === "photo" ? 0 : open.kind === "camera" ? open.records.length - 1 : recordAt(open.records, open.time)];
}

const current = () => open.explained ?? currentRecord()?.faces ?? [];

function show() {
  const faces = current();
  if (open.chosen === null && faces.length) open.chosen = faces[0].id;
  const { width, height } = { ...open, ...currentRecord() }; // a video's frames may change their size
  const look = { width, height, faces, chosen: open.chosen, threshold: threshold(), attention: wantsAttention() };
  const medium = open.kind === "photo" ? photo : video;
  if (open.kind !== "empty" && open.playable) {
    fit(medium);
    draw(overlay, medium, { ...look, mirrored: open.kind === "camera" });
  } else {
    clear(overlay);
  }
  showFaces($("faces"), faces, { expressions: server.expressions, chosen: open.chosen, threshold: threshold(), onChoose: choose });
  if (open.kind === "video") showTimeline();
  $("csv").disabled = !open.records.length;
}

function showTimeline() {
  const last = open.records.at(-1)?.time ?? 0;
  timeline.show({
    records: open.records, tracks: [...$("track").options].map((option) => Number(option.value)), time: open.time, face: open.chosen ?? 0, expressions: server.expressions, threshold: threshold(),
    duration: Math.max(0.1, open.duration || 0, last),
  });
}

function choose(id) {
  open.chosen = id;
  if (open.kind === "video") $("track").value = String(id);
  show();
}

function summary(faces) {
  const words = faces.map((face) => {
    const answer = answerOf(face, threshold());
    return answer.uncertain ? "uncertain" : `${answer.best} ${percent(answer.share)}`;
  });
  return `${faces.length === 1 ? "One face" : `${faces.length} faces`}: ${words.join(", ")}.`;
}

// ---- opening and closing ----------------------------------------------------------------------------------------------------------------

function close() {
  work.abort();
  work = new AbortController();
  camera?.stop();
  camera = null;
  if (open.address) URL.revokeObjectURL(open.address);
  open = nothing();
  photo.removeAttribute("src");
  video.removeAttribute("src");
  video.load();
  for (const part of [photo, video, $("player"), $("timeline"), $("timeline-help")]) part.hidden = true;
  for (const part of [$("play"), $("stop"), $("track-box"), $("progress-box")]) part.hidden = true;
  $("track").replaceChildren();
  $("camera").setAttribute("aria-pressed", "false");
  $("camera").textContent = "Use the camera";
  stage.classList.remove("live");
  stage.dataset.state = "empty";
  complain(null);
  say("No picture yet.");
  show();
}

function fail(error, keep = false) {
  if (error.name === "AbortError") return;
  if (!keep) close();
  complain(error);
  say(keep ? "Stopped." : "Nothing recognized.");
}

async function openFile(file) {
  close();
  if (server.limits && file.size > server.limits.max_upload_mb * 1e6) {
    fail(new Error(`The file is larger than ${server.limits.max_upload_mb} MB, the limit here (raise it with --max-upload-mb).`));
    return;
  }
  const named = file.type.startsWith("image/") || PHOTO_NAMES.test(file.name);
  const isVideo = !named && (file.type.startsWith("video/") || VIDEO_NAMES.test(file.name));
  open = { ...nothing(), kind: isVideo ? "video" : "photo", name: file.name || "picture", file, address: URL.createObjectURL(file) };
  stage.dataset.state = open.kind;
  await (isVideo ? openVideo() : openPhoto());
}

async function openPhoto() {
  photo.hidden = false;
  photo.alt = `Your picture ${open.name}`;
  photo.src = open.address;
  await recognizePhoto();
}

async function recognizePhoto() {
  const { signal } = work;
  say("Looking at the picture …");
  try {
    const answer = await recognize(open.file, open.name, { attention: wantsAttention(), signal });
    Object.assign(open, { width: answer.width, height: answer.height, records: [{ file: open.name, frame: 0, time: 0, faces: answer.faces }] });
    const bare = wantsAttention() && answer.faces.length && answer.faces.every((face) => !face.attention);
    say(answer.faces.length ? summary(answer.faces) + (bare ? " This model has no attention to show." : "") : answer.message);
    show();
  } catch (error) {
    fail(error);
  }
}

async function openVideo() {
  const { signal } = work;
  for (const part of [video, $("player"), $("timeline"), $("timeline-help"), $("play"), $("stop"), $("progress-box")]) part.hidden = false;
  video.src = open.address;
  $("progress").removeAttribute("value");
  $("progress-text").textContent = "sending";
  say("Reading the video …");
  try {
    let shown = 0;
    const began = performance.now();
    await recognizeVideo(open.file, open.name, (line) => {
      if (line.type === "frame") {
        open.records.push({ file: open.name, frame: line.frame, time: line.time, width: line.width, height: line.height, faces: line.faces });
        line.faces.forEach(addTrack);
        if (performance.now() - shown < 200) return;
        shown = performance.now();
        showProgress(line, (shown - began) / 1000);
        show();
      } else {
        videoLine(line);
      }
    }, signal);
  } catch (error) {
    fail(error, open.records.length > 0);
  }
  if (!signal.aborted) $("stop").hidden = true;
}

function videoLine(line) {
  if (line.type === "start") {
    Object.assign(open, { width: line.width, height: line.height, duration: line.duration ?? 0 });
  } else if (line.type === "error") {
    throw new Error(line.error);
  } else {
    $("progress").value = 1;
    $("progress-text").textContent = `${line.frames} frames in ${line.seconds.toFixed(1)} s`;
    say(line.with_faces ? `${line.frames} frames, ${line.with_faces} with a face.` : "No face found in this video.");
    if (line.message && line.message !== NO_FACE) complain(line.message);
    show();
  }
}

function showProgress(line, seconds) {
  const speed = open.records.length / seconds;
  if (line.done !== null) $("progress").value = line.done;
  const left = line.done > 0.01 ? `, ${clock((seconds / line.done) * (1 - line.done))} left` : "";
  $("progress-text").textContent = `${line.done === null ? "" : `${percent(line.done)}, `}${speed.toFixed(0)} frames a second${left}`;
  say(`Reading the video: ${clock(line.time)} so far.`);
}

function addTrack(face) {
  const list = $("track");
  if ([...list.options].some((option) => Number(option.value) === face.id)) return;
  list.add(new Option(`Face ${face.id + 1}`, face.id));
  $("track-box").hidden = list.options.length < 2;
}

// ---- the video's clock ------------------------------------------------------------------------------------------------------------------

const timeline = new Timeline($("timeline"), (time) => {
  open.time = time;
  open.explained = null;
  if (open.playable) video.currentTime = time;
  show();
});

function tick() {
  if (open.kind !== "video") return;
  open.time = video.currentTime;
  show();
  if (!video.paused) requestAnimationFrame(tick);
}

// Attention is asked for the one frame that stands still: for every frame it would make a long video longer.
async function explainFrame() {
  open.explained = null;
  if (open.kind !== "video" || !wantsAttention() || !video.paused || !video.videoWidth) return;
  const at = video.currentTime;
  const still = document.createElement("canvas");
  [still.width, still.height] = [video.videoWidth, video.videoHeight];
  still.getContext("2d").drawImage(video, 0, 0);
  try {
    const picture = await new Promise((done) => still.toBlob(done, "image/jpeg", 0.92));
    const answer = await recognize(picture, "frame.jpg", { attention: true, signal: work.signal });
    if (video.currentTime !== at || !video.paused) return;
    const tracked = current();
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

async function startCamera() {
  close();
  camera = new Camera(video, {
    attention: wantsAttention,
    onFrame(record) {
      Object.assign(open, { width: record.width, height: record.height });
      if (open.records.length >= MOST_RECORDS) open.records.shift();
      // Attention maps are for the moment only: an hour of them would fill the memory.
      const before = open.records.at(-1);
      if (before) before.faces = before.faces.map(({ attention, ...face }) => face);
      open.records.push(record);
      if (!record.faces.some((face) => face.id === open.chosen)) open.chosen = null;
      say(record.faces.length ? `Camera: ${record.faces.length === 1 ? "one face" : `${record.faces.length} faces`}.` : "Camera: no face found.");
      show();
    },
    onFail: (error) => fail(error),
  });
  try {
    open = { ...nothing(), kind: "camera", name: "camera" };
    stage.dataset.state = "camera";
    stage.classList.add("live");
    video.hidden = false;
    say("Waiting for the camera …");
    await camera.start();
    $("camera").setAttribute("aria-pressed", "true");
    $("camera").textContent = "Stop the camera";
  } catch (error) {
    fail(error);
  }
}

// ---- wiring -----------------------------------------------------------------------------------------------------------------------------

$("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) openFile(file);
  event.target.value = ""; // so that the same file can be chosen again
});
window.addEventListener("dragover", (event) => {
  event.preventDefault();
  stage.classList.add("over");
});
window.addEventListener("dragleave", (event) => event.relatedTarget ?? stage.classList.remove("over"));
window.addEventListener("drop", (event) => {
  event.preventDefault(); // the browser would leave the page and open the file
  stage.classList.remove("over");
  if (event.dataTransfer.files[0]) openFile(event.dataTransfer.files[0]);
});
window.addEventListener("paste", (event) => event.clipboardData.files[0] && openFile(event.clipboardData.files[0]));
$("camera").addEventListener("click", () => (camera ? close() : startCamera()));
$("stop").addEventListener("click", () => {
  work.abort();
  work = new AbortController();
  $("stop").hidden = true;
  $("progress-text").textContent = `stopped after ${open.records.length} frames`;
  say("Stopped.");
  show();
});
$("play").addEventListener("click", () => (video.paused ? video.play() : video.pause()));
$("track").addEventListener("change", (event) => choose(Number(event.target.value)));
$("threshold").addEventListener("input", () => {
  $("threshold-value").textContent = percent(threshold());
  if (open.kind === "photo" && current().length) say(summary(current()));
  show();
});
$("attention").addEventListener("change", () => {
  if (open.kind === "photo" && wantsAttention() && current().some((face) => !face.attention)) recognizePhoto();
  else explainFrame().then(show);
});
$("csv").addEventListener("click", () => {
  const stem = (open.name || "results").replace(/\.[^.]*$/, "");
  download(`${stem}-expressions.csv`, toCsv(open.records, server.expressions, threshold()));
});
photo.addEventListener("load", show);
photo.addEventListener("error", async () => {
  if (open.kind !== "photo" || !photo.getAttribute("src")) return;
  if (!open.converted) {
    const [{ signal }, asked] = [work, open];
    open.converted = true; // by the server: browsers do not read HEIC or TIFF
    try {
      const picture = await shownPicture(open.file, open.name, signal);
      if (open !== asked) return;
      URL.revokeObjectURL(open.address);
      open.address = URL.createObjectURL(picture);
      photo.src = open.address;
      return;
    } catch {
      if (open !== asked) return; // another file is open, or none; else what is wrong is told below
    }
  }
  open.playable = false;
  stage.dataset.state = "unshowable";
  photo.hidden = true;
});
for (const event of ["loadeddata", "seeked", "timeupdate"]) video.addEventListener(event, () => open.kind === "video" && tick());
for (const event of ["pause", "seeked", "ended"]) video.addEventListener(event, explainFrame);
video.addEventListener("play", () => {
  open.explained = null;
  $("play").textContent = "Pause";
  tick();
});
video.addEventListener("pause", () => { $("play").textContent = "Play"; });
video.addEventListener("error", () => {
  if (open.kind !== "video" || !video.getAttribute("src")) return;
  open.playable = false;
  stage.dataset.state = "unshowable";
  video.hidden = true;
  $("play").hidden = true;
});
new ResizeObserver(show).observe(stage);

close();
health()
  .then(({ version, model, expressions, limits }) => {
    Object.assign(server, { expressions, limits });
    $("limits").textContent = `up to ${limits.max_upload_mb} MB, ${Math.round(limits.max_pixels / 1e6)} megapixels, ${limits.max_seconds < 120 ? `${limits.max_seconds} seconds` : `${Math.round(limits.max_seconds / 60)} minutes`} of video`;
    $("about").textContent = `asdcfer ${version}, model ${model}`;
    document.body.dataset.ready = "true";
  })
  .catch(complain);
