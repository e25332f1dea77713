// The page: wires what a person does to the parts.
import { health } from "./api.js";
import { onFileChosen } from "./chosen_file.js";
import { $ } from "./elements.js";
import { complainOfOptions, setEventOptions } from "./events_panel.js";
import { showLegend } from "./legend.js";
import { close, explainFrame, inWords, openFile, recognizePhoto, showConverted, startCamera, stopReading } from "./opening.js";
import { onThemeChange, percent, setLooks } from "./palette.js";
import { currentFaces, limitsOfFaces, state, wantsAttention } from "./state.js";
import { download } from "./summary.js";
import { currentRequest, sumUp } from "./sums.js";
import { complain, say, tell } from "./told.js";
import { choose, onStill, show, showSummary } from "./view.js";

const [stage, photo] = ["stage", "photo"].map($);

function refresh() {
  show();
  showSummary();
}

state.refresh = refresh;
onStill(explainFrame);

// ---- opening ----------------------------------------------------------------------------------------------------------------------------

onFileChosen(openFile);
$("camera").addEventListener("click", () => (state.camera ? close() : startCamera()));
$("stop").addEventListener("click", stopReading);
photo.addEventListener("load", refresh);
photo.addEventListener("error", showConverted);

// ---- choices ----------------------------------------------------------------------------------------------------------------------------

$("track").addEventListener("change", (event) => choose(Number(event.target.value)));
$("attention").addEventListener("change", () => {
  if (state.open.kind === "photo" && wantsAttention() && currentFaces().some((face) => !face.attention)) recognizePhoto();
  else explainFrame().then(show);
});

function showLimits() {
  const { threshold, maxYaw, minSharpness } = limitsOfFaces();
  const said = { threshold: percent(threshold), "max-yaw": maxYaw === null ? "off" : `${maxYaw}°`, "min-sharpness": minSharpness === null ? "off" : minSharpness.toFixed(2) };
  for (const [id, text] of Object.entries(said)) {
    $(`${id}-value`).textContent = text;
    $(id).setAttribute("aria-valuetext", text);
  }
}

for (const id of ["threshold", "max-yaw", "min-sharpness"]) {
  $(id).addEventListener("input", () => {
    showLimits();
    if (state.open.kind === "photo" && currentFaces().length) say(inWords(currentFaces()));
    show();
    sumUp();
  });
}
for (const input of document.querySelectorAll(".event-options input")) input.addEventListener("input", sumUp);

for (const button of $("downloads").children) {
  button.addEventListener("click", async () => {
    try {
      complain(null);
      tell(`${await download(button.dataset.file, currentRequest())} is downloaded.`);
    } catch (error) {
      complain(error);
    }
  });
}

// ---- beginning --------------------------------------------------------------------------------------------------------------------------

function withLooks() {
  showLegend($("legend"), state.server.expressions);
  refresh();
}

new ResizeObserver(show).observe(stage);
onThemeChange(withLooks);
showLimits();
close();
health()
  .then(({ version, model, expressions, looks, events, labeling, limits, max_yaw: maxYaw, min_sharpness: minSharpness }) => {
    Object.assign(state.server, { expressions, limits });
    setLooks(looks);
    setEventOptions(events);
    $("max-yaw").value = maxYaw ?? $("max-yaw").max;
    $("min-sharpness").value = minSharpness ?? 0;
    showLimits();
    complainOfOptions(null);
    withLooks();
    $("limits").textContent = `up to ${limits.max_upload_mb} MB, ${Math.round(limits.max_pixels / 1e6)} megapixels, ${limits.max_seconds < 120 ? `${limits.max_seconds} seconds` : `${Math.round(limits.max_seconds / 60)} minutes`} of video`;
    $("label-link").hidden = !labeling;
    $("about").textContent = `asdcfer ${version}, model ${model}`;
    document.body.dataset.ready = "true";
  })
  .catch(complain);
