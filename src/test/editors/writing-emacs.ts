import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { written } from "./writing.ts";

/** What Emacs' own client is asked; it leaves what came of it in a file. */
const asked = (file: string, answer: string) => `
(require 'eglot)
(require 'json)
(require 'seq)
(setq eglot-sync-connect 20)
(defun ask-until (what)
  (let ((left 400))
    (while (and (not (funcall what)) (> (setq left (1- left)) 0)) (accept-process-output nil 0.05))))
(defun ask-names (name)
  (goto-char (point-min)) (search-forward name) (goto-char (match-beginning 0)))
(find-file "${file}")
(apply #'eglot (eglot--guess-contact))
(ask-until (lambda () (flymake-start) (flymake-diagnostics)))
(let* ((found (car (flymake-diagnostics)))
       (diagnostic (list (buffer-substring (flymake-diagnostic-beg found) (flymake-diagnostic-end found))
                         (flymake-diagnostic-text found)))
       (hover (progn (ask-names "send")
                     (plist-get (jsonrpc-request (eglot-current-server) :textDocument/hover
                                                 (eglot--TextDocumentPositionParams))
                                :contents)))
       (definition (progn (ask-names "🦀web send")
                          (xref-match-item-location
                           (car (xref-backend-definitions 'eglot (xref-backend-identifier-at-point 'eglot))))))
       (references (length (xref-backend-references 'eglot (xref-backend-identifier-at-point 'eglot))))
       (completed (progn (goto-char (point-max)) (insert "+0 🦀web se")
                         (let* ((found (eglot-completion-at-point))
                                (names (all-completions (buffer-substring (nth 0 found) (nth 1 found)) (nth 2 found))))
                           (delete-region (nth 0 found) (nth 1 found))
                           (insert (car names))
                           (funcall (plist-get (nthcdr 3 found) :exit-function) (car names) 'finished)
                           (prog1 (buffer-substring (line-beginning-position) (point-max))
                             (delete-region (line-beginning-position) (point-max))
                             ; A batch is never idle, when eglot says what has changed.
                             (eglot--signal-textDocument/didChange)))))
       (outline (mapcar (lambda (kind) (cons (car kind) (mapcar #'car (cdr kind)))) (eglot-imenu)))
       (renamed (progn (ask-names "🦀web send") (eglot-rename "mail") (buffer-string)))
       (formatted (progn (eglot-format-buffer) (buffer-string))))
  (with-temp-file "${answer}"
    (insert (json-encode (list :diagnostic (vconcat diagnostic) :hover (plist-get hover :value)
                               :definition (xref-file-location-line definition) :references references
                               :completed completed :outline (vconcat (mapcar #'vconcat outline))
                               :renamed renamed :formatted formatted)))))
(set-buffer-modified-p nil)
(eglot-shutdown (eglot-current-server))
`;

/** Emacs' eglot with the documented configuration, in a home of its own. */
export function emacsWrites(home: string, env: NodeJS.ProcessEnv, init: string): void {
  test("diagnostics, completion, hover, definition, outline, rename and formatting in its own client", () => {
    mkdirSync(path.join(home, ".emacs.d"), { recursive: true });
    const [file, script, answer] = ["a.tlstrace", "ask.el", "answer.json"].map((name) =>
      path.join(home, name),
    );
    const own = path.join(home, ".emacs.d/init.el");
    writeFileSync(own, init);
    writeFileSync(file!, written);
    writeFileSync(script!, asked(file!, answer!));
    // A batch reads no init file by itself.
    execFileSync("emacs", ["--batch", "-l", own, "-l", script!], { env, timeout: 60_000, stdio: "pipe" });
    const found = JSON.parse(readFileSync(answer!, "utf8"));
    assert.equal(found.diagnostic[0], "lsot");
    assert.match(found.diagnostic[1], /not a flag of this event; there are fin, lost,/);
    assert.match(found.hover, /The application writes: sendmsg\(\)/);
    // Without Debian's markdown-mode eglot shows plain text only, and says so.
    assert.doesNotMatch(found.hover, /```/);
    assert.equal(found.definition, 2);
    assert.equal(found.references, 3);
    assert.equal(found.completed, "+0 🦀web send");
    assert.deepEqual(found.outline, [
      ["Module", "eth0"],
      ["Object", "🦀web"],
    ]);
    const named = written.replaceAll("🦀web", "mail");
    assert.equal(found.renamed, named);
    assert.equal(
      found.formatted,
      "device  eth0 profile=connectx\nconnection mail device=eth0\n+0     mail send 3000\n+0     mail > 0:1448(1448) lsot\n",
    );
  });
}
