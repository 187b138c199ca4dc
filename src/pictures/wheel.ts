/** How much one turn of the wheel, or one key, zooms. */
export const zoomStep = 1.25;

/** Rows of a list that one turn of the wheel moves. */
const wheelRows = 3;

/** Pixels of one turn, and those of a line and of a page, which some browsers count in (UI Events, `deltaMode`). */
const turnPixels = 100;
const unitPixels = [1, 33, 800];

/** What a browser tells of a wheel, or of two fingers: a pinch is a wheel with Ctrl (UI Events, WheelEvent). */
export interface Wheel {
  deltaX: number;
  deltaY: number;
  deltaMode: number;
  ctrlKey: boolean;
  shiftKey: boolean;
}

/** What it does to a picture: one of them, the others are 1 and 0. */
export interface Turn {
  /** How many times larger the part in view becomes. */
  zoom: number;
  /** Pixels that the part moves along the time. */
  along: number;
  /** Rows that a list moves; a part of one is moved with those that follow. */
  rows: number;
}

/** A turn of any size zooms by a step at most; turned more sideways than not it moves along the time. */
export function turnOf({ deltaX, deltaY, deltaMode, ctrlKey, shiftKey }: Wheel): Turn {
  const unit = unitPixels[deltaMode] ?? 1;
  // Some systems turn a wheel with Shift sideways.
  const along = shiftKey ? 0 : deltaX * unit;
  const across = (shiftKey ? deltaY || deltaX : deltaY) * unit;
  if (Math.abs(along) > Math.abs(across)) return { zoom: 1, along, rows: 0 };
  const turns = Math.max(-1, Math.min(1, across / turnPixels));
  // Of a pinch browsers tell the logarithm of what the fingers did, in hundredths.
  const most = Math.log(zoomStep);
  const grown = ctrlKey ? Math.max(-most, Math.min(most, across / 100)) : turns * most;
  return { zoom: Math.exp(grown), along: 0, rows: turns * wheelRows };
}
