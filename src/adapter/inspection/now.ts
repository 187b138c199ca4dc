import { nowPaths, placeOf } from "../../replay/view/paths.ts";
import { nodeAt } from "../../replay/view/scopes.ts";
import { group, type ViewNode } from "../../replay/view/value.ts";
import type { View } from "../../replay/view/view.ts";

/** The path that they stand under: no expression reads it. */
export const nowPath = "now";

const places = nowPaths.map((path) => placeOf(path)!);

/** The first scope: what one looks at first, under the paths that it has everywhere. */
export const nowOf = (view: View): ViewNode =>
  group(nowPath, "Now", "", () =>
    places.flatMap((place) => {
      const node = nodeAt(view, place);
      return node ? [{ ...node, name: place.path }] : [];
    }),
  );
