// From five landmarks to the canonical crop, as recognition/alignment.py does it.
import { shrunk, warped } from "./pixels.js";

const scaleOf = ([[a, b], [c, d]]) => Math.sqrt(Math.abs(a * d - b * c));
const mean = (points) => points.reduce(([x, y], [u, v]) => [x + u / points.length, y + v / points.length], [0, 0]);

// The rotation, scale and shift that take points nearest to targets in least squares; null where all points are one.
export function similarity(points, targets) {
  const [[px, py], [qx, qy]] = [mean(points), mean(targets)];
  let [real, imaginary, spread] = [0, 0, 0];
  points.forEach(([x, y], index) => {
    const [a, b] = [x - px, y - py];
    const [u, v] = [targets[index][0] - qx, targets[index][1] - qy];
    real += a * u + b * v;
    imaginary += a * v - b * u;
    spread += a * a + b * b;
  });
  if (!(spread > 1e-12)) return null;
  const [c, s] = [real / spread, imaginary / spread];
  return [[c, -s, qx - (c * px - s * py)], [s, c, qy - (s * px + c * py)]];
}

// From pixels of the picture to the unit square of the crop: by the landmarks, else by the box.
export function faceTransform({ landmarks, box: [x, y, width, height] }, { template, box_template: place }) {
  const found = similarity(landmarks, template);
  if (found) {
    const size = scaleOf(found) * Math.max(width, height);
    if (size > 0.2 && size < 5) return found;
  }
  const scale = 1 / Math.max(width / place[2], height / place[3], 1e-6);
  const center = [place[0] + place[2] / 2, place[1] + place[3] / 2];
  return [[scale, 0, center[0] - scale * (x + width / 2)], [0, scale, center[1] - scale * (y + height / 2)]];
}

// Cuts the crop out: a warp to a multiple of its size, averaged down where that shrinks.
export function aligned(picture, transform, size, { most_supersampling: most }) {
  const factor = Math.min(most, Math.max(1, Math.ceil(1 / (scaleOf(transform) * size) - 0.05)));
  const side = size * factor;
  // Pixel centers lie at half-integers of the unit square's grid, OpenCV's at integers.
  const matrix = transform.map(([a, b, c]) => [a * side, b * side, c * side + (a + b) * side * 0.5 - 0.5]);
  return shrunk(warped(picture, matrix, side, side), size, size);
}
