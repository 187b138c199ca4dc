// adapter/pictures: the pictures that an editor shows of a session.

import { SequenceTime } from "../../pictures/sequence-time.ts";
import type { Area, SequenceTimeView } from "../../pictures/sequence-time-view.ts";
import type { Judged } from "../../replay/findings.ts";
import { UserError } from "../../trace/platform.ts";
import type { Arguments } from "../requests.ts";

/** A picture of a stream at the level of detail that was asked for: the body of the answer to `picture`. */
export interface PictureBody {
  stream: string;
  /** The part that it shows. */
  area: Area;
  view: SequenceTimeView;
  /** Where the debugger stands, in nanoseconds. */
  now: number;
}

/** Pictures that are kept: a stream of a million packets has some 40 MB of marks. */
const keptMax = 4;
/** Work goes on for so long before messages are looked at again. */
const sliceMs = 8;
/** Spots of a picture: more than a screen has is nobody's. */
const columnsMax = 8192;

/** The pictures of a session's streams. What takes a run is worked on behind the first answer, and told when it is there. */
export class Pictures {
  private readonly judged: Judged;
  private readonly tell: (connection: number) => void;
  private readonly known = new Map<number, SequenceTime>();
  private isOver = false;

  /** `tell`: a stream's picture has more now. */
  constructor(judged: Judged, tell: (connection: number) => void) {
    this.judged = judged;
    this.tell = tell;
  }

  /** The picture as it is; without a part that of the whole stream. Throws UserError for a stream that there is not. */
  view(args: Arguments["picture"], connection: number, event: number): PictureBody {
    const { timeline } = this.judged;
    const columns = Math.max(1, Math.min(columnsMax, args.columns));
    const picture = this.pictureOf(connection);
    const { whole } = picture;
    const { from = whole.from, to = whole.to, low = whole.low, high = whole.high } = args;
    if (![from, to, low, high].every(Number.isFinite) || from > to || low > high)
      throw new UserError("a part of a picture lies from its first to its last moment and byte");
    const area = { from, to, low, high, columns };
    return {
      stream: timeline.trace.connections[connection]!.name,
      area,
      view: picture.view(area),
      now: picture.timeOf(event),
    };
  }

  private pictureOf(connection: number): SequenceTime {
    const known = this.known.get(connection);
    if (known) return known;
    const picture = new SequenceTime(this.judged, connection);
    this.known.set(connection, picture);
    if (this.known.size > keptMax) this.known.delete(this.known.keys().next().value!);
    void this.complete(picture, connection);
    return picture;
  }

  private async complete(picture: SequenceTime, connection: number): Promise<void> {
    const work = picture.complete();
    for (let isDone = false; !isDone; ) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      const end = Date.now() + sliceMs;
      while (!isDone && Date.now() < end) {
        if (this.isOver || this.known.get(connection) !== picture) return;
        isDone = work.next().done === true;
      }
    }
    this.tell(connection);
  }

  dispose(): void {
    this.isOver = true;
  }
}
