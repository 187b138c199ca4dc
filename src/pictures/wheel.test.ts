import assert from "node:assert/strict";
import test from "node:test";
import { turnOf, type Wheel, zoomStep } from "./wheel.ts";

const still: Wheel = { deltaX: 0, deltaY: 0, deltaMode: 0, ctrlKey: false, shiftKey: false };
const turn = (wheel: Partial<Wheel>) => turnOf({ ...still, ...wheel });
const zoomed = (wheel: Partial<Wheel>) => Number(turn(wheel).zoom.toFixed(6));

test("a turn of a wheel zooms by a step, towards the user out", () => {
  for (const deltaY of [100, 120, 240, 1e4]) {
    assert.equal(zoomed({ deltaY }), zoomStep, `${deltaY}`);
    assert.equal(zoomed({ deltaY: -deltaY }), 1 / zoomStep, `${deltaY}`);
  }
  // Three lines, or a page: as some browsers tell of the same turn.
  assert.equal(zoomed({ deltaY: 3.1, deltaMode: 1 }), zoomStep);
  assert.equal(zoomed({ deltaY: -1, deltaMode: 2 }), 1 / zoomStep);
});

test("what does not turn does nothing", () => {
  for (const wheel of [{}, { shiftKey: true }, { ctrlKey: true }, { deltaX: -0 }])
    assert.deepEqual(turn(wheel), { zoom: 1, along: 0, rows: 0 });
});

test("many small turns are as much as the one that they are parts of", () => {
  const parts = Array.from({ length: 40 }, () => turn({ deltaY: 2.5 }));
  const zoom = parts.reduce((product, each) => product * each.zoom, 1);
  assert.ok(Math.abs(zoom - zoomStep) < 1e-9, `${zoom}`);
  const rows = parts.reduce((sum, each) => sum + each.rows, 0);
  assert.ok(Math.abs(rows - turn({ deltaY: 100 }).rows) < 1e-9, `${rows}`);
});

test("fingers that go apart to twice their distance make everything twice as large", () => {
  // A browser's ctrl+wheel of a pinch: -100 times the logarithm of the scale, over many events.
  const parts = Array.from({ length: 30 }, () => turn({ deltaY: (-100 * Math.log(2)) / 30, ctrlKey: true }));
  const zoom = parts.reduce((product, each) => product * each.zoom, 1);
  assert.ok(Math.abs(zoom - 1 / 2) < 1e-9, `${zoom}`);
  // A wheel that is turned with Ctrl held goes by the same step as without.
  assert.equal(zoomed({ deltaY: 120, ctrlKey: true }), zoomStep);
});

test("sideways goes along, to both sides, and zooms nothing", () => {
  for (const deltaX of [-100, -3, 3, 100])
    for (const deltaY of [0, 2, -2])
      assert.deepEqual(turn({ deltaX, deltaY }), { zoom: 1, along: deltaX, rows: 0 });
  assert.deepEqual(turn({ deltaX: 1, deltaMode: 1 }), { zoom: 1, along: 33, rows: 0 });
  // Not quite straight is not sideways.
  assert.equal(turn({ deltaX: 3, deltaY: 10 }).along, 0);
});

test("with Shift a wheel zooms both in and out, also where the system turns it sideways", () => {
  for (const way of ["deltaX", "deltaY"]) {
    assert.equal(zoomed({ [way]: 100, shiftKey: true }), zoomStep);
    assert.equal(zoomed({ [way]: -100, shiftKey: true }), 1 / zoomStep);
  }
});
