import assert from "node:assert/strict";
import test from "node:test";
import { sample } from "../test/dap-session.ts";
import { studyOf } from "../test/studies.ts";
import { kindNames, kindOf } from "./kinds.ts";
import { models } from "./models.ts";
import type { Shape } from "./scene.ts";
import { svgOf } from "./svg.ts";

/** What XML 1.0 §2.2 allows. */
const allowed = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;

/** An element of the document as it was written: its name, attributes, and text. */
const elementsOf = (svg: string) =>
  [...svg.matchAll(/<(path|text|rect) ([^>]*?)(?:\/>|>([^<]*)<\/text>)/g)].map(([, name, given, text]) => ({
    name: name!,
    given: Object.fromEntries(
      [...given!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ),
    text: text?.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
  }));

/** The numbers of a shape, as an element has them. */
function numbersIn(shape: Shape, d: string): number[] {
  const each = shape.kind === "line" ? /[ML](\S+) ([^ML]+)/g : /M(\S+) (\S+?)h(\S+?)v(\S+?)h-\3z/g;
  return [...d.matchAll(each)].flatMap((match) => match.slice(1).map(Number));
}

test("an SVG file has every shape of its scene, at its place, in its colour, and is XML", async () => {
  const study = await studyOf(sample("lossy.pcap"));
  const position = { event: 60, stage: 0 };
  for (const name of kindNames) {
    const model = models[name](study, 1);
    for (const _ of model.begin?.() ?? []);
    for (const _ of model.complete?.() ?? []);
    const view = model.view({ area: null, columns: 900, lines: 30, position });
    const frame = { width: 900, height: 500, area: view.area, hidden: new Set<string>() };
    const scene = kindOf(name).scene(view, frame);
    const svg = svgOf(scene, (role) => `of ${role} & "others"`);
    assert.match(svg, allowed, name);
    const [ground, ...elements] = elementsOf(svg);
    assert.equal(ground!.name, "rect");
    assert.equal(
      svg.match(/</g)!.length,
      elements.length + 3 + scene.shapes.filter(({ kind }) => kind === "text").length,
    );
    assert.equal(elements.length, scene.shapes.length, name);
    const colour = (role: string) => `of ${role} &#38; &#34;others&#34;`;
    for (const [i, shape] of scene.shapes.entries()) {
      const { given, text } = elements[i]!;
      assert.equal(given[shape.kind === "line" ? "stroke" : "fill"], colour(shape.role), name);
      if (shape.kind === "text") {
        assert.equal(text, shape.text);
        assert.ok(
          Math.abs(Number(given.x) - shape.x) <= 0.051 && Math.abs(Number(given.y) - shape.y) <= 0.051,
        );
        continue;
      }
      const drawn = numbersIn(shape, given.d!);
      assert.equal(drawn.length, shape.at.length, `${name}: ${shape.role}`);
      for (const [k, number] of drawn.entries())
        assert.ok(Math.abs(number - shape.at[k]!) <= 0.051, shape.role);
    }
  }
});

test("text that XML does not allow is not in it", () => {
  const text = `a<b>&"'\u0000\u001b\ufffe\uffff\ud800 \udfff\u{1f600}]]>`;
  const shapes: Shape[] = [{ kind: "text", role: "axis", x: 0, y: 0, text, anchor: "start" }];
  const svg = svgOf({ width: 1, height: 1, shapes }, () => "#000");
  assert.match(svg, allowed);
  const [, element] = elementsOf(svg);
  assert.equal(element!.text, `a<b>&"'\\u0000\\u001b\ufffd\ufffd\ufffd \ufffd\u{1f600}]]>`);
});
