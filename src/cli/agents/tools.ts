/** What a tool's argument is, as JSON schema says it. */
type Taken = { type: "string"; description: string } | { type: "array"; description: string };

/** A tool that an agent may use: a command of the command line, by the names of its arguments. */
export interface Tool {
  name: string;
  says: string;
  takes: Readonly<Record<string, Taken>>;
  needs: readonly string[];
  /** The command that gives the answer. */
  command(args: Given): string[];
  /** What it reads on standard input. */
  input?(args: Given): string;
}

/** The arguments of a call: strings and lists of strings, as the schema says. */
export class Given {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }

  /** A line: what is told in lines may not be more than one. */
  line(name: string): string {
    return String(this.values[name] ?? "").replace(/[\r\n]+/g, " ");
  }

  text(name: string): string {
    return String(this.values[name] ?? "");
  }

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  list(name: string): string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.map((each) => String(each).replace(/[\r\n]+/g, " ")) : [];
  }
}

const string = (description: string): Taken => ({ type: "string", description });
const strings = (description: string): Taken => ({ type: "array", description });

const file = string("Path of a capture (pcap, pcapng), a trace (.tlstrace) or a packetdrill script (.pkt).");
const keys = strings(
  "Paths of key logs or crypto_info files; without them what lies beside the file is taken.",
);
const profile = string("A NIC family, broken variant or kernel: connectx, connectx/long-dump, innova@v4.19.");
const at = string(
  "Where: event 24, frame 58, line 8, time 1.5, seq 209430, record 13, finding 1, start, end.",
);
/** What most tools read. */
const reading = { file, keys, profile };

/** The options that say how a file is read, and behind them what is no option whatever it begins with. */
function asked(args: Given, ...operands: string[]): string[] {
  const keyed = args.list("keys").map((each) => `--keys=${each}`);
  const under = args.has("profile") ? [`--profile=${args.line("profile")}`] : [];
  return [...keyed, ...under, "--", args.line("file"), ...operands];
}

/** A session in the debugger: lines for its console. An expression in brackets is never one of its words. */
const session = (args: Given, ...lines: string[]): string[] => [
  "debug",
  "--quiet",
  ...[`goto ${args.line("at")}`, ...lines].map((line) => `--eval=${line}`),
  ...asked(args),
];

/** What an agent can ask. None writes a file; keys and payload are in no answer. */
export const tools: readonly Tool[] = [
  {
    name: "verify",
    says: "Whether every record of a capture authenticates and every captured byte is right, and how much was checked.",
    takes: reading,
    needs: ["file"],
    command: (args) => ["verify", ...asked(args)],
  },
  {
    name: "findings",
    says: "What is wrong, each with its place, and what happened how often: out of order, resyncs, drops, fallback, leaks.",
    takes: reading,
    needs: ["file"],
    command: (args) => ["debug", "--eval=info streams", ...asked(args)],
  },
  {
    name: "why",
    says: "Where a byte of a stream comes from and where it went: write, record, packets, who encrypted it by which resync, acknowledgement, release.",
    takes: {
      ...reading,
      stream: string("The stream's name, as A>B."),
      byte: string("A sequence number from the offload's start or as on the wire, or a range 1448:2896."),
    },
    needs: ["file", "stream", "byte"],
    command: (args) => ["why", ...asked(args, args.line("stream"), args.line("byte"))],
  },
  {
    name: "state_at",
    says: "Where a place in time is and how TCP, driver and NIC stand there; with `expressions` also their values.",
    takes: {
      ...reading,
      at,
      expressions: strings("Expressions, as driver.expectedSeq - packet.seq or records.last."),
    },
    needs: ["file", "at"],
    command: (args) =>
      session(args, "info stream", "info queue", ...args.list("expressions").map((one) => `(${one})`)),
  },
  {
    name: "last_change",
    says: "What changed a value last before a place in time: old, new and where.",
    takes: { ...reading, at, path: string("What is looked at, as driver.expectedSeq.") },
    needs: ["file", "at", "path"],
    command: (args) => session(args, `last ${args.line("path")}`),
  },
  {
    name: "query",
    says: "Events and effects that fit a condition, a row each, or one value: transmits where outOfOrder and length < 100; sum(resync.replayed).",
    takes: {
      ...reading,
      query: string("The query."),
      columns: strings("Expressions to tell of each row."),
    },
    needs: ["file", "query"],
    command: (args) => [
      "query",
      ...args.list("columns").map((one) => `--columns=${one}`),
      ...asked(args, args.line("query")),
    ],
  },
  {
    name: "compare",
    says: "One trace under several NICs, bugs or kernels: what each costs and where they differ.",
    takes: { file, keys, profiles: string("Which, the first with all others: connectx,netronome.") },
    needs: ["file", "profiles"],
    command: (args) => ["compare", `--profiles=${args.line("profiles")}`, ...asked(args)],
  },
  {
    name: "run_trace",
    says: "Replays a trace that is given as text: what the model does at each event.",
    takes: { text: string("The trace, in the trace language."), profile },
    needs: ["text"],
    command: (args) => [
      "replay",
      ...(args.has("profile") ? [`--profile=${args.line("profile")}`] : []),
      "--",
      "-",
    ],
    input: (args) => args.text("text"),
  },
  {
    name: "minimise",
    says: "The smallest trace that still shows something, as text.",
    takes: {
      ...reading,
      keep: string(
        "What it must show: resync where replayed > 8192, failed expectation, wrong byte, leak, finding.",
      ),
    },
    needs: ["file", "keep"],
    command: (args) => ["minimise", `--keep=${args.line("keep")}`, "--seconds=20", ...asked(args)],
  },
];
