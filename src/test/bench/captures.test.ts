import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { Authenticated, Wire } from "../../trace/trace.ts";
import { shapes, writeCapture } from "./captures.ts";
import { openCapture } from "./reading.ts";

for (const shape of [shapes.clean, shapes.lossy]) {
  test(`a capture shaped like ${shape.name} decrypts and loses what its shape says`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-captures-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const bytes = 3_000_000;
    const { timeline, close } = await openCapture(writeCapture(folder, { ...shape, bytes, lost: 0.01 }, 5));
    t.after(close);
    const { verdicts, connections } = timeline.trace;
    assert.deepEqual(
      connections.map(({ flow }) => flow),
      ["10.77.0.1:4433>10.77.0.2:40000"],
      "the server sends, the client only finishes its handshake",
    );
    // By arithmetic from the shape: full records, then what is left.
    const records = Math.ceil(bytes / shape.recordSize);
    const authenticated = verdicts!.authenticated.filter((verdict) => verdict === Authenticated.yes).length;
    assert.equal(authenticated, records);
    assert.ok(!verdicts!.authenticated.includes(Authenticated.no));
    assert.ok(!verdicts!.wire.includes(Wire.differs));
    // 2000 segments of which one in a hundred is sent again: each retransmission starts elsewhere than expected.
    const { outOfOrder } = timeline.stateBefore(0, timeline.eventCount);
    assert.ok(outOfOrder > 20 && outOfOrder < 120, `${outOfOrder} out-of-order transmits`);
  });
}
