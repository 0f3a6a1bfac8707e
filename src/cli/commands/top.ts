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
import { failed, Status, type SystemView } from "../../socket/request.ts"
import type { Order } from "./order.ts"
import { columns, print, printJson } from "./output.ts"
import { type Frame, keysIn, lines, press, type Screen } from "./screen.ts"
import * as table from "./table.ts"
import { ask, type Flags, run } from "./target.ts"
import { width } from "./width.ts"

/** What is to be shown, and how often. */
export interface TopFlags extends Flags {
  readonly sort: Order
  readonly every: number
}

/** The most seconds between two views: an hour. */
const mostSeconds = 3600

/** Shows the system until it ends, the user leaves, or nobody reads any more. */
export const top = (flags: TopFlags): Effect.Effect<never> => {
  if (!(flags.every >= 1 && flags.every <= mostSeconds)) {
    return run(Effect.fail(failed("wrong", `--every: ${flags.every} is not between 1 and ${mostSeconds}`)))
  }
  const views = ask(flags, Status, { everyMillis: flags.every * 1000, times: null, machines: true })
  const isScreen = !flags.json && process.stdout.isTTY && process.stdin.isTTY
  if (isScreen) return run(show(views, flags))
  let before: SystemView | undefined
  const append = (view: SystemView): Effect.Effect<void> => {
    if (flags.json) return printJson(view)
    const rows = table.lines(view, {
      before: before ?? view,
      columns: columns(),
      order: flags.sort,
      nowMillis: Date.now()
    })
    before = view
    return print(`${rows.join("\n")}\n\n`)
  }
  return run(Effect.as(Stream.runForEach(views, append), 0))
}

/** As a shell shows that a signal has ended a command. */
const signals = { SIGTERM: 15, SIGHUP: 1 } as const

/** Writes the lines of a screen. */
const draw = (screen: Screen, frame: Frame, isCleared: boolean): void => {
  // Home, then each line with the rest of the old one erased, so that nothing flickers. In the last column that would erase what stands there.
  const text = lines(screen, frame).map((line) => width(line) < frame.columns ? `${line}\u001b[K` : line)
  process.stdout.write(`${isCleared ? "\u001b[2J" : ""}\u001b[H${text.join("\r\n")}`)
}

/** The terminal as it is now. */
const frameOf = (): Frame => ({ columns: columns(), rows: process.stdout.rows || 24, nowMillis: Date.now() })

/** Takes the whole terminal. */
const enter = (): void => {
  process.stdin.setRawMode(true).resume()
  process.stdout.write("\u001b[?1049h\u001b[?25l\u001b[2J")
}

/** Leaves the terminal as it was. */
const restore = (): void => {
  process.stdin.setRawMode(false).pause()
  process.stdout.write("\u001b[?25h\u001b[?1049l")
}

/** Shows views on the whole screen, until they end or the user leaves; completes with the exit code. */
const show = <E>(
  views: Stream.Stream<SystemView, E>,
  { every, sort }: Pick<TopFlags, "every" | "sort">
): Effect.Effect<number, E> =>
  Effect.suspend(() => {
    let screen: Screen = {
      view: undefined,
      before: undefined,
      order: sort,
      skipped: 0,
      seenMillis: Date.now(),
      everyMillis: every * 1000
    }
    let isSuspended = false
    const redraw = (isCleared = false): void => {
      if (!isSuspended) draw(screen, frameOf(), isCleared)
    }
    const onKey = (key: string, leave: () => void): void => {
      const act = press(screen, key, frameOf())
      if (act._tag === "Leave") return leave()
      if (act._tag === "Show") screen = act.screen
      else {
        restore()
        isSuspended = true
        process.kill(process.pid, "SIGSTOP")
      }
    }
    const left = Effect.callback<number>((resume) => {
      for (const [signal, number] of Object.entries(signals)) {
        process.once(signal, () => resume(Effect.succeed(128 + number)))
      }
      process.stdin.setEncoding("utf8").on("data", (text: string) => {
        for (const key of keysIn(text)) onKey(key, () => resume(Effect.succeed(0)))
        redraw()
      })
      process.stdout.on("resize", () => redraw(true))
      process.on("SIGCONT", () => {
        isSuspended = false
        enter()
        redraw()
      })
      enter()
      redraw()
    })
    const watched = Stream.runForEach(views, (view) =>
      Effect.sync(() => {
        screen = { ...screen, before: screen.view, view, seenMillis: Date.now() }
        redraw()
      }))
    // Says how old it is when nothing comes.
    const aging = Effect.forever(Effect.andThen(Effect.sleep("1 second"), Effect.sync(redraw)))
    return Effect.raceFirst(Effect.as(Effect.raceFirst(watched, aging), 0), left).pipe(
      Effect.ensuring(Effect.sync(restore))
    )
  })
