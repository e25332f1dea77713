// Lines for the reader: what happens, and what went wrong.
import { $ } from "./elements.js";

export function say(text) {
  if ($("status").textContent !== text) $("status").textContent = text;
}

export function tell(text) {
  $("told").textContent = text;
}

export function complain(error, where = "error") {
  $(where).textContent = error?.message ?? error ?? "";
  $(where).hidden = !error;
}
