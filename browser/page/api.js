// What the server answers elsewhere, this browser computes itself; the camera of the page asks for it by the same name.
import { pixelsOf, Recognizer } from "./recognizer.js";

let loaded = null;

export const load = () => (loaded ??= Recognizer.load());

export async function recognize(picture, name) {
  const recognizer = await load();
  const pixels = await pixelsOf(picture);
  const faces = await recognizer.recognize(pixels, { live: name === "camera.jpg" });
  return { faces, width: pixels.width, height: pixels.height };
}
