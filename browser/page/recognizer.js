// From a picture to faces with calibrated scores, all in this browser.
import * as ort from "./onnxruntime/ort.wasm.min.mjs";
import { aligned, faceTransform } from "./alignment.js";
import { gray, rgb } from "./pixels.js";
import { YuNet } from "./yunet.js";

const here = (name) => new URL(name, import.meta.url).href;

// One thread: more need headers that a folder of files cannot send.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { mjs: here("onnxruntime/ort-wasm-simd-threaded.mjs"), wasm: here("onnxruntime/ort-wasm-simd-threaded.wasm") };

export class Recognizer {
  static async load() {
    const settings = await (await fetch(here("settings.json"))).json();
    const open = (name) => ort.InferenceSession.create(here(name), { executionProviders: ["wasm"] });
    const [detector, model] = [await open("yunet.onnx"), await open("model.onnx")];
    return new Recognizer(settings, new YuNet(ort, detector, settings.detector), model);
  }

  constructor(settings, detector, model) {
    Object.assign(this, { settings, detector, model });
  }

  // Faces of { width, height, data }, as the page shows them; `live` takes a frame of the camera.
  async recognize(picture, { live = false } = {}) {
    const found = await (live ? this.detector.frame(picture) : this.detector.photo(picture));
    if (!found.length) return [];
    const { size, channels, expressions } = this.settings;
    const levels = channels === 1 ? gray : rgb;
    const batch = new Uint8Array(found.length * size * size * channels);
    found.forEach((face, index) => {
      const crop = aligned(picture, faceTransform(face, this.settings.alignment), size, this.settings.alignment);
      batch.set(levels(crop), index * size * size * channels);
    });
    const shape = [found.length, size, size, ...(channels === 1 ? [] : [channels])];
    const outputs = await this.model.run({ [this.model.inputNames[0]]: new ort.Tensor("uint8", batch, shape) });
    const scores = outputs[this.model.outputNames[0]].data;
    return found.map((face, id) => this.named(face, id, picture, scores.subarray(id * expressions.length, (id + 1) * expressions.length)));
  }

  named({ box: [x, y, width, height], landmarks, score }, id, picture, values) {
    const within = (value, length) => Math.max(0, Math.min(value, length));
    const [left, top] = [within(x, picture.width), within(y, picture.height)];
    const box = { x: left, y: top, width: within(x + width, picture.width) - left, height: within(y + height, picture.height) - top };
    const scores = Object.fromEntries(this.settings.expressions.map((name, index) => [name, values[index]]));
    const status = Math.min(width, height) < this.settings.min_face ? "too small" : "ok";
    return { id, box, landmarks, scores, confidence: Math.max(...values), status, detection_score: score };
  }
}

// The pixels of a file, frame or picture of the browser: upright, on white where it is transparent.
export async function pixelsOf(source) {
  const image = await createImageBitmap(source, { imageOrientation: "from-image" });
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0);
  image.close();
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}
