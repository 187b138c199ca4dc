import type { Role } from "../pictures/scene.ts";

/** The colour of each role: a variable of the editor's theme, what stands for it elsewhere, and how much of it is seen. */
const colours: Readonly<Record<string, readonly [variable: string, otherwise: string, share?: number]>> = {
  ground: ["--vscode-editor-background", "#ffffff"],
  axis: ["--vscode-editor-foreground", "#333333"],
  grid: ["--vscode-editor-foreground", "#333333", 0.1],
  band: ["--vscode-editor-foreground", "#333333", 0.05],
  "band-text": ["--vscode-descriptionForeground", "#717171"],
  now: ["--vscode-focusBorder", "#0090f1"],
  "now-ground": ["--vscode-focusBorder", "#0090f1", 0.2],
  "map-payload": ["--vscode-editor-foreground", "#333333", 0.25],
  gap: ["--vscode-charts-orange", "#d18616", 0.4],
  marker: ["--vscode-charts-red", "#e51400"],
  hint: ["--vscode-charts-orange", "#d18616"],
  "in-flight": ["--vscode-charts-yellow", "#bf8803"],
  unsent: ["--vscode-descriptionForeground", "#717171"],
  open: ["--vscode-descriptionForeground", "#717171", 0.5],
  packet: ["--vscode-charts-blue", "#1a85ff"],
  "bytes-bar": ["--vscode-editor-foreground", "#333333", 0.15],
  "replayed-bar": ["--vscode-charts-blue", "#1a85ff", 0.35],
  stop: ["--vscode-focusBorder", "#0090f1"],
  checkpoint: ["--vscode-charts-green", "#388a34"],
  "fallback-bar": ["--vscode-charts-purple", "#652d90", 0.4],
  brush: ["--vscode-focusBorder", "#0090f1", 0.25],
  walked: ["--vscode-focusBorder", "#0090f1"],
  "byte-header": ["--vscode-charts-blue", "#1a85ff"],
  "byte-nonce": ["--vscode-charts-purple", "#652d90"],
  "byte-payload": ["--vscode-editor-foreground", "#333333"],
  "byte-type": ["--vscode-charts-yellow", "#bf8803"],
  "byte-padding": ["--vscode-charts-orange", "#d18616"],
  "byte-tag": ["--vscode-charts-green", "#388a34"],
  "byte-outside": ["--vscode-descriptionForeground", "#717171"],
  "wrong-ground": ["--vscode-editorError-foreground", "#e51400", 0.35],
  acknowledged: ["--vscode-charts-green", "#388a34"],
  sacked: ["--vscode-charts-green", "#388a34", 0.5],
  driver: ["--vscode-charts-blue", "#1a85ff"],
  nic: ["--vscode-charts-purple", "#652d90"],
  sent: ["--vscode-editor-foreground", "#333333", 0.75],
  again: ["--vscode-charts-yellow", "#bf8803"],
  "out-of-order": ["--vscode-charts-orange", "#d18616"],
  resync: ["--vscode-charts-blue", "#1a85ff", 0.6],
  fallback: ["--vscode-charts-purple", "#652d90"],
  lost: ["--vscode-descriptionForeground", "#717171"],
  dropped: ["--vscode-charts-red", "#e51400", 0.7],
  leak: ["--vscode-errorForeground", "#a1260d"],
  wrong: ["--vscode-editorError-foreground", "#e51400"],
};

/** Colours of the theme that was looked at last: asking the page for each of a thousand shapes takes longer than drawing them. */
const known = new Map<Role, string>();

/** The theme is another one now. */
export const forgetTheme = (): void => known.clear();

/** What a role is drawn in under the theme of the moment, as CSS has it. */
export function themeColour(role: Role): string {
  const colour = known.get(role) ?? colourOf(role);
  known.set(role, colour);
  return colour;
}

function colourOf(role: Role): string {
  const [variable, otherwise, share = 1] = colours[role] ?? colours.axis!;
  const colour = getComputedStyle(document.body).getPropertyValue(variable).trim() || otherwise;
  return share === 1 ? colour : thinned(colour, share);
}

const scratch = document.createElement("canvas").getContext("2d")!;

/** A colour of which a share is seen, in a form that SVG programs know, too. */
function thinned(colour: string, share: number): string {
  // A canvas gives back every colour in one of two forms: #rrggbb, or rgba() with numbers.
  scratch.fillStyle = colour;
  const told = scratch.fillStyle;
  const [red, green, blue, alpha = 1] = told.startsWith("#")
    ? [1, 3, 5].map((at) => Number.parseInt(told.slice(at, at + 2), 16))
    : (told.match(/[\d.]+/g) ?? []).map(Number);
  return `rgba(${red}, ${green}, ${blue}, ${alpha * share})`;
}
