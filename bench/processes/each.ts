/** What one more thread, or process, takes: the difference between many and one, at rest. */
import { type Command, runToEnd } from "../bundle/built.ts"

/** The line of JSON among what a program has printed. */
export const printed = (text: string): unknown => JSON.parse(text.trim().split("\n").at(-1) ?? "")

const [few, many] = [1, 6]

/** In megabytes; `command` runs `memory.ts`. */
export const eachMegabytes = (command: Command, kind: "thread" | "process") => async (): Promise<number> => {
  const of = async (count: number) => Number(printed((await runToEnd([...command, kind, String(count)])).text))
  const less = await of(few)
  return ((await of(many)) - less) / (many - few)
}
