// adapter/inspection: what an editor asks about a place in time: frames, scopes, variables, memory.

import type { DebugProtocol } from "@vscode/debugprotocol";
import { settablePaths } from "../../lab/fork-values.ts";
import { completions, evaluate, wordBefore } from "../../replay/expression.ts";
import { compiled } from "../../replay/expression-compile.ts";
import { type Expression, parseExpression } from "../../replay/language/parse.ts";
import { prepareAll } from "../../replay/search/aggregate.ts";
import { placeOf } from "../../replay/view/paths.ts";
import { nodeByPath, scopesOf } from "../../replay/view/scopes.ts";
import { type Raw, SeqValue, type ViewNode } from "../../replay/view/value.ts";
import type { View } from "../../replay/view/view.ts";
import { byteByPath } from "../../replay/view/why/node.ts";
import { describeToken } from "../../replay/view/why.ts";
import { UserError } from "../../trace/platform.ts";
import type { Client } from "../capabilities.ts";
import type { Arguments } from "../requests.ts";
import type { Runner } from "../runner.ts";
import { infoOf, infoOfAddress, infoOfText } from "../stops/data.ts";
import { isNode, textOf } from "../stops/log-points.ts";
import { changesBetween, changesPath } from "./changes.ts";
import { clipboardText } from "./clipboard.ts";
import { type Frame, Frames } from "./frames.ts";
import { type Counter, Interned } from "./interned.ts";
import { parseReference, readMemory, referenceOf } from "./memory-reference.ts";
import { MemoryViews } from "./memory-views.ts";
import { nowOf, nowPath } from "./now.ts";
import type { Format, Numbers } from "./numbers.ts";

/** Expressions that are kept as they were read. */
const expressionsMax = 64;
/** Children given at once to who does not say how many. */
const unpagedMax = 1000;
/** Children given at once to who asks for more. */
const pageMax = 10_000;

/** A value of a frame, by the path that leads to it. */
interface Held {
  frame: Frame;
  path: string;
}

/** What one asks of where a value comes from: what changed it up to its frame's place in time, or what does next. */
export interface Origin extends Held {
  /** The event that it is known to come from; null where its changes tell. */
  event: number | null;
  direction: 1 | -1;
}

type EvaluateBody = NonNullable<DebugProtocol.EvaluateResponse["body"]>;
type Kind = Required<Pick<DebugProtocol.Variable, "presentationHint">> & Pick<DebugProtocol.Variable, "type">;
type Children = Pick<DebugProtocol.Variable, "variablesReference" | "namedVariables" | "indexedVariables">;
type Links = Pick<
  DebugProtocol.Variable,
  "memoryReference" | "valueLocationReference" | "declarationLocationReference"
>;

/**
 * What an editor may ask about where the debugger stands, or stood. Numbers of frames, variables and locations stand for
 * places in time and paths: they mean the same as long as the session lasts, and nothing is kept for them but that.
 */
export class Inspection {
  readonly frames: Frames;
  private readonly runner: Runner;
  private readonly client: Client;
  private readonly held: Interned<Held>;
  private readonly origins: Interned<Origin>;
  private readonly memories = new MemoryViews();
  private readonly expressions = new Map<string, Expression>();
  readonly numbers: Numbers;

  constructor(runner: Runner, client: Client, counter: Counter, numbers: Numbers) {
    this.runner = runner;
    this.client = client;
    this.held = new Interned(counter);
    this.origins = new Interned(counter);
    this.numbers = numbers;
    this.frames = new Frames(runner, counter);
  }

  /** What a frame shows, its numbers as the request wants them. */
  view(frame: Frame, format?: Format): View {
    return { ...this.frames.view(frame), numbers: this.numbers.of(format) };
  }

  scopes(frameId: number): DebugProtocol.Scope[] {
    const frame = this.frames.frame(frameId);
    return this.roots(frame).map((node) => ({
      name: node.name,
      expensive: false,
      ...this.children(frame, node, true),
    }));
  }

  /** The scopes of the view, and what the debugger itself adds: what is looked at first, and ahead of memory changes. */
  private roots(frame: Frame): ViewNode[] {
    const view = this.view(frame);
    const scopes = scopesOf(view).flatMap((scope) =>
      scope.path === "memory" ? [this.changes(frame, view), scope] : [scope],
    );
    return [nowOf(view), ...scopes];
  }

  private changes({ since, position, connection }: Frame, { numbers }: View): ViewNode {
    return changesBetween({ judged: this.runner.judged, connection, numbers }, since, position);
  }

  /** The value that a number stands for. */
  private node(reference: number, format?: Format): Held & { node: ViewNode } {
    const held = this.held.of(reference);
    if (!held) throw new UserError(`there is no variable ${reference}`);
    const { frame, path } = held;
    const node = this.nodeIn(this.view(frame, format), frame, path);
    if (!node) throw new UserError(`there is no ${path} here`);
    return { frame, path, node };
  }

  private nodeIn(view: View, frame: Frame, path: string): ViewNode | null {
    if (path === changesPath) return this.changes(frame, view);
    return path === nowPath ? nowOf(view) : (byteByPath(view, path) ?? nodeByPath(view, path));
  }

  /** What is shown below a value under a name. Throws UserError if nothing is. */
  child(reference: number, name: string): { frame: Frame; node: ViewNode } {
    const { frame, node } = this.node(reference);
    const child = node.children().find((each) => each.name === name);
    if (!child) throw new UserError(`there is no ${name} here`);
    return { frame, node: child };
  }

  /** The value of a path in a frame. Throws UserError for what is none. */
  value(path: string, frameId: number | undefined): { frame: Frame; node: ViewNode } {
    const frame = this.frames.frame(frameId);
    const node = nodeByPath(this.frames.view(frame), path.trim());
    if (!node)
      throw new UserError(`${path} is no value that could be set; what can is ${settablePaths.join(", ")}`);
    return { frame, node };
  }

  variables(args: Arguments["variables"]): DebugProtocol.Variable[] {
    const { frame, node } = this.node(args.variablesReference, args.format);
    const named = args.filter === "indexed" ? [] : node.children();
    const indexed = args.filter === "named" || !node.indexed ? [] : indexedPage(node.indexed, args);
    const variables = [...named, ...indexed].map((child) => this.variable(frame, child));
    const end = (args.start ?? 0) + indexed.length;
    const left = (node.indexed?.count ?? 0) - end;
    if (args.filter !== "named" && left > 0 && args.count === undefined)
      variables.push({
        name: "…",
        value: `${left} more: look at one as ${node.path}[${end}]`,
        variablesReference: 0,
        ...this.kindOf(null),
      });
    return variables;
  }

  /** What a data breakpoint would be on a child of a variable, on an expression, or on bytes of the stream. */
  dataBreakpoint({ variablesReference, name, frameId, bytes, asAddress }: Arguments["dataBreakpointInfo"]) {
    if (variablesReference) {
      const { frame, node } = this.node(variablesReference);
      const record = /^record (\d+)$/.exec(name)?.[1];
      const child =
        record === undefined
          ? (node.children().find((each) => each.name === name) ?? indexedChild(node, name))
          : nodeByPath(this.frames.view(frame), `record(${record})`);
      if (!child) throw new UserError(`there is no ${name} in ${node.path}`);
      return infoOf(this.frames.view(frame), child);
    }
    const view = this.frames.view(this.frames.frame(frameId));
    return asAddress ? infoOfAddress(view, name, bytes) : infoOfText(view, name);
  }

  private variable(frame: Frame, node: ViewNode): DebugProtocol.Variable {
    const { name, value, path } = node;
    const variable = { name, value, ...this.opened(frame, node) };
    // Nodes that no path leads to are those of a hover.
    return path.includes("(") ? variable : { ...variable, evaluateName: path };
  }

  /** What a value is, for who shows it; `null`: what is no value of the trace's. What no fork can set is read-only. */
  private kindOf(node: ViewNode | null): Kind {
    const kind = node === null || node.path.startsWith("changes.") ? "virtual" : "data";
    const isSettable = node !== null && settablePaths.includes(node.path);
    const presentationHint: Kind["presentationHint"] = {
      kind,
      attributes: isSettable ? [] : ["readOnly"],
    };
    if (!this.client.types) return { presentationHint };
    return { presentationHint, type: node === null ? "text" : typeOf(node) };
  }

  /** Numbers of children and the reference to ask for them with; a scope always has one. */
  private children(frame: Frame, node: ViewNode, isScope: boolean): Children {
    const namedVariables = node.children().length;
    const indexedVariables = node.indexed?.count ?? 0;
    const hasAny = namedVariables + indexedVariables > 0;
    const children: Children = { variablesReference: hasAny || isScope ? this.hold(frame, node) : 0 };
    if (indexedVariables > 0) Object.assign(children, { namedVariables, indexedVariables });
    return children;
  }

  private links(frame: Frame, node: ViewNode): Links {
    const links: Links = {};
    const { connections } = this.runner.timeline.trace;
    const memory = referenceOf(node, frame.connection, connections[frame.connection]!);
    if (memory !== null && this.client.memory) links.memoryReference = memory;
    if (node.event !== null || changes(node.path)) {
      links.declarationLocationReference = this.originNumber(frame, node, -1);
      links.valueLocationReference = this.originNumber(frame, node, 1);
    }
    return links;
  }

  private hold(frame: Frame, { path }: ViewNode): number {
    return this.held.numberOf(`${frame.id} ${path}`, () => ({ frame, path }));
  }

  private originNumber(frame: Frame, { path, event }: ViewNode, direction: 1 | -1): number {
    const key = `${frame.id} ${path} ${direction}`;
    return this.origins.numberOf(key, () => ({ frame, path, event, direction }));
  }

  /** What a location reference asks for. */
  origin(locationReference: number): Origin {
    const origin = this.origins.of(locationReference);
    if (!origin) throw new UserError(`value ${locationReference} has no location`);
    return origin;
  }

  /** An expression as it was read when it was asked last: what it has counted is known by it. */
  private parsed(text: string): Expression {
    const known = this.expressions.get(text) ?? parseExpression(text);
    this.expressions.delete(text);
    this.expressions.set(text, known);
    if (this.expressions.size > expressionsMax)
      this.expressions.delete(this.expressions.keys().next().value!);
    return known;
  }

  /** What an expression has to go through before it has a value; null where it counts nothing, or is none. */
  counting(expression: string): Generator<number> | null {
    try {
      const { gathers } = compiled(this.parsed(expression));
      return gathers.length > 0 ? prepareAll(this.runner.judged, gathers) : null;
    } catch (error) {
      if (error instanceof UserError) return null;
      throw error;
    }
  }

  evaluate({ expression, frameId, context, format }: Arguments["evaluate"]): EvaluateBody {
    const frame = this.frames.frame(frameId);
    const view = this.view(frame, format);
    // Under the mouse a number is a place in the stream; in an expression it is a number.
    const token =
      context === "hover" || /^\s*-?\d+:/.test(expression) ? describeToken(view, expression) : null;
    if (token) {
      if (!token.node) return { result: token.value, variablesReference: 0 };
      return { result: token.value, ...this.answered(frame, token.node) };
    }
    const value = evaluate(view, this.parsed(expression));
    const result = textOf(value, view.numbers);
    if (isNode(value)) {
      const whole = context === "clipboard" ? clipboardText(view, value) : result;
      return { result: whole, ...this.answered(frame, value) };
    }
    return { result, ...(this.client.types && { type: typeOfValue(value) }), variablesReference: 0 };
  }

  /** What an answer to an expression says of a node besides its value: it has one place for where that comes from. */
  private answered(frame: Frame, node: ViewNode): Omit<EvaluateBody, "result"> {
    const { declarationLocationReference: origin, ...opened } = this.opened(frame, node);
    return origin === undefined ? opened : { ...opened, valueLocationReference: origin };
  }

  /** What a variable says of a node besides its value. */
  private opened(frame: Frame, node: ViewNode): Kind & Children & Links {
    return { ...this.kindOf(node), ...this.children(frame, node, false), ...this.links(frame, node) };
  }

  completions({ text, column, frameId }: Arguments["completions"]): DebugProtocol.CompletionItem[] {
    const { firstColumn, firstPlace } = this.client;
    const typed = text.slice(0, Math.max(0, column - firstColumn));
    const { length } = wordBefore(typed);
    const paths = completions(this.frames.view(this.frames.frame(frameId)), typed);
    const start = typed.length - length + firstPlace;
    return paths.map((path) => ({ label: path, start, length, type: "property" }));
  }

  readMemory(args: Arguments["readMemory"]): NonNullable<DebugProtocol.ReadMemoryResponse["body"]> {
    const bytes = this.memoryNow(args);
    this.memories.add(args, bytes);
    return bytes;
  }

  private memoryNow(args: Arguments["readMemory"]) {
    const { connection } = parseReference(args.memoryReference);
    const frame = this.frames.top(connection)[0]!;
    return readMemory(this.frames.view(frame), args);
  }

  /** The memories that were read and read otherwise where the debugger stands now. */
  memoryChanges(): DebugProtocol.MemoryEvent["body"][] {
    return this.memories.changed((args) => this.memoryNow(args));
  }
}

/** An indexed child by its name, which begins with its place, as `3 DUMP`; what is not called so is among the first ones. */
function indexedChild({ indexed }: ViewNode, name: string): ViewNode | undefined {
  if (!indexed) return undefined;
  const written = /^\[?(\d+)/.exec(name)?.[1];
  if (written !== undefined && Number(written) < indexed.count) return indexed.at(Number(written));
  for (let i = 0; i < Math.min(indexed.count, unpagedMax); i++)
    if (indexed.at(i).name === name) return indexed.at(i);
  return undefined;
}

/** Whether a value may be another elsewhere in time, and a path leads to it. */
function changes(path: string): boolean {
  const place = placeOf(path);
  return place !== null && place.row.reads.length > 0;
}

function indexedPage(
  { count, at }: NonNullable<ViewNode["indexed"]>,
  { start = 0, count: asked = 0 }: Arguments["variables"],
): ViewNode[] {
  const end = Math.min(count, start + (asked > 0 ? Math.min(asked, pageMax) : unpagedMax));
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => at(start + i));
}

/** What a value is called. */
function typeOf(node: ViewNode): string {
  const isGroup = node.indexed !== null || node.children().length > 0;
  return isGroup ? "group" : typeOfValue(node.raw);
}

function typeOfValue(value: Raw): string {
  if (value === null) return "unknown";
  if (value instanceof SeqValue) return "sequence number";
  return typeof value === "string" ? "text" : typeof value === "boolean" ? "flag" : "number";
}
