import { near, seq, toU32 } from "../core/base/seq.ts";
import { glob } from "../trace/glob.ts";
import { UserError } from "../trace/platform.ts";
import type { Trace } from "../trace/trace.ts";
import type { Evaluator } from "./language/evaluator.ts";
import { arithmetic, order } from "./language/numbers.ts";
import { isTrue, numeric, operation, same } from "./language/operations.ts";
import { type Expression, noPath, type Occurring } from "./language/parse.ts";
import { didYouMean } from "./language/spelling.ts";
import { behindAll, type Gathered, type Gathering } from "./search/aggregate.ts";
import { argumentOf } from "./view/effect-text.ts";
import type { Source } from "./view/path.ts";
import { readerOf, readsOf } from "./view/paths.ts";
import { type Raw, SeqValue, show } from "./view/value.ts";
import { judgedView, seqOf, type View } from "./view/view.ts";

/** An expression made ready: a function of a view, and what it needs of one. */
export interface Compiled {
  readonly of: Evaluator;
  /** What its value changes with. */
  readonly reads: ReadonlySet<Source>;
  /** What it counts or sums: gone through once before it is asked during a run (aggregate.ts, prepare). */
  readonly gathers: readonly Gathered[];
  /** True if the trace's own columns tell its value: no state has to be made for it. */
  readonly ofColumns: boolean;
  /** True if it asks for the old or the new value of a change (View.change). */
  readonly ofChange: boolean;
  /** True if it asks for what only a recorded view can tell, as another connection's state: never during a run. */
  readonly needsRecord: boolean;
}

const known = new WeakMap<Expression, Compiled>();

/** Made once an expression, however many ask. */
export function compiled(expression: Expression): Compiled {
  let made = known.get(expression);
  if (!made) {
    made = new Compiler().whole(expression);
    known.set(expression, made);
  }
  return made;
}

/** What a query goes through, made ready. */
export function gatheringOf({ set, where, field }: Occurring): Gathering {
  const compiler = new Compiler();
  const asked = { set, where: where && compiler.evaluator(where), field: field && compiler.evaluator(field) };
  const { ofColumns, needsRecord, gathers } = compiler.needs(() => null);
  return { ...asked, ofColumns, needsRecord, first: gathers };
}

class Compiler {
  private readonly reads = new Set<Source>();
  private readonly gathers: Gathered[] = [];
  private needsRecord = false;
  private ofChange = false;

  whole(expression: Expression): Compiled {
    return this.needs(this.evaluator(expression));
  }

  needs(of: Evaluator): Compiled {
    const { reads, gathers, needsRecord, ofChange } = this;
    const ofColumns = !needsRecord && !ofChange && [...reads].every((source) => source === "event");
    return { of, reads, gathers, ofColumns, needsRecord, ofChange };
  }

  evaluator(expression: Expression): Evaluator {
    switch (expression.kind) {
      case "constant": {
        const { value } = expression;
        return () => value;
      }
      case "path":
        return this.path(expression);
      case "argument": {
        const { index } = expression;
        return (view) => argumentOf(view, index);
      }
      case "change": {
        const { side } = expression;
        this.ofChange = true;
        return ({ change }) => (change ? change[side] : null);
      }
      case "unary": {
        const of = this.evaluator(expression.of);
        return expression.op === "!" ? (view) => !isTrue(of(view)) : (view) => negative(of(view));
      }
      case "binary":
        return this.chain(expression);
      case "in":
        return this.range(expression);
      case "call":
        return this.call(expression);
      case "elsewhere":
        return this.elsewhere(expression);
      case "aggregate":
        return this.aggregate(expression);
    }
  }

  /** What only some events and states have is unknown elsewhere; a name that a family has nowhere is a slip of the pen. */
  private path({ path, place }: Extract<Expression, { kind: "path" }>): Evaluator {
    for (const source of readsOf(place)) this.reads.add(source);
    const read = readerOf(place);
    if (!place.member || !("names" in place.member.family)) return read;
    return (view) => {
      const value = read(view);
      if (value === null) throw new UserError(noPath(path));
      return value;
    };
  }

  /** Operators of one rank lean to the left, thousands of them if somebody writes so: a loop, where a call each overflows. */
  private chain(expression: Expression): Evaluator {
    const chain: Extract<Expression, { kind: "binary" }>[] = [];
    let first = expression;
    for (; first.kind === "binary"; first = first.left) chain.push(first);
    const start = this.evaluator(first);
    const links = chain.reverse().map(({ op, right }) => this.link(op, right));
    if (links.length === 1) {
      const [link] = links;
      return (view) => link!(start(view), view);
    }
    return (view) => {
      let value = start(view);
      for (let i = 0; i < links.length; i++) value = links[i]!(value, view);
      return value;
    };
  }

  /** What an operator with its right side makes of its left one. */
  private link(op: string, expression: Expression): (left: Raw, view: View) => Raw {
    const right = this.evaluator(expression);
    if (op === "&&") return (left, view) => isTrue(left) && isTrue(right(view));
    if (op === "||") return (left, view) => isTrue(left) || isTrue(right(view));
    if (op === "matches") {
      const fixed = expression.kind === "constant" ? glob(show(expression.value)) : null;
      return (left, view) => left !== null && (fixed ?? glob(show(right(view))))(show(left));
    }
    if (expression.kind === "constant" && typeof expression.value === "number")
      if (op === "==" || op === "!=") return equality(op === "==", expression.value);
    const operate = operation(op);
    return (left, view) => operate(left, right(view));
  }

  private range({ of, from, to }: Extract<Expression, { kind: "in" }>): Evaluator {
    const [value, low, high] = [this.evaluator(of), this.evaluator(from), this.evaluator(to)];
    return (view) => {
      const [v, a, b] = [value(view), low(view), high(view)];
      if (v === null || a === null || b === null) return false;
      return order(numeric(a), numeric(v)) <= 0 && order(numeric(v), numeric(b)) < 0;
    };
  }

  private call({ name, args }: Extract<Expression, { kind: "call" }>): Evaluator {
    const [a, b] = args.map((arg) => this.evaluator(arg)) as [Evaluator, Evaluator];
    switch (name) {
      case "before":
        return (view) => isBefore(a(view), b(view));
      case "after":
        return (view) => isBefore(b(view), a(view));
      case "abs":
        return (view) => {
          const value = a(view);
          return value === null ? null : absolute(value);
        };
      case "wire":
        this.reads.add("sent").add("sndNxt");
        return (view) => placeOnWire(a(view), view);
    }
  }

  /** Another connection as it stands where the debugger is. */
  private elsewhere({ connection, of }: Extract<Expression, { kind: "elsewhere" }>): Evaluator {
    const evaluator = this.evaluator(of);
    this.needsRecord = true;
    return (view) => {
      const index = connectionIn(view.timeline.trace, connection);
      return evaluator(judgedView(view, view.position, index));
    };
  }

  /** All of it is known once it has been gone through, so that the event alone tells its value. */
  private aggregate(aggregate: Extract<Expression, { kind: "aggregate" }>): Evaluator {
    const gathered = { aggregate, asked: gatheringOf(aggregate.over) };
    this.gathers.push(gathered);
    this.reads.add("event");
    return (view) => behindAll(gathered, view);
  }
}

/** Equal to a number, or not: what conditions ask for most, without a sign of two kinds of numbers. */
function equality(isWanted: boolean, wanted: number): (left: Raw) => boolean {
  return (left) => {
    if (typeof left === "number") return (left === wanted) === isWanted;
    if (left instanceof SeqValue) return (left.relative === wanted) === isWanted;
    return same(left, wanted) === isWanted;
  };
}

const negative = (value: Raw): Raw => (value === null ? null : arithmetic("-", 0, numeric(value)));

const isBefore = (a: Raw, b: Raw): boolean => a !== null && b !== null && order(numeric(a), numeric(b)) < 0;

/** As a packet carries it, 0 … 2^32 − 1; a number without its sign. */
function absolute(value: Raw): Raw {
  if (value instanceof SeqValue) return value.absolute;
  const number = numeric(value);
  return number < 0 ? arithmetic("-", 0, number) : number;
}

/** The place of the stream, nearest to what was sent last, that a packet calls by this number. */
function placeOnWire(value: Raw, view: View): Raw {
  if (value === null) return null;
  const { state, connection } = view;
  const here = state.sent === 1 ? seq(state.sndNxt) : connection.startSeq;
  return seqOf(view, near(toU32(seq(Number(numeric(value)))), here));
}

/** The connection of a name, or of a place in the trace from 1 on. Throws UserError if there is none. */
export function connectionIn({ connections }: Trace, written: string | number): number {
  const index =
    typeof written === "number" ? written - 1 : connections.findIndex(({ name }) => name === written);
  if (!connections[index]) throw noConnection(written, connections);
  return index;
}

function noConnection(written: string | number, connections: readonly { name: string }[]): UserError {
  const names = connections.map(({ name }) => name);
  const meant = didYouMean(String(written), names) || `; there are ${names.slice(0, 8).join(", ")}`;
  return new UserError(`no connection "${written}"${meant}`);
}
