// Pictures as RGBA bytes, { width, height, data }: shrunk, turned, warped and made gray as OpenCV does it in Python.

export function blank(width, height) {
  return { width, height, data: new Uint8ClampedArray(4 * width * height) };
}

// What of each old pixel goes into each new one when a line of `from` pixels becomes one of `to`.
function shares(from, to) {
  const scale = from / to;
  return Array.from({ length: to }, (_, at) => {
    const [begin, end] = [at * scale, Math.min((at + 1) * scale, from)];
    const first = Math.floor(begin + 1e-9);
    const last = Math.min(Math.ceil(end - 1e-9), from);
    const weights = [];
    for (let index = first; index < last; index++) weights.push((Math.min(index + 1, end) - Math.max(index, begin)) / (end - begin));
    return { first, weights };
  });
}

// The mean of the area that each new pixel covers (cv2.INTER_AREA); only for shrinking.
export function shrunk(picture, width, height) {
  if (width === picture.width && height === picture.height) return picture;
  const [across, down] = [shares(picture.width, width), shares(picture.height, height)];
  const rows = new Float32Array(3 * width * picture.height);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = across[x];
      let [red, green, blue] = [0, 0, 0];
      for (let index = 0, from = 4 * (y * picture.width + first); index < weights.length; index++, from += 4) {
        red += weights[index] * picture.data[from];
        green += weights[index] * picture.data[from + 1];
        blue += weights[index] * picture.data[from + 2];
      }
      rows.set([red, green, blue], 3 * (y * width + x));
    }
  }
  const small = blank(width, height);
  for (let y = 0; y < height; y++) {
    const { first, weights } = down[y];
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let index = 0; index < weights.length; index++) sum += weights[index] * rows[3 * ((first + index) * width + x) + channel];
        small.data[4 * (y * width + x) + channel] = Math.round(sum);
      }
      small.data[4 * (y * width + x) + 3] = 255;
    }
  }
  return small;
}

// Shrinks a picture to a long side; the factor applied comes with it (recognition.detection.reduced).
export function reduced(picture, longSide) {
  const factor = Math.min(1, longSide / Math.max(picture.width, picture.height));
  if (factor === 1) return { small: picture, factor };
  const side = (length) => Math.max(1, Math.round(length * factor));
  return { small: shrunk(picture, side(picture.width), side(picture.height)), factor };
}

// A quarter turn to the left, as np.rot90.
export function turnedLeft(picture) {
  const { width, height, data } = picture;
  const turned = blank(height, width);
  const [from, to] = [new Uint32Array(data.buffer, data.byteOffset, width * height), new Uint32Array(turned.data.buffer)];
  for (let y = 0; y < width; y++) for (let x = 0; x < height; x++) to[y * height + x] = from[x * width + (width - 1 - y)];
  return turned;
}

// The part of a picture from (left, top) to before (right, low).
export function part({ width, height, data }, left, top, right, low) {
  const cut = blank(Math.min(right, width) - left, Math.min(low, height) - top);
  for (let y = 0; y < cut.height; y++) cut.data.set(data.subarray(4 * ((top + y) * width + left), 4 * ((top + y) * width + left + cut.width)), 4 * y * cut.width);
  return cut;
}

// Warps a picture by [[a, b, c], [d, e, f]], from its pixels to those of the result; beyond the rim the rim is repeated.
export function warped(picture, [[a, b, c], [d, e, f]], wide, high) {
  const { width, height, data } = picture;
  const area = a * e - b * d;
  const result = blank(wide, high);
  const inside = (value, length) => Math.max(0, Math.min(length - 1, value));
  for (let v = 0; v < high; v++) {
    for (let u = 0; u < wide; u++) {
      const x = (e * (u - c) - b * (v - f)) / area;
      const y = (a * (v - f) - d * (u - c)) / area;
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, low] = [x - left, y - top];
      const [x0, x1, y0, y1] = [inside(left, width), inside(left + 1, width), inside(top, height), inside(top + 1, height)];
      for (let channel = 0; channel < 3; channel++) {
        const at = (row, column) => data[4 * (row * width + column) + channel];
        const upper = at(y0, x0) * (1 - right) + at(y0, x1) * right;
        const lower = at(y1, x0) * (1 - right) + at(y1, x1) * right;
        result.data[4 * (v * wide + u) + channel] = Math.round(upper * (1 - low) + lower * low);
      }
      result.data[4 * (v * wide + u) + 3] = 255;
    }
  }
  return result;
}

// 0.299 R + 0.587 G + 0.114 B in OpenCV's whole numbers.
export function gray(picture) {
  const levels = new Uint8Array(picture.width * picture.height);
  for (let at = 0; at < levels.length; at++) {
    const [red, green, blue] = picture.data.subarray(4 * at, 4 * at + 3);
    levels[at] = (9798 * red + 19235 * green + 3735 * blue + 16384) >> 15;
  }
  return levels;
}

export function rgb(picture) {
  const levels = new Uint8Array(3 * picture.width * picture.height);
  for (let at = 0; at < picture.width * picture.height; at++) levels.set(picture.data.subarray(4 * at, 4 * at + 3), 3 * at);
  return levels;
}
