// Faces by YuNet: what cv2.FaceDetectorYN does around its network, and which sizes and turns are looked at (recognition/face_search.py).
import { part, reduced, turnedLeft, warped } from "./pixels.js";

const STRIDES = [8, 16, 32];

// The factor by which a dark picture is brightened, 1 for any other (recognition/low_light.py).
function gain({ width, height, data }, { dim, light, most_gain: most, share, sampled }) {
  const step = Math.max(1, Math.floor(Math.sqrt((width * height) / sampled)));
  const values = [];
  for (let y = 0; y < height; y += step) for (let x = 0; x < width; x += step) for (let channel = 0; channel < 3; channel++) values.push(data[4 * (y * width + x) + channel]);
  const level = values.sort((one, other) => one - other)[Math.floor(share * (values.length - 1))];
  return level >= dim ? 1 : Math.min(most, light / Math.max(level, 1));
}

// The network's input: blue, green and red planes, padded below and to the right by black.
function planes({ width, height, data }, least, factor) {
  const padded = (length) => 32 * Math.ceil(Math.max(length, least) / 32);
  const [wide, high] = [padded(width), padded(height)];
  const values = new Float32Array(3 * wide * high);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (let channel = 0; channel < 3; channel++) values[(channel * high + y) * wide + x] = Math.min(255, Math.round(factor * data[4 * (y * width + x) + 2 - channel]));
  }
  return { values, wide, high };
}

function* decoded(outputs, wide, high, threshold) {
  for (const stride of STRIDES) {
    const [cls, obj, bbox, kps] = ["cls", "obj", "bbox", "kps"].map((name) => outputs[`${name}_${stride}`].data);
    const columns = wide / stride;
    for (let at = 0; at < columns * (high / stride); at++) {
      const unit = (value) => Math.max(0, Math.min(1, value));
      const score = Math.sqrt(unit(cls[at]) * unit(obj[at]));
      if (score < threshold) continue;
      const [column, row] = [at % columns, Math.floor(at / columns)];
      const [width, height] = [Math.exp(bbox[4 * at + 2]) * stride, Math.exp(bbox[4 * at + 3]) * stride];
      const [x, y] = [(column + bbox[4 * at]) * stride - width / 2, (row + bbox[4 * at + 1]) * stride - height / 2];
      const landmarks = [0, 1, 2, 3, 4].map((point) => [(column + kps[10 * at + 2 * point]) * stride, (row + kps[10 * at + 2 * point + 1]) * stride]);
      yield { box: [x, y, width, height], landmarks, score };
    }
  }
}

function shared([x, y, width, height], [u, v, wide, high]) {
  const across = Math.min(x + width, u + wide) - Math.max(x, u);
  const down = Math.min(y + height, v + high) - Math.max(y, v);
  return across <= 0 || down <= 0 ? 0 : across * down;
}

const area = ([, , width, height]) => width * height;

// Of boxes that overlap the surest stays; OpenCV compares them in whole pixels.
function surest(faces, most) {
  const kept = [];
  for (const face of [...faces].sort((one, other) => other.score - one.score)) {
    const whole = face.box.map(Math.trunc);
    const overlap = (other) => {
      const both = shared(whole, other);
      return both / (area(whole) + area(other) - both);
    };
    if (kept.every(({ whole: other }) => !(overlap(other) > most))) kept.push({ face, whole });
  }
  return kept.map(({ face }) => face);
}

const scaled = (face, factor) => ({ ...face, box: face.box.map((value) => value / factor), landmarks: face.landmarks.map(([x, y]) => [x / factor, y / factor]) });

// A face of a picture that was turned `turn` quarters to the left, in the picture before, of this width and height.
function turnedBack(face, turn, width, height) {
  const back = ([x, y]) => [[x, y], [width - y, x], [width - x, height - y], [y, height - x]][turn];
  const [x, y, wide, high] = face.box;
  const [[a, b], [c, d]] = [back([x, y]), back([x + wide, y + high])];
  return { ...face, box: [Math.min(a, c), Math.min(b, d), Math.abs(c - a), Math.abs(d - b)], landmarks: face.landmarks.map(back) };
}

const moved = (face, left, top) => ({ ...face, box: [face.box[0] + left, face.box[1] + top, face.box[2], face.box[3]], landmarks: face.landmarks.map(([x, y]) => [x + left, y + top]) });

// The turn by half a quarter to the left around a point, from pixels before to pixels after.
function slant([x, y]) {
  const half = Math.SQRT1_2;
  return [[half, half, (1 - half) * x - half * y], [-half, half, half * x + (1 - half) * y]];
}

// A face of a slanted picture in the picture before: its box upright around its center, the sides brought halfway to each other.
function slantedBack(face, [[a, b, c], [d, e, f]]) {
  const area = a * e - b * d;
  const back = ([u, v]) => [(e * (u - c) - b * (v - f)) / area, (a * (v - f) - d * (u - c)) / area];
  const [x, y, width, height] = face.box;
  const [across, down] = back([x + width / 2, y + height / 2]);
  const side = (width + height) / 2;
  return { ...face, box: [across - side / 2, down - side / 2, side, side], landmarks: face.landmarks.map(back) };
}

export class YuNet {
  constructor(ort, session, options) {
    Object.assign(this, { ort, session, options });
  }

  // The upright faces of a middle size, by the network itself.
  async find(picture) {
    const { least_side: least, score_threshold: threshold, nms_threshold: overlap } = this.options;
    const { values, wide, high } = planes(picture, least, gain(picture, this.options));
    const outputs = await this.session.run({ input: new this.ort.Tensor("float32", values, [1, 3, high, wide]) });
    const faces = surest(decoded(outputs, wide, high, threshold), overlap);
    return faces.filter(({ box: [x, y, width, height] }) => {
      const [across, down] = [x + width / 2, y + height / 2];
      return width > 0 && height > 0 && across >= 0 && down >= 0 && across < picture.width && down < picture.height;
    });
  }

  isSame(one, other) {
    const both = shared(one.box, other.box);
    const areas = [area(one.box), area(other.box)];
    return both / (areas[0] + areas[1] - both) > this.options.same || both / Math.min(...areas) > this.options.inside;
  }

  // Adds faces to others; of a doubtful face that is found twice the surer finding stays.
  merged(faces, more) {
    let result = [...faces];
    for (const one of more) {
      const rivals = result.filter((face) => this.isSame(face, one));
      if (rivals.every((face) => face.score < Math.min(this.options.sure, one.score))) result = [...result.filter((face) => !rivals.includes(face)), one];
    }
    return result;
  }

  async inTwoSizes(picture, longSide) {
    const { small: large, factor } = reduced(picture, longSide);
    let faces = await this.find(large);
    const { small, factor: shrink } = reduced(large, this.options.close_up_side);
    if (shrink < 0.6) {
      const close = (await this.find(small)).map((face) => scaled(face, shrink));
      faces = this.merged(faces, close.filter(({ box }) => Math.min(box[2], box[3]) >= this.options.close_up));
    }
    return faces.map((face) => scaled(face, factor));
  }

  // The picture turned by quarters; its faces in the turn in which they are the surest.
  async turned(picture, longSide, turns) {
    const { small, factor } = reduced(picture, longSide);
    let [best, sum, view] = [[], 0, small];
    for (const turn of [1, 2, 3]) {
      view = turnedLeft(view);
      if (!turns.includes(turn)) continue;
      const faces = await this.inTwoSizes(view, longSide);
      const total = faces.reduce((all, { score }) => all + score, 0);
      if (total > sum) [best, sum] = [faces.map((face) => turnedBack(face, turn, small.width, small.height)), total];
    }
    return best.map((face) => scaled(face, factor));
  }

  // Looks at one doubtful face in eight turns; the quarters to the left that make it upright, and the face as it is found then.
  async alone(picture, face) {
    const { around, around_side: side, margin } = this.options;
    const [x, y, width, height] = face.box;
    const [center, half] = [[x + width / 2, y + height / 2], (around * Math.max(width, height)) / 2];
    const [left, top] = center.map((middle) => Math.max(0, Math.trunc(middle - half)));
    const [right, low] = center.map((middle) => Math.trunc(middle + half) + 1);
    const { small, factor } = reduced(part(picture, left, top, right, low), side);
    const matrix = slant([(center[0] - left) * factor, (center[1] - top) * factor]);
    let [upright, best, chosen] = [0, 0, [0, face]];
    for (const slanted of [false, true]) {
      let view = slanted ? warped(small, matrix, small.width, small.height) : small;
      for (const turn of [0, 1, 2, 3]) {
        if (turn) view = turnedLeft(view);
        for (const found of await this.find(view)) {
          const straight = turnedBack(found, turn, small.width, small.height);
          const one = moved(scaled(slanted ? slantedBack(straight, matrix) : straight, factor), left, top);
          if (!this.isSame(one, face)) continue;
          const quarters = turn + (slanted ? 0.5 : 0);
          if (!quarters) upright = Math.max(upright, one.score);
          else if (one.score > Math.max(best, upright + margin)) [best, chosen] = [one.score, [quarters, one]];
        }
      }
    }
    return chosen;
  }

  // The faces of a photo, whatever their size and turn.
  async search(picture, longSide) {
    const { turned_share: share, sure, most_alone: most } = this.options;
    const side = Math.trunc(longSide / share);
    let found = await this.inTwoSizes(picture, longSide);
    if (!found.length) found = await this.turned(picture, side, [1, 2, 3]);
    const doubtful = largestFirst(found.filter(({ score }) => score < sure));
    const faces = [...found.filter(({ score }) => score >= sure), ...doubtful.slice(most)];
    const turns = new Map();
    for (const face of doubtful.slice(0, most)) {
      const [turn, better] = await this.alone(picture, face);
      faces.push(better);
      if ([1, 2, 3].includes(turn)) turns.set(turn, (turns.get(turn) ?? 0) + 1);
    }
    if (!turns.size) return faces;
    // One face lies on its side, and so the picture may: then others were missed altogether.
    const [often] = [...turns].sort((one, other) => other[1] - one[1])[0];
    return this.merged(await this.turned(picture, side, [often]), faces);
  }

  // The faces of a photo, the largest first.
  async photo(picture) {
    const { long_side_photo: side, most_shrunk: most, fine } = this.options;
    const faces = await this.search(picture, side);
    const again = Math.round(Math.max(picture.width, picture.height) / most);
    if (again > side) {
      const { small, factor } = reduced(picture, again);
      const tiny = (await this.find(small)).filter(({ box }) => Math.max(box[2], box[3]) <= fine);
      for (const face of tiny.map((one) => scaled(one, factor))) if (!faces.some((other) => this.isSame(face, other))) faces.push(face);
    }
    return largestFirst(faces);
  }

  // The faces of a camera's frame: upright ones, in a smaller picture.
  async frame(picture) {
    return largestFirst(await this.inTwoSizes(picture, this.options.long_side_video));
  }
}

const largestFirst = (faces) => faces.sort((one, other) => area(other.box) - area(one.box));
