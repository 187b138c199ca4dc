import { type ChildProcess, execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { type Driven, ended, inTerminal, type Setup, type Shown, until } from "./driven.ts";

const run = promisify(execFile);

/** What the test asks Emacs, in its own language: texts of buffers, and the commands of dap-mode. */
const helpers = `
(require 'json)
(defun e2e-text (name)
  (if (get-buffer name)
      (with-current-buffer name (buffer-substring-no-properties (point-min) (point-max)))
    ""))
(defun e2e-window () (get-mru-window (selected-frame) nil nil))
(defun e2e-source ()
  (seq-find (lambda (buffer) (string-match-p "tlstrace\\\\'" (or (buffer-file-name buffer) "")))
            (mapcar #'window-buffer (window-list nil nil (e2e-window)))))
(defun e2e-at ()
  (with-selected-window (get-buffer-window (e2e-source))
    (json-encode (list :name (buffer-file-name)
                       :line (line-number-at-pos)
                       :text (buffer-substring-no-properties (line-beginning-position) (line-end-position))))))
(defun e2e-console ()
  (json-encode (mapconcat #'e2e-text
                          (seq-filter (lambda (name) (string-match-p "dap-ui-repl\\\\| out[*]\\\\'\\\\|Messages" name))
                                      (mapcar #'buffer-name (buffer-list)))
                          "\\n")))
(defun e2e-variables ()
  (unless (get-buffer "*dap-ui-locals*") (dap-ui-locals))
  (json-encode (e2e-text "*dap-ui-locals*")))
(defun e2e-type (line)
  (dap-ui-repl)
  (with-current-buffer "*dap-ui-repl*"
    (goto-char (point-max))
    (insert line)
    (comint-send-input)))
(defun e2e-breakpoint (line)
  (with-current-buffer (e2e-source)
    (goto-char (point-min))
    (forward-line (1- line))
    (dap-breakpoint-toggle)))
`;

/** Emacs with Debian's dap-mode, in a terminal; `emacsclient` evaluates. */
export class Emacs implements Driven {
  private readonly child: ChildProcess;
  private readonly socket: string;
  private readonly env: NodeJS.ProcessEnv;

  private constructor(child: ChildProcess, socket: string, env: NodeJS.ProcessEnv) {
    this.child = child;
    this.socket = socket;
    this.env = env;
  }

  static async start(home: string, { init }: Setup, env: NodeJS.ProcessEnv): Promise<Emacs> {
    mkdirSync(path.join(home, ".emacs.d"), { recursive: true });
    writeFileSync(path.join(home, ".emacs.d/init.el"), init);
    const helperFile = path.join(home, "helpers.el");
    writeFileSync(helperFile, helpers);
    const folder = path.join(home, "emacs");
    mkdirSync(folder, { mode: 0o700 });
    const server = `(progn (setq server-socket-dir "${folder}" server-name "e2e") (server-start))`;
    const child = inTerminal(`emacs -nw -l '${helperFile}' --eval '${server}'`, env);
    const emacs = new Emacs(child, path.join(folder, "e2e"), env);
    await until(() => emacs.evaluate("(json-encode (featurep 'dap-ui))"), Boolean, "Emacs with dap-mode");
    return emacs;
  }

  /** The value of an expression that gives JSON. */
  private async evaluate(expression: string): Promise<unknown> {
    const { stdout } = await run("emacsclient", ["-s", this.socket, "-e", expression], { env: this.env });
    // Emacs prints a text in quotes, with a backslash before quotes and backslashes.
    return JSON.parse(
      stdout
        .trim()
        .slice(1, -1)
        .replace(/\\(["\\])/g, "$1"),
    );
  }

  private async run(expression: string): Promise<void> {
    await this.evaluate(`(progn ${expression} "null")`);
  }

  debug(file: string): Promise<void> {
    return this.run(`(tlstrace-debug "${file}")`);
  }

  async at(): Promise<Shown> {
    return (await this.evaluate("(e2e-at)")) as Shown;
  }

  async variables(): Promise<string> {
    return String(await this.evaluate("(e2e-variables)"));
  }

  async console(): Promise<string> {
    return String(await this.evaluate("(e2e-console)"));
  }

  type(line: string): Promise<void> {
    return this.run(`(e2e-type "${line}")`);
  }

  breakpoint(line: number): Promise<void> {
    return this.run(`(e2e-breakpoint ${line})`);
  }

  goOn(): Promise<void> {
    return this.run("(dap-continue (dap--cur-session) (dap--debug-session-thread-id (dap--cur-session)))");
  }

  stop(): Promise<void> {
    return this.run("(dap-disconnect (dap--cur-session))");
  }

  close(): Promise<void> {
    return ended(this.child);
  }
}
