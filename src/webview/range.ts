import type { Look } from "../pictures/moves.ts";
import { byteLabel } from "../pictures/scene.ts";
import { secondsText } from "../replay/view/value.ts";
import { element } from "./elements.ts";
import { t } from "./words.ts";

/** A part rests so long before it is told: who holds a key down does not hear of every step. */
const restMs = 400;

/** What part of a picture is looked at, for who listens: told as soon as it rests, when nothing else is being said. */
export class RangeTold {
  readonly element = element("div", { className: "unseen", role: "status" });
  private readonly looked: () => Look | null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `looked` gives what is looked at by then. */
  constructor(looked: () => Look | null) {
    this.looked = looked;
  }

  /** The part is another one now. */
  tell(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const look = this.looked();
      this.element.textContent = look ? rangeWords(look) : "";
    }, restMs);
  }
}

function rangeWords({ area, whole, moves }: Look): string {
  const { from, to, low, high } = area;
  if (moves === "list")
    return t("rows {0} to {1} of {2}", Math.min(low + 1, whole.high), Math.min(high, whole.high), whole.high);
  const [first, last] = moves === "line" ? [from, to] : [low, high];
  const bytes = t("bytes {0} to {1}", byteLabel(first), byteLabel(last));
  return moves === "line" ? bytes : t("{0} to {1}, {2}", secondsText(from), secondsText(to), bytes);
}
