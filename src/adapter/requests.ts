import type { DebugProtocol } from "@vscode/debugprotocol";
import { UserError } from "../trace/platform.ts";

/** Reads a value of a message, which may be anything, as what it must be. Throws UserError that names its place. */
type Reader<T> = (given: unknown, place: string) => T;

function reader<T>(what: string, is: (given: unknown) => boolean): Reader<T> {
  return (given, place) => {
    if (!is(given)) throw new UserError(`${place} takes ${what}, not ${shown(given)}`);
    return given as T;
  };
}

/** A value as it is told, at a length that a dialog can show. */
function shown(given: unknown): string {
  const text = JSON.stringify(given) ?? "nothing";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

const text = reader<string>("a text", (given) => typeof given === "string");
const flag = reader<boolean>("true or false", (given) => typeof given === "boolean");
const number = reader<number>("a number", (given) => Number.isFinite(given));
const integer = reader<number>("an integer", (given) => Number.isSafeInteger(given));
const whole = reader<number>(
  "an integer from 0 on",
  (given) => Number.isSafeInteger(given) && (given as number) >= 0,
);
const anything: Reader<unknown> = (given) => given;

const isObject = (given: unknown): given is Record<string, unknown> =>
  typeof given === "object" && given !== null && !Array.isArray(given);

const list =
  <T>(item: Reader<T>): Reader<T[]> =>
  (given, place) => {
    if (!Array.isArray(given)) throw new UserError(`${place} takes a list, not ${shown(given)}`);
    return Array.from(given, (each: unknown, i) => item(each, `${place}[${i}]`));
  };

type Readers = Readonly<Record<string, Reader<unknown>>>;
type Read<R extends Readers> = { [Name in keyof R]: ReturnType<R[Name]> };

/** An object with these fields, and others that may be left out; null is left out, too. What else it has is passed over. */
const fields =
  <Must extends Readers, May extends Readers>(
    must: Must,
    may: May,
  ): Reader<Read<Must> & Partial<Read<May>>> =>
  (given, place) => {
    if (!isObject(given)) throw new UserError(`${place} takes an object, not ${shown(given)}`);
    const read: Record<string, unknown> = {};
    for (const [name, of] of Object.entries({ ...must, ...may })) {
      const value = given[name] ?? undefined;
      if (value !== undefined || name in must) read[name] = of(value, `${place}.${name}`);
    }
    return read as Read<Must> & Partial<Read<May>>;
  };

const nothing = fields({}, {});
const thread = fields({ threadId: whole }, { granularity: text, singleThread: flag });
const resumed = fields({}, { threadId: whole, singleThread: flag });
const source = fields({}, { name: text, path: text, sourceReference: whole });
const place = fields({ source, line: whole }, { endLine: whole });
const format = fields({}, { hex: flag });
const condition = { condition: text, hitCondition: text };
const layered = { ...condition, mode: text };

/**
 * Every request that is answered here, and how its arguments are read. What the capabilities do not tell of is not among
 * them: it is refused.
 */
export const requests = {
  initialize: fields(
    {},
    {
      ...{ clientID: text, linesStartAt1: flag, columnsStartAt1: flag, pathFormat: text },
      ...{ supportsVariablePaging: flag, supportsVariableType: flag, supportsProgressReporting: flag },
      supportsMemoryReferences: flag,
      supportsStartDebuggingRequest: flag,
      ...{ supportsInvalidatedEvent: flag, supportsMemoryEvent: flag, supportsANSIStyling: flag },
    },
  ),
  launch: anything,
  restart: fields({}, { arguments: anything }),
  configurationDone: nothing,
  disconnect: nothing,
  continue: resumed,
  reverseContinue: resumed,
  pause: nothing,
  next: thread,
  stepIn: fields({ threadId: whole }, { granularity: text, singleThread: flag, targetId: whole }),
  stepInTargets: fields({ frameId: whole }, {}),
  stepOut: thread,
  stepBack: thread,
  restartFrame: fields({ frameId: whole }, {}),
  goto: fields({ targetId: whole }, {}),
  findings: nothing,
  bytes: fields({ targetId: whole }, {}),
  minimise: fields({}, { targetId: whole, keep: text }),
  picture: fields(
    { threadId: whole, columns: whole },
    { kind: text, lines: whole, from: number, to: number, low: number, high: number },
  ),
  rare: fields(
    { threadId: whole, step: integer, columns: whole, from: number, to: number, low: number, high: number },
    { kind: text, role: text, at: number, hidden: list(text) },
  ),
  byte: fields({ threadId: whole, byte: number }, { kind: text }),
  carriers: fields({ seq: whole }, {}),
  gotoTargets: place,
  breakpointLocations: place,
  setBreakpoints: fields(
    { source },
    // `lines` is what old clients send instead.
    { breakpoints: list(fields({ line: whole }, { ...layered, logMessage: text })), lines: list(whole) },
  ),
  setFunctionBreakpoints: fields({ breakpoints: list(fields({ name: text }, condition)) }, {}),
  setExceptionBreakpoints: fields(
    { filters: list(text) },
    { filterOptions: list(fields({ filterId: text }, { condition: text, mode: text })) },
  ),
  dataBreakpointInfo: fields(
    { name: text },
    { variablesReference: whole, frameId: whole, bytes: whole, asAddress: flag },
  ),
  setDataBreakpoints: fields(
    { breakpoints: list(fields({ dataId: text }, { ...condition, accessType: text })) },
    {},
  ),
  setInstructionBreakpoints: fields(
    { breakpoints: list(fields({ instructionReference: text }, { ...layered, offset: integer })) },
    {},
  ),
  disassemble: fields(
    { memoryReference: text, instructionCount: whole },
    { offset: integer, instructionOffset: integer, resolveSymbols: flag },
  ),
  exceptionInfo: nothing,
  threads: nothing,
  stackTrace: fields({ threadId: whole }, { startFrame: whole, levels: whole, format }),
  scopes: fields({ frameId: whole }, {}),
  variables: fields({ variablesReference: whole }, { filter: text, start: whole, count: whole, format }),
  setVariable: fields({ variablesReference: whole, name: text, value: text }, {}),
  setExpression: fields({ expression: text, value: text }, { frameId: whole }),
  evaluate: fields({ expression: text }, { frameId: whole, context: text, format }),
  completions: fields({ text, column: whole }, { frameId: whole }),
  readMemory: fields({ memoryReference: text, count: whole }, { offset: integer }),
  source: fields({}, { source, sourceReference: whole }),
  loadedSources: nothing,
  lines: fields({ source, line: whole, endLine: whole }, {}),
  marks: fields({ source }, {}),
  query: fields({ query: text }, {}),
  logged: nothing,
  locations: fields({ locationReference: whole }, {}),
  cancel: fields({}, { requestId: whole, progressId: text }),
};

export type Command = keyof typeof requests;
/** The arguments of each request, as they are read. */
export type Arguments = { [Name in Command]: ReturnType<(typeof requests)[Name]> };

/** True for what is answered here. */
export const isKnown = (command: unknown): command is Command =>
  typeof command === "string" && Object.hasOwn(requests, command);

/** The arguments of a request, read. Throws UserError that says which of them is wrong. */
export const readArguments = (command: Command, given: unknown): unknown =>
  requests[command](given ?? {}, command);

/** Why a request is refused that is not answered here. */
export function whyUnknown(command: unknown): string {
  if (command === "attach")
    return "a trace is over, so there is nothing to attach to: use `launch` with the path of its file";
  return `the request ${shown(command)} is not among the capabilities of this debugger`;
}

/** A request, of which only this much is known before its arguments are read. */
export type Request = Pick<DebugProtocol.Request, "seq" | "command" | "arguments">;
