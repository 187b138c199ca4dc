// adapter/pictures: the pictures that an editor shows of a session.

import { advance } from "../../core/base/seq.ts";
import type { Area, PictureView } from "../../pictures/kind.ts";
import { isKind, type KindName, kindNames } from "../../pictures/kinds.ts";
import type { Asked, Model, Pictured } from "../../pictures/model.ts";
import { models, ofAllStreams } from "../../pictures/models.ts";
import type { Rare } from "../../pictures/rare.ts";
import { didYouMean } from "../../replay/language/spelling.ts";
import { storyOf } from "../../replay/view/why/story.ts";
import { storyLine } from "../../replay/view/why/words.ts";
import { UserError } from "../../trace/platform.ts";
import type { Arguments } from "../requests.ts";

/** A picture of a stream at the level of detail that was asked for: the body of the answer to `picture`. */
export interface PictureBody {
  stream: string;
  /** What the trace's file calls the byte that pictures count from: 0, in a packetdrill script 1. */
  firstNumber: number;
  view: PictureView;
}

/** The body of the answer to `byte`: where a byte comes from and where it went. */
export interface ByteBody {
  text: string;
}

/** The body of the answer to `rare`. */
export interface RareBody {
  rare: Rare | null;
}

/** Where a session stands and stood. */
export type Here = Pick<Asked, "position" | "stands">;

/** Pictures that are kept: a stream of a million packets has some 40 MB of marks. */
const keptMax = 6;
/** Work goes on for so long before messages are looked at again. */
const sliceMs = 8;
/** Spots and rows of a picture: more than a screen has are nobody's. */
const columnsMax = 8192;
const linesMax = 512;

/** Lets other messages in. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A picture that is made, and when its first view can be asked for. */
interface Known {
  model: Model;
  begun: Promise<void>;
}

/** The pictures of a session's streams. What takes a run is worked on behind the first answer, and told when it is there. */
export class Pictures {
  private readonly pictured: Pictured;
  private readonly tell: (connection: number) => void;
  /** By kind and connection. */
  private readonly known = new Map<string, Known>();
  private isOver = false;

  /** `tell`: a stream's picture has more now. */
  constructor(pictured: Pictured, tell: (connection: number) => void) {
    this.pictured = pictured;
    this.tell = tell;
  }

  /** The picture as it is from there. Throws UserError for a kind or a part that there is not. */
  async view(args: Arguments["picture"], connection: number, here: Here): Promise<PictureBody> {
    const { columns, lines = 1 } = args;
    const kind = kindNamed(args.kind);
    const area = areaOf(args);
    const { model, begun } = this.pictureOf(kind, connection);
    await begun;
    const view = model.view({
      area,
      columns: Math.max(1, Math.min(columnsMax, columns)),
      lines: Math.max(1, Math.min(linesMax, lines)),
      ...here,
    });
    const { connections, firstNumber = 0 } = this.pictured.timeline.trace;
    return { stream: connections[connection]!.name, firstNumber: firstNumber ?? 0, view };
  }

  /** The next rare thing of a stream's picture. */
  async rare(args: Arguments["rare"], connection: number, here: Here): Promise<RareBody> {
    const { model, begun } = this.pictureOf(kindNamed(args.kind), connection);
    await begun;
    const area = areaOf(args)!;
    const { role, at, hidden = [], columns } = args;
    const from = role === undefined || at === undefined ? null : { role, at };
    const asked = { step: args.step < 0 ? -1 : 1, from, area, hidden: new Set(hidden) } as const;
    const room = { area: null, lines: 1, columns: Math.max(1, Math.min(columnsMax, columns)) };
    return { rare: model.rare(asked, { ...room, ...here }) };
  }

  /** What a picture says of a byte, counted from the offload start on, and the byte's story. */
  byte(args: Arguments["byte"], connection: number, { position }: Here): ByteBody {
    const { timeline } = this.pictured;
    const byte = Math.floor(args.byte);
    const { model } = this.pictureOf(kindNamed(args.kind), connection);
    const at = advance(timeline.trace.connections[connection]!.startSeq, byte);
    const story = storyLine(timeline, storyOf(timeline, connection, at));
    return { text: [model.byte?.(byte, position) ?? [], story].flat().join("\n") };
  }

  private pictureOf(kind: KindName, connection: number): Known {
    const key = ofAllStreams.has(kind) ? kind : `${kind} ${connection}`;
    const known = this.known.get(key);
    if (known) return known;
    const model = models[kind](this.pictured, connection);
    const made = { model, begun: this.work(model.begin?.()) };
    this.known.set(key, made);
    if (this.known.size > keptMax) this.known.delete(this.known.keys().next().value!);
    void this.complete(key, made, connection);
    return made;
  }

  private async complete(key: string, { model, begun }: Known, connection: number): Promise<void> {
    await begun;
    if (!model.complete) return;
    // The first view is answered before.
    await turn();
    await this.work(model.complete(), () => this.known.get(key)?.model === model);
    if (!this.isOver) this.tell(connection);
  }

  /** Works a slice at a time, other messages between them. */
  private async work(work: Generator<number> | undefined, isWanted = () => true): Promise<void> {
    for (let isDone = work === undefined; !isDone && !this.isOver && isWanted(); ) {
      const end = Date.now() + sliceMs;
      while (!isDone && Date.now() < end) isDone = work!.next().done === true;
      if (!isDone) await turn();
    }
  }

  dispose(): void {
    this.isOver = true;
  }
}

function kindNamed(kind: string = "sequence-time"): KindName {
  if (isKind(kind)) return kind;
  throw new UserError(
    `there is no picture \`${kind}\`${didYouMean(kind, kindNames)}; there are ${kindNames.join(", ")}`,
  );
}

/** The part that is asked for; null = none. */
function areaOf({ from, to, low, high }: Partial<Area>) {
  if (from === undefined || to === undefined || low === undefined || high === undefined) return null;
  if (from > to || low > high)
    throw new UserError("a part of a picture lies from its first to its last moment and byte");
  return { from, to, low, high };
}
