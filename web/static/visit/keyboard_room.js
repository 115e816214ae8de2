// Phones lay their keyboard over the page. The visit shrinks to what is seen, so that what is written stays in sight.
import { find } from "./dom.js";

export function makeRoom() {
  const seen = window.visualViewport;
  seen?.addEventListener("resize", () => {
    // Pinched pages are left alone: the person looks at a part of them.
    const isCovered = seen.scale === 1 && seen.height < innerHeight - 1;
    find("#live").style.height = isCovered ? `${seen.height}px` : "";
    if (isCovered) scrollTo(0, 0);
  });
}
