import { kindNames } from "../pictures/kinds.ts";
import type { Ask, Tell } from "../pictures/messages.ts";
import { PictureWindow } from "./picture-window.ts";

/** What an editor gives a window to speak with it. */
declare function acquireVsCodeApi(): { postMessage(message: Ask): void };

const editor = acquireVsCodeApi();
const send = (ask: Ask) => editor.postMessage(ask);
const picture = new PictureWindow(document.querySelector("main")!, kindNames, send);
window.addEventListener("message", ({ data }: MessageEvent<Tell>) => picture.hear(data));
send({ ask: "ready" });
