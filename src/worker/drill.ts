/**
 * Makes this thread fail on purpose, in the ways that threads fail by accident.
 */
import type { Drill } from "../System.ts"

export const drill = (how: Drill): void => {
  switch (how) {
    case "throw":
      throw new Error("thrown on purpose, for a drill")
    case "exit":
      return process.exit(0)
    case "oom":
      return fillHeap()
    case "spin":
      for (;;);
  }
}

/** Fills the heap in small steps: a single huge allocation would end the whole process. */
const fillHeap = (): void => {
  const held: Array<unknown> = []
  for (;;) held.push(Array.from({ length: 1000 }, (_, index) => ({ index })))
}
