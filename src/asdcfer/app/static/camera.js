// Takes frames from the camera, one at a time: the next is sent when the last is answered, so that a slow machine never falls behind.
import { recognize } from "./api.js";

const WIDEST = 640; // pixels; the detector needs no more
const KEPT = 0.6; // share of the older scores in each new answer: calms the flicker between frames

function reason(error) {
  const known = {
    NotAllowedError: "The browser was not allowed to use the camera.",
    NotFoundError: "No camera was found.",
    NotReadableError: "The camera is in use by another program.",
  };
  return new Error(known[error.name] ?? `The camera cannot be used: ${error.message}`);
}

const middle = ({ box }) => [box.x + box.width / 2, box.y + box.height / 2];

// Gives each face the number and part of the scores of the face that was nearest to it a moment ago.
export function follow(before, faces, nextId) {
  const free = [...before];
  for (const face of faces) {
    const [x, y] = middle(face);
    const distance = (other) => Math.hypot(middle(other)[0] - x, middle(other)[1] - y);
    const nearest = free.reduce((best, other) => (best && distance(best) <= distance(other) ? best : other), null);
    if (nearest && distance(nearest) < face.box.width) {
      free.splice(free.indexOf(nearest), 1);
      face.id = nearest.id;
      for (const name of Object.keys(face.scores)) face.scores[name] = KEPT * (nearest.scores[name] ?? 0) + (1 - KEPT) * face.scores[name];
      face.confidence = Math.max(...Object.values(face.scores));
    } else {
      face.id = nextId();
    }
  }
  return faces;
}

export class Camera {
  constructor(video, { attention, onFrame, onFail }) {
    Object.assign(this, { video, attention, onFrame, onFail, running: false, stream: null, count: 0 });
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error("The browser gives the camera only to https pages and to this machine's own address: open the page as http://127.0.0.1.");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "user" }, audio: false });
    } catch (error) {
      throw reason(error);
    }
    this.running = true;
    this.video.srcObject = this.stream;
    await this.video.play();
    this.began = performance.now();
    this.loop();
  }

  stop() {
    this.running = false;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }

  async loop() {
    const canvas = document.createElement("canvas");
    let before = [];
    let given = 0;
    while (this.running) {
      try {
        const { videoWidth, videoHeight } = this.video;
        if (!videoWidth) {
          await new Promise((done) => setTimeout(done, 50));
          continue;
        }
        const shrink = Math.min(1, WIDEST / videoWidth);
        [canvas.width, canvas.height] = [Math.round(videoWidth * shrink), Math.round(videoHeight * shrink)];
        canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
        const time = (performance.now() - this.began) / 1000;
        const picture = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
        const answer = await recognize(picture, "camera.jpg", { attention: this.attention() });
        if (!this.running) return;
        before = follow(before, answer.faces, () => given++);
        this.onFrame({ file: "camera", frame: this.count++, time: Number(time.toFixed(3)), faces: before, width: canvas.width, height: canvas.height });
      } catch (error) {
        if (this.running) this.onFail(error);
        return;
      }
    }
  }
}
