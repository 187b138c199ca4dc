// cli: the tlstrace command.

import { Command, CommanderError, Option } from "commander";
import { UserError } from "../trace/platform.ts";
import type { CompareFlags } from "./compare.ts";
import type { DapFlags } from "./dap.ts";
import type { DebugFlags } from "./debug.ts";
import type { ExportFlags } from "./export.ts";
import type { ReadFlags } from "./flags.ts";
import type { MinimiseFlags } from "./minimise.ts";
import { exitStatus, failure } from "./output.ts";
import type { QueryFlags } from "./query.ts";
import type { ReportFlags } from "./report.ts";
import type { TestFlags } from "./test-command.ts";
import type { VerifyFlags } from "./verify.ts";
import { tool } from "./version.ts";

const program = new Command("tlstrace")
  .description("Replays traces and captures of kernel TLS connections through a model of the NIC offload.")
  .version(tool)
  .showHelpAfterError("(--help says more)")
  .exitOverride();

reading(
  "replay",
  "Prints what the model says of every event, or with --json one JSON object a line.",
  "a trace file or a capture",
)
  .addOption(profileOption())
  .option("--json", "one JSON object a line: streams, records, transmits, summaries")
  .option("--show-keys", "print the keys that a trace file states, which are masked otherwise")
  .option("--digests", "with --json, each record's SHA-256: that of a short one tells what it holds")
  .action(async (file: string, flags: ReadFlags) => (await import("./replay.ts")).replay(file, flags));
reading(
  "verify",
  "Says whether every record authenticates and every captured byte is the right one, and how much was checked.\n" +
    "Exit status: 0 right, 1 wrong, 2 bad usage or an unreadable file, 3 unchecked; of several files the worst,\n" +
    "in the order 1, 2, 3, 0.",
  "captures, folders of them, and - for one on standard input",
  "[path...]",
)
  .addOption(profileOption())
  .option(
    "--files-from <file>",
    "verify also the files that are named in this one, a line each; - = standard input",
  )
  .option("--jobs <n>", "files verified at once, each in a process (default: a processor each)")
  .option("--json", "one JSON object a line: files, streams, places with wrong bytes, the total")
  .option("--resume <out>", "add the rows to this file, and leave out files that it has already as they are")
  .option(
    "--allow-unchecked",
    "end with 0 where nothing is wrong, but not all that should be could be checked",
  )
  .option("--require-all", "a stream without keys makes the file unchecked, too")
  .option(
    "--expect <what>",
    "ciphertext (the default), or plaintext with zeros for tags, as a device without a cipher\nleaves it (netdevsim)",
  )
  .option(
    "--against <capture>",
    "with --expect plaintext: another capture of the same connections, which says what\ntheir records must hold",
  )
  .action(async (paths: string[], flags: VerifyFlags) => (await import("./verify.ts")).verify(paths, flags));
reading(
  "compare",
  "Replays one trace under several profiles: a table of what each costs, then the events in which they differ.\n" +
    "Bytes the device reads (PCIe) = bytes of the packets posted + bytes replayed + 64 bytes a descriptor.\n" +
    "Exit status: 0 the same bytes leave, 1 bytes differ, 2 bad usage or an unreadable file.",
  "a trace file, a packetdrill script or a capture",
)
  .requiredOption(
    "--profiles <ids>",
    "what to compare, the first with all others: families, broken variants and kernels, as\n" +
      "connectx,netronome,innova@v4.19,connectx/long-dump",
  )
  .option("--all", "list every event that differs")
  .option(
    "--bytes",
    "compute all bytes that leave, also those that are right by construction (milliseconds a packet)",
  )
  .option("--strict", "end with 1 also where one profile drops what another sends")
  .option("--json", "one JSON object a line: profiles, events that differ, findings, the outcome")
  .action(async (file: string, flags: CompareFlags) => (await import("./compare.ts")).compare(file, flags));
reading(
  "why",
  "Says where a byte of a stream comes from and where it went.\n" +
    "Write, record, the packets that carried it with their descriptors, who encrypted it and by which resync,\n" +
    "acknowledgement, release.",
  "a trace file, a packetdrill script or a capture",
)
  .argument("<stream>", "its name or a glob that means it alone, as A>B")
  .argument(
    "<seq>",
    "the byte: from the offload start on, or as on the wire; of a range, as 1448:2896, its first one.\n" +
      "In a script by the script's own numbers; a negative one stands behind --",
  )
  .addOption(profileOption())
  .option("--json", "one JSON object")
  .action(async (file: string, stream: string, seq: string, flags: ReadFlags & { json?: true }) =>
    (await import("./why.ts")).why(file, { stream, seq }, flags),
  );
reading(
  "export",
  "Writes a capture or script as a trace file, which replays to the same effects; keys and payload stay behind.",
  "a capture, a packetdrill script or a trace file",
)
  .addOption(profileOption())
  .requiredOption("--to <trace>", "the trace file to write; - = standard output")
  .option("--force", "replace the file if it exists")
  .action(async (file: string, flags: ExportFlags) => (await import("./export.ts")).exportTrace(file, flags));
reading(
  "report",
  "Writes the verdict, what is wrong, and a picture of each stream as one file of HTML, which loads nothing: for a ticket.",
  "a capture, a packetdrill script or a trace file",
)
  .addOption(profileOption())
  .requiredOption("-o, --out <html>", "the file to write; - = standard output")
  .option("--force", "replace the file if it exists")
  .action(async (file: string, flags: ReportFlags) => (await import("./report.ts")).report(file, flags));
reading(
  "query",
  "Prints what of a trace fits a question, in the order of events: a row for each, or one value.\n" +
    "  tlstrace query FILE 'transmits where outOfOrder and length < 100'\n" +
    "  tlstrace query FILE 'resync.replayed where replayed > 8192' --columns packet.seq driver.expectedSeq\n" +
    "  tlstrace query FILE 'sum(resync.replayed)'\n" +
    "What can be asked stands in media/docs/expressions.md.",
  "a trace file, a packetdrill script or a capture",
)
  .argument(
    "<query>",
    "a set of events or effects, `where` and a condition; or count, sum, min, max, first, last of one",
  )
  .addOption(profileOption())
  .option("--columns <expression...>", "what else to tell of each, as driver.expectedSeq")
  .option("--json", "one JSON object a row; sequence numbers are bytes from the offload's start")
  .addOption(new Option("--csv", "comma-separated values with a heading (RFC 4180)").conflicts("json"))
  .action(async (file: string, query: string, flags: QueryFlags) =>
    (await import("./query.ts")).query(file, query, flags),
  );
reading(
  "minimise",
  "Writes the smallest trace that still shows something, with an expect line for it; keys and payload stay behind.\n" +
    "  tlstrace minimise FILE --keep 'resync where replayed > 8192' --out small.tlstrace",
  "a trace file, a packetdrill script or a capture",
)
  .addOption(profileOption())
  .option(
    "--keep <what>",
    "what it must still show (default: what is found wrong first): an effect or a set of events, `where`\n" +
      "and a condition; wrong byte, leak, failed expectation [LINE]",
  )
  .option("--out <trace>", "the trace file to write (default: standard output)", "-")
  .option("--force", "replace the file if it exists")
  .option("--seconds <n>", "end after so long with what it is then", "60")
  .action(async (file: string, flags: MinimiseFlags) =>
    (await import("./minimise.ts")).minimise(file, flags),
  );
reading(
  "debug",
  "The debugger in a terminal.\n" +
    "Takes the words of the debug console and expressions, from -e or a line each from standard input.\n" +
    "  tlstrace debug FILE -e 'goto frame 58' -e 'why 4344' -e 'last driver.expectedSeq'\n" +
    "What can be typed stands in media/docs/time-travel.md.",
  "a trace file, a packetdrill script or a capture",
)
  .addOption(profileOption())
  .option("-e, --eval <line...>", "lines to type, one after the other; the first that is refused ends it")
  .option("-q, --quiet", "without what opening the file says")
  .option("--start-at <place>", "where to begin, as a launch configuration says it: entry, end, frame:58, …")
  .action(async (file: string, flags: DebugFlags) => (await import("./debug.ts")).debug(file, flags));
program
  .command("test")
  .description(
    "Checks the expect lines of trace files.\n" +
      "Prints TAP 14; failures also go to stderr as file:line: error: …\n" +
      "Exit status: 0 all hold, 1 some fail, 2 bad usage or an unreadable file.",
  )
  .argument(
    "<path...>",
    "trace files, folders that are searched for *.tlstrace, and - for paths on standard input, one a line",
  )
  .option(
    "--profile <ids>",
    "NIC families, broken variants, kernels and profile files to test under, as connectx,innova@v4.19,\n" +
      "connectx/long-dump,./my-nic.json " +
      "(default: the trace's own, then each that its expect lines name behind `under`)",
  )
  .addOption(new Option("--all-profiles", "test under every NIC family").conflicts("profile"))
  .addOption(
    new Option("--all-kernels", "test under every kernel generation").conflicts(["profile", "allProfiles"]),
  )
  .option("--junit <file>", "also write a JUnit XML report")
  .option("--sarif <file>", "also write a SARIF 2.1.0 log of the failures")
  .option(
    "--update",
    "first add expect lines below events that have notable effects and none; changes no line",
  )
  .option("--dry-run", "with --update: say what would be added, with --json the whole text; nothing is run")
  .option("--json", "one JSON object a line: runs with their cases, and where each failure comes from")
  .option("--list", "say what would be checked, and replay nothing")
  .addOption(
    new Option(
      "--coverage",
      "behind it say which effects, stages, bugs, NIC families and kernels were met",
    ).conflicts("list"),
  )
  .action(async (paths: string[], flags: TestFlags) =>
    (await import("./test-command.ts")).test(paths, flags),
  );
program
  .command("dap")
  .description("Serves the Debug Adapter Protocol on stdin and stdout, or on a TCP port of this machine.")
  .option("--port <n>", "listen on 127.0.0.1:<n> instead")
  .option(
    "--workspace [folder...]",
    "folders whose files a trace may name, beside its own (default: the current one; none = no other)",
  )
  .option("--only <file>", "read this trace and no other file: neither keys nor profiles nor evidence")
  .action(async (flags: DapFlags) => (await import("./dap.ts")).serve(flags));
program
  .command("lsp")
  .description(
    "Serves the Language Server Protocol on stdin and stdout: what an editor asks about trace files and scripts.",
  )
  .addOption(new Option("--stdio", "what clients say for that").default(true))
  .addOption(new Option("--clientProcessId <n>").hideHelp())
  .option("--only-documents", "read no file of profiles that a document names")
  .action(async ({ onlyDocuments = false }: { onlyDocuments?: boolean }) =>
    (await import("./lsp.ts")).serveLanguage(onlyDocuments),
  );

program
  .command("mcp")
  .description(
    "Serves the Model Context Protocol on stdin and stdout, for agents.\n" +
      "Tools: findings, why, state at, query, compare, … It reads what it is asked about and writes nothing; keys and payload are in no answer.",
  )
  .action(async () => (await import("./agents/server.ts")).serve());

/** A command that reads a file, with the options of reading. */
function reading(name: string, description: string, what: string, argument = "<file>"): Command {
  return program
    .command(name)
    .description(description)
    .argument(argument, what)
    .option(
      "--keys <file...>",
      "key log (SSLKEYLOGFILE) or crypto_info JSON; may be repeated (default: what lies beside the file)",
    )
    .option("--no-keys", "take no keys, not even those beside the file")
    .option("--keys-dir <dir>", "a folder of key logs, in which each session is looked up")
    .option(
      "--evidence <file...>",
      "what the kernel reported meanwhile: ftrace or trace-cmd report, and ethtool -S and\n/proc/net/tls_stat from before and after, in that order",
    )
    .option("--stream <glob...>", "only streams whose name matches, e.g. '*:443>*' or 'A>B'")
    .option("--tap <where>", "where the capture was taken: auto, host (before the NIC), wire", "auto")
    .option("--offload-start <when>", "TLS 1.2 start: after-finished or after-ccs", "after-finished")
    .option(
      "--copies <what>",
      "packets that a capture shows more than once: drop all but the first, or keep",
      "drop",
    )
    .option(
      "--names <which>",
      "what lines call a capture's streams: short (A>B), full (SRC:PORT>DST:PORT), or by names of hosts:\nclient=10.0.0.1,server=10.0.0.2",
      "short",
    );
}

function profileOption(): Option {
  const says =
    "NIC family or profile file, as connectx, innova@v4.19 or ./my-nic.json (default: the trace's own, connectx for captures)";
  return new Option("--profile <id>", says);
}

/** What ends a command in the middle: nothing goes on behind it. */
function end(error: unknown): void {
  process.exit(failure(error));
}

async function main(): Promise<void> {
  // The list of commands has a line of each.
  for (const command of program.commands) command.summary(command.description().split("\n", 1)[0]!);
  process.on("uncaughtException", end).on("unhandledRejection", end);
  // What nobody can read of complaints is no defect: the status says what came of it.
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    end(new UserError(`the output cannot be written (${error.code})`));
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitStatus.unusable;
    else process.exitCode = failure(error);
  }
}

await main();
