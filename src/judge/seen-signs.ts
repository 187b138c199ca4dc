import { hasSign, type Judged, signsAt } from "../replay/findings.ts";
import { effectFields, wordEffect } from "../replay/view/effect-text.ts";
import { viewAt } from "../replay/view/view.ts";

/** A sign of an event in words. */
export interface Seen {
  text: string;
  fields: ReadonlyMap<string, string>;
}

/** The signs of a replay in words, an event after the other: what was read of one is kept until another is asked for. */
export class SeenSigns {
  private readonly judged: Judged;
  private event = -1;
  private readonly kinds = new Map<number, readonly Seen[]>();

  constructor(judged: Judged) {
    this.judged = judged;
  }

  /** The signs of one kind in an event. */
  at(event: number, kind: number): readonly Seen[] {
    if (event !== this.event) this.kinds.clear();
    this.event = event;
    const seen = this.kinds.get(kind) ?? this.read(event, kind);
    this.kinds.set(kind, seen);
    return seen;
  }

  private read(event: number, kind: number): Seen[] {
    const { judged } = this;
    if (!hasSign(judged, event, [kind])) return [];
    return judged.timeline.record(event).stages.flatMap((_, stage) => {
      const view = viewAt(judged.timeline, { event, stage });
      return signsAt(judged, { event, stage })
        .filter((sign) => sign.kind === kind)
        .map((sign) => ({ text: wordEffect(view, sign), fields: new Map(effectFields(view, sign)) }));
    });
  }
}

/** Signs named in one message; a long file may have thousands. */
const namedMax = 5;

/** What was seen instead of what was expected, as much of it as somebody reads. */
export class Instead {
  private readonly named: string[] = [];
  private count = 0;

  add({ text }: Seen): void {
    this.count++;
    if (this.named.length < namedMax) this.named.push(text);
  }

  /** Null if nothing was seen. */
  words(): string | null {
    const rest = this.count - this.named.length;
    return this.count === 0 ? null : this.named.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  }
}
