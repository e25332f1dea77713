// Draws boxes and attention over the picture, on a canvas that lies exactly on it.
import { answerOf, colorOnPicture, inkOn, percent } from "./palette.js";

// Dark blue to yellow, readable with every kind of color blindness; strong values cover more.
const RAMP = [[0, 32, 96], [60, 77, 110], [124, 123, 120], [187, 175, 104], [255, 234, 70]];

const LONGEST = 16; // letters of a name beside a box; the card has all of it

function heat(value) {
  const at = Math.min(0.9999, Math.max(0, value)) * (RAMP.length - 1);
  const low = Math.floor(at);
  return RAMP[low].map((from, index) => from + (RAMP[low + 1][index] - from) * (at - low));
}

function heatmap(values) {
  const grid = document.createElement("canvas");
  [grid.width, grid.height] = [values[0].length, values.length];
  const pixels = new ImageData(grid.width, grid.height);
  values.flat().forEach((value, index) => pixels.data.set([...heat(value), 200 * value], index * 4));
  grid.getContext("2d").putImageData(pixels, 0, 0);
  return grid;
}

// From the unit square to the parallelogram in the picture where the crop was taken.
function drawAttention(pen, attention) {
  const [[x, y], [rightX, rightY], , [downX, downY]] = attention.corners;
  const grid = heatmap(attention.values);
  pen.save();
  pen.transform((rightX - x) / grid.width, (rightY - y) / grid.width, (downX - x) / grid.height, (downY - y) / grid.height, x, y);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(grid, 0, 0);
  pen.restore();
}

// Above the box, else below it, else in it: where it hides no other word and does not leave the picture.
function placeTag({ x, y, high }, { long, tall }, { width, height, taken }) {
  const left = Math.max(0, Math.min(x, width - long));
  const places = [y - tall, y + high, y].map((top) => ({ left, top, right: left + long, bottom: top + tall }));
  const inside = places.filter(({ top, bottom }) => top >= 0 && bottom <= height);
  const free = ({ left: from, right, top, bottom }) => taken.every((other) => right <= other.left || from >= other.right || bottom <= other.top || top >= other.bottom);
  const place = inside.find(free) ?? inside[0] ?? places[2];
  taken.push(place);
  return place;
}

function drawBox(pen, face, { name, chosen, limits, scale, width, height, mirrored, taken }) {
  const answer = answerOf(face, limits);
  const color = colorOnPicture(answer.expression);
  const { y, width: wide, height: high } = face.box;
  const x = mirrored ? width - face.box.x - wide : face.box.x;
  pen.lineJoin = "round";
  pen.setLineDash([]);
  pen.strokeStyle = "rgba(10, 14, 18, 0.75)";
  pen.lineWidth = (chosen ? 7 : 5) * scale;
  pen.strokeRect(x, y, wide, high);
  pen.setLineDash(answer.uncertain ? [8 * scale, 6 * scale] : []);
  pen.strokeStyle = color;
  pen.lineWidth = (chosen ? 4 : 2.5) * scale;
  pen.strokeRect(x, y, wide, high);
  pen.setLineDash([]);
  const short = name.length > LONGEST ? `${name.slice(0, LONGEST - 1).trimEnd()}…` : name;
  const text = `${short}  ${answer.uncertain ? answer.status : `${answer.best} ${percent(answer.share)}`}`;
  pen.font = `600 ${14 * scale}px system-ui, "Liberation Sans", sans-serif`;
  const tag = pen.measureText(text).width + 14 * scale;
  const { left, top } = placeTag({ x: x - 2 * scale, y: y - 2 * scale, high: high + 4 * scale }, { long: tag, tall: 24 * scale }, { width, height, taken });
  pen.fillStyle = color;
  pen.beginPath();
  pen.roundRect(left, top, tag, 24 * scale, 5 * scale);
  pen.fill();
  pen.fillStyle = inkOn(color);
  pen.textBaseline = "middle";
  pen.fillText(text, left + 7 * scale, top + 12.5 * scale);
}

// Fills the stage's width, up to two thirds of the window's height; small pictures are enlarged, but not to mush.
export function fit(medium) {
  const [wide, high] = [medium.naturalWidth || medium.videoWidth, medium.naturalHeight || medium.videoHeight];
  if (wide) medium.style.width = `${Math.floor(Math.min(medium.parentElement.clientWidth, (window.innerHeight * 0.66 * wide) / high, wide * 4))}px`;
}

// `medium` is the shown <img> or <video>; faces are in pixels of a picture of `width` by `height`.
export function draw(canvas, medium, { width, height, faces, chosen, nameOf, limits, attention, mirrored = false }) {
  const shown = { width: medium.clientWidth, height: medium.clientHeight };
  Object.assign(canvas.style, { left: `${medium.offsetLeft}px`, top: `${medium.offsetTop}px`, width: `${shown.width}px`, height: `${shown.height}px` });
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(shown.width * density);
  canvas.height = Math.round(shown.height * density);
  if (!width || !canvas.width) return;
  const pen = canvas.getContext("2d");
  pen.scale(canvas.width / width, canvas.height / height);
  if (attention) {
    pen.save();
    if (mirrored) pen.transform(-1, 0, 0, 1, width, 0);
    for (const face of faces) if (face.attention) drawAttention(pen, face.attention);
    pen.restore();
  }
  const scale = width / shown.width;
  const taken = [];
  for (const face of faces) drawBox(pen, face, { name: nameOf(face.id), chosen: face.id === chosen, limits, scale, width, height, mirrored, taken });
}

export const clear = (canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
