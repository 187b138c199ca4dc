import { LineFault, type Token } from "../lexer.ts";

/** A system call of a script. */
export interface ScriptCall {
  name: string;
  /** Arguments as written, blanks trimmed. */
  args: string[];
  /** What it returned, null where the script leaves it open (`...`). */
  result: number | null;
  /** Name of its error, null if there is none. */
  error: string | null;
}

/** Reads `write(4, ..., 1000) = 1000`. Throws LineFault with the place in `token`. */
export function readCall(token: Token): ScriptCall {
  const { text } = token;
  const name = /^([a-z_]\w*)\s*\(/i.exec(text);
  if (name === null)
    throw new LineFault(token, "behind the time stands a packet (`>` or `<`) or a system call");
  const args: string[] = [];
  let from = name[0].length;
  let depth = 1;
  for (const { 0: mark, index } of text.matchAll(/[()[\]{},]/g)) {
    if (index < name[0].length) continue;
    if (mark !== ",") depth += "([{".includes(mark) ? 1 : -1;
    else if (depth > 1) continue;
    if (depth > 1 || (depth === 1 && mark !== ",")) continue;
    args.push(text.slice(from, index).trim());
    from = index + 1;
    if (depth === 0) return { name: name[1]!, args, ...resultOf(token, text.slice(from)) };
  }
  throw new LineFault(token, `the call's bracket is not closed; write \`${name[1]}(…) = RESULT\``);
}

function resultOf(token: Token, text: string): Pick<ScriptCall, "result" | "error"> {
  const found = /^\s*=\s*(?:(-?\d+|0x[\da-f]+)\b(?:\s+(E[A-Z]+))?|(?:\.\.\.|[a-z_]))/i.exec(text);
  if (found === null) throw new LineFault(token, "behind a call stands what it returns, e.g. `= 0`");
  return { result: found[1] === undefined ? null : Number(found[1]), error: found[2] ?? null };
}

/** Errors of a connect(), or of a write that connects, before a SYN goes out. */
const errorsWithoutSyn = [
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "EALREADY",
  "EFAULT",
  "EINVAL",
  "EISCONN",
  "EOPNOTSUPP",
];

/** True for a call that may send a SYN, for all that its error says. */
export const maySendSyn = ({ error }: ScriptCall): boolean =>
  error === null || !errorsWithoutSyn.includes(error);

/** An argument that is a descriptor or a number; −1 if it is something else. */
export function integerArg(call: ScriptCall, index: number): number {
  const text = call.args[index] ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}

/** A call that writes to a socket. */
export interface ScriptWrite {
  descriptor: number;
  /** Bytes that were taken: what the call returned, or where that is open what it was asked for. */
  length: number;
  more: boolean;
  eor: boolean;
  /** MSG_FASTOPEN: on a socket without a connection it connects. */
  fastOpen: boolean;
  /** Among the flags are some that tls_push_data() refuses. */
  refused: boolean;
}

/** Flags that are nothing to tls_push_data() or known to it. */
const flagsKnown = ["MSG_MORE", "MSG_EOR", "MSG_DONTWAIT", "MSG_NOSIGNAL"];

/** Places of the descriptor, the length and the flags among the arguments; length −1: sizes of an iovec. */
const writers: Readonly<Record<string, readonly [descriptor: number, length: number, flags: number]>> = {
  write: [0, 2, 9],
  send: [0, 2, 3],
  sendto: [0, 2, 3],
  writev: [0, -1, 9],
  sendmsg: [0, -1, 2],
  sendfile: [0, 3, 9],
  splice: [2, 4, 5],
};

/** The call as a write, null if it is none. */
export function writeOf(call: ScriptCall): ScriptWrite | null {
  const places = Object.hasOwn(writers, call.name) ? writers[call.name] : undefined;
  if (places === undefined) return null;
  const [descriptor, length, flags] = places;
  const asked = length < 0 ? iovecSize(call) : integerArg(call, length);
  const given = call.args[flags] ?? "";
  return {
    descriptor: integerArg(call, descriptor),
    length: Math.max(0, call.result ?? asked),
    more: /\b(?:MSG_MORE|SPLICE_F_MORE)\b/.test(given),
    eor: /\bMSG_EOR\b/.test(given),
    fastOpen: /\bMSG_FASTOPEN\b/.test(given),
    refused: (given.match(/\bMSG_\w+/g) ?? []).some((flag) => !flagsKnown.includes(flag)),
  };
}

/** Sum of the lengths in `[{..., 500}, {iov_base=..., iov_len=1000}]`, bare or in a message header. */
function iovecSize(call: ScriptCall): number {
  let size = 0;
  for (const [, length] of (call.args[1] ?? "").matchAll(/\{[^{},]*,\s*(?:iov_len\s*=\s*)?(\d{1,10})\s*\}/g))
    size += Number(length);
  return size;
}
