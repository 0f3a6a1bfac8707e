/**
 * `heddle top`: the table of `heddle ps`, again and again.
 *
 * ```text
 *   on a terminal    the whole screen; keys choose the order and scroll; the screen comes back at the end
 *   elsewhere        one table after the other, or with --json a line for each view
 * ```
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Status, type SystemView } from "../../socket/request.ts"
import type { Order } from "./order.ts"
import { columns, print, printJson } from "./output.ts"
import * as table from "./table.ts"
import { ask, type Flags, run } from "./target.ts"

/** What is to be shown, and how often. */
export interface TopFlags extends Flags {
  readonly sort: Order
  readonly every: number
}

/** Shows the system until it ends, the user leaves, or nobody reads any more. */
export const top = (flags: TopFlags): Effect.Effect<never> => {
  const views = ask(flags, Status, { everyMillis: flags.every * 1000, times: null })
  const isScreen = !flags.json && process.stdout.isTTY && process.stdin.isTTY
  if (isScreen) return run(Effect.as(screen(views, flags.sort), 0))
  let before: SystemView | undefined
  const show = (view: SystemView): Effect.Effect<void> => {
    if (flags.json) return printJson(view)
    const lines = table.lines(view, {
      before: before ?? view,
      columns: columns(),
      order: flags.sort,
      nowMillis: Date.now()
    })
    before = view
    return print(`${lines.join("\n")}\n\n`)
  }
  return run(Effect.as(Stream.runForEach(views, show), 0))
}

/** What the screen shows. */
interface Shown {
  view: SystemView | undefined
  before: SystemView | undefined
  order: Order
  /** How many rows are scrolled away. */
  skipped: number
}

/** The keys that change the order. */
const keys: Readonly<Record<string, Order>> = {
  d: "declared",
  n: "name",
  c: "cpu",
  l: "loop",
  h: "heap",
  r: "rate",
  m: "mailbox",
  s: "restarts"
}

const hint = "order: d n c l h r m s   scroll: j k   leave: q"

/** The lines of the heading, which don't scroll. */
const headingLines = 4

/** Draws what was shown last, over what was there. */
const draw = ({ before, order, skipped, view }: Shown): void => {
  if (view === undefined) return
  const rows = process.stdout.rows ?? 24
  const lines = table.lines(view, { before: before ?? view, columns: columns(), order, nowMillis: Date.now() })
  const heading = lines.slice(0, headingLines)
  const body = lines.slice(headingLines)
  const room = Math.max(1, rows - headingLines - 1)
  const from = Math.max(0, Math.min(skipped, body.length - room))
  const seen = body.slice(from, from + room)
  const more = body.length > seen.length ? `   ${from + 1}–${from + seen.length} of ${body.length}` : ""
  const status = `sorted by ${order}   ${hint}${more}`.slice(0, columns())
  const text = [...heading, ...seen, ...Array.from({ length: room - seen.length }, () => ""), status]
  // Home, then each line with the rest of the old one erased, so that nothing flickers.
  process.stdout.write(`\u001b[H${text.map((line) => `${line}\u001b[K`).join("\r\n")}`)
}

/** Shows views on the terminal, until `q` is pressed or the views end. */
const screen = <E>(views: Stream.Stream<SystemView, E>, order: Order): Effect.Effect<void, E> =>
  Effect.suspend(() => {
    const shown: Shown = { view: undefined, before: undefined, order, skipped: 0 }
    const redraw = (): void => draw(shown)
    const left = Effect.callback<void>((resume) => {
      const onKey = (key: string): void => {
        if (key === "q" || key === "\u0003" || key === "\u001b") return resume(Effect.void)
        if (key === "j" || key === "\u001b[B") shown.skipped++
        else if (key === "k" || key === "\u001b[A") shown.skipped = Math.max(0, shown.skipped - 1)
        else shown.order = keys[key] ?? shown.order
        redraw()
      }
      process.stdin.setRawMode(true).setEncoding("utf8").on("data", onKey)
      process.stdout.on("resize", redraw)
      process.stdout.write("\u001b[?1049h\u001b[?25l\u001b[2J")
    })
    const watched = Stream.runForEach(views, (view) =>
      Effect.sync(() => {
        shown.before = shown.view
        shown.view = view
        redraw()
      }))
    const restore = Effect.sync(() => {
      process.stdin.setRawMode(false).pause()
      process.stdout.write("\u001b[?25h\u001b[?1049l")
    })
    return Effect.ensuring(Effect.raceFirst(watched, left), restore)
  })
