/** The measurements of a pool of functions: all tasks are given to it at once, as its documentation does. */
import type { Measurements } from "../contestant.ts"
import { timed } from "../link/drive.ts"
import { bytesOf, numbers, repeated } from "./inputs.ts"

export const pooled = (run: (name: "length" | "plus" | "spin", input: unknown) => Promise<unknown>): Measurements => {
  const all = async (name: "length" | "plus" | "spin", inputs: ReadonlyArray<unknown>) => [
    await timed(() => Promise.all(inputs.map((input) => run(name, input))))
  ]
  return {
    trivial: (count = 0) => all("plus", numbers(count)),
    spin: (count = 0, rounds = 0) => all("spin", repeated(count, { rounds })),
    bytes: (count = 0, size = 0) => all("length", bytesOf(count, size))
  }
}
