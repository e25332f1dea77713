// The page: a photo or the camera's picture, recognized by this browser itself.
import { load, recognize } from "./api.js";
import { Camera } from "./camera.js";
import { onFileChosen } from "./chosen_file.js";
import { $ } from "./elements.js";
import { showFaces } from "./faces.js";
import { answerOf, onThemeChange, percent, setLooks } from "./palette.js";
import { clear, draw, fit } from "./stage.js";

const [stage, photo, video, overlay] = ["stage", "photo", "video", "overlay"].map($);
const SPOKEN = 3000; // milliseconds between two words on the camera's picture: some hear each of them

const state = { faces: [], width: 0, height: 0, chosen: 0, expressions: [], camera: null, address: null, asked: 0 };
const limits = () => ({ threshold: Number($("threshold").value) / 100, maxYaw: null, minSharpness: null });
const nameOf = (id) => `Face ${id + 1}`;
const say = (text) => { $("status").textContent = text; };

function complain(error) {
  $("error").hidden = !error;
  $("error").textContent = error ? error.message : "";
}

function inWords(faces) {
  if (!faces.length) return "No face found.";
  const words = faces.map((face) => {
    const answer = answerOf(face, limits());
    return answer.uncertain ? answer.status : `${answer.best} ${percent(answer.share)}`;
  });
  return `${faces.length === 1 ? "One face" : `${faces.length} faces`}: ${words.join(", ")}.`;
}

function show() {
  const medium = state.camera ? video : photo;
  clear(overlay);
  if (!medium.hidden) {
    fit(medium);
    draw(overlay, medium, { ...state, nameOf, limits: limits(), mirrored: Boolean(state.camera) });
  }
  showFaces($("faces"), state.faces, { expressions: state.expressions, chosen: state.chosen, nameOf, limits: limits(), onChoose: choose });
}

function choose(id) {
  state.chosen = id;
  show();
}

function close() {
  state.asked++;
  state.camera?.stop();
  if (state.address) URL.revokeObjectURL(state.address);
  Object.assign(state, { faces: [], width: 0, height: 0, chosen: 0, camera: null, address: null });
  photo.removeAttribute("src");
  for (const part of [photo, video]) part.hidden = true;
  $("camera").setAttribute("aria-pressed", "false");
  $("camera").textContent = "Use the camera";
  stage.classList.remove("live");
  stage.dataset.state = "empty";
  complain(null);
  show();
}

async function openFile(file) {
  close();
  const asked = state.asked;
  const current = () => asked === state.asked;
  state.address = URL.createObjectURL(file);
  say("Recognizing.");
  try {
    photo.src = state.address;
    try {
      await photo.decode();
    } catch {
      throw new Error(`The browser cannot read ${file.name || "this file"} as a picture.`);
    }
    if (!current()) return;
    photo.hidden = false;
    photo.alt = file.name;
    stage.dataset.state = "photo";
    fit(photo);
    await new Promise((drawn) => setTimeout(drawn, 30)); // the picture is shown before the computing begins
    const answer = await recognize(file, file.name || "picture");
    if (!current()) return;
    Object.assign(state, answer);
    say(inWords(state.faces));
    show();
  } catch (error) {
    if (!current()) return;
    close();
    complain(error);
    say("Nothing recognized.");
  }
}

async function startCamera() {
  close();
  let spoken = 0;
  const camera = new Camera(video, {
    attention: () => false,
    onFrame: ({ faces, width, height }) => {
      Object.assign(state, { faces, width, height });
      if (!faces.some(({ id }) => id === state.chosen)) state.chosen = faces[0]?.id ?? 0;
      if (performance.now() - spoken > SPOKEN) {
        spoken = performance.now();
        say(inWords(faces));
      }
      show();
    },
    onFail: (error) => {
      close();
      complain(error);
      say("The camera is off.");
    },
  });
  try {
    state.camera = camera;
    video.hidden = false;
    stage.dataset.state = "camera";
    stage.classList.add("live");
    $("camera").setAttribute("aria-pressed", "true");
    $("camera").textContent = "Stop the camera";
    say("Starting the camera.");
    await camera.start();
  } catch (error) {
    close();
    complain(error);
    say("The camera is off.");
  }
}

onFileChosen(openFile);
$("camera").addEventListener("click", () => {
  if (!state.camera) {
    startCamera();
    return;
  }
  close();
  say("No picture yet.");
});
$("threshold").addEventListener("input", () => {
  $("threshold-value").textContent = percent(limits().threshold);
  if (state.faces.length) say(inWords(state.faces));
  show();
});
new ResizeObserver(show).observe(stage);
onThemeChange(show);

load()
  .then(({ settings }) => {
    state.expressions = settings.expressions;
    setLooks(settings.looks);
    $("about").textContent = settings.about;
    say("No picture yet.");
    show();
    document.body.dataset.ready = "true";
  })
  .catch((error) => {
    complain(new Error(`The recognizer cannot be loaded: ${error.message}`));
    say("Nothing can be recognized.");
  });
