// Small pictures of persons, cut from the photo or the video itself; nothing is asked of the server.

const ROOM = 1.35; // side of the cut, in sides of the face's box
const PATIENCE = 4000; // milliseconds for one jump in a video

function cut(canvas, medium, wide, { width, height, box }) {
  const scale = wide / width; // a photo may be shown smaller than it is
  const side = Math.min(Math.max(box.width, box.height) * ROOM, width, height);
  const at = (from, long, most) => Math.min(Math.max(0, from + long / 2 - side / 2), most - side);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(medium, at(box.x, box.width, width) * scale, at(box.y, box.height, height) * scale, side * scale, side * scale, 0, 0, canvas.width, canvas.height);
  canvas.dataset.drawn = "true";
}

const once = (target, name) => new Promise((done, failed) => {
  target.addEventListener(name, done, { once: true });
  target.addEventListener("error", failed, { once: true });
  setTimeout(() => failed(new Error("too slow")), PATIENCE);
});

export class Portraits {
  constructor() {
    this.waiting = Promise.resolve();
  }

  fromPhoto(photo, wanted) {
    if (!photo.naturalWidth) return; // not yet loaded: asked again then
    for (const { canvas, portrait, place } of wanted) {
      canvas.dataset.place = place;
      cut(canvas, photo, photo.naturalWidth, portrait);
    }
  }

  // A second, hidden video jumps from person to person, so that the one that is watched stays where it is.
  fromVideo(address, wanted, signal) {
    for (const { canvas, place } of wanted) canvas.dataset.place = place;
    this.waiting = this.waiting.then(async () => {
      if (!wanted.length || signal.aborted) return;
      const video = document.createElement("video");
      Object.assign(video, { muted: true, preload: "auto", src: address });
      try {
        await once(video, "loadeddata");
        for (const { canvas, portrait } of wanted) {
          if (signal.aborted) return;
          const found = once(video, "seeked");
          video.currentTime = portrait.time + 1e-3;
          await found;
          cut(canvas, video, video.videoWidth, portrait);
        }
      } catch {
        // A video that the browser cannot show has no portraits; names do without.
      } finally {
        video.removeAttribute("src");
        video.load();
      }
    });
  }
}
