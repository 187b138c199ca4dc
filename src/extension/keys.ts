import * as vscode from "vscode";
import type { CapturePlace, Offered } from "./place.ts";
import { nameOf, programOf, uriOfProgram } from "./trace-files.ts";

/** What was chosen for a capture: key files, none = "without keys". Paths only: keys themselves are never kept. */
type Choice = string[];

const settingOf = (capture: string): string => `keys:${capture}`;

/** A row of the question, and what it answers; null = as found. */
interface Answer extends vscode.QuickPickItem {
  files(): Promise<Choice | null | undefined>;
}

/** The keys of captures: chosen in this workspace, or found. */
export class CaptureKeys {
  private readonly memory: vscode.Memento;
  private readonly captures: CapturePlace;

  constructor(memory: vscode.Memento, captures: CapturePlace) {
    this.memory = memory;
    this.captures = captures;
  }

  /**
   * Key files to debug a capture with: those chosen before, those beside it, none if it brings its own, else what the user
   * answers now, which is remembered. Undefined = the user does not want to debug after all.
   */
  async toDebug(capture: string): Promise<string[] | undefined> {
    const chosen = this.chosen(capture);
    if (chosen !== null) return chosen;
    // Nobody is asked for what would not be read.
    if (!vscode.workspace.isTrusted) return [];
    const beside = await this.captures.keysBeside(capture);
    if (beside.length > 0 || (await this.captures.holdsSecrets(capture))) return beside;
    const name = nameOf(capture);
    const says = vscode.l10n.t("No keys found for {0}. The answer is remembered for this workspace.", name);
    return (await this.ask(capture, says)) ?? undefined;
  }

  /** Asks for a capture's keys and remembers the answer; false = nothing was answered. */
  async choose(capture: string): Promise<boolean> {
    if (!vscode.workspace.isTrusted) {
      await tellOfTrust();
      return false;
    }
    const says = vscode.l10n.t("What opens its records. The answer is remembered for this workspace.");
    return (await this.ask(capture, says)) !== undefined;
  }

  /** Takes key files for a capture without asking, as its page offers them. */
  use(capture: string, files: Choice): Thenable<void> {
    return this.memory.update(settingOf(capture), files);
  }

  /** What was chosen for a capture; null: those that can be found. */
  chosen(capture: string): Choice | null {
    return this.memory.get<Choice>(settingOf(capture)) ?? null;
  }

  /** Undefined = cancelled, and nothing is remembered. */
  private async ask(capture: string, placeholder: string): Promise<Choice | null | undefined> {
    const answers = answersFor(capture, this.chosen(capture) !== null);
    const answer = await picked(answers, { capture, placeholder }, this.captures.offer(capture));
    const files = await answer?.files();
    if (files !== undefined) await this.memory.update(settingOf(capture), files ?? undefined);
    return files;
  }
}

/** Says why no keys are read, and leads to where that is changed. */
async function tellOfTrust(): Promise<void> {
  const { t } = vscode.l10n;
  const manage = t("Manage Workspace Trust");
  const says = t("The workspace is not trusted: nothing but the capture itself is read, no keys.");
  if ((await vscode.window.showInformationMessage(says, manage)) === manage)
    await vscode.commands.executeCommand("workbench.trust.manage");
}

function answersFor(capture: string, isChosen: boolean): Answer[] {
  const { t } = vscode.l10n;
  const found: Answer = {
    label: `$(search) ${t("As found")}`,
    detail: t("Forgets what was chosen: keys that the capture brings, or that lie beside it, are used"),
    files: async () => null,
  };
  return [
    {
      label: `$(key) ${t("Choose key file…")}`,
      detail: t("A key log (SSLKEYLOGFILE) or crypto_info as JSON"),
      files: () => openKeyFiles(capture),
    },
    {
      label: `$(circle-slash) ${t("Without keys")}`,
      detail: t(
        "Record map, expected sequence numbers and resyncs work; contents and wire bytes are not checked",
      ),
      files: async () => [],
    },
    ...(isChosen ? [found] : []),
  ];
}

/** Lets the user pick; what is found meanwhile comes behind the other answers, so that none moves under his finger. */
async function picked(
  answers: readonly Answer[],
  { capture, placeholder }: { capture: string; placeholder: string },
  offered: Offered,
): Promise<Answer | undefined> {
  const { t } = vscode.l10n;
  const pick = vscode.window.createQuickPick<Answer>();
  Object.assign(pick, { items: answers, placeholder, ignoreFocusOut: true, busy: true });
  pick.title = t("Keys of {0}", nameOf(capture));
  void offered.found.then((files) => {
    pick.busy = false;
    if (files.length > 0) pick.items = [...answers, offeredAnswer(files)];
  });
  try {
    return await new Promise((resolve) => {
      pick.onDidAccept(() => resolve(pick.selectedItems[0]));
      pick.onDidHide(() => resolve(undefined));
      pick.show();
    });
  } finally {
    offered.cancel();
    pick.dispose();
  }
}

function offeredAnswer(files: readonly string[]): Answer {
  const { t } = vscode.l10n;
  const names = files.map((file) => vscode.workspace.asRelativePath(uriOfProgram(file))).join(", ");
  return {
    label: `$(sparkle) ${t("Use {0}", names)}`,
    detail: t("Found in the workspace: it has keys of sessions of this capture, by their client random"),
    files: async () => [...files],
  };
}

async function openKeyFiles(capture: string): Promise<string[] | undefined> {
  const { t } = vscode.l10n;
  const picked = await vscode.window.showOpenDialog({
    title: t("Keys of {0}", nameOf(capture)),
    openLabel: t("Use keys"),
    defaultUri: vscode.Uri.joinPath(uriOfProgram(capture), ".."),
    canSelectMany: true,
    filters: {
      [t("Key logs and crypto_info")]: ["keys", "keylog", "log", "txt", "json"],
      [t("All files")]: ["*"],
    },
  });
  return picked?.map(programOf);
}
