// Files that a person chooses, drops on the page or pastes.
import { $ } from "./elements.js";

export function onFileChosen(open) {
  const stage = $("stage");
  $("file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) open(file);
    event.target.value = ""; // so that the same file can be chosen again
  });
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    stage.classList.add("over");
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget ?? stage.classList.remove("over"));
  window.addEventListener("drop", (event) => {
    event.preventDefault(); // the browser would leave the page and open the file
    stage.classList.remove("over");
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
  window.addEventListener("paste", (event) => event.clipboardData.files[0] && open(event.clipboardData.files[0]));
}
