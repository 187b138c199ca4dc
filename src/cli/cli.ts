import { Command, CommanderError } from "commander";
import type { Timeline } from "../replay/timeline.ts";
import { UserError } from "../trace/platform.ts";
import { goldenLines } from "./golden.ts";
import { linesOf } from "./json.ts";
import { type LoadFlags, load, selected } from "./load.ts";
import { exitStatus, print } from "./output.ts";
import { reportOf } from "./report.ts";
import { addTestCommand } from "./test-command.ts";

const program = new Command("tlstrace")
  .description("Replays traces and captures of kernel TLS connections through a model of the NIC offload.")
  .showHelpAfterError("(--help says more)")
  .exitOverride();

reading(
  "replay",
  "Prints what the model says of every event, or with --json one JSON object a line.",
  "a trace file or a capture",
)
  .option("--json", "one JSON object a line: streams, records, transmits, summaries")
  .action(replay);
reading(
  "verify",
  "Says whether every record authenticates and every captured byte is the right one.",
  "a capture",
).action(verify);
addTestCommand(program);
program
  .command("dap")
  .description("Serves the Debug Adapter Protocol on stdin and stdout, or on a TCP port of this machine.")
  .option("--port <n>", "listen on 127.0.0.1:<n> instead")
  .action(async ({ port }: { port?: string }) => (await import("./dap.ts")).serve(port));

/** A command that reads a file, with the options of reading. */
function reading(name: string, description: string, what: string): Command {
  return program
    .command(name)
    .description(description)
    .argument("<file>", what)
    .option("--keys <file...>", "key log (SSLKEYLOGFILE) or crypto_info JSON; may be repeated")
    .option(
      "--profile <id>",
      "NIC family: connectx, innova (default: the trace's own, connectx for captures)",
    )
    .option("--stream <glob...>", "only streams whose name matches, e.g. '*:443>*'")
    .option("--tap <where>", "where the capture was taken: auto, host (before the NIC), wire", "auto")
    .option("--offload-start <when>", "TLS 1.2 start: after-finished or after-ccs", "after-finished");
}

async function replay(file: string, flags: LoadFlags & { json?: boolean }): Promise<void> {
  const timeline = await load(file, flags);
  const streams = timeline.trace.streams.filter(({ name }) => selected(flags.stream, name));
  complain(file, timeline);
  if (!flags.json) {
    const connections = new Set(streams.flatMap(({ connection }) => (connection < 0 ? [] : [connection])));
    return print(goldenLines(timeline, connections));
  }
  for (const stream of streams) await print(jsonOf(linesOf(timeline, stream)));
}

/** Diagnostics go to stderr, with their place, in the form that problem matchers read. */
function complain(file: string, { trace }: Timeline): void {
  for (const { severity, message, line, frame } of trace.diagnostics) {
    const place = line !== undefined ? `:${line}` : frame ? `: frame ${frame}` : "";
    process.stderr.write(`${file}${place}: ${severity}: ${message}\n`);
  }
}

function* jsonOf(lines: Iterable<object>): Generator<string> {
  for (const line of lines) yield JSON.stringify(line);
}

async function verify(file: string, flags: LoadFlags): Promise<void> {
  const timeline = await load(file, flags);
  complain(file, timeline);
  const streams = timeline.trace.streams.filter(({ name }) => selected(flags.stream, name));
  const { lines, wrong } = reportOf(timeline, streams);
  await print(lines);
  if (wrong) process.exitCode = exitStatus.wrong;
}

async function main(): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : exitStatus.unusable;
    } else if (error instanceof UserError) {
      process.stderr.write(`tlstrace: ${error.message}\n`);
      process.exitCode = exitStatus.unusable;
    } else {
      throw error;
    }
  }
}

await main();
