// The reader's own video with its sound: play, pause, loudness, and a clock that the page follows.
import { $ } from "./elements.js";

export class Player {
  // `onTime()` is called while the picture moves, `onStill()` when it has come to a stand.
  constructor(video, { onTime, onStill, onUnplayable }) {
    Object.assign(this, { video, onTime });
    $("play").addEventListener("click", () => this.toggle());
    $("mute").addEventListener("click", () => this.loudness(!video.muted));
    $("volume").addEventListener("input", () => {
      video.volume = Number($("volume").value) / 100;
      this.loudness(video.volume === 0);
    });
    for (const event of ["loadeddata", "seeked", "timeupdate"]) video.addEventListener(event, () => this.tick());
    for (const event of ["pause", "seeked", "ended"]) video.addEventListener(event, onStill);
    video.addEventListener("play", () => {
      $("play").textContent = "Pause";
      this.tick();
    });
    video.addEventListener("pause", () => { $("play").textContent = "Play"; });
    video.addEventListener("error", () => {
      if (!this.active || !video.getAttribute("src")) return;
      this.visible(false);
      onUnplayable();
    });
  }

  // The camera's picture is shown by the same element, without these controls and without sound.
  get active() {
    return Boolean(this.address);
  }

  open(address) {
    this.address = address;
    this.video.muted = $("mute").getAttribute("aria-pressed") === "true";
    this.video.volume = Number($("volume").value) / 100;
    this.video.src = address;
    this.visible(true);
  }

  close() {
    this.address = null;
    this.visible(false);
    this.video.muted = true;
    this.video.removeAttribute("src");
    this.video.load();
  }

  visible(shown) {
    for (const id of ["play", "sound"]) $(id).hidden = !shown;
  }

  toggle() {
    if (this.video.paused) this.video.play();
    else this.video.pause();
  }

  loudness(muted) {
    this.video.muted = muted;
    $("mute").setAttribute("aria-pressed", String(muted));
  }

  seek(time) {
    this.video.currentTime = time;
  }

  tick() {
    if (!this.active) return;
    this.onTime(this.video.currentTime);
    if (!this.video.paused) requestAnimationFrame(() => this.tick());
  }
}
