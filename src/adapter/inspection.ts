import type { DebugProtocol } from "@vscode/debugprotocol";
import { completions, evaluate } from "../replay/expression.ts";
import { parseExpression } from "../replay/expression-parse.ts";
import { scopesOf } from "../replay/view/scopes.ts";
import type { ViewNode } from "../replay/view/value.ts";
import { describeToken } from "../replay/view/why.ts";
import { UserError } from "../trace/platform.ts";
import type { Client } from "./capabilities.ts";
import { changesBetween } from "./changes.ts";
import { type Counter, type Frame, Frames } from "./frames.ts";
import { isNode, textOf } from "./log-points.ts";
import { memoryScope, parseReference, readMemory, referenceOf } from "./memory-reference.ts";
import type { Runner, Stop } from "./runner.ts";

/** Children given at once to an editor that does not ask for pages. */
const unpagedMax = 1000;

interface Held {
  frame: Frame;
  node: ViewNode;
}

type Children = Pick<DebugProtocol.Variable, "variablesReference" | "namedVariables" | "indexedVariables">;
type Links = Pick<
  DebugProtocol.Variable,
  "memoryReference" | "valueLocationReference" | "declarationLocationReference"
>;

/** What an editor may ask about one stop. Frames, variables and locations keep their numbers until the next stop. */
export class Inspection {
  readonly frames: Frames;
  private readonly runner: Runner;
  private readonly stop: Stop;
  private readonly client: Client;
  private readonly counter: Counter;
  private readonly held = new Map<number, Held>();
  private readonly references = new Map<string, number>();

  constructor(runner: Runner, client: Client, counter: Counter) {
    this.runner = runner;
    this.stop = runner.stop;
    this.client = client;
    this.counter = counter;
    this.frames = new Frames(runner.judged, runner.stop.position, counter);
  }

  scopes(frameId: number): DebugProtocol.Scope[] {
    const frame = this.frames.frame(frameId);
    return this.roots(frame).map((node) => ({
      name: node.name,
      expensive: false,
      ...this.children(frame, node, true),
    }));
  }

  /** The scopes of the view, with what the debugger itself adds: changes and memory. */
  private roots(frame: Frame): ViewNode[] {
    const view = this.frames.view(frame);
    const scopes = scopesOf(view);
    const { judged } = this.runner;
    const changes = changesBetween(judged, this.stop.previous, frame.position, frame.connection);
    scopes.splice(scopes.length - 1, 0, changes, memoryScope(view));
    return scopes;
  }

  variables(args: DebugProtocol.VariablesArguments): DebugProtocol.Variable[] {
    const held = this.held.get(args.variablesReference);
    if (!held) throw new UserError("this variable is from an earlier stop");
    const { frame, node } = held;
    const named = args.filter === "indexed" ? [] : node.children();
    const indexed =
      args.filter === "named" || !node.indexed ? [] : indexedPage(node.indexed, args, this.client);
    const variables = [...named, ...indexed].map((child) => this.variable(frame, child));
    const left = (node.indexed?.count ?? 0) - indexed.length;
    if (args.filter === undefined && left > 0 && args.count === undefined)
      variables.push({
        name: "…",
        value: `${left} more: look at one as ${node.path}[${indexed.length}]`,
        variablesReference: 0,
      });
    return variables;
  }

  private variable(frame: Frame, node: ViewNode): DebugProtocol.Variable {
    const { name, value, path } = node;
    const variable = { name, value, ...this.children(frame, node, false), ...this.links(frame, node) };
    // Nodes that no path leads to are those of a hover.
    return path.includes("(") ? variable : { ...variable, evaluateName: path };
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
    if (memory !== null) links.memoryReference = memory;
    if (node.event !== null)
      links.valueLocationReference = links.declarationLocationReference = this.hold(frame, node);
    return links;
  }

  /** A number for the node, the same one whenever it is asked for during this stop. */
  private hold(frame: Frame, node: ViewNode): number {
    const key = `${frame.id} ${node.path}`;
    const known = this.references.get(key);
    if (known !== undefined) return known;
    const reference = ++this.counter.last;
    this.held.set(reference, { frame, node });
    this.references.set(key, reference);
    return reference;
  }

  /** The event that a location reference leads to: where the value came from. */
  eventAt(locationReference: number): number {
    const event = this.held.get(locationReference)?.node.event ?? null;
    if (event === null) throw new UserError("this location is from an earlier stop");
    return event;
  }

  evaluate({
    expression,
    frameId,
    context,
  }: DebugProtocol.EvaluateArguments): NonNullable<DebugProtocol.EvaluateResponse["body"]> {
    const frame = this.frames.frame(frameId);
    const view = this.frames.view(frame);
    // Under the mouse a number is a place in the stream; in an expression it is a number.
    const token =
      context === "hover" || /^\s*-?\d+:/.test(expression) ? describeToken(view, expression) : null;
    if (token) {
      const children = token.node ? this.children(frame, token.node, false) : { variablesReference: 0 };
      return { result: token.value, ...children, ...(token.node ? this.links(frame, token.node) : {}) };
    }
    const ours = /^\s*memory(?:\.(\w+))?\s*$/.exec(expression);
    const value = ours ? memoryNode(memoryScope(view), ours[1]) : evaluate(view, parseExpression(expression));
    const result = textOf(value);
    if (!isNode(value)) return { result, variablesReference: 0 };
    return { result, ...this.children(frame, value, false), ...this.links(frame, value) };
  }

  completions({ text, column, frameId }: DebugProtocol.CompletionsArguments): DebugProtocol.CompletionItem[] {
    const typed = text.slice(0, column - this.client.firstColumn);
    const word = /[\w.[\]]*$/.exec(typed)![0];
    const paths = completions(this.frames.view(this.frames.frame(frameId)), typed);
    const start = typed.length - word.length + this.client.firstColumn;
    return paths.map((path) => ({ label: path, start, length: word.length, type: "property" }));
  }

  readMemory(args: DebugProtocol.ReadMemoryArguments): NonNullable<DebugProtocol.ReadMemoryResponse["body"]> {
    const { connection } = parseReference(args.memoryReference);
    const frame = this.frames.stack(connection)[0]!;
    return readMemory(this.frames.view(frame), args);
  }
}

function memoryNode(scope: ViewNode, name: string | undefined): ViewNode {
  if (name === undefined) return scope;
  const child = scope.children().find((node) => node.name === name);
  if (!child) throw new UserError(`there is no memory.${name}; there are plaintext, placeholder and wire`);
  return child;
}

function indexedPage(
  indexed: NonNullable<ViewNode["indexed"]>,
  { start = 0, count = 0 }: DebugProtocol.VariablesArguments,
  client: Client,
): ViewNode[] {
  const most = client.pages || count > 0 ? indexed.count : unpagedMax;
  const end = Math.min(indexed.count, count > 0 ? start + count : most);
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => indexed.at(start + i));
}
