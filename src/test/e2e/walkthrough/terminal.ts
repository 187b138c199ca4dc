import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { appears, shortMs } from "../window/window.ts";
import type { Scenario, Workbench } from "../workbench.ts";

/**
 * What trace_pipe shows of the second resync of retransmission-in-record.tlstrace, whose line 12 sends byte 1448 again:
 * 4294960000 and 1448 on the wire, where 40087 is expected.
 */
const kernel = "trace_pipe.txt";
const head = "          <idle>-0       [001] b.s1.    12.345678: ";
const told = `${head}tls_device_tx_resync_req: sk=00000000fe3a1c02 tcp_seq=4294961448 exp_tcp_seq=32791\n`;

/** Two streams whose bytes have the same numbers: both send byte 1448, `first` in line 5; without a stop the session goes to line 7. */
const twins = "twins.tlstrace";
const twinsText = `device eth0 profile=connectx kernel=v6.18 mtu=1500
connection first device=eth0 version=1.2 cipher=aes-128-gcm seq=4294960000 rec_seq=1
connection second device=eth0 version=1.2 cipher=aes-128-gcm seq=4294960000 rec_seq=7
+0    first send 3000
+.001 first > 0:3029(3029)
+.001 second send 3000
+.001 second > 0:3029(3029)
`;

/** Links of the editor's terminal; `samples` is the folder that is open. */
export const terminalScenarios = (samples: () => string) => (scenario: Scenario) => {
  scenario("a tracepoint's line in the terminal leads to its packet in the session", async (workbench) => {
    writeFileSync(path.join(samples(), kernel), told);
    await workbench.openFile("retransmission-in-record.tlstrace");
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/after driver\.check, forwards$/);
    await types(workbench, `cat ${kernel}`);
    await follows(workbench, { at: "tcp_seq=4294961448", says: "Go to byte 4294961448" }, () =>
      workbench.expectFrames(/line 12,/),
    );
    await workbench.picture("terminal-tracepoint");
    await workbench.stop();
  });

  scenario("without a session the same line offers to debug the trace, and goes there", async (workbench) => {
    const debug = workbench.page.locator(".notifications-toasts .monaco-button", { hasText: "Debug Trace" });
    await follows(workbench, { at: "tcp_seq=4294961448", says: "Go to byte 4294961448" }, async () => {
      await debug.waitFor();
      await workbench.picture("terminal-offer");
      await debug.click();
    });
    await workbench.expectFrames(/line 12,/);
    await workbench.stop();
  });

  scenario("where two streams carry the byte a list asks which one it is", async (workbench) => {
    writeFileSync(path.join(samples(), twins), twinsText);
    await workbench.openFile(twins);
    await workbench.page.keyboard.press("F5");
    await workbench.stopped(/event 4 of 4/);
    const row = workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: "first" });
    await follows(workbench, { at: "tcp_seq=4294961448", says: "Go to byte 4294961448" }, async () => {
      await row.waitFor();
      await workbench.picture("terminal-streams");
      await row.click();
    });
    await workbench.expectFrames(/line 5,/);
    await workbench.stop();
  });

  scenario("a frame that the command names in the terminal is debugged from there", async (workbench) => {
    const capture = readFileSync(path.join(samples(), "lossy.pcap"));
    writeFileSync(path.join(samples(), "halved.pcap"), capture.subarray(0, capture.length / 2));
    copyFileSync(path.join(samples(), "lossy.keys"), path.join(samples(), "halved.keys"));
    await types(workbench, "tlstrace replay halved.pcap > /dev/null");
    // The file ends within the frame, so that the last event is the nearest.
    await follows(workbench, { at: "halved.pcap: frame", says: "Debug at frame 90" }, () =>
      workbench.stopped(/event 80 of 80/),
    );
    await workbench.picture("terminal-frame");
    await workbench.command("Terminal: Kill All Terminals");
  });
};

const rowsOf = ({ page }: Workbench) => page.locator(".terminal-wrapper.active .xterm-rows > div");

/** Types a command into the terminal, which opens for it, until the shell has it: a new one loses what comes early. */
async function types(workbench: Workbench, line: string): Promise<void> {
  const { keyboard } = workbench.page;
  const rows = rowsOf(workbench);
  // A line that is longer than the terminal is wide goes on in the next row.
  const shown = async () => (await rows.allTextContents()).join("").replaceAll("\u00a0", " ");
  await workbench.until(
    `the terminal to take "${line}"`,
    async () => {
      await workbench.command("Terminal: Focus Terminal");
      if (!(await appears(rows.filter({ hasText: /[$#%]/ }).first()))) return false;
      // What a try in vain has left.
      await keyboard.press("Control+U");
      await keyboard.type(line);
      await sleep(200);
      return (await shown()).includes(line);
    },
    shown,
  );
  await keyboard.press("Enter");
}

/** A link as a text of the terminal has it, and as it says where it leads. */
interface Shown {
  at: string;
  says: string;
}

/** Follows a link of the terminal until it leads there. */
async function follows(workbench: Workbench, { at, says }: Shown, leads: () => Promise<void>): Promise<void> {
  const { page } = workbench;
  const row = rowsOf(workbench).filter({ hasText: at }).last();
  await row.waitFor();
  // It tells of itself where the mouse rests on it; lines begin without one.
  const told = page.locator(".xterm-hover", { hasText: says }).first();
  let column = 0;
  await workbench.until(`a link that says "${says}"`, async () => {
    const { x, y, height } = (await row.boundingBox({ timeout: shortMs }))!;
    column = (column + 120) % 720;
    await page.mouse.move(x + column, y - 100);
    await page.mouse.move(x + column + 3, y + height / 2, { steps: 5 });
    return appears(told);
  });
  await workbench.picture(`terminal-link ${says}`);
  await page.keyboard.down("Control");
  await page.mouse.down();
  await page.mouse.up();
  await page.keyboard.up("Control");
  await leads();
}
