import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type * as vscode from "vscode";
import type { Update } from "../../report/test-report.ts";
import type { CoverageRow } from "../../study/coverage.ts";
import type { TestRun } from "../../study/test-run.ts";

/** A row of `tlstrace test --json`. */
export type TestRow =
  | { kind: "head"; runs: number }
  | ({ kind: "run"; number: number; ok: boolean } & TestRun)
  | ({ kind: "update" } & Update)
  | { kind: "coverage"; rows: CoverageRow[]; text: string };

/** Who takes the rows. */
interface Taker {
  token?: vscode.CancellationToken;
  /** From where the flags name files. */
  folder?: string;
  row: (row: TestRow) => void | Promise<void>;
}

/** Of what a process complains of, what is told where it gave no row. */
const complaintMax = 2000;

/** `tlstrace test` as a process, so that the editor's extensions wait for no replay. */
export class TestProcess {
  private readonly command: string;

  constructor(command: string) {
    this.command = command;
  }

  /**
   * Gives each row as it comes, one after the other. Resolves to what was complained of; ends with the token. Paths go
   * through its input: a command line has no room for those of a large workspace.
   */
  async run(
    files: readonly string[],
    flags: readonly string[],
    { token, folder, row }: Taker,
  ): Promise<string> {
    // The program that runs extensions runs it as a plain Node.js where it is told so.
    const child = spawn(process.execPath, [this.command, "test", "--json", ...flags, "-"], {
      cwd: folder,
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    });
    const cancelled = token?.onCancellationRequested(() => child.kill());
    let complaint = "";
    const complain = (text: string) => {
      if (complaint.length < complaintMax) complaint += text;
    };
    child.on("error", ({ message }) => complain(message));
    child.stderr.setEncoding("utf8").on("data", complain);
    const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
    // Who ended before it read them says why by itself.
    child.stdin.on("error", () => {}).end(files.join("\n"));
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const known = token?.isCancellationRequested ? null : rowIn(line);
        if (known) await row(known);
      }
      await closed;
    } finally {
      cancelled?.dispose();
    }
    return complaint.slice(0, complaintMax);
  }
}

/** A line of its output; null for one that it was ended in the middle of. */
function rowIn(line: string): TestRow | null {
  try {
    return JSON.parse(line) as TestRow;
  } catch {
    return null;
  }
}
