import type { Role, Scene, Shape } from "../pictures/scene.ts";

/** Draws a scene on a canvas, in the pixels that the screen has. */
export function drawScene(canvas: HTMLCanvasElement, scene: Scene, colour: (role: Role) => string): void {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(scene.width * ratio), Math.round(scene.height * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colour("ground");
  context.fillRect(0, 0, scene.width, scene.height);
  for (const shape of scene.shapes) drawShape(context, shape, colour(shape.role));
}

function drawShape(context: CanvasRenderingContext2D, shape: Shape, colour: string): void {
  switch (shape.kind) {
    case "bars": {
      const { at } = shape;
      context.fillStyle = colour;
      for (let i = 0; i < at.length; i += 4) context.fillRect(at[i]!, at[i + 1]!, at[i + 2]!, at[i + 3]!);
      return;
    }
    case "line": {
      const { at } = shape;
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.beginPath();
      for (let i = 0; i < at.length; i += 2) context.lineTo(at[i]!, at[i + 1]!);
      context.stroke();
      return;
    }
    case "text":
      context.fillStyle = colour;
      context.font = shape.isMono ? "12px monospace" : "11px sans-serif";
      context.textAlign = shape.anchor === "middle" ? "center" : shape.anchor;
      context.fillText(shape.text, shape.x, shape.y);
  }
}
